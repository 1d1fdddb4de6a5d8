package discovery

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/budget"
	"github.com/webex-operator/webex-license-operator/internal/partner"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// A thousand organizations cost one request; the partner's own is asked for where nothing tells it.
func TestAThousandOrganizations(t *testing.T) {
	w := newWorld(t, 1000)
	found := w.discover(t.Context())
	w.Expect(w.sim.Requests()).To(Equal(map[string]int{listRequest: 1, ownRequest: 1}))
	w.Expect(found.Own.UUID()).To(Equal(w.sold.Organization))
	w.Expect(found.SecretVersion).NotTo(BeEmpty())
	w.Expect(found.Organizations).To(HaveLen(1001), "with its own")
	ids := map[string]bool{}
	for _, o := range found.Organizations {
		w.Expect(o.Name).NotTo(BeEmpty())
		ids[o.ID.UUID()] = true
	}
	for _, customer := range w.sold.Customers {
		w.Expect(ids).To(HaveKey(customer))
	}
	w.Expect(w.calls).To(HaveLen(2), "each request is told")

	w.partner.Status.OrganizationID = w.sold.Organization
	w.sim.ResetRequests()
	w.Expect(w.discover(t.Context())).To(Equal(found))
	w.Expect(w.sim.Requests()).To(Equal(map[string]int{listRequest: 1}))

	w.partner.Status.OrganizationID, w.partner.Spec.OrganizationID = "", strings.ToUpper(w.sold.Organization)
	w.sim.ResetRequests()
	w.Expect(w.discover(t.Context())).To(Equal(found))
	w.Expect(w.sim.Requests()).To(Equal(map[string]int{listRequest: 1}))
}

// What is there is told as it is: an empty list is one, and what comes twice is one organization.
func TestOddLists(t *testing.T) {
	w := newWorld(t, 1)
	w.partner.Status.OrganizationID = w.sold.Organization
	w.sim.SetOptions(func(o *webexsim.Options) { o.EmptyOrganizations = true })
	w.Expect(w.discover(t.Context()).Organizations).To(BeEmpty())

	id, err := webex.ParseOrganizationID(w.sold.Customers[0])
	w.Expect(err).NotTo(HaveOccurred())
	w.sim.AddRule(webexsim.Rule{Operation: listRequest, Body: fmt.Sprintf(`{"items":[{"id":%q,"displayName":"Acme"},{"id":"%s==","displayName":"Acme again"}]}`, id.UUID(), id.API())})
	w.Expect(w.discover(t.Context()).Organizations).To(Equal([]partner.Organization{{ID: id, Name: "Acme"}}))
}

func TestTags(t *testing.T) {
	w := newWorld(t, 250)
	w.partner.Status.OrganizationID = w.sold.Organization
	w.partner.Spec.Select = &v1alpha1.OrganizationSelector{
		OrganizationMatch: v1alpha1.OrganizationMatch{Tags: []string{"gold"}}, Exclude: &v1alpha1.OrganizationMatch{Tags: []string{"left"}},
	}
	w.partner.Spec.Template = &v1alpha1.CustomerTemplate{ByTag: []v1alpha1.TagTemplate{{Tag: "emea"}, {Tag: "gold"}}}
	w.sim.SetTags(w.sold.Organization, w.sold.Customers[0], "gold", "emea", "unnamed")
	w.sim.SetTags(w.sold.Organization, w.sold.Customers[1], "left")
	w.sim.SetTags(w.sold.Organization, w.sold.Customers[2], "unnamed")
	tagsOf := func() map[string][]string {
		t.Helper()
		w.sim.ResetRequests()
		all := map[string][]string{}
		for _, o := range w.discover(t.Context()).Organizations {
			if len(o.Tags) > 0 {
				all[o.ID.UUID()] = o.Tags
			}
		}
		return all
	}
	want := map[string][]string{w.sold.Customers[0]: {"gold", "emea", "unnamed"}, w.sold.Customers[1]: {"left"}}
	w.Expect(tagsOf()).To(Equal(want))
	w.Expect(w.sim.Requests()).To(Equal(map[string]int{listRequest: 1, tagsRequest: 1}))

	for _, customer := range w.sold.Customers[3:] {
		w.sim.SetTags(w.sold.Organization, customer, "gold")
	}
	w.Expect(tagsOf()).To(HaveLen(2 + 247))
	w.sim.SetOptions(func(o *webexsim.Options) { o.OmitTagLinks = true })
	failure, _ := w.fails(t.Context())
	w.Expect(failure.Reason).To(Equal(v1alpha1.ReasonTagsUnreadable), "a list that may be cut off is none")
	w.Expect(failure.Retriable()).To(BeFalse())
	w.Expect(failure.Message).To(And(ContainSubstring("spec.select.tags"), ContainSubstring("organizationIDs")))

	w.partner.Spec.Select, w.partner.Spec.Template = nil, nil
	w.Expect(tagsOf()).To(BeEmpty())
	w.Expect(w.sim.Requests()).To(Equal(map[string]int{listRequest: 1}), "nothing asks for tags")
}

// Each failure has its reason, its words, and whether Webex is asked again.
func TestFailures(t *testing.T) {
	for name, test := range map[string]struct {
		rule   webexsim.Rule
		spoil  func(*world)
		reason string
		says   []string
		// requests are those of the discovery; again says that it is asked for again.
		requests int
		again    bool
	}{
		"no role": {
			rule: webexsim.Rule{Operation: listRequest, Status: 403}, reason: v1alpha1.ReasonForbidden,
			says: []string{"spec.credentialsSecretRef", "spark-admin:organizations_read", "partner administrator"}, requests: 1, again: true,
		},
		"own organization": {
			rule: webexsim.Rule{Operation: ownRequest, Status: 403}, reason: v1alpha1.ReasonOwnOrganizationUnknown,
			says: []string{"spec.organizationID"}, requests: 2, again: true,
		},
		"no tags": {
			rule: webexsim.Rule{Operation: tagsRequest, Status: 403}, spoil: tagged("gold"), reason: v1alpha1.ReasonTagsUnreadable,
			says: []string{"spark-admin:organizations_read", "spec.select.tags"}, requests: 3, again: true,
		},
		"a tag with a comma": {spoil: tagged("gold,silver"), reason: v1alpha1.ReasonTagsUnreadable, says: []string{"comma"}, requests: 2},
		"refused": {
			rule: webexsim.Rule{Operation: listRequest, Status: 401}, reason: v1alpha1.ReasonCredentialsRejected,
			says: []string{"spec.credentialsSecretRef"}, requests: 1,
		},
		"rate": {
			rule: webexsim.Rule{Operation: listRequest, Status: 429}, reason: v1alpha1.ReasonRateLimited,
			says: []string{"the discovery goes on by itself"}, requests: 1, again: true,
		},
		"outage":     {rule: webexsim.Rule{Operation: listRequest, Status: 503}, reason: v1alpha1.ReasonAPIUnavailable, requests: 2, again: true},
		"no name":    {rule: webexsim.Rule{Operation: listRequest, Body: `{"items":[{"id":"0b000000-0000-4000-8000-000000000001"}]}`}, reason: v1alpha1.ReasonPartialResult, requests: 1, again: true},
		"no id":      {rule: webexsim.Rule{Operation: listRequest, Body: `{"items":[{"id":"x","displayName":"Acme"}]}`}, reason: v1alpha1.ReasonPartialResult, requests: 1, again: true},
		"half":       {rule: webexsim.Rule{Operation: listRequest, Body: `{"items":[`}, reason: v1alpha1.ReasonPartialResult, requests: 2, again: true},
		"no list":    {rule: webexsim.Rule{Operation: listRequest, Body: `{"items":null}`}, reason: v1alpha1.ReasonPartialResult, requests: 1, again: true},
		"no Secret":  {spoil: func(w *world) { w.partner.Spec.CredentialsSecretRef.Name = "none" }, reason: v1alpha1.ReasonSecretNotFound, says: []string{`Secret "none"`}},
		"wrong host": {spoil: func(w *world) { w.partner.Spec.Connection.BaseURL = "https://other.test/v1" }, reason: v1alpha1.ReasonHostNotAllowed},
		"wrong id":   {spoil: func(w *world) { w.partner.Spec.OrganizationID = "Y2lzY29zcGFyazovL" }, reason: v1alpha1.ReasonInvalidOrganizationID, requests: 1, says: []string{"spec.organizationID"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 3)
			if test.rule.Operation != "" {
				w.sim.AddRule(test.rule)
			}
			if test.spoil != nil {
				test.spoil(w)
			}
			failure, requests := w.fails(t.Context())
			w.Expect(failure.Reason).To(Equal(test.reason), failure.Message)
			w.Expect(requests).To(Equal(test.requests), failure.Message)
			w.Expect(failure.Retriable()).To(Equal(test.again))
			for _, words := range test.says {
				w.Expect(failure.Message).To(ContainSubstring(words))
			}
		})
	}
}

func tagged(tag string) func(*world) {
	return func(w *world) {
		w.partner.Spec.Select = &v1alpha1.OrganizationSelector{OrganizationMatch: v1alpha1.OrganizationMatch{Tags: []string{tag}}}
	}
}

// A no is believed when it was said twice by the same Secret.
func TestANoIsConfirmed(t *testing.T) {
	w := newWorld(t, 3)
	w.sim.AddRule(webexsim.Rule{Operation: listRequest, Status: http.StatusForbidden})
	first, _ := w.fails(t.Context())
	w.Expect(first.Retriable()).To(BeTrue())
	secret := &corev1.Secret{}
	w.Expect(w.api.Get(t.Context(), client.ObjectKey{Namespace: "ns", Name: "webex"}, secret)).To(Succeed())
	w.told(first, secret.ResourceVersion)
	second, requests := w.fails(t.Context())
	w.Expect(second.Retriable()).To(BeFalse())
	w.Expect([]any{second.Message, requests}).To(Equal([]any{first.Message, 1}))
	w.told(first, "another")
	third, _ := w.fails(t.Context())
	w.Expect(third.Retriable()).To(BeTrue(), "that was another Secret")
}

// Credentials that were refused are not tried again, after a restart neither, before Secret or spec change.
func TestRefusedCredentialsAreNotTried(t *testing.T) {
	w := newWorld(t, 3)
	w.sim.RevokeToken(w.sold.Token.Access)
	first, requests := w.fails(t.Context())
	w.Expect([]any{first.Reason, requests}).To(Equal([]any{v1alpha1.ReasonCredentialsRejected, 1}))
	again, requests := w.fails(t.Context())
	w.Expect([]any{again.Reason, requests}).To(Equal([]any{v1alpha1.ReasonCredentialsRejected, 0}))

	restarted := newWorldOf(w)
	secret := &corev1.Secret{}
	w.Expect(w.api.Get(t.Context(), client.ObjectKey{Namespace: "ns", Name: "webex"}, secret)).To(Succeed())
	w.told(first, secret.ResourceVersion)
	again, requests = restarted.fails(t.Context())
	w.Expect([]any{again.Message, requests}).To(Equal([]any{first.Message, 0}))

	secret.Data["accessToken"] = []byte(w.sim.IssueToken(webexsim.TokenSpec{Organization: w.sold.Organization, Organizations: w.sold.Customers, Partner: true}).Access)
	w.Expect(w.api.Update(t.Context(), secret)).To(Succeed())
	w.Expect(restarted.discover(t.Context()).Organizations).To(HaveLen(4))
}

// newWorldOf is the same world after a restart.
func newWorldOf(w *world) *world {
	restarted, discoverer := *w, *w.discoverer
	discoverer.Budgets = budget.New(0)
	restarted.discoverer = &discoverer
	return &restarted
}

// A pause that Webex asked one user of the Secret for holds back all.
func TestPausesAreShared(t *testing.T) {
	w := newWorld(t, 3)
	w.sim.AddRule(webexsim.Rule{Operation: listRequest, Status: http.StatusTooManyRequests, RetryAfter: webexsim.RetryAfterSeconds, For: 5 * time.Minute, Times: 1})
	first, requests := w.fails(t.Context())
	w.Expect(requests).To(Equal(1))
	w.Expect(first.RetryAfter).To(BeNumerically("~", 300*time.Second, 5*time.Second))
	again, requests := w.fails(t.Context())
	w.Expect([]any{again.Reason, requests}).To(Equal([]any{v1alpha1.ReasonRateLimited, 0}))
	w.Expect(again.RetryAfter).To(BeNumerically("~", 300*time.Second, 5*time.Second))

	restarted := newWorldOf(w)
	customer := &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "acme"}}
	customer.Spec.CredentialsSecretRef.Name = "webex"
	customer.Status.NotBefore = &metav1.Time{Time: time.Now().Add(time.Minute)}
	w.Expect(w.api.Create(t.Context(), customer)).To(Succeed())
	told, requests := restarted.fails(t.Context())
	w.Expect([]any{told.Reason, requests}).To(Equal([]any{v1alpha1.ReasonRateLimited, 0}), "a run wrote it down")
	w.Expect(told.RetryAfter).To(BeNumerically("~", time.Minute, 5*time.Second))
	customer.Status.NotBefore = nil
	w.Expect(w.api.Update(t.Context(), customer)).To(Succeed())
	w.Expect(restarted.discover(t.Context()).Organizations).To(HaveLen(4))
}

// A panic is the failure of one discovery.
func TestPanic(t *testing.T) {
	w := newWorld(t, 3)
	w.discoverer.Observe = func(webex.Call) { panic("jane@example.com") }
	failure, _ := w.fails(t.Context())
	w.Expect(failure.Reason).To(Equal(v1alpha1.ReasonPartialResult))
	w.Expect(failure.Retriable()).To(BeTrue())
	w.Expect(fmt.Sprint(failure, errors.Unwrap(failure))).NotTo(ContainSubstring("jane"))
}

// BenchmarkMemory is what a list keeps in memory.
func BenchmarkMemory(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var body strings.Builder
			for i := range n {
				id, err := webex.ParseOrganizationID(fmt.Sprintf("0b000000-0000-4000-8000-%012d", i))
				if err != nil {
					b.Fatal(err)
				}
				fmt.Fprintf(&body, `,{"id":%q,"displayName":"Customer %06d of Acme","created":"2026-01-01T00:00:00.000Z"}`, id.API(), i)
			}
			server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = fmt.Fprintf(w, `{"items":[%s]}`, body.String()[1:])
			}))
			b.Cleanup(server.Close)
			c, err := webex.New(webex.Config{BaseURL: server.URL + "/v1", HTTP: server.Client(), Tokens: webex.StaticToken("t")})
			if err != nil {
				b.Fatal(err)
			}
			var before, after runtime.MemStats
			for b.Loop() {
				runtime.GC()
				runtime.ReadMemStats(&before)
				listed, err := c.Organizations(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				all, err := compact(listed)
				if err != nil || len(all) != n {
					b.Fatal(len(all), err)
				}
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric((float64(after.HeapAlloc)-float64(before.HeapAlloc))/float64(n), "B/organization")
				runtime.KeepAlive(all)
			}
		})
	}
}
