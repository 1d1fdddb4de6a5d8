package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/operator"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// Neither tokens and secrets nor people's names and addresses leave the walk:
// not in the log, not in events, not in any of our objects, whether runs succeed
// or fail.
func TestNothingSecretIsTold(t *testing.T) {
	t.Parallel()
	people := webexsim.PeopleList{
		{FirstName: "Quintessa", LastName: "Zephyrine", Email: "quintessa.zephyrine@people.example", Location: 0, Licenses: []int{0}},
		{FirstName: "Barnabas", LastName: "Okonkwo-Lindgren", Email: "barnabas@people.example", Location: webexsim.NoLocation, Licenses: []int{0}},
	}
	spec := webexsim.StandardOrganization()
	spec.People = people
	w := newWorld(t, spec)
	token := w.sim.IssueToken(webexsim.TokenSpec{
		Organization: spec.UUID, WithRefresh: true,
		ClientID: "client-id-7h3", ClientSecret: "client-secret-9x2b", RefreshToken: "refresh-token-4w8n",
	})
	w.start()
	customer := w.createCustomer("acme", map[string]string{
		"clientID": token.ClientID, "clientSecret": token.ClientSecret, "refreshToken": token.Refresh,
	})
	w.awaitToken(customer, "")
	w.expectTruth()
	access := w.accessToken()

	// Failures tell more than successes: an answer that echoes what it was sent,
	// item errors, and in the end refused credentials.
	for i, rule := range []webexsim.Rule{
		{Operation: "GET /people", Body: `{"items":[{"id":"x","displayName":"Quintessa Zephyrine","emails":["quintessa.zephyrine@people.example"],"licenses":"` + access + `"}]}`},
		{Operation: "GET /people", Status: http.StatusForbidden, Body: `{"message":"token ` + access + ` of Quintessa Zephyrine","errors":[{"description":"Barnabas"}],"trackingId":"x"}`},
	} {
		id := w.sim.AddRule(rule)
		w.request(customer, fmt.Sprintf("failing-%d", i))
		w.Eventually(func() int { return w.sim.RuleActions(id) }).Should(BeNumerically(">=", 1))
		w.Eventually(func(g Gomega) {
			g.Expect(w.client.Get(w.ctx, client.ObjectKeyFromObject(customer), customer)).To(Succeed())
			g.Expect(customer.Status.LastRun.Reason).To(Equal([]string{v1alpha1.ReasonPartialResult, v1alpha1.ReasonForbidden}[i]))
		}).Should(Succeed())
		if i == 0 { // it is still trying
			w.Expect(w.client.DeleteAllOf(w.ctx, &v1alpha1.LicenseSync{}, client.InNamespace(w.namespace))).To(Succeed())
		}
		w.sim.ClearRules()
	}
	w.sim.RevokeRefreshToken(token.Refresh)
	w.create(&v1alpha1.LicenseSync{ObjectMeta: w.meta("refused"), Spec: v1alpha1.LicenseSyncSpec{CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: "acme"}}})
	w.Eventually(func(g Gomega) {
		g.Expect(w.client.Get(w.ctx, client.ObjectKeyFromObject(customer), customer)).To(Succeed())
		valid := meta.FindStatusCondition(customer.Status.Conditions, v1alpha1.ConditionCredentialsValid)
		g.Expect(valid.Reason).To(Equal(v1alpha1.ReasonCredentialsRejected))
	}).Should(Succeed())
	var events eventsv1.EventList
	w.Eventually(func(g Gomega) { // events are sent in the background
		g.Expect(w.client.List(w.ctx, &events, client.InNamespace(w.namespace))).To(Succeed())
		g.Expect(fmt.Sprint(events.Items)).To(ContainSubstring(v1alpha1.ReasonCredentialsRejected))
	}).Should(Succeed())
	w.kill()

	told, err := operator.Stored(w.ctx, shared.cluster.Config, w.namespace)
	w.Expect(err).NotTo(HaveOccurred())
	for _, resource := range []string{"events.events.k8s.io", "licensesyncs.licensing.webex-operator.io", "webexcustomeraccesses.licensing.webex-operator.io", "webexlicenses.licensing.webex-operator.io"} {
		w.Expect(len(told[resource])).To(BeNumerically(">", 500), "%s: there is something to search", resource)
	}
	told["the log"] = w.log.String()
	w.Expect(operator.Leaks(w.sim, access+" quintessa Zephyrine")).To(HaveLen(2), "the search finds what there is")
	for where, text := range told {
		w.Expect(operator.Leaks(w.sim, text)).To(BeEmpty(), where)
		for _, person := range people { // a part of a name is none that the search knows by itself
			for _, part := range []string{person.FirstName, person.LastName} {
				w.Expect(strings.ToLower(text)).NotTo(ContainSubstring(strings.ToLower(part)), where)
			}
		}
	}
}

// accessToken is the token in use, from the Secret where the operator keeps it.
func (w *world) accessToken() string {
	w.t.Helper()
	var secrets corev1.SecretList
	w.Expect(w.client.List(w.ctx, &secrets, client.InNamespace(w.namespace))).To(Succeed())
	for _, secret := range secrets.Items {
		if token := string(secret.Data["accessToken"]); token != "" {
			return token
		}
	}
	w.t.Fatal("no Secret with an access token")
	return ""
}
