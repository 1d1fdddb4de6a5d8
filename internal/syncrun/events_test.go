package syncrun

import (
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/budget"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const operationAudit = "GET /adminAudit/events"

// simulated is the clock of the simulator.
type simulated struct{ *webexsim.Server }

func (s simulated) Since(t time.Time) time.Duration { return s.Now().Sub(t) }

// listener asks for hints as one run after the other does, with a token that has scopes of its own.
type listener struct {
	*walker
	walked        time.Time // when the last walk began
	secretVersion string
	token         string
}

func newListener(t *testing.T, scopes ...string) *listener {
	t.Helper()
	w := newWalker(t, webexsim.StandardOrganization(), func(o *webexsim.Options) { o.Now = func() time.Time { return at.Time } })
	w.engine.Clock = simulated{w.sim}
	l := &listener{walker: w, walked: w.sim.Now(), secretVersion: "1", token: "audit"}
	w.sim.IssueToken(webexsim.TokenSpec{Organization: w.org.UUID(), Access: l.token, Scopes: append(scopes, webexsim.ScopeOrganizations)})
	w.perMinute = 300
	w.change = func(c *webex.Config) { c.Tokens = webex.StaticToken(l.token) }
	w.sim.Advance(5 * time.Minute)
	return l
}

// hint is what the next run gets, and what it asked the log for.
func (l *listener) hint(t *testing.T) (hint webex.Hint, requests int, err error) {
	t.Helper()
	a, err := l.begin(t.Context())
	l.Expect(err).NotTo(HaveOccurred())
	a.customer.Status.Walked = &v1alpha1.Walked{StartTime: new(metav1.NewTime(l.walked))}
	a.session = &access.Session{SecretVersion: l.secretVersion}
	before := l.sim.Requests()[operationAudit]
	hint, err = a.hint(t.Context())
	return hint, l.sim.Requests()[operationAudit] - before, err
}

func (l *listener) expect(t *testing.T, hint webex.Hint, requests int, why string) {
	t.Helper()
	got, sent, err := l.hint(t)
	l.Expect(err).NotTo(HaveOccurred(), why)
	l.Expect(got).To(Equal(hint), why)
	l.Expect(sent).To(Equal(requests), why)
}

// What of an organization changes without that a count does, and what else it is that matters.
func TestHintOfEachChange(t *testing.T) {
	t.Parallel()
	l := newListener(t, webexsim.ScopeAudit)
	someone, license := l.org.Holders("Webex Calling - Professional")[0], "Advanced Messaging"
	l.Expect(l.org.AssignLicense(someone, license)).To(Succeed())
	for _, change := range []struct {
		name string
		make func() error
	}{
		{"a person has no location", func() error { return l.org.MovePerson(someone, "") }},
		{"a person moves", func() error { return l.org.MovePerson(someone, l.org.Truth().Licenses[0].Locations[0].Name) }},
		{"a person loses a licence", func() error { return l.org.RemoveLicense(someone, license) }},
		{"a person comes", func() error { _, err := l.org.AddPerson(webexsim.Person{Location: webexsim.NoLocation}); return err }},
		{"a person goes", func() error { return l.org.RemovePerson(someone) }},
		{"a location comes", func() error { l.org.AddLocation(webexsim.LocationSpec{Name: "Annex"}); return nil }},
		{"a location is renamed", func() error { return l.org.RenameLocation("Annex", "Tower") }},
		{"units are bought", func() error { return l.org.SetTotal(license, 99) }},
	} {
		l.sim.Advance(5 * time.Minute)
		l.walked = l.sim.Now()
		l.Expect(change.make()).To(Succeed(), change.name)
		l.sim.Advance(5 * time.Minute)
		l.expect(t, webex.HintSeen, 1, change.name)
	}
}

// The forms in which the log may come are understood. What is on a further page is not known.
func TestHintOfOtherForms(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options func(*webexsim.Options)
		events  int
		signIns int // after them
		want    webex.Hint
		later   webex.Hint // an hour
	}{
		"prefix":                 {options: func(o *webexsim.Options) { o.AuditPrefix, o.AuditNulls = true, true }, events: 1, want: webex.HintSeen},
		"others are left out":    {options: func(*webexsim.Options) {}, events: 1, signIns: 300, want: webex.HintSeen},
		"others only":            {options: func(*webexsim.Options) {}, signIns: 300, want: webex.HintNone},
		"filter ignored":         {options: func(o *webexsim.Options) { o.AuditIgnoresCategories = true }, events: 1, signIns: 199, want: webex.HintSeen},
		"and nothing but others": {options: func(o *webexsim.Options) { o.AuditIgnoresCategories = true }, signIns: 199, want: webex.HintNone},
		"and a page of others":   {options: func(o *webexsim.Options) { o.AuditIgnoresCategories = true }, events: 1, signIns: 200, want: webex.HintUnknown},
		"and links":              {options: func(o *webexsim.Options) { o.AuditIgnoresCategories, o.AuditLinks = true, true }, events: 1, signIns: 200, want: webex.HintUnknown},
		"several pages":          {options: func(o *webexsim.Options) { o.AuditLinks = true }, events: 201, want: webex.HintSeen},
		"late":                   {options: func(o *webexsim.Options) { o.AuditLag = time.Hour }, events: 1, want: webex.HintNone, later: webex.HintSeen},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newListener(t, webexsim.ScopeAudit)
			l.sim.SetOptions(test.options)
			for i := range test.events {
				l.Expect(l.org.SetTotal("Advanced Messaging", 1000+i)).To(Succeed())
			}
			for range test.signIns {
				l.org.SignIn(0)
			}
			l.sim.Advance(5 * time.Minute)
			l.expect(t, test.want, 1, name)
			l.sim.Advance(time.Hour)
			l.expect(t, max(test.want, test.later), 1, "an hour later")
		})
	}
}

func TestHintOfTheAuditLog(t *testing.T) {
	t.Parallel()
	l := newListener(t, webexsim.ScopeAudit)
	l.expect(t, webex.HintNone, 1, "nothing happened")
	l.Expect(l.org.AssignLicense(1, "Advanced Messaging")).To(Succeed())
	l.sim.Advance(5 * time.Minute)
	l.expect(t, webex.HintSeen, 1, "a person's licences changed")
	l.expect(t, webex.HintSeen, 1, "and were not read yet")
	l.walked = l.sim.Now()
	l.expect(t, webex.HintNone, 1, "a walk has read them")
	l.Expect(l.org.SetTotal("Basic Messaging", 99)).To(Succeed())
	l.walked = l.sim.Now().Add(clockSkew)
	l.sim.Advance(5 * time.Minute)
	l.expect(t, webex.HintSeen, 1, "Webex's clock may be behind")
}

// Credentials without the scope cost one request a day.
func TestHintWithoutScope(t *testing.T) {
	t.Parallel()
	l := newListener(t)
	for range 24 * 12 {
		l.sim.Advance(5 * time.Minute)
		_, _, err := l.hint(t)
		l.Expect(err).NotTo(HaveOccurred())
	}
	l.Expect(l.sim.Requests()[operationAudit]).To(Equal(1))
	l.sim.Advance(5 * time.Minute)
	l.expect(t, webex.HintUnknown, 1, "a day later it is tried again")
	l.expect(t, webex.HintUnknown, 0, "and not twice")
	l.secretVersion = "2"
	l.sim.IssueToken(webexsim.TokenSpec{Organization: l.org.UUID(), Access: "better", Scopes: []string{webexsim.ScopeAudit, webexsim.ScopeOrganizations}})
	l.token = "better"
	l.expect(t, webex.HintNone, 1, "other credentials are tried at once")
}

// Whatever else the log answers is no hint, costs one request, and is asked again by the next run.
func TestHintThroughFaults(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]webexsim.Rule{
		"trouble":                  {Status: http.StatusServiceUnavailable},
		"too many requests":        {Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "1"}},
		"a proxy's no":             {Status: http.StatusForbidden, HTML: true},
		"a page of something else": {Body: `{"items":null}`, Status: http.StatusOK},
		"cut off":                  {CutAt: 0.5},
		"malformed":                {Malformed: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newListener(t, webexsim.ScopeAudit)
			rule.Operation, rule.Times = operationAudit, 2
			l.sim.AddRule(rule)
			l.expect(t, webex.HintUnknown, 1, "the first run")
			l.sim.Advance(5 * time.Minute)
			l.expect(t, webex.HintUnknown, 1, "the second run")
			l.sim.Advance(5 * time.Minute)
			l.expect(t, webex.HintNone, 1, "it is over")
		})
	}
}

// Where there is no such log, it is not asked for again, as without the scope.
func TestHintWithoutALog(t *testing.T) {
	t.Parallel()
	l := newListener(t, webexsim.ScopeAudit)
	l.sim.AddRule(webexsim.Rule{Operation: operationAudit, Status: http.StatusNotFound})
	l.expect(t, webex.HintUnknown, 1, "the first run")
	l.sim.Advance(5 * time.Minute)
	l.expect(t, webex.HintUnknown, 0, "the second run")
}

// What is no fault of the log's own ends the run, as everywhere.
func TestHintWithRefusedCredentials(t *testing.T) {
	t.Parallel()
	l := newListener(t, webexsim.ScopeAudit)
	l.sim.AddRule(webexsim.Rule{Operation: operationAudit, Status: http.StatusUnauthorized})
	_, requests, err := l.hint(t)
	l.Expect(webex.ClassOf(err)).To(Equal(webex.ClassAuth))
	l.Expect(requests).To(Equal(1))
}

// A pause that Webex asked for is not waited for, and nothing is sent in it.
func TestHintKeepsPauses(t *testing.T) {
	t.Parallel()
	l := newListener(t, webexsim.ScopeAudit)
	l.engine.Budgets = budget.New(0)
	l.sim.AddRule(webexsim.Rule{Operation: operationAudit, Status: http.StatusTooManyRequests, Times: 1, Header: map[string]string{"Retry-After": "600"}})
	l.expect(t, webex.HintUnknown, 1, "too many requests")
	l.sim.Advance(5 * time.Minute)
	l.expect(t, webex.HintUnknown, 0, "the pause goes on")
	l.sim.Advance(5 * time.Minute)
	l.expect(t, webex.HintNone, 1, "the pause is over")
}
