package config

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/controlplane"
)

// tyrell is who writes what of assignments, once the samples of config/admission are applied. By
// RBAC all of them may do all of it.
type tyrell struct {
	t                              *testing.T
	root                           client.Client
	gitops, editor, owner, another client.Client
	inTwoLists                     client.Client
}

// testAssignments: the samples say who may have licences changed in Webex. testTenants has
// applied them.
func testAssignments(t *testing.T, cluster *controlplane.ControlPlane) {
	masters := func(user string, groups ...string) client.Client {
		return as(t, cluster, user, append(groups, "system:masters")...)
	}
	w := tyrell{
		t: t, root: masters("root"), another: masters("another"),
		gitops: masters("system:serviceaccount:flux-system:kustomize-controller", "system:serviceaccounts"),
		editor: masters("editor", "webex-assignment-editors"), owner: masters("owner", "webex-license-owners"),
		inTwoLists: masters("both", "webex-assignment-editors", "webex-license-owners"),
	}
	report := newAssignment("team-a", "report")
	create(t, w.another, report)
	until(t, "the policies are in force", func() bool {
		return w.try(w.another, enforced)() != nil && w.tryCustomer("team-c", w.gitops, v1alpha1.OtherLicensesReport)() != nil
	})
	w.testEnforce()
	w.testApproval()
	w.testWriteCredentials()
}

func enforced(a *v1alpha1.WebexLicenseAssignment) { a.Spec.Mode = v1alpha1.AssignmentModeEnforce }

func removing(a *v1alpha1.WebexLicenseAssignment) { a.Spec.Unlisted = v1alpha1.UnlistedRemove }

func upTo(n int32) func(a *v1alpha1.WebexLicenseAssignment) {
	return func(a *v1alpha1.WebexLicenseAssignment) { a.Spec.MaxRemovals = &n }
}

func approved(a *v1alpha1.WebexLicenseAssignment) {
	a.Annotations = map[string]string{v1alpha1.AnnotationApproveRemovals: "x"}
}

// try creates an assignment, without effect.
func (w tyrell) try(c client.Client, changes ...func(*v1alpha1.WebexLicenseAssignment)) func() error {
	return func() error {
		a := newAssignment("team-a", "new")
		for _, change := range changes {
			change(a)
		}
		return c.Create(w.t.Context(), a, client.DryRunAll)
	}
}

func (w tyrell) testEnforce() {
	enforcing := newAssignment("team-a", "enforcing")
	enforced(enforcing)
	create(w.t, w.gitops, enforcing)
	patch := func(c client.Client, content string) func() error {
		return func() error {
			return c.Patch(w.t.Context(), enforcing.DeepCopy(), client.RawPatch("application/merge-patch+json", []byte(content)), client.DryRunAll)
		}
	}
	const notYou = "spec.mode: you may not set Enforce"
	attempts{
		{"a person", "have all of it reported", w.try(w.another, removing, upTo(1000)), ""},
		{"a person", "have it enforced", w.try(w.another, enforced), notYou},
		{"a person", "change what is enforced", patch(w.another, `{"spec":{"subjects":{"groups":["All"]}}}`), notYou},
		{"a person", "label what is enforced", patch(w.another, `{"metadata":{"labels":{"team":"a"}}}`), ""},
		{"a person", "set it back to Report", patch(w.another, `{"spec":{"mode":"Report"}}`), ""},
		{"an editor", "have it enforced", w.try(w.editor, enforced), ""},
		{"an editor", "have it enforced with the most removals", w.try(w.editor, enforced, upTo(25)), ""},
		{"an editor", "have more removals enforced", w.try(w.editor, enforced, upTo(26)), "spec.maxRemovals: you may not have more than 25 enforced"},
		{"an editor", "have Remove enforced", w.try(w.editor, enforced, removing), "spec.unlisted: you may not have Remove enforced"},
		{"an editor", "change what is enforced", patch(w.editor, `{"spec":{"subjects":{"groups":["All"]}}}`), ""},
		{"an editor", "have what is enforced remove", patch(w.editor, `{"spec":{"unlisted":"Remove"}}`), "spec.unlisted"},
		{"the GitOps account", "have Remove and many removals enforced", w.try(w.gitops, enforced, removing, upTo(1000)), ""},
		{"a person", "delete it", func() error { return w.another.Delete(w.t.Context(), enforcing, client.DryRunAll) }, ""},
	}.run(w.t)
}

func (w tyrell) testApproval() {
	held := newAssignment("team-a", "held")
	create(w.t, w.root, held)
	annotate := func(c client.Client, value string, options ...client.PatchOption) func() error {
		return func() error {
			content := `{"metadata":{"annotations":{"` + v1alpha1.AnnotationApproveRemovals + `":` + value + `}}}`
			return c.Patch(w.t.Context(), held.DeepCopy(), client.RawPatch("application/merge-patch+json", []byte(content)), options...)
		}
	}
	const notYou = "approveRemovals]: you may not approve removals"
	attempts{
		{"a person", "approve removals", annotate(w.another, `"x"`), notYou},
		{"the GitOps account", "approve removals", annotate(w.gitops, `"x"`), notYou},
		{"who enforces", "approve removals, though an owner", annotate(w.inTwoLists, `"x"`), notYou},
		{"the GitOps account", "create what is approved", w.try(w.gitops, approved), notYou},
		{"an owner", "approve removals", annotate(w.owner, `"x"`), ""},
		{"the GitOps account", "leave the approval as it is", annotate(w.gitops, `"x"`), ""},
		{"the GitOps account", "approve others", annotate(w.gitops, `"y"`), notYou},
		{"a person", "take the approval back", annotate(w.another, `null`, client.DryRunAll), ""},
		{"an owner", "have it enforced", func() error { return merge(w.owner, w.t, held.DeepCopy(), `{"spec":{"mode":"Enforce"}}`) }, "spec.mode"},
	}.run(w.t)
}

// tryCustomer creates a customer with write credentials, without effect.
func (w tyrell) tryCustomer(namespace string, c client.Client, others v1alpha1.OtherLicensesPolicy) func() error {
	return func() error { return c.Create(w.t.Context(), w.customer(namespace, others), client.DryRunAll) }
}

func (w tyrell) customer(namespace string, others v1alpha1.OtherLicensesPolicy) *v1alpha1.WebexCustomerAccess {
	customer := newCustomer(namespace, "new")
	customer.Spec.OrganizationID = map[string]string{"team-a": organizationOfA, "team-b": organizationOfB}[namespace]
	customer.Spec.Assignment = &v1alpha1.CustomerAssignment{
		CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: "tyrell-write"}, OtherLicenses: others,
	}
	return customer
}

func (w tyrell) testWriteCredentials() {
	const report, remove = v1alpha1.OtherLicensesReport, v1alpha1.OtherLicensesRemove
	removes := w.customer("team-a", remove)
	removes.Name = "tyrell"
	create(w.t, w.gitops, removes)
	patch := func(c client.Client, content string) func() error {
		return func() error {
			return c.Patch(w.t.Context(), removes.DeepCopy(), client.RawPatch("application/merge-patch+json", []byte(content)), client.DryRunAll)
		}
	}
	attempts{
		{"team-a", "have write credentials", w.tryCustomer("team-a", w.another, report), ""},
		{"team-a", "have other licences removed", w.tryCustomer("team-a", w.editor, remove), "spec.assignment.otherLicenses: you may not set Remove"},
		{"the GitOps account", "have other licences removed", w.tryCustomer("team-a", w.gitops, remove), ""},
		{"team-b", "have write credentials", w.tryCustomer("team-b", w.gitops, report), "customers of namespace team-b may not have it"},
		{"a person", "annotate a customer that removes", patch(w.another, `{"metadata":{"annotations":{"`+v1alpha1.AnnotationRequestedAt+`":"now"}}}`), ""},
		{"a person", "change other fields of it", patch(w.another, `{"spec":{"customerName":"Tyrell"}}`), ""},
		{"a person", "give it other write credentials", patch(w.another, `{"spec":{"assignment":{"credentialsSecretRef":{"name":"other"}}}}`), "otherLicenses"},
		{"a person", "take its write credentials away", patch(w.another, `{"spec":{"assignment":null}}`), ""},
	}.run(w.t)
	writers := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: systemNamespace, Name: "webex-license-operator-assignments"}}
	if err := w.root.Delete(w.t.Context(), writers); err != nil {
		w.t.Fatal(err)
	}
	until(w.t, "without the ConfigMap the GitOps account enforces nothing", func() bool { return w.try(w.gitops, enforced)() != nil })
}
