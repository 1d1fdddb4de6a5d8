package soak

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// orderly is the number of people of an organization, bots left out.
const orderly = 30

// assignee is a customer whose licences are assigned, in a Webex of its own, so that its days can pass by themselves.
type assignee struct {
	*customer
	// lists are its assignments. What is known of them is what the oracle goes by.
	lists []*list
	// others says that spec.assignment.otherLicenses is Remove.
	others bool
	// inForce are all the rules that were in force since the last audit; see allows.
	inForce []rules
	// seen is the number of changes that are audited.
	seen      int
	approvals []approval
}

// list is one assignment and its Secret.
type list struct {
	name, offer string
	people      []int
	// typo says that it has an address that no person has, gone that its Secret does not exist, report that it only
	// reports, keep that unlisted people keep the licence.
	typo, gone, report, keep bool
	most                     int
}

// rules are what assignments said at one time.
type rules struct {
	lists  []list
	others bool
}

// approval is of removals from some people, at a time of the simulated Webex.
type approval struct {
	at     time.Time
	people int
}

// The licences that are assigned, by offer code, and those outside of the defaults.
var (
	inside  = map[string]string{"MS": "messaging-main", "EE": "meetings-main"}
	outside = map[string]string{"MS": "messaging-other", "EE": "meetings-other"}
)

// addAssignee starts a Webex with one organization, its customer and three assignments.
func (w *world) addAssignee(n int) *assignee {
	w.t.Helper()
	c := &customer{name: fmt.Sprintf("assignee-%02d", n)}
	c.rng = w.rng(c.name)
	sim, err := webexsim.New(webexsim.Options{
		TLS: true, RequestLog: 1 << 16, Seed: w.seed + uint64(n) + 1, NoUnits: pick(c.rng, webexsim.NoUnitsAssign, webexsim.NoUnitsPartial, webexsim.NoUnitsRefuse), //nolint:gosec // not negative
		PartialErrors: n%2 == 0, Latencies: map[string]time.Duration{webexsim.OperationAssign: 60 * time.Millisecond},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(sim.Close)
	w.sims = append(w.sims, sim)
	c.spec = webexsim.TwoSubscriptionOrganization()
	c.spec.UUID = w.uuid(n)
	c.sim, c.org = sim, sim.AddOrganization(c.spec)
	c.secret = &secret{name: c.name, owner: c.name}
	a := &assignee{customer: c, lists: []*list{
		{name: c.name + "-messaging", offer: "MS", people: []int{0, 1, 2, 3, 4, 5}, most: 2},
		{name: c.name + "-meetings-a", offer: "EE", people: []int{0, 1, 2, 3, 16, 17}, most: 3},
		{name: c.name + "-meetings-b", offer: "EE", people: []int{4, 12, 18, 19}, most: 3},
	}}
	const years = 10 * 365 * 24 * time.Hour
	for secret, scopes := range map[string][]string{c.name: webexsim.DefaultScopes(), c.name + "-write": {webexsim.ScopePeopleWrite}} {
		token := sim.IssueToken(webexsim.TokenSpec{Organization: c.org.UUID(), Owner: secret, Scopes: scopes, ExpiresIn: years})
		w.create(&corev1.Secret{ObjectMeta: w.meta(secret), StringData: map[string]string{access.KeyAccessToken: token.Access}})
	}
	w.create(&corev1.ConfigMap{ObjectMeta: w.meta(c.name + "-ca"), Data: map[string]string{"ca.crt": string(sim.CACertificate())}})
	w.create(&v1alpha1.WebexCustomerAccess{ObjectMeta: w.meta(c.name), Spec: v1alpha1.WebexCustomerAccessSpec{
		CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: c.name}, DefaultSubscription: "Sub2000001", DefaultSiteURL: "globex.example.webex.com",
		Connection: &v1alpha1.Connection{BaseURL: sim.URL(), CABundleRef: &v1alpha1.CABundleReference{Name: c.name + "-ca"}, RequestsPerMinute: 6000},
		Assignment: &v1alpha1.CustomerAssignment{CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: c.name + "-write"}},
	}})
	a.note()
	for _, l := range a.lists {
		w.create(&corev1.Secret{ObjectMeta: w.meta(l.name), StringData: a.content(l)})
		w.create(&v1alpha1.WebexLicenseAssignment{ObjectMeta: w.meta(l.name), Spec: v1alpha1.WebexLicenseAssignmentSpec{
			CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: c.name}, License: v1alpha1.LicenseSelector{OfferCode: l.offer},
			Subjects: v1alpha1.Subjects{EmailsFrom: []v1alpha1.EmailSource{{Name: l.name}}},
			Mode:     v1alpha1.AssignmentModeEnforce, Unlisted: v1alpha1.UnlistedRemove, MaxRemovals: new(int32(l.most)), //nolint:gosec // small
		}})
	}
	return a
}

// content is that of a list's Secret.
func (a *assignee) content(l *list) map[string]string {
	lines := []string{"# people of " + l.offer}
	for _, i := range l.people {
		lines = append(lines, a.org.PersonEmail(i))
	}
	if l.typo {
		lines = append(lines, "no.such.person@example.net")
	}
	return map[string]string{"emails": strings.Join(lines, "\n")}
}

// note notes the rules that are in force from now on.
func (a *assignee) note() {
	now := rules{others: a.others}
	for _, l := range a.lists {
		copied := *l
		copied.people = slices.Clone(l.people)
		now.lists = append(now.lists, copied)
	}
	a.inForce = append(a.inForce, now)
}

// redraw changes one thing about the assignments, as a person or a pipeline would.
func (a *assignee) redraw(w *world) {
	l := pick(a.rng, a.lists...)
	switch a.rng.IntN(10) {
	case 0, 1, 2:
		l.people = a.rng.Perm(orderly - 2)[:3+a.rng.IntN(8)]
		a.note()
		a.putSecret(w, l)
	case 3:
		l.typo = !l.typo
		a.note()
		a.putSecret(w, l)
	case 4, 5:
		l.gone = !l.gone
		a.note()
		a.putSecret(w, l)
	case 6:
		l.report = a.rng.IntN(3) == 0
		a.putSpec(w, l)
	case 7:
		l.keep = a.rng.IntN(3) == 0
		a.putSpec(w, l)
	case 8:
		a.others = !a.others
		a.note()
		others := v1alpha1.OtherLicensesReport
		if a.others {
			others = v1alpha1.OtherLicensesRemove
		}
		w.patch(&v1alpha1.WebexCustomerAccess{ObjectMeta: w.meta(a.name)}, fmt.Sprintf(`{"spec":{"assignment":{"otherLicenses":%q}}}`, others))
	default:
		if err := a.org.SetTotal(inside[l.offer], 8+a.rng.IntN(40)); err != nil {
			w.t.Error(err)
		}
	}
}

// putSecret writes the Secret of a list, or takes it away.
func (a *assignee) putSecret(w *world, l *list) {
	secret := &corev1.Secret{ObjectMeta: w.meta(l.name)}
	var exists bool
	w.do("reading a list", func() error {
		var list corev1.SecretList
		err := w.client.List(w.ctx, &list)
		exists = slices.ContainsFunc(list.Items, func(s corev1.Secret) bool { return s.Namespace == w.namespace && s.Name == l.name })
		return err
	})
	switch {
	case l.gone && exists:
		w.do("taking a list away", func() error { return w.client.Delete(w.ctx, secret) })
		w.tally("lists taken away")
	case l.gone:
	case !exists:
		secret.StringData = a.content(l)
		w.create(secret)
	default:
		data, err := json.Marshal(map[string]any{"stringData": a.content(l)})
		if err != nil {
			w.t.Error(err)
		}
		w.patch(secret, string(data))
	}
}

// putSpec writes how an assignment goes about it.
func (a *assignee) putSpec(w *world, l *list) {
	a.note()
	mode, unlisted := v1alpha1.AssignmentModeEnforce, v1alpha1.UnlistedRemove
	if l.report {
		mode = v1alpha1.AssignmentModeReport
	}
	if l.keep {
		unlisted = v1alpha1.UnlistedKeep
	}
	w.patch(&v1alpha1.WebexLicenseAssignment{ObjectMeta: w.meta(l.name)},
		fmt.Sprintf(`{"spec":{"mode":%q,"unlisted":%q,"maxRemovals":%d}}`, mode, unlisted, l.most))
}

// approve approves the removals that wait, of one assignment or none.
func (a *assignee) approve(w *world) {
	l := pick(a.rng, a.lists...)
	object := &v1alpha1.WebexLicenseAssignment{ObjectMeta: w.meta(l.name)}
	if w.get(object); object.Status.Held == nil {
		return
	}
	a.approvals = append(a.approvals, approval{a.sim.Now(), int(*object.Status.Held.People)})
	w.patch(object, fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationApproveRemovals, object.Status.Held.Token))
	w.tally("approvals")
}

// pass lets a day pass: the clock of Webex goes on, and what the operator noted lies back as far.
func (a *assignee) pass(w *world) {
	const day = 25 * time.Hour
	a.sim.Advance(day)
	for _, l := range a.lists {
		object := &v1alpha1.WebexLicenseAssignment{ObjectMeta: w.meta(l.name)}
		w.get(object)
		batches := object.Status.Removals
		if len(batches) == 0 {
			continue
		}
		for n := range batches {
			batches[n].Time.Time = batches[n].Time.Add(-day)
		}
		data, err := json.Marshal(map[string]any{"status": map[string]any{"removals": batches}})
		if err != nil {
			w.t.Error(err)
		}
		w.do("letting a day pass", func() error { return w.patchStatus(object, data) })
	}
	w.tally("days")
}
