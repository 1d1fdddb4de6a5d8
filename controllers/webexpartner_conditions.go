package controllers

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	ac "github.com/webex-operator/webex-license-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/metrics"
	"github.com/webex-operator/webex-license-operator/internal/status"
)

// summarise draws the status from what is known now, and writes it if it differs. No time in it moves by itself: a
// discovery that finds no change writes nothing.
func (r *WebexPartnerReconciler) summarise(ctx context.Context, s *partnerScope) error {
	old := s.partner.Status
	desired := s.status()
	same := samePartnerStatus(old, desired)
	metrics.ObserveStatus("WebexPartner", !same)
	if same {
		tellAll(r.Recorder, s.partner, "Summarise", s.createdNews())
		return nil
	}
	configuration, err := status.ApplyConfiguration[ac.WebexPartnerStatusApplyConfiguration](desired)
	if err != nil {
		return err
	}
	// Refused if it was decided by an old copy: it would tell an event twice, or one that is not so.
	object := ac.WebexPartner(s.partner.Name, s.partner.Namespace).WithUID(s.partner.UID).
		WithResourceVersion(s.partner.ResourceVersion).WithStatus(configuration)
	version, err := applyStatus(ctx, r, s.partner, object, len(s.partner.Unreadable) > 0, partnerFieldManager)
	if err != nil {
		return client.IgnoreNotFound(err)
	}
	r.written.note(client.ObjectKeyFromObject(s.partner), s.partner.UID, version)
	tellAll(r.Recorder, s.partner, "Summarise", append(s.createdNews(), s.news(&old, &desired)...))
	return nil
}

func samePartnerStatus(old, desired v1alpha1.WebexPartnerStatus) bool {
	if !status.Equal(old.Conditions, desired.Conditions) {
		return false
	}
	old.Conditions, desired.Conditions = nil, nil
	return equality.Semantic.DeepEqual(old, desired)
}

// status is what the status shall be. What this process does not know stays as it is: absence is not emptiness.
func (s *partnerScope) status() v1alpha1.WebexPartnerStatus {
	desired := *s.partner.Status.DeepCopy()
	desired.ObservedGeneration = &s.partner.Generation
	if requested, failure, known := s.memory.Last(); known {
		if requested != "" {
			desired.LastHandledReconcileAt = status.Clip(requested, 1024)
		}
		switch desired.Failure = failure; {
		case failure == nil:
			desired.FailingSince = nil
		case desired.FailingSince == nil:
			desired.FailingSince = new(metav1.NewTime(s.now.Truncate(time.Second)))
		}
	}
	if s.decision != nil {
		desired.OrganizationID = s.world.Own.UUID()
		counts := s.decision.Counts()
		desired.OrganizationCounts, desired.Held, desired.Organizations = &counts, s.decision.Held, s.decision.Listed()
	}
	desired.Conditions = status.Merge(s.partner.Status.Conditions, s.conditions(&desired), s.partner.Generation, metav1.NewTime(s.now))
	return desired
}

// conditions are all conditions of the partner, drawn from the other fields of the status.
func (s *partnerScope) conditions(known *v1alpha1.WebexPartnerStatus) []metav1.Condition {
	fresh := s.freshness(known)
	conditions := append(s.summary(known, fresh.Status == metav1.ConditionTrue).Conditions(), fresh)
	if known.Held != nil {
		conditions = append(conditions, status.Condition(v1alpha1.ConditionRemovalsHeld, metav1.ConditionTrue, s.heldDetail(known.Held)))
	}
	return conditions
}

// freshness says whether the list of organizations is young enough, and has the partner looked at when it will not be.
func (s *partnerScope) freshness(known *v1alpha1.WebexPartnerStatus) metav1.Condition {
	of := func(value metav1.ConditionStatus, reason, message string) metav1.Condition {
		return status.Condition(v1alpha1.ConditionDiscoveryFresh, value, status.Detail{Reason: reason, Message: message})
	}
	switch {
	case ptr.Deref(s.partner.Spec.Suspend, false):
		return of(metav1.ConditionUnknown, v1alpha1.ReasonSuspended, "the partner is suspended: no organizations are asked for before spec.suspend is false")
	case known.OrganizationCounts == nil:
		return of(metav1.ConditionUnknown, v1alpha1.ReasonNeverDiscovered, "the organizations were not listed yet")
	case known.FailingSince != nil:
		if left := known.FailingSince.Add(s.interval()).Sub(s.now); left > 0 {
			s.lookAgain(left)
			break
		}
		return of(metav1.ConditionFalse, v1alpha1.ReasonDiscoveryFailing, "discoveries have failed for longer than spec.interval: organizations that came or went since status.failingSince are not known")
	}
	return of(metav1.ConditionTrue, v1alpha1.ReasonFresh, "the organizations are listed every spec.interval")
}

// summary is the verdict on the partner.
func (s *partnerScope) summary(known *v1alpha1.WebexPartnerStatus, fresh bool) status.Summary {
	switch failure := known.Failure; {
	case s.problem != nil:
		return stalled(s.problem.Reason, s.problem.Message)
	case ptr.Deref(s.partner.Spec.Suspend, false):
		return ready(v1alpha1.ReasonSuspended, "the partner is suspended: no organizations are asked for, and no customer is made or changed, before spec.suspend is false")
	case failure != nil && ptr.Deref(failure.Terminal, false):
		return s.stuck(failure)
	case failure != nil && !fresh:
		detail := status.Detail{Reason: failure.Reason, Message: failure.Message}
		return status.Summary{Ready: metav1.ConditionFalse, Detail: detail, Reconciling: &detail}
	case known.OrganizationCounts == nil:
		detail := status.Detail{Reason: v1alpha1.ReasonNeverDiscovered, Message: "the organizations are about to be listed"}
		return status.Summary{Ready: metav1.ConditionUnknown, Detail: detail, Reconciling: &detail}
	}
	summary := s.outcome(known)
	if s.scheduleTaken {
		summary.Message += "; their schedule is not made, since a LicenseSyncSchedule of another maker has the partner's name: rename one of the two"
	}
	if known.Failure != nil {
		summary.Message += "; the latest discovery failed: " + known.Failure.Message
	}
	return summary
}

// stuck is the verdict on a partner that waits for a person. A new one may get its Secret after it was applied.
func (s *partnerScope) stuck(failure *v1alpha1.PartnerFailure) status.Summary {
	detail := status.Detail{Reason: failure.Reason, Message: failure.Message}
	left := s.partner.CreationTimestamp.Add(secretGrace).Sub(s.now)
	if failure.Reason != v1alpha1.ReasonSecretNotFound || left <= 0 || left > secretGrace {
		return stalled(detail.Reason, detail.Message)
	}
	s.lookAgain(left)
	return status.Summary{Ready: metav1.ConditionFalse, Detail: detail, Reconciling: &detail}
}

// outcome is the verdict on what became of the organizations.
func (s *partnerScope) outcome(known *v1alpha1.WebexPartnerStatus) status.Summary {
	count := func(of *int32) int32 { return ptr.Deref(of, 0) }
	counts := known.OrganizationCounts
	summary := ready(v1alpha1.ReasonDiscovered, s.discoveredMessage(counts))
	words, _ := s.memory.Refusals()
	switch refused := count(counts.Refused); {
	case known.Held != nil:
		summary = stalled(v1alpha1.ReasonCustomersHeld, s.heldDetail(known.Held).Message)
	case refused > 0:
		summary = stalled(v1alpha1.ReasonCustomersRefused, refusedCustomers(fmt.Sprintf("%d customers as they shall be", refused), words))
	case words != "":
		summary = stalled(v1alpha1.ReasonCustomersRefused, refusedCustomers("the LicenseSyncSchedule of the partner's name", words))
	}
	if waiting := count(counts.Waiting); waiting > 0 && s.creates() {
		creating := status.Detail{Reason: v1alpha1.ReasonCreatingCustomers, Message: fmt.Sprintf(
			"%d customers are made, and %d are to be: spec.maxNewPerPass at a time, with a minute between", count(counts.Created), waiting)}
		summary.Reconciling, summary.Stalled = &creating, false
		if summary.Ready == metav1.ConditionTrue {
			summary.Ready, summary.Detail = metav1.ConditionUnknown, creating
		}
	}
	return summary
}

func refusedCustomers(what, words string) string {
	if words == "" {
		return "Kubernetes refuses " + what + ": see status.organizations"
	}
	return "Kubernetes refuses " + what + ", and is asked again: " + words
}

// discoveredMessage says what was found, and what was made or would be.
func (s *partnerScope) discoveredMessage(counts *v1alpha1.PartnerCounts) string {
	message := fmt.Sprintf("%d organizations, of which spec.select selects %d", ptr.Deref(counts.Found, 0), ptr.Deref(counts.Selected, 0))
	vanished := ptr.Deref(counts.Vanished, 0)
	if s.creates() {
		message += fmt.Sprintf("; %d customers are made of them", ptr.Deref(counts.Created, 0))
		if vanished > 0 {
			message += fmt.Sprintf("; %d are suspended, since their organization is gone or not selected", vanished)
		}
		return message
	}
	message += fmt.Sprintf("; spec.mode Create would make %d customers", ptr.Deref(counts.Waiting, 0))
	if vanished > 0 {
		message += fmt.Sprintf(", and suspend %d whose organization is gone or not selected", vanished)
	}
	return message
}

func (s *partnerScope) heldDetail(held *v1alpha1.HeldCustomers) status.Detail {
	return status.Detail{
		Reason: v1alpha1.ReasonCustomersHeld,
		Message: fmt.Sprintf("%d customers would be suspended, since their organization is no longer listed or selected: more than 20 percent of those that run, or the list is empty; they run on; look at the organizations in Partner Hub; if it is right, run kubectl annotate --overwrite webexpartner %s %s=%s",
			ptr.Deref(held.Customers, 0), s.partner.Name, v1alpha1.AnnotationApproveRemovals, held.Token),
	}
}
