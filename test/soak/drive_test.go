package soak

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
)

// drive changes an organization, spoils the service and asks for a run, again and
// again, each time when the customer rests.
func (w *world) drive(c *customer, rounds int) {
	w.await("the first run of "+c.name, func() bool { return w.runs.rest(c.name, nil) })
	for round := range rounds {
		w.mend(c)
		w.note("%s: round %d, changed: %v", c.name, round, c.change())
		c.spoil(w)
		pick(c.rng, w.request, w.requestScheduled, w.requestScheduled)(c, round)
		w.await("the end of the runs of "+c.name, func() bool { return w.runs.rest(c.name, c.runs) })
		c.clearRules()
		if w.t.Failed() {
			return
		}
		w.expectOneWalk(c)
	}
	w.mend(c)
}

// request asks for a run, by an object or by an annotation.
func (w *world) request(c *customer, round int) {
	w.tally("runs asked for")
	if c.rng.IntN(4) == 0 {
		w.requestByToken(c, fmt.Sprintf("token-%d", round))
		return
	}
	run := &v1alpha1.LicenseSync{ObjectMeta: w.meta(fmt.Sprintf("%s-%03d", c.name, round)), Spec: v1alpha1.LicenseSyncSpec{
		CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: c.name}, BackoffLimit: new(int32(c.rng.IntN(3))), //nolint:gosec // 0 to 2
	}}
	w.create(run)
	c.runs = append(c.runs, run.Name)
	if c.rng.IntN(15) == 0 {
		time.Sleep(time.Duration(c.rng.IntN(2000)) * time.Millisecond)
		w.patch(run, `{"spec":{"cancel":true}}`)
		w.note("%s: canceled %s", c.name, run.Name)
		w.tally("runs canceled")
	}
}

func (w *world) patch(object client.Object, patch string) {
	w.do("patching "+object.GetName(), func() error {
		return w.client.Patch(w.ctx, object, client.RawPatch(types.MergePatchType, []byte(patch)))
	})
}

func (w *world) requestByToken(c *customer, token string) {
	object := &v1alpha1.WebexCustomerAccess{ObjectMeta: w.meta(c.name)}
	w.patch(object, fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationRequestedAt, token))
	w.await(c.name+" handles "+token, func() bool {
		w.get(object)
		return object.Status.LastHandledReconcileAt == token
	})
	c.tokens++
	for _, run := range w.runsOf(c) {
		if strings.HasPrefix(run.Name, c.name+"-m-") && !slices.Contains(c.runs, run.Name) {
			c.runs = append(c.runs, run.Name)
		}
	}
}

func (w *world) runsOf(c *customer) []v1alpha1.LicenseSync {
	var list v1alpha1.LicenseSyncList
	w.do("listing runs", func() error {
		return w.client.List(w.ctx, &list, client.InNamespace(w.namespace), client.MatchingFields{"spec.customerAccessRef.name": c.name})
	})
	return list.Items
}

// mend is what a person does about a customer whose credentials were refused:
// put them right, and touch the Secret. Nothing else wakes the operator.
func (w *world) mend(c *customer) {
	object := &v1alpha1.WebexCustomerAccess{ObjectMeta: w.meta(c.name)}
	for try := range 4 {
		w.get(object)
		last := object.Status.LastRun
		if last == nil || !failures.ConcernsCredentials(last.Reason) {
			return
		}
		w.note("%s: refused, %s: %s", c.name, last.Reason, last.Message)
		refused := ""
		if used := object.Status.Credentials; used != nil {
			refused = used.ObservedSecretResourceVersion
		}
		w.changeSecret(c, last.Reason, refused)
		w.await(c.name+" tries its changed Secret", func() bool {
			w.get(object)
			used := object.Status.Credentials
			return used != nil && used.ObservedSecretResourceVersion != refused && w.runs.rest(c.name, c.runs)
		})
		if w.t.Failed() {
			return
		}
		if try == 3 {
			w.t.Errorf("%s cannot be mended: %s: %s", c.name, last.Reason, last.Message)
			return
		}
	}
}

// changeSecret authorizes again if that is necessary, else only touches the
// Secret, unless it is another than the one that was refused by now: a partner's
// customers share one.
func (w *world) changeSecret(c *customer, reason, refused string) {
	c.secret.mu.Lock()
	defer c.secret.mu.Unlock()
	secret := &corev1.Secret{ObjectMeta: w.meta(c.secret.name)}
	if w.get(secret); refused != "" && secret.ResourceVersion != refused {
		return
	}
	c.clearRules()
	for _, rule := range c.sim.Rules() { // also of the other customers of the Secret
		if rule.Owner == c.secret.owner {
			c.sim.RemoveRule(rule.ID)
		}
	}
	var patch any = map[string]any{"metadata": map[string]any{"annotations": map[string]string{"example.com/touched": time.Now().Format(time.RFC3339Nano)}}}
	switch {
	case reason == v1alpha1.ReasonCredentialsRejected && c.secret.renewable && !c.secret.bootstrap && !w.works(c):
		w.explain(c)
		patch = map[string]any{"stringData": c.secret.issue()}
		w.note("%s: authorized again", c.name)
		w.tally("secrets authorized again")
	default:
		w.tally("secrets touched")
	}
	data, err := json.Marshal(patch)
	if err != nil {
		w.t.Error(err)
	}
	w.patch(secret, string(data))
}

// harass kills the manager and restarts the API server until stop is closed.
func (w *world) harass(stop <-chan struct{}, restarts time.Duration) {
	rng := w.rng("chaos")
	restarted := time.Now().Add(-restarts / 2) // once in a short soak, too
	for {
		wait := time.Duration(500+rng.IntN(5000)) * time.Millisecond
		select {
		case <-stop:
			return
		case <-time.After(wait):
		}
		w.quirks(rng)
		switch {
		case time.Since(restarted) > restarts:
			w.restartAPIServer(rng)
			restarted = time.Now()
		case rng.IntN(3) == 0: // in the moment in which tokens come
			w.awaitTokenRequest(stop, 4*time.Second)
			time.Sleep(time.Duration(rng.IntN(30)) * time.Millisecond)
			w.kill("a token was asked for")
		default:
			w.awaitWork(stop)
			w.kill("at random")
		}
	}
}

// awaitWork lets the manager come to its work, however slow the machine is: one
// that is always killed while it starts would prove nothing.
func (w *world) awaitWork(stop <-chan struct{}) {
	before := w.requests()
	for began := time.Now(); w.requests() < before+3 && time.Since(began) < 5*time.Second; {
		select {
		case <-stop:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (w *world) requests() (n int) {
	for _, sim := range w.sims {
		n += sim.TotalRequests()
	}
	return n
}

func (w *world) tokenRequests() (n int) {
	for _, sim := range w.sims {
		n += sim.Requests()[tokenOperation]
	}
	return n
}

func (w *world) awaitTokenRequest(stop <-chan struct{}, most time.Duration) {
	before := w.tokenRequests()
	for began := time.Now(); w.tokenRequests() == before && time.Since(began) < most; {
		select {
		case <-stop:
			return
		case <-time.After(time.Millisecond):
		}
	}
}

func (w *world) restartAPIServer(rng *rand.Rand) {
	sigkill := rng.IntN(2) == 0
	w.up.Lock()
	defer w.up.Unlock()
	w.note("restart of the API server, SIGKILL: %v", sigkill)
	down := time.Now()
	if err := w.cluster.RestartAPIServer(w.ctx, sigkill); err != nil {
		w.t.Errorf("restarting the API server: %v", err)
	}
	w.note("the API server is back")
	w.outages = append(w.outages, outage{down, time.Now()})
	w.tally("restarts of the API server")
}
