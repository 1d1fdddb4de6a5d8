package partner

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/naming"
	"github.com/webex-operator/webex-license-operator/internal/status"
)

// ScheduleNone is the value of the label that leaves a customer out of the chart's schedule.
const ScheduleNone = "none"

// Kinds of what a partner makes.
const (
	kindCustomer = "WebexCustomerAccess"
	kindSchedule = "LicenseSyncSchedule"
)

// maxName is how many bytes a customer's name may have.
const maxName = 63

// CustomerName is the name of the customer that is made of an organization: what ASCII shows
// of its name, and a hash of its id, so that two organizations of one name are two customers.
func CustomerName(o Organization) string {
	hash := naming.Hash(o.ID.UUID())
	if slug := naming.Plain(o.Name, maxName-1-len(hash)); slug != "" {
		return slug + "-" + hash
	}
	return "org-" + hash
}

// FieldManager owns, in server-side apply, the fields of a partner's template in its customers
// and in their schedule. Each partner has its own, so that two of them cannot take a customer
// from each other.
func FieldManager(partner string) string { return "webex-license-operator/partner/" + partner }

// customer is the customer of an organization by the template, under a name.
func (w *World) customer(name string, o Organization) object {
	spec := w.Partner.Spec
	template := ptr.Deref(spec.Template, v1alpha1.CustomerTemplate{})
	c := v1alpha1.WebexCustomerAccess{
		ObjectMeta: w.meta(name),
		Spec: v1alpha1.WebexCustomerAccessSpec{
			OrganizationID:       o.ID.UUID(),
			CustomerName:         status.Clip(o.Name, 256),
			CredentialsSecretRef: spec.CredentialsSecretRef,
			Connection:           spec.Connection,
			HierarchyPath:        template.HierarchyPath,
			Thresholds:           template.Thresholds,
			Collection:           template.Collection,
			Prune:                template.Prune,
			DeletionPolicy:       template.DeletionPolicy,
			StaleAfter:           template.StaleAfter,
		},
	}
	labels := maps.Clone(template.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	for _, entry := range slices.Backward(template.ByTag) {
		if slices.Contains(o.Tags, entry.Tag) {
			maps.Copy(labels, entry.Labels)
			if entry.HierarchyPath != "" {
				c.Spec.HierarchyPath = entry.HierarchyPath
			}
		}
	}
	if template.Schedule != nil {
		labels[v1alpha1.LabelDefaultSchedule] = ScheduleNone
	}
	maps.Copy(labels, c.Labels)
	c.Labels = labels
	return customerFields(&c)
}

func customerFields(c *v1alpha1.WebexCustomerAccess) object {
	return fieldsOf(kindCustomer, &c.ObjectMeta, &c.Spec)
}

// meta is what all objects of a partner have in common.
func (w *World) meta(name string) metav1.ObjectMeta {
	meta := metav1.ObjectMeta{Name: name, Namespace: w.Partner.Namespace, Labels: map[string]string{v1alpha1.LabelPartner: w.Partner.Name}}
	if w.Partner.Spec.DeletionPolicy == v1alpha1.DeletionPolicyDelete {
		owner := metav1.NewControllerRef(w.Partner, v1alpha1.GroupVersion.WithKind("WebexPartner"))
		owner.BlockOwnerDeletion = nil
		meta.OwnerReferences = []metav1.OwnerReference{*owner}
	}
	return meta
}

// Schedule decides about the schedule of a partner's customers: what to write, and whether
// to. One that the template no longer has is suspended. There is none without a template's,
// unless this partner made one before.
func (w *World) Schedule(live *v1alpha1.LicenseSyncSchedule) (write map[string]any, ours bool) {
	ours = live == nil || live.Labels[v1alpha1.LabelPartner] == w.Partner.Name
	if !ours || w.Partner.Spec.Mode != v1alpha1.PartnerModeCreate {
		return nil, ours
	}
	template := ptr.Deref(w.Partner.Spec.Template, v1alpha1.CustomerTemplate{})
	if template.Schedule == nil && live == nil {
		return nil, true
	}
	manager := FieldManager(w.Partner.Name)
	var wanted, is object
	if live != nil {
		is = fieldsOf(kindSchedule, &live.ObjectMeta, &live.Spec)
	}
	if template.Schedule != nil {
		s := v1alpha1.LicenseSyncSchedule{
			ObjectMeta: w.meta(w.Partner.Name),
			Spec: v1alpha1.LicenseSyncScheduleSpec{
				CustomerAccessSelector: &metav1.LabelSelector{MatchLabels: map[string]string{v1alpha1.LabelPartner: w.Partner.Name}},
				Schedule:               template.Schedule.Schedule,
				TimeZone:               template.Schedule.TimeZone,
				SpreadSeconds:          template.Schedule.SpreadSeconds,
			},
		}
		if shard := template.Labels[v1alpha1.LabelShard]; shard != "" {
			s.Labels[v1alpha1.LabelShard] = shard
		}
		wanted = fieldsOf(kindSchedule, &s.ObjectMeta, &s.Spec)
	} else {
		wanted = owned(is, live.ManagedFields, manager)
		wanted.set(true, []string{"spec", "suspend"})
	}
	if live == nil {
		return wanted, true
	}
	return settle(wanted, is, live.ManagedFields, manager), true
}

// fieldsOf are the fields of an object of a kind as JSON has them, without its status and what
// the API server keeps of it.
func fieldsOf(kind string, meta *metav1.ObjectMeta, spec any) object {
	kept := metav1.ObjectMeta{Name: meta.Name, Namespace: meta.Namespace, Labels: meta.Labels, OwnerReferences: meta.OwnerReferences}
	return object{"apiVersion": v1alpha1.GroupVersion.String(), "kind": kind, "metadata": generic(&kept), "spec": generic(spec)}
}

func generic(from any) map[string]any {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(from)
	if err != nil {
		panic(err) // a type of this module that is no JSON
	}
	return fields
}
