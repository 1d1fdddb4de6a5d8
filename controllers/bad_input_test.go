package controllers

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// Each bad input has a condition that names the field and the remedy, and goes
// away when the user follows it.
func TestBadInput(t *testing.T) {
	f := newFixture(t)
	forbidden, connections := forbiddenListener(t)
	f.apply(&corev1.ConfigMap{ObjectMeta: f.meta("garbage"), Data: map[string]string{"ca.crt": "-----BEGIN CERTIFICATE-----\nno\n"}})

	inputs := append(append(secretInputs(), connectionInputs(f, forbidden)...), organizationInputs(f)...)
	customers, secrets := make([]*v1alpha1.WebexCustomerAccess, len(inputs)), make([]*corev1.Secret, len(inputs))
	for i, input := range inputs {
		uuid, token := f.organization(i)
		secrets[i] = credentialsSecret(f, input.name, map[string]string{access.KeyAccessToken: token})
		secrets[i].Annotations = map[string]string{spoiledTokenKey: token}
		customers[i] = f.newCustomer(input.name)
		customers[i].Labels = map[string]string{"organization": uuid}
		customers[i].Spec.CredentialsSecretRef.Name = input.name
		input.spoil(customers[i], secrets[i])
		f.create(secrets[i], customers[i])
	}
	for i, input := range inputs {
		customer := customers[i]
		var got *metav1.Condition
		f.Eventually(func(g Gomega) {
			g.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(customer), customer)).To(Succeed())
			got = meta.FindStatusCondition(customer.Status.Conditions, input.condition)
			g.Expect(got).NotTo(BeNil(), "%s: %+v", input.name, customer.Status)
			g.Expect(got.Reason).To(Equal(input.reason), "%s: %+v", input.name, customer.Status)
		}).Should(Succeed())
		for _, word := range input.words {
			f.Expect(got.Message).To(ContainSubstring(word), input.name)
		}
		if got.Type == v1alpha1.ConditionReady && input.retried {
			f.Expect(got.Status).To(Equal(metav1.ConditionFalse), input.name)
			f.Expect(meta.IsStatusConditionTrue(customer.Status.Conditions, v1alpha1.ConditionReconciling)).To(BeTrue(), input.name)
		}
	}
	f.Expect(connections.Load()).To(BeZero(), "a host that is not allowed gets no connection")

	for i, input := range inputs {
		if input.mend == nil {
			continue
		}
		f.change(customers[i], func(c *v1alpha1.WebexCustomerAccess) { input.mend(c, secrets[i]) })
		f.apply(secrets[i])
	}
	for i, input := range inputs {
		if input.mend != nil {
			f.awaitCondition(customers[i], v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
			f.Expect(meta.IsStatusConditionTrue(customers[i].Status.Conditions, v1alpha1.ConditionCredentialsValid)).To(BeTrue(), input.name)
			f.Expect(f.rows(input.name)).NotTo(BeEmpty(), input.name)
		}
	}
	f.Expect(connections.Load()).To(BeZero())
}

func TestSecretMissing(t *testing.T) {
	f := newFixture(t)
	customer := f.newCustomer("acme")
	customer.Spec.CredentialsSecretRef.Name = "later"
	f.create(customer)
	ready := f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)
	f.awaitCondition(customer, v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonSecretNotFound)
	f.Expect(ready.Message).To(And(ContainSubstring(`Secret "later" of spec.credentialsSecretRef does not exist`), ContainSubstring("create it")))
	f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound)

	run := f.run("acme")
	expectOneEnd(f, run)
	f.expectReason(run, v1alpha1.ReasonSecretNotFound)
	f.awaitCondition(customer, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSecretNotFound)
	f.Expect(f.sim.TotalRequests()).To(BeZero())

	f.apply(credentialsSecret(f, "later", map[string]string{access.KeyAccessToken: accessToken}))
	created := time.Now()
	f.Eventually(f.sim.TotalRequests).Should(BeNumerically(">", 0))
	f.Expect(time.Since(created)).To(BeNumerically("<", 10*time.Second), "the Secret is watched")
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.expectRows("acme")

	rows := f.versions("acme")
	f.Expect(f.client.Delete(f.ctx, credentialsSecret(f, "later", nil))).To(Succeed())
	f.awaitCondition(customer, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonSecretNotFound)
	f.Expect(f.versions("acme")).To(Equal(rows), "the last good figures stay")
}

// No run tries refused credentials again before the Secret changes.
func TestTokenRefused(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme")
	rows := f.versions("acme")
	f.sim.RevokeToken(accessToken)
	run := f.run("acme")
	expectOneEnd(f, run)
	f.expectReason(run, v1alpha1.ReasonCredentialsRejected)
	f.Expect(run.Status.Message).To(ContainSubstring("tracking id"), "Webex support asks for it")
	stalled := f.awaitCondition(customer, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonCredentialsRejected)
	f.Expect(stalled.Message).To(ContainSubstring("put a valid token into the Secret of spec.credentialsSecretRef"))
	f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionFalse, v1alpha1.ReasonCredentialsRejected)
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCredentialsRejected)

	f.sim.ResetRequests()
	f.expectReason(f.run("acme"), v1alpha1.ReasonCredentialsRejected)
	f.setAnnotation(customer, v1alpha1.AnnotationRequestedAt, "now")
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(customer), customer)).To(Succeed())
		g.Expect(customer.Status.LastHandledReconcileAt).To(Equal("now"))
	}).Should(Succeed())
	f.settle(customer)
	f.stop()
	f.start()
	f.expectReason(f.run("acme"), v1alpha1.ReasonCredentialsRejected)
	f.settle(customer)
	f.Expect(f.sim.Requests()).To(BeEmpty())
	f.awaitCondition(customer, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonCredentialsRejected)
	f.Expect(f.versions("acme")).To(Equal(rows), "the last good figures stay")

	token := f.sim.IssueToken(webexsim.TokenSpec{Organization: f.org.UUID()})
	f.apply(credentialsSecret(f, "webex-token", map[string]string{access.KeyAccessToken: token.Access}))
	f.awaitCondition(customer, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	f.awaitCondition(customer, v1alpha1.ConditionCredentialsValid, metav1.ConditionTrue, v1alpha1.ReasonAccepted)
}

func TestDefaultsThatMatchNothing(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme", func(c *v1alpha1.WebexCustomerAccess) {
		c.Spec.DefaultSubscription, c.Spec.DefaultSiteURL = "Sub-of-another", "other.webex.com"
	})
	condition := f.awaitCondition(customer, v1alpha1.ConditionDefaultsResolved, metav1.ConditionFalse, v1alpha1.ReasonDefaultNotFound)
	f.Expect(condition.Message).To(And(
		ContainSubstring(`spec.defaultSubscription "Sub-of-another" is none of the organization's: set it to one of trialSub.`),
		ContainSubstring(`spec.defaultSiteURL "other.webex.com" is none of the organization's: set it to one of acme.example.webex.com`)))
	f.expectRows("acme")
	f.Expect(f.rows("acme")["Customer Webex Calling - Professional @ acme"].Status.AssignableReason).To(Equal(v1alpha1.AssignableDefaultNotFound))
}

// What is large within the bounds of the API works.
func TestLargeInput(t *testing.T) {
	f := newFixture(t)
	name := strings.Repeat("a", 63)
	customer := f.createCustomer(name, func(c *v1alpha1.WebexCustomerAccess) {
		c.Annotations = map[string]string{"example.com/notes": strings.Repeat("n", 200_000)}
		c.Spec.CustomerName = strings.Repeat("ü", 256)
	})
	f.Expect(f.rows(name)).To(HaveLen(len(f.org.Truth().Licenses) + siteRows(f.org.Truth())))

	f.setAnnotation(customer, v1alpha1.AnnotationRequestedAt, strings.Repeat("x", 10_000))
	f.awaitRuns(name, v1alpha1.TriggerManual, 1)
	f.settle(customer)
	f.Expect(customer.Status.LastHandledReconcileAt).To(HavePrefix("sha256:"))
	requests := f.sim.TotalRequests()
	f.stop()
	f.start()
	f.settle(customer)
	f.Expect(f.sim.TotalRequests()).To(Equal(requests), "the same token never runs twice")
}

func siteRows(truth webexsim.Truth) (n int) {
	for _, license := range truth.Licenses {
		n += len(license.Locations)
	}
	return n
}

// A licence list that comes back empty is more likely a fault than the truth.
func TestEmptyLicenseListTouchesNoRow(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme", func(c *v1alpha1.WebexCustomerAccess) {
		c.Spec.Prune = &v1alpha1.Prune{MaxPercent: new(int32(100))} // the guard of the share is off
	})
	rows := shown(f.list("acme"))
	f.Expect(len(rows)).To(BeNumerically(">", 20))
	f.org.RemoveAllLicenses()
	run := f.run("acme")
	f.expectReason(run, v1alpha1.ReasonSucceeded)
	f.Expect(run.Status.Rows.Removed).To(HaveValue(BeZero()))
	f.Expect(run.Status.Rows.Held).To(HaveValue(BeEquivalentTo(len(rows))))
	held := f.awaitCondition(customer, v1alpha1.ConditionPruneHeld, metav1.ConditionTrue, v1alpha1.ReasonApprovalRequired)
	f.Expect(held.Message).To(And(ContainSubstring("spec.prune"), ContainSubstring("kubectl annotate"), ContainSubstring(customer.Status.HeldPrune.Token)))
	f.settle(customer)
	f.Expect(shown(f.list("acme"))).To(Equal(rows), "held rows keep their last figures")

	f.org.RestoreLicenses()
	f.expectReason(f.run("acme"), v1alpha1.ReasonSucceeded)
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, client.ObjectKeyFromObject(customer), customer)).To(Succeed())
		g.Expect(meta.FindStatusCondition(customer.Status.Conditions, v1alpha1.ConditionPruneHeld)).To(BeNil())
	}).Should(Succeed())
	f.expectRows("acme")
}
