package controllers

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// A licence list that is suddenly empty removes no row until a person says that
// it is right.
func TestPruneApproval(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme")
	rows := f.list("acme")
	figures := shown(rows)

	held := func() string {
		f.t.Helper()
		run := f.run("acme")
		f.Expect(meta.IsStatusConditionTrue(run.Status.Conditions, v1alpha1.ConditionComplete)).To(BeTrue())
		f.Expect(run.Status.Rows.Held).To(HaveValue(BeEquivalentTo(len(rows))))
		f.Expect(run.Status.Rows.Removed).To(HaveValue(BeZero()))
		condition := f.awaitCondition(customer, v1alpha1.ConditionPruneHeld, metav1.ConditionTrue, v1alpha1.ReasonApprovalRequired)
		f.Expect(customer.Status.HeldPrune.Rows).To(HaveValue(BeEquivalentTo(len(rows))))
		f.Expect(condition.Message).To(ContainSubstring("kubectl annotate --overwrite webexcustomeraccess acme %s=%s", v1alpha1.AnnotationApprovePrune, customer.Status.HeldPrune.Token))
		f.Expect(shown(f.list("acme"))).To(Equal(figures), "rows keep their last figures")
		return customer.Status.HeldPrune.Token
	}
	notHeld := func() {
		f.t.Helper()
		f.settle(customer)
		f.Expect(meta.FindStatusCondition(customer.Status.Conditions, v1alpha1.ConditionPruneHeld)).To(BeNil())
		f.Expect(customer.Status.HeldPrune).To(BeNil())
		f.expectFigures(customer)
	}

	f.org.RemoveAllLicenses()
	held()
	f.org.RestoreLicenses()
	f.run("acme")
	notHeld()

	f.org.RemoveAllLicenses()
	token := held()
	f.settle(customer)
	f.forget()
	f.setAnnotation(customer, v1alpha1.AnnotationApprovePrune, "wrong-"+token)
	f.settle(customer)
	f.Expect(f.sim.Requests()).To(BeEmpty(), "a wrong token approves nothing")
	f.Expect(held()).To(Equal(token), "nor in the next run")

	f.setAnnotation(customer, v1alpha1.AnnotationApprovePrune, token)
	f.Eventually(func() int { return len(f.list("acme")) }).Should(BeZero())
	notHeld()

	// The approval was for those rows; their successors need one of their own.
	f.org.RestoreLicenses()
	f.run("acme")
	notHeld()
	f.org.RemoveAllLicenses()
	f.Expect(held()).NotTo(Equal(token))
}

// From ten rows on, a run removes at most spec.prune.maxPercent of them.
func TestPruneShare(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme", func(c *v1alpha1.WebexCustomerAccess) { c.Spec.Prune = &v1alpha1.Prune{MaxPercent: new(int32(10))} })
	rows := len(f.rows("acme"))
	// None of these has rows at level Site.
	few := []string{"Webex Room Kit", "Contact Center Premium Agent", "Contact center Standard Agent"}
	f.Expect(len(few)*100 <= 10*rows).To(BeTrue(), "%d of %d", len(few), rows)
	more := []string{"Salesforce Desktop Connector", "Webex Calling - Route List Calls", "Real-Time Translations", "Webex Calling - Workspaces"}
	f.Expect(len(more)*100 > 10*(rows-len(few))).To(BeTrue())
	drop := func(licenses []string) {
		for _, license := range licenses {
			f.Expect(f.org.DropLicense(license)).To(Succeed(), license)
		}
	}

	drop(few)
	run := f.run("acme")
	f.Expect(run.Status.Rows.Removed).To(HaveValue(BeEquivalentTo(len(few))))
	f.Expect(run.Status.Rows.Held).To(BeNil())
	f.expectFigures(customer)

	drop(more)
	f.Expect(f.org.AssignLicense(7, "Advanced Messaging")).To(Succeed())
	run = f.run("acme")
	f.Expect(run.Status.Rows.Held).To(HaveValue(BeEquivalentTo(len(more))))
	f.Expect(run.Status.Rows.Removed).To(HaveValue(BeZero()))
	f.Expect(run.Status.Rows.Updated).To(HaveValue(BeEquivalentTo(1)), "what is held holds up nothing else")
	condition := f.awaitCondition(customer, v1alpha1.ConditionPruneHeld, metav1.ConditionTrue, v1alpha1.ReasonApprovalRequired)
	f.Expect(condition.Message).To(ContainSubstring(fmt.Sprintf("%d rows", len(more))))
	f.Expect(f.list("acme")).To(HaveLen(rows - len(few)))

	f.change(customer, func(c *v1alpha1.WebexCustomerAccess) { c.Spec.Prune.MaxPercent = new(int32(50)) })
	f.run("acme")
	f.settle(customer)
	f.Expect(meta.FindStatusCondition(customer.Status.Conditions, v1alpha1.ConditionPruneHeld)).To(BeNil())
	f.expectFigures(customer)
}
