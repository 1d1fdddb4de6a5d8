package day

import (
	"maps"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/test/operator"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const (
	operationPeople = "GET /people"
	operationAudit  = "GET /adminAudit/events"
	// siteMaxAge is the default of spec.collection.siteMaxAge.
	siteMaxAge = 24 * time.Hour
)

// shown are the rows of a customer, by key.
func (w *world) shown(c *customer) map[string]string {
	rows := map[string]string{}
	for _, object := range w.store.all("WebexLicense") {
		if row := object.(*v1alpha1.WebexLicense); row.Spec.CustomerAccessRef.Name == c.name {
			rows[operator.Key(row)] = operator.Shown(row)
		}
	}
	return rows
}

// truth is what the rows of a customer say if they are right now.
func (w *world) truth(c *customer) map[string]string {
	return operator.Expected(c.name, w.sim.Organization(c.uuid).Truth(), nil)
}

// mayRead gives a customer a token with the default scopes and these.
func (w *world) mayRead(c *customer, scopes ...string) {
	c.token = w.sim.IssueToken(webexsim.TokenSpec{Organization: c.uuid, Scopes: append(webexsim.DefaultScopes(), scopes...)})
	w.calls.ownedBy(c, c.token.Access)
	err := w.store.update(&corev1.Secret{ObjectMeta: objectMeta(c.name)}, func(object client.Object) {
		object.(*corev1.Secret).Data = map[string][]byte{access.KeyAccessToken: []byte(c.token.Access)}
	})
	if err != nil {
		w.t.Error(err)
	}
}

// TestMoves moves people to another location, which moves no count: whose credentials may read the audit log shows it
// after the next slot, the other one once the walk is as old as it may be. What may not read the log asks for it once a day.
func TestMoves(t *testing.T) {
	t.Parallel()
	sim, err := webexsim.New(webexsim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	synctest.Test(t, func(t *testing.T) {
		const every = 15 * time.Minute
		w := newWorld(t, sim, 1)
		for i := range 2 {
			w.addCustomer(i, "*/15 * * * *", 26*time.Hour, nil)
		}
		hearing, deaf := w.customers[0], w.customers[1]
		w.mayRead(hearing, webexsim.ScopeAudit)
		w.start()
		time.Sleep(55 * time.Minute)
		w.expectFirstRuns()
		begin := time.Now() // between two slots
		old := map[*customer]map[string]string{}
		move := func(c *customer, to string) {
			t.Helper()
			old[c] = w.truth(c)
			if err := w.sim.Organization(c.uuid).MovePerson(1, to); err != nil || maps.Equal(old[c], w.truth(c)) {
				t.Fatalf("the move is to change a row (%v)", err)
			}
		}
		walks := func(c *customer) int { return w.sim.OrganizationRequests(c.uuid)[operationPeople] }
		for _, c := range w.customers {
			if walks(c) != 1 || !maps.Equal(w.shown(c), w.truth(c)) {
				t.Errorf("%s was walked %d times while nothing moved, and shows\n%v", c.name, walks(c), w.shown(c))
			}
			move(c, "Lima")
		}
		time.Sleep(every)
		expect := func(when string, c *customer, right bool, walked int) {
			t.Helper()
			want := old[c]
			if right {
				want = w.truth(c)
			}
			if walks(c) != walked || !maps.Equal(w.shown(c), want) {
				t.Errorf("%s %s was walked %d times, and shows\n%v, want\n%v", when, c.name, walks(c), w.shown(c), want)
			}
		}
		expect("after the next slot", hearing, true, 2)
		expect("after the next slot", deaf, false, 1)

		// A log that fails costs no run and starts no walk, and one that is late no more than its lag.
		w.sim.AddRule(webexsim.Rule{Operation: operationAudit, Status: http.StatusServiceUnavailable, For: 2 * every})
		time.Sleep(2 * every)
		w.sim.SetOptions(func(o *webexsim.Options) { o.AuditLag = 2 * every })
		move(hearing, "Oslo")
		time.Sleep(2*every - time.Minute)
		expect("before the log tells", hearing, false, 2)
		time.Sleep(every)
		expect("once the log tells", hearing, true, 3)

		time.Sleep(time.Until(begin.Add(siteMaxAge - 2*time.Hour)))
		expect("before its walk is too old", hearing, true, 3)
		expect("before its walk is too old", deaf, false, 1)
		if n := w.sim.OrganizationRequests(deaf.uuid)[operationAudit]; n != 1 {
			t.Errorf("a log that may not be read was asked for %d times within a day", n)
		}
		if n, runs := w.sim.OrganizationRequests(hearing.uuid)[operationAudit], int(time.Since(begin)/every); n < runs || n > runs+6 {
			t.Errorf("the log was asked for %d times in %d runs", n, runs)
		}
		time.Sleep(time.Until(begin.Add(siteMaxAge)))
		expect("by siteMaxAge", deaf, true, 2)
		w.stop()
		for _, r := range w.runs.records {
			if !r.finished.IsZero() && !r.succeeded {
				t.Errorf("%v", r)
			}
		}
	})
}
