package controllers

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/partner"
	"github.com/webex-operator/webex-license-operator/internal/refusal"
)

// scheduleKey stands for the schedule among refused customers. It is no name of an object.
const scheduleKey = ""

// Kinds of what a partner makes.
const (
	kindCustomer = "WebexCustomerAccess"
	kindSchedule = "LicenseSyncSchedule"
)

// madeObject is an object that a partner made.
type madeObject struct{ kind, name string }

// act writes what was decided: the schedule, so that no customer is without one, then the customers.
func (r *WebexPartnerReconciler) act(ctx context.Context, s *partnerScope) error {
	if s.decision == nil {
		return nil
	}
	if err := r.applySchedule(ctx, s); err != nil {
		return err
	}
	pass := s.memory.NextPass(s.world.Customers, s.now)
	for _, write := range s.decision.Writes {
		if write.New && s.now.Before(pass) {
			continue
		}
		if write.New {
			s.memory.Pass(s.now)
		}
		switch err := r.applyCustomer(ctx, s, write); {
		case err == nil:
			s.decision.Wrote(write)
		case outdated(err):
			s.lookAgain(scheduleDebounce)
		case refuses(err):
			ctrl.LoggerFrom(ctx).Info("Kubernetes refuses a customer", "customer", write.Name, "problem", err.Error())
			s.decision.Refused(write)
			s.memory.Refuse(write.Name, refusal.Words(err), s.now)
		default:
			return err
		}
	}
	if waiting := ptr.Deref(s.decision.Counts().Waiting, 0); waiting > 0 && s.creates() {
		s.lookAgain(s.memory.NextPass(s.world.Customers, s.now).Sub(s.now))
	}
	if _, next := s.memory.Refusals(); !next.IsZero() {
		s.lookAgain(next.Sub(s.now))
	}
	return nil
}

func (s *partnerScope) creates() bool { return s.partner.Spec.Mode == v1alpha1.PartnerModeCreate }

// outdated says whether a write was decided by an old copy of its object, or by one that is gone.
func outdated(err error) bool {
	return apierrors.IsNotFound(err) || apierrors.IsConflict(err) && !apierrors.HasStatusCause(err, metav1.CauseTypeFieldManagerConflict)
}

// refuses says whether Kubernetes does not take an object as it shall be: by a rule, or since a field is another's.
func refuses(err error) bool {
	return apierrors.HasStatusCause(err, metav1.CauseTypeFieldManagerConflict) ||
		refusal.Is(err) && refusal.KindOf(err) != refusal.Terminating
}

// applySchedule brings the schedule of the partner's customers in line with the template.
func (r *WebexPartnerReconciler) applySchedule(ctx context.Context, s *partnerScope) error {
	fields, ours := s.world.Schedule(s.schedule)
	s.scheduleTaken = !ours
	if fields == nil || s.world.Postponed[scheduleKey] {
		return nil
	}
	object := &unstructured.Unstructured{Object: fields}
	if s.schedule != nil {
		object.SetUID(s.schedule.UID)
		object.SetResourceVersion(s.schedule.ResourceVersion)
	}
	switch err := r.apply(ctx, s, object); {
	case err == nil:
		r.writtenSchedules.note(client.ObjectKeyFromObject(s.partner), object.GetUID(), object.GetResourceVersion())
		if s.schedule == nil {
			s.memory.unseen[madeObject{kindSchedule, s.partner.Name}] = true
		}
		return nil
	case outdated(err):
		s.lookAgain(scheduleDebounce)
		return nil
	case refuses(err):
		ctrl.LoggerFrom(ctx).Info("Kubernetes refuses the schedule of a partner", "problem", err.Error())
		s.memory.Refuse(scheduleKey, refusal.Words(err), s.now)
		return nil
	default:
		return err
	}
}

// applyCustomer applies one customer. What was decided by an old copy is refused, so that one which a person deletes,
// or takes, at this moment is not made again.
func (r *WebexPartnerReconciler) applyCustomer(ctx context.Context, s *partnerScope, write partner.Write) error {
	object := &unstructured.Unstructured{Object: write.Fields}
	if !write.New {
		for i := range s.world.Customers {
			if c := &s.world.Customers[i]; c.Name == write.Name {
				object.SetUID(c.UID)
				object.SetResourceVersion(c.ResourceVersion)
			}
		}
	}
	if err := r.apply(ctx, s, object); err != nil {
		return err
	}
	key := client.ObjectKey{Namespace: s.partner.Namespace, Name: write.Name}
	r.writtenCustomers.note(key, object.GetUID(), object.GetResourceVersion())
	if write.New {
		s.memory.unseen[madeObject{kindCustomer, write.Name}] = true
		s.created++
	}
	return nil
}

func (r *WebexPartnerReconciler) apply(ctx context.Context, s *partnerScope, object *unstructured.Unstructured) error {
	return r.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner(partner.FieldManager(s.partner.Name)))
}
