package config

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/controlplane"
)

func newPartner(namespace, name string) *v1alpha1.WebexPartner {
	return &v1alpha1.WebexPartner{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       v1alpha1.WebexPartnerSpec{CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: name}},
	}
}

// testPartners: the samples say who may have customers made of a partner's organizations, and
// where. testTenants has applied them. By RBAC all users here may do all of it.
func testPartners(t *testing.T, cluster *controlplane.ControlPlane) {
	another := as(t, cluster, "another", "system:masters")
	owner := as(t, cluster, "owner", "webex-partner-owners", "system:masters")
	create(t, another, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "provider"}})
	try := func(c client.Client, namespace string, change func(*v1alpha1.WebexPartner)) func() error {
		return func() error {
			p := newPartner(namespace, "new")
			change(p)
			return c.Create(t.Context(), p, client.DryRunAll)
		}
	}
	reporting := func(*v1alpha1.WebexPartner) {}
	creating := func(p *v1alpha1.WebexPartner) { p.Spec.Mode = v1alpha1.PartnerModeCreate }
	elsewhere := func(p *v1alpha1.WebexPartner) {
		p.Spec.Connection = &v1alpha1.Connection{BaseURL: "https://elsewhere.example/v1"}
	}
	until(t, "the policy is in force", func() bool { return try(owner, "team-c", reporting)() != nil })
	creator := newPartner("provider", "creator")
	creating(creator)
	create(t, owner, creator)
	patch := func(c client.Client, content string) func() error {
		return func() error {
			return c.Patch(t.Context(), creator.DeepCopy(), client.RawPatch("application/merge-patch+json", []byte(content)), client.DryRunAll)
		}
	}
	const notHere, notYou = "may not have partners", "spec.mode: you may not set Create"
	attempts{
		{"a person", "have it reported", try(another, "provider", reporting), ""},
		{"a person", "have customers made", try(another, "provider", creating), notYou},
		{"a person", "change what makes customers", patch(another, `{"spec":{"select":{"names":["."]}}}`), notYou},
		{"a person", "set it back to Report", patch(another, `{"spec":{"mode":"Report"}}`), ""},
		{"a person", "ask for a discovery", patch(another, `{"metadata":{"annotations":{"`+v1alpha1.AnnotationRequestedAt+`":"now"}}}`), ""},
		{"a person", "delete it", func() error { return another.Delete(t.Context(), creator, client.DryRunAll) }, ""},
		{"an owner", "have customers made", try(owner, "provider", creating), ""},
		{"an owner", "change what makes customers", patch(owner, `{"spec":{"maxNewPerPass":1}}`), ""},
		{"an owner", "have a partner elsewhere", try(owner, "team-a", reporting), notHere},
		{"an owner", "name another host", try(owner, "provider", elsewhere), "may not name host elsewhere.example"},
	}.run(t)
	made := newCustomer("provider", "made")
	made.Spec.OrganizationID = organizationOfB
	if err := as(t, cluster, "maker", "system:masters").Create(t.Context(), made, client.DryRunAll); err != nil {
		t.Errorf("the namespace of a partner may not name any organization: %v", err)
	}
}
