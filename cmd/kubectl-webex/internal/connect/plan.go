package connect

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Plan are the objects of a customer as they shall be, and as they are.
type Plan struct {
	// Customer is always written; CustomerBefore is nil if it is new.
	Customer, CustomerBefore *v1alpha1.WebexCustomerAccess
	// Partner, if set, is written in place of Customer.
	Partner, PartnerBefore *v1alpha1.WebexPartner
	// Secret is nil if one is used that there is.
	Secret, SecretBefore *corev1.Secret
	// Schedule is nil if none comes with the customer.
	Schedule, ScheduleBefore *v1alpha1.LicenseSyncSchedule
	// Bundle is nil if no CA bundle is written.
	Bundle, BundleBefore *corev1.ConfigMap
}

// BundleKey is the key of a CA bundle.
const BundleKey = "ca.crt"

// SetSecret plans the Secret with these values. Keys of other credentials go; what
// is none of ours stays.
func (p *Plan) SetSecret(namespace, name string, before *corev1.Secret, values Credentials) {
	p.SecretBefore = before
	p.Secret = &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Type:       corev1.SecretTypeOpaque,
	}
	if before != nil {
		p.Secret = before.DeepCopy()
	}
	proxied := values[access.KeyProxyUsername] != ""
	for _, e := range Entries {
		if e.OfWebex() || proxied {
			delete(p.Secret.Data, e.Key)
		}
	}
	delete(p.Secret.Data, access.KeyAccessTokenExpiresAt)
	p.Put(values)
}

// Put changes values of the planned Secret; empty ones go.
func (p *Plan) Put(values map[string]string) {
	if p.Secret.Data == nil {
		p.Secret.Data = map[string][]byte{}
	}
	for key, value := range values {
		if value == "" {
			delete(p.Secret.Data, key)
		} else {
			p.Secret.Data[key] = []byte(value)
		}
	}
}

// SetBundle plans a ConfigMap with certificate authorities.
func (p *Plan) SetBundle(namespace, name, pem string, before *corev1.ConfigMap) {
	p.BundleBefore = before
	p.Bundle = &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
	}
	if before != nil {
		p.Bundle = before.DeepCopy()
	}
	p.Bundle.Data = map[string]string{BundleKey: pem}
}

// Object is a planned object, and the one that it replaces.
type Object struct {
	// Kind is the word for it.
	Kind string
	// Wanted is what is written, Before what there is; nil if nothing.
	Wanted, Before client.Object
}

// Objects are the planned objects in the order in which they are written: the
// customer after what its first run reads, and before what names it.
func (p *Plan) Objects() []Object {
	var all []Object
	if p.Bundle != nil {
		all = append(all, object("configmap", p.Bundle, p.BundleBefore))
	}
	if p.Secret != nil {
		all = append(all, p.SecretObject())
	}
	if p.Partner != nil {
		return append(all, object("partner", p.Partner, p.PartnerBefore))
	}
	all = append(all, object("customer", p.Customer, p.CustomerBefore))
	if p.Schedule != nil {
		all = append(all, object("schedule", p.Schedule, p.ScheduleBefore))
	}
	return all
}

// SecretObject is the planned Secret.
func (p *Plan) SecretObject() Object { return object("secret", p.Secret, p.SecretBefore) }

func object[T any, P interface {
	*T
	client.Object
}](kind string, wanted, before P,
) Object {
	o := Object{Kind: kind, Wanted: wanted}
	if before != nil { // else the interface would not be nil
		o.Before = before
	}
	return o
}

// PlanReader reads the planned objects as if they were there, and others from the cluster.
type PlanReader struct {
	client.Reader
	Plan *Plan
}

// Get reads an object.
func (r PlanReader) Get(ctx context.Context, key client.ObjectKey, object client.Object, opts ...client.GetOption) error {
	switch o := object.(type) {
	case *corev1.Secret:
		if s := r.Plan.Secret; s != nil && s.Name == key.Name {
			s.DeepCopyInto(o)
			return nil
		}
	case *corev1.ConfigMap:
		if b := r.Plan.Bundle; b != nil && b.Name == key.Name {
			b.DeepCopyInto(o)
			return nil
		}
	}
	if r.Reader == nil { // there is no cluster
		return apierrors.NewNotFound(schema.GroupResource{}, key.Name)
	}
	return r.Reader.Get(ctx, key, object, opts...)
}

// ReaderOf is another customer of the organization, which reads it already; nil if none.
func ReaderOf(id webex.OrganizationID, namespace, name string, customers []v1alpha1.WebexCustomerAccess) *v1alpha1.WebexCustomerAccess {
	i := slices.IndexFunc(customers, func(c v1alpha1.WebexCustomerAccess) bool {
		return (c.Namespace != namespace || c.Name != name) && id.IsUUID() && access.OrganizationOf(&c) == id
	})
	if i < 0 {
		return nil
	}
	return &customers[i]
}
