package controllers

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/rows"
	"github.com/webex-operator/webex-license-operator/internal/timetable"
)

// syncedScope is a customer in good order: synced by its present spec and Secret.
func syncedScope() *customerScope {
	end := metav1.NewTime(time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))
	customer := &v1alpha1.WebexCustomerAccess{
		ObjectMeta: metav1.ObjectMeta{Name: "acme", Generation: 2},
		Spec:       v1alpha1.WebexCustomerAccessSpec{CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: "token"}},
	}
	customer.Status = v1alpha1.WebexCustomerAccessStatus{
		LastSuccessfulSyncTime: &end,
		LastRun:                &v1alpha1.LastRun{Name: "acme-initial", Reason: v1alpha1.ReasonSucceeded, ObservedGeneration: new(int64(2)), EndTime: &end},
		CollectedSpecHash:      rows.CollectedSpecHash(customer),
		Organization:           &v1alpha1.OrganizationStatus{ID: "11111111-2222-4333-8444-555555555555"},
		Credentials:            &v1alpha1.CredentialsStatus{ObservedSecretResourceVersion: "7"},
	}
	return &customerScope{customer: customer, now: end.Add(10 * time.Minute), secretVersion: "7"}
}

// Adjustments of a customer in good order.
type adjust func(*customerScope)

func failedBy(reason string) adjust {
	return func(s *customerScope) {
		last := s.customer.Status.LastRun
		last.Reason, last.Message, last.Failures = reason, "it went wrong", 1
	}
}

func neverSynced(s *customerScope) { s.customer.Status.LastSuccessfulSyncTime = nil }
func neverRan(s *customerScope)    { s.customer.Status = v1alpha1.WebexCustomerAccessStatus{} }
func activeRun(s *customerScope)   { s.active = true }
func suspended(s *customerScope)   { s.customer.Spec.Suspend = new(true) }
func noSecret(s *customerScope)    { s.secretVersion = "" }
func newSecret(s *customerScope)   { s.secretVersion = "8" }
func newSpec(s *customerScope)     { s.customer.Generation++ }
func later(by time.Duration) adjust {
	return func(s *customerScope) { s.now = s.now.Add(by) }
}

func renewalRefused(s *customerScope) {
	s.customer.Status.Credentials.Refusal = &v1alpha1.CredentialsRefusal{Message: "it went wrong"}
}

func warnedOfEnd(s *customerScope) { s.customer.Status.ExpiryWarning = &v1alpha1.ExpiryWarning{} }

// caSecret is a Secret with a CA bundle, in the version that the last run used and in today's.
func caSecret(used, now string) adjust {
	return func(s *customerScope) {
		s.customer.Status.LastRun.ObservedCABundleResourceVersion, s.caVersion = used, now
	}
}

func newCollection(s *customerScope) {
	s.customer.Generation++
	s.customer.Spec.Collection = &v1alpha1.Collection{Roles: new(false)}
}

// upgraded is an operator of a higher data version.
func upgraded(s *customerScope) { s.upgrade = upgradePolicy{version: 2, spread: time.Hour} }

// plannedIn is an upgrade's run that was planned before.
func plannedIn(wait time.Duration) adjust {
	return func(s *customerScope) { s.customer.Status.UpgradeRunTime = &metav1.Time{Time: s.now.Add(wait)} }
}

func collectedBy(version int32) adjust {
	return func(s *customerScope) { s.customer.Status.CollectedDataVersion = version }
}

func requested(token string) adjust {
	return func(s *customerScope) {
		metav1.SetMetaDataAnnotation(&s.customer.ObjectMeta, v1alpha1.AnnotationRequestedAt, token)
	}
}

func handledBefore(token string) adjust {
	return func(s *customerScope) { s.customer.Status.LastHandledReconcileAt = token }
}

func heldBy(token, approved string) adjust {
	return func(s *customerScope) {
		s.customer.Status.HeldPrune = &v1alpha1.HeldPrune{Rows: new(int32(3)), Token: token}
		metav1.SetMetaDataAnnotation(&s.customer.ObjectMeta, v1alpha1.AnnotationApprovePrune, approved)
	}
}

func TestDecideRun(t *testing.T) {
	t.Parallel()
	const initial, manual, specChange, upgrade = v1alpha1.TriggerInitial, v1alpha1.TriggerManual, v1alpha1.TriggerSpecChange, v1alpha1.TriggerUpgrade
	offset := timetable.Offset("", "acme", time.Hour)
	long := strings.Repeat("x", 5000)
	for name, test := range map[string]struct {
		adjust []adjust
		want   v1alpha1.Trigger
		prefix string
		token  string
		wait   time.Duration
	}{
		"all is well":                            {},
		"a restart long after":                   {adjust: []adjust{later(1000 * time.Hour)}},
		"the first run":                          {adjust: []adjust{neverRan}, want: initial, prefix: "acme-initial"},
		"no first run while suspended":           {adjust: []adjust{neverRan, suspended}},
		"no first run without a Secret":          {adjust: []adjust{neverRan, noSecret}},
		"one first run":                          {adjust: []adjust{neverRan, activeRun}},
		"asked for":                              {adjust: []adjust{requested("a")}, want: manual, prefix: "acme-m-", token: "a"},
		"asked for again":                        {adjust: []adjust{requested("a"), handledBefore("a")}},
		"asked for anew":                         {adjust: []adjust{requested("b"), handledBefore("a")}, want: manual, prefix: "acme-m-", token: "b"},
		"asked for from the start":               {adjust: []adjust{neverRan, requested("a")}, want: manual, prefix: "acme-m-", token: "a"},
		"asked for during a run":                 {adjust: []adjust{activeRun, requested("a")}, want: manual, prefix: "acme-m-", token: "a"},
		"asked for while suspended":              {adjust: []adjust{suspended, requested("a")}},
		"asked for without a Secret":             {adjust: []adjust{noSecret, requested("a")}},
		"asked for at length":                    {adjust: []adjust{requested(long)}, want: manual, prefix: "acme-m-", token: clipToken(long)},
		"asked for at length before":             {adjust: []adjust{requested(long), handledBefore(clipToken(long))}},
		"a prune that is approved":               {adjust: []adjust{heldBy("t", "t")}, want: manual, prefix: "acme-prune-"},
		"a prune that is not":                    {adjust: []adjust{heldBy("t", "other")}},
		"a prune without a token":                {adjust: []adjust{heldBy("", "")}},
		"a prune approved during a run":          {adjust: []adjust{heldBy("t", "t"), activeRun}},
		"another spec to collect by":             {adjust: []adjust{newCollection}, want: specChange, prefix: "acme-spec-"},
		"the same during a run":                  {adjust: []adjust{newCollection, activeRun}},
		"the same while suspended":               {adjust: []adjust{newCollection, suspended}},
		"another spec otherwise":                 {adjust: []adjust{newSpec}},
		"another Secret after success":           {adjust: []adjust{newSecret}},
		"an outage after success":                {adjust: []adjust{failedBy(v1alpha1.ReasonAPIUnavailable), later(1000 * time.Hour)}},
		"an outage and another spec":             {adjust: []adjust{failedBy(v1alpha1.ReasonAPIUnavailable), newSpec}, want: specChange, prefix: "acme-spec-"},
		"an outage and another Secret":           {adjust: []adjust{failedBy(v1alpha1.ReasonAPIUnavailable), newSecret}},
		"an outage at first":                     {adjust: []adjust{failedBy(v1alpha1.ReasonAPIUnavailable), neverSynced}, wait: 50 * time.Minute},
		"an outage at first, one hour ago":       {adjust: []adjust{failedBy(v1alpha1.ReasonAPIUnavailable), neverSynced, later(50 * time.Minute)}, want: initial, prefix: "acme-initial-"},
		"an outage at first, corrected":          {adjust: []adjust{failedBy(v1alpha1.ReasonCABundleInvalid), neverSynced, newSpec}, want: specChange, prefix: "acme-spec-"},
		"refused":                                {adjust: []adjust{failedBy(v1alpha1.ReasonCredentialsRejected), later(1000 * time.Hour)}},
		"refused, another Secret":                {adjust: []adjust{failedBy(v1alpha1.ReasonCredentialsRejected), newSecret}, want: specChange, prefix: "acme-spec-"},
		"refused, another spec":                  {adjust: []adjust{failedBy(v1alpha1.ReasonCredentialsRejected), newSpec}, want: specChange, prefix: "acme-spec-"},
		"refused to renew":                       {adjust: []adjust{renewalRefused}},
		"refused to renew, another Secret":       {adjust: []adjust{renewalRefused, newSecret}, want: specChange, prefix: "acme-spec-"},
		"warned of its end, another Secret":      {adjust: []adjust{warnedOfEnd, newSecret}, want: specChange, prefix: "acme-spec-"},
		"warned, another Secret, a run":          {adjust: []adjust{warnedOfEnd, newSecret, activeRun}},
		"no CA, the same Secret":                 {adjust: []adjust{failedBy(v1alpha1.ReasonCABundleInvalid), caSecret("3", "3")}},
		"no CA, a Secret now":                    {adjust: []adjust{failedBy(v1alpha1.ReasonCABundleInvalid), caSecret("", "3")}, want: specChange, prefix: "acme-spec-"},
		"no CA, the Secret is gone":              {adjust: []adjust{failedBy(v1alpha1.ReasonCABundleInvalid), caSecret("3", "")}},
		"not reached, another CA":                {adjust: []adjust{failedBy(v1alpha1.ReasonAPIUnavailable), caSecret("3", "4")}, want: specChange, prefix: "acme-spec-"},
		"refused, another CA":                    {adjust: []adjust{failedBy(v1alpha1.ReasonCredentialsRejected), caSecret("3", "4")}},
		"all is well, another CA":                {adjust: []adjust{caSecret("3", "4")}},
		"refused before a Secret was read":       {adjust: []adjust{failedBy(v1alpha1.ReasonSecretNotFound), func(s *customerScope) { s.customer.Status.Credentials = nil }}, want: specChange, prefix: "acme-spec-"},
		"a wrong host":                           {adjust: []adjust{failedBy(v1alpha1.ReasonHostNotAllowed)}},
		"a wrong host, another Secret":           {adjust: []adjust{failedBy(v1alpha1.ReasonHostNotAllowed), newSecret}},
		"a wrong host, another spec":             {adjust: []adjust{failedBy(v1alpha1.ReasonHostNotAllowed), newSpec}, want: specChange, prefix: "acme-spec-"},
		"a duplicate":                            {adjust: []adjust{failedBy(v1alpha1.ReasonDuplicateOrganization)}},
		"a duplicate no longer":                  {adjust: []adjust{failedBy(v1alpha1.ReasonDuplicateOrganization), func(s *customerScope) { s.duplicateGone = true }}, want: specChange, prefix: "acme-spec-"},
		"a duplicate no longer, while at work":   {adjust: []adjust{failedBy(v1alpha1.ReasonDuplicateOrganization), activeRun, func(s *customerScope) { s.duplicateGone = true }}},
		"refused, another Secret, but resting":   {adjust: []adjust{failedBy(v1alpha1.ReasonCredentialsRejected), newSecret, suspended}},
		"a failure of an unknown reason":         {adjust: []adjust{failedBy("Unheard")}},
		"an upgrade":                             {adjust: []adjust{upgraded}, wait: offset},
		"an upgrade, planned before":             {adjust: []adjust{upgraded, plannedIn(time.Minute)}, wait: time.Minute},
		"an upgrade that is due":                 {adjust: []adjust{upgraded, plannedIn(0)}, want: upgrade, prefix: "acme-upgrade-"},
		"an upgrade, long after":                 {adjust: []adjust{upgraded, plannedIn(-time.Hour), later(1000 * time.Hour)}, want: upgrade, prefix: "acme-upgrade-"},
		"an upgrade while suspended":             {adjust: []adjust{upgraded, plannedIn(0), suspended}},
		"an upgrade without a Secret":            {adjust: []adjust{upgraded, plannedIn(0), noSecret}},
		"an upgrade during a run":                {adjust: []adjust{upgraded, plannedIn(0), activeRun}},
		"an upgrade of one refused":              {adjust: []adjust{upgraded, failedBy(v1alpha1.ReasonCredentialsRejected), plannedIn(0)}},
		"an upgrade of one forbidden":            {adjust: []adjust{upgraded, failedBy(v1alpha1.ReasonForbidden), plannedIn(0)}},
		"an upgrade after an outage":             {adjust: []adjust{upgraded, failedBy(v1alpha1.ReasonAPIUnavailable), plannedIn(0)}, wait: 50 * time.Minute},
		"an upgrade an hour after an outage":     {adjust: []adjust{upgraded, failedBy(v1alpha1.ReasonAPIUnavailable), plannedIn(0), later(time.Hour)}, want: upgrade, prefix: "acme-upgrade-"},
		"an upgrade and another spec":            {adjust: []adjust{upgraded, plannedIn(0), newCollection}, want: specChange, prefix: "acme-spec-"},
		"an upgrade before the first run":        {adjust: []adjust{upgraded, neverRan}, want: initial, prefix: "acme-initial"},
		"an upgrade after a first run failed":    {adjust: []adjust{upgraded, failedBy(v1alpha1.ReasonForbidden), neverSynced, plannedIn(0)}},
		"an upgrade that another run dealt with": {adjust: []adjust{upgraded, plannedIn(0), collectedBy(2)}},
		"a downgrade":                            {adjust: []adjust{upgraded, plannedIn(0), collectedBy(3)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			s := syncedScope()
			for _, a := range test.adjust {
				a(s)
			}
			wanted, wait := decideRun(s)
			g.Expect(wait).To(Equal(test.wait))
			if test.want == "" {
				g.Expect(wanted).To(BeNil())
				return
			}
			g.Expect(wanted).NotTo(BeNil())
			g.Expect(wanted.trigger).To(Equal(test.want))
			g.Expect(wanted.name).To(HavePrefix(test.prefix))
			g.Expect(wanted.requestToken).To(Equal(test.token))
			again, _ := decideRun(s)
			g.Expect(again).To(Equal(wanted), "the same facts ask for the same run")
		})
	}
}

// What asks for a run decides its name: another cause, another run.
func TestRunNames(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	names := map[string]bool{}
	for _, adjustments := range [][]adjust{
		{requested("a")},
		{requested("b")},
		{newCollection},
		{newCollection, newSecret},
		{newCollection, func(s *customerScope) { s.customer.Status.LastRun.EndTime = &metav1.Time{Time: s.now} }},
		{failedBy(v1alpha1.ReasonForbidden), newSpec},
		{failedBy(v1alpha1.ReasonForbidden), newSecret},
		{heldBy("t", "t")},
		{heldBy("u", "u")},
		{upgraded, plannedIn(0)},
		{upgraded, plannedIn(0), func(s *customerScope) { s.upgrade.version = 3 }},
		{upgraded, plannedIn(0), func(s *customerScope) { s.customer.Status.LastRun.EndTime = &metav1.Time{Time: s.now} }},
		{neverRan},
	} {
		s := syncedScope()
		for _, a := range adjustments {
			a(s)
		}
		wanted, _ := decideRun(s)
		g.Expect(wanted).NotTo(BeNil())
		g.Expect(names).NotTo(HaveKey(wanted.name))
		names[wanted.name] = true
	}
	customer := &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Name: strings.Repeat("a", 63)}}
	g.Expect(len(runName(customer, "initial", "x"))).To(BeNumerically("<=", 253))
	g.Expect(runName(customer, "m", "ab", "c")).NotTo(Equal(runName(customer, "m", "a", "bc")))
}

func TestClipToken(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	exact := strings.Repeat("x", 1024)
	g.Expect(clipToken(exact)).To(Equal(exact))
	g.Expect(clipToken(exact + "y")).To(And(HavePrefix("sha256:"), HaveLen(71), Not(Equal(clipToken(exact+"z")))))
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	for failed, want := range map[int32]time.Duration{
		0: firstBackoff, 1: firstBackoff, 2: 20 * time.Second, 3: 40 * time.Second, 6: 320 * time.Second, 7: 640 * time.Second,
		8: maxBackoff, 100: maxBackoff, 1 << 30: maxBackoff,
	} {
		wait := Backoff("7F0B", failed)
		g.Expect(wait).To(And(BeNumerically(">=", want), BeNumerically("<", want+want/10)), "after %d failures", failed)
		g.Expect(Backoff("7f0b", failed)).To(Equal(wait), "the same run waits equally long at each call")
	}
	waits := map[time.Duration]bool{}
	for _, uid := range []string{"a", "b", "c", "d", "e", "f"} {
		waits[Backoff(uid, 3)] = true
	}
	g.Expect(len(waits)).To(BeNumerically(">", 3), "runs that fail together do not come back together")
}
