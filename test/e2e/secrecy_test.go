package e2e

import (
	"encoding/json"
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
	"github.com/webex-operator/webex-license-operator/internal/webexsim"
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

	told := map[string]string{"the log": w.log.String(), "events": asText(w, &eventsv1.EventList{})}
	for name, list := range map[string]client.ObjectList{
		"customers": &v1alpha1.WebexCustomerAccessList{}, "runs": &v1alpha1.LicenseSyncList{}, "rows": &v1alpha1.WebexLicenseList{},
	} {
		told[name] = asText(w, list)
	}
	secrets := []string{access, token.Access, token.ClientSecret, token.Refresh}
	for _, person := range people {
		secrets = append(secrets, person.FirstName, person.LastName, person.Email)
	}
	for where, text := range told {
		w.Expect(len(text)).To(BeNumerically(">", 500), "%s: there is something to search", where)
		for _, secret := range secrets {
			w.Expect(secret).NotTo(BeEmpty())
			w.Expect(strings.Contains(strings.ToLower(text), strings.ToLower(secret))).To(BeFalse(), "%s: %s", where, secret)
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

// asText is all that the API server holds about a kind.
func asText(w *world, list client.ObjectList) string {
	w.t.Helper()
	w.Expect(w.client.List(w.ctx, list, client.InNamespace(w.namespace))).To(Succeed())
	text, err := json.Marshal(list)
	w.Expect(err).NotTo(HaveOccurred())
	return string(text)
}
