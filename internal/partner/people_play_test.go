package partner_test

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/partner"
)

func hours(n int) *metav1.Duration { return &metav1.Duration{Duration: time.Duration(n) * time.Hour} }

// gone takes the organization from the list; another one that is never seen again keeps the list from being
// empty, and the approval is given.
func (s *site) gone(writes int) {
	s.Helper()
	s.away, s.organizations = s.organizations, nil
	p := s.partner()
	var customers v1alpha1.WebexCustomerAccessList
	must(s.T, s.admin.List(s.Context(), &customers, client.InNamespace(s.namespace)))
	if held := decide(p, s.organizations, customers.Items).Held; held != nil {
		p.Annotations = map[string]string{v1alpha1.AnnotationApproveRemovals: held.Token}
		must(s.T, s.admin.Update(s.Context(), p))
	}
	s.pass(writes)
}

// back has it listed again.
func (s *site) back(writes int) {
	s.Helper()
	s.organizations = s.away
	s.pass(writes)
}

func (s *site) wantOwners(path string, want ...string) {
	s.Helper()
	if got := s.owners(path); !slices.Equal(got, want) {
		s.Errorf("%s belongs to %q, want %q", path, got, want)
	}
}

func (s *site) wantLabel(key, want string) {
	s.Helper()
	if got := s.customer().GetLabels()[key]; got != want {
		s.Errorf("label %s is %q, want %q", key, got, want)
	}
}

// restore makes the customer anew, as a tool does that has a backup of it; it owns all, or nothing if
// it has no name.
func (s *site) restore(tool string) {
	s.Helper()
	c := s.customer()
	must(s.T, s.admin.Delete(s.Context(), c))
	again := &unstructured.Unstructured{Object: map[string]any{"spec": c.Object["spec"]}}
	again.SetGroupVersionKind(c.GroupVersionKind())
	again.SetNamespace(c.GetNamespace())
	again.SetName(c.GetName())
	again.SetLabels(c.GetLabels())
	must(s.T, s.admin.Create(s.Context(), again, client.FieldOwner("restorer")))
	if tool == "" {
		again.SetManagedFields([]metav1.ManagedFieldsEntry{{}}) // resets them
		must(s.T, s.admin.Update(s.Context(), again, client.FieldOwner("restorer")))
		if left := s.customer().GetManagedFields(); len(left) > 0 {
			s.Fatalf("left of managed fields: %v", left)
		}
	}
}

func playSets(s *site) {
	set := func(hosts ...string) {
		s.change(connects(func(c *v1alpha1.Connection) { c.NoProxy = hosts }))
	}
	s.want("spec.connection.noProxy", `["a\u0026b\u003cc",".example.com","ü"]`)
	s.personApplies(`{"connection": {"noProxy": ["mine"]}}`, false)
	s.pass(0)
	set(".example.com", "new")
	s.pass(1)
	s.want("spec.connection.noProxy", `[".example.com","mine","new"]`)
	s.patch(`{"spec": {"connection": {"noProxy": ["mine", "other"]}}}`)
	s.pass(1)
	s.want("spec.connection.noProxy", `["mine","other",".example.com","new"]`)
	s.personApplies(`{}`, false)
	s.patch(`{"spec": {"connection": {"noProxy": null}}}`)
	s.pass(1)
	s.want("spec.connection.noProxy", `[".example.com","new"]`)
	set()
	s.pass(1)
	s.want("spec.connection", `{"proxyURL":"`+proxy+`"}`)
	s.change(func(p *spec) { p.Connection = nil })
	s.pass(1)
	s.want("spec.connection", "")
}

func playLevels(s *site) {
	s.want("spec.collection.levels", `["Customer"]`)
	s.change(collects(v1alpha1.LevelSite))
	s.pass(1)
	s.want("spec.collection.levels", `["Site"]`)
	s.personApplies(`{"collection": {"roles": false}}`, false)
	s.change(collects())
	s.pass(1)
	s.want("spec.collection", `{"roles":false}`)
	s.change(func(p *spec) { p.Template = nil })
	s.pass(1)
	s.want("spec.collection", `{"roles":false}`)
	s.change(collects(v1alpha1.LevelSite, v1alpha1.LevelCustomer))
	s.pass(1)
	s.change(func(p *spec) { p.Template = nil })
	s.pass(1)
	s.want("spec.collection", `{"roles":false}`)
}

func playEmpty(s *site) {
	s.want("spec.collection", `{}`)
	s.patch(`{"spec": {"collection": {"roles": false}}}`)
	s.pass(0)
	s.personApplies(`{"collection": {}}`, false)
	s.pass(0)
	s.change(template(func(t *v1alpha1.CustomerTemplate) { t.Collection = &v1alpha1.Collection{Workspaces: new(false)} }))
	s.pass(1)
	s.want("spec.collection", `{"roles":false,"workspaces":false}`)
	s.gone(1)
	s.wantOwners("spec.collection.roles", "kubectl-patch")
	s.back(1)
	s.change(func(p *spec) { p.Template = nil })
	s.pass(1)
	s.want("spec.collection", `{"roles":false}`)
}

func playDuration(s *site) {
	s.want("spec.staleAfter", `"48h0m0s"`)
	s.patch(`{"spec": {"staleAfter": "48h"}}`)
	s.pass(0)
	s.change(hierarchy("b"))
	s.pass(1)
	s.want("spec.staleAfter", `"48h"`)
	s.change(template(func(t *v1alpha1.CustomerTemplate) { t.StaleAfter = nil }))
	s.pass(0)
	s.want("spec.staleAfter", `"48h"`)
	s.gone(1)
	s.back(1)
}

func playLabels(s *site) {
	s.personLabels("zone", "b")
	s.personLabels("mine", "c")
	s.pass(0)
	s.change(template(func(t *v1alpha1.CustomerTemplate) {
		t.Labels = map[string]string{"example.com/tier": "silver", "zone": "x", "new": "y"}
	}))
	s.pass(1)
	for key, want := range map[string]string{"example.com/tier": "silver", "zone": "b", "mine": "c", "new": "y", v1alpha1.LabelPartner: "reseller"} {
		s.wantLabel(key, want)
	}
	s.change(func(p *spec) { p.Template = nil })
	s.pass(1)
	for key, want := range map[string]string{"example.com/tier": "", "zone": "b", "mine": "c", "new": "", v1alpha1.LabelPartner: "reseller"} {
		s.wantLabel(key, want)
	}
}

func (s *site) personLabels(key, value string) {
	s.Helper()
	s.patch(`{"metadata": {"labels": {"` + key + `": "` + value + `"}}}`)
}

func playDefaults(s *site) {
	keeps := func(policy v1alpha1.DeletionPolicy) {
		s.change(template(func(t *v1alpha1.CustomerTemplate) { t.DeletionPolicy = policy }))
	}
	s.want("spec.deletionPolicy", `"Delete"`)
	s.wantOwners("spec.deletionPolicy")
	keeps(v1alpha1.DeletionPolicyRetain)
	s.pass(1)
	s.want("spec.deletionPolicy", `"Retain"`)
	keeps("")
	s.pass(1)
	s.want("spec.deletionPolicy", `"Delete"`)
	keeps(v1alpha1.DeletionPolicyDelete)
	s.pass(0)
	s.edit("spec.deletionPolicy", "Retain")
	s.pass(0)
	s.want("spec.deletionPolicy", `"Retain"`)
	s.change(template(func(t *v1alpha1.CustomerTemplate) {
		t.Thresholds = &v1alpha1.Thresholds{WarningPercent: 70, HysteresisPercent: new(int32(0))}
		t.Prune = &v1alpha1.Prune{MaxPercent: new(int32(0))}
	}))
	s.pass(1)
	s.want("spec.thresholds", `{"hysteresisPercent":0,"warningPercent":70}`)
	s.patch(`{"spec": {"thresholds": {"criticalPercent": 85}}}`)
	s.change(template(func(t *v1alpha1.CustomerTemplate) { t.Thresholds, t.Prune = nil, nil }))
	s.pass(1)
	s.want("spec.thresholds", `{"criticalPercent":85}`)
}

func playOwners(s *site) {
	policy := func(policy v1alpha1.DeletionPolicy) { s.change(func(p *spec) { p.DeletionPolicy = policy }) }
	count := func(want int) {
		s.Helper()
		if owners := s.customer().GetOwnerReferences(); len(owners) != want {
			s.Errorf("owners %v, want %d", owners, want)
		}
	}
	count(1)
	policy(v1alpha1.DeletionPolicyRetain)
	s.pass(1)
	count(0)
	policy(v1alpha1.DeletionPolicyDelete)
	s.pass(1)
	s.patch(`[{"op": "remove", "path": "/metadata/ownerReferences"}]`)
	s.pass(1)
	count(1)
	// A partner that was made anew has another uid.
	old := s.partner()
	must(s.T, s.admin.Delete(s.Context(), old))
	old.ObjectMeta = metav1.ObjectMeta{Namespace: s.namespace, Name: old.Name}
	must(s.T, s.admin.Create(s.Context(), old))
	s.pass(1)
	count(1)
	if owners := s.customer().GetOwnerReferences(); owners[0].UID != s.partner().UID {
		s.Errorf("owner %v", owners)
	}
	// Another owner stays.
	c := s.customer()
	c.SetOwnerReferences(append(c.GetOwnerReferences(), metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: "x", UID: "u"}))
	must(s.T, s.admin.Update(s.Context(), c, client.FieldOwner("tool")))
	s.pass(0)
	policy(v1alpha1.DeletionPolicyRetain)
	s.pass(1)
	count(1)
}

func playSuspended(s *site) {
	s.edit("spec.defaultSiteURL", "acme.webex.com")
	s.gone(1)
	s.want("spec.suspend", "true")
	s.want("spec.hierarchyPath", `"a"`)
	s.wantOwners("spec.hierarchyPath", partner.FieldManager("reseller"))
	s.change(hierarchy("b"))
	s.pass(0) // it stays as it is
	s.back(1)
	s.want("spec.suspend", "")
	s.want("spec.hierarchyPath", `"b"`)
	s.want("spec.defaultSiteURL", `"acme.webex.com"`)
}
