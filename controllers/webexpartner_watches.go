package controllers

import (
	"context"
	"maps"

	"k8s.io/apimachinery/pkg/api/equality"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// madeAnew lets pass what a partner decides by: that an object came, went or has another spec, other labels or owners,
// or that it is known which organization it reads. What runs write into a status is none of it. What is there at the
// start, each partner sees by itself.
func madeAnew() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool { return !e.IsInInitialList },
		UpdateFunc: func(e event.UpdateEvent) bool {
			was, is := e.ObjectOld, e.ObjectNew
			return was.GetUID() != is.GetUID() || was.GetGeneration() != is.GetGeneration() || organizationOf(was) != organizationOf(is) ||
				!maps.Equal(was.GetLabels(), is.GetLabels()) || !equality.Semantic.DeepEqual(was.GetOwnerReferences(), is.GetOwnerReferences())
		},
		DeleteFunc:  func(event.DeleteEvent) bool { return true },
		GenericFunc: func(event.GenericEvent) bool { return false },
	}
}

// organizationOf is the organization that a customer was found to read; empty if it is not known.
func organizationOf(object client.Object) string {
	customer, ok := object.(*v1alpha1.WebexCustomerAccess)
	if !ok || customer.Status.Organization == nil {
		return ""
	}
	return customer.Status.Organization.ID
}

// partnerOfObject is the partner that made a customer.
func partnerOfObject(_ context.Context, object client.Object) []ctrl.Request {
	name := object.GetLabels()[v1alpha1.LabelPartner]
	if name == "" {
		return nil
	}
	return []ctrl.Request{{NamespacedName: client.ObjectKey{Namespace: object.GetNamespace(), Name: name}}}
}

// otherPartners are those that did not make a customer, and whose organization it may read.
func (r *WebexPartnerReconciler) otherPartners(ctx context.Context, customer client.Object) []ctrl.Request {
	return r.partners(ctx, func(p *v1alpha1.WebexPartner) bool {
		return p.Namespace != customer.GetNamespace() || p.Name != customer.GetLabels()[v1alpha1.LabelPartner]
	})
}

// partnerOfName is the partner whose schedule has, or takes, its name.
func partnerOfName(_ context.Context, schedule client.Object) []ctrl.Request {
	return []ctrl.Request{{NamespacedName: client.ObjectKeyFromObject(schedule)}}
}

// partnersOfSecret are the partners whose credentials a Secret holds.
func (r *WebexPartnerReconciler) partnersOfSecret(ctx context.Context, secret client.Object) []ctrl.Request {
	return r.partners(ctx, func(p *v1alpha1.WebexPartner) bool {
		return p.Namespace == secret.GetNamespace() && p.Spec.CredentialsSecretRef.Name == secret.GetName()
	})
}

func (r *WebexPartnerReconciler) partners(ctx context.Context, which func(*v1alpha1.WebexPartner) bool) []ctrl.Request {
	var list v1alpha1.WebexPartnerList
	if err := r.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return nil // the cache is stopping
	}
	var requests []ctrl.Request
	for i := range list.Items {
		if p := &list.Items[i]; which(p) {
			requests = append(requests, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(p)})
		}
	}
	return requests
}
