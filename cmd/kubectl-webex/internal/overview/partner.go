package overview

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// Partner is the state of one partner.
type Partner struct {
	Namespace string               `json:"namespace"`
	Name      string               `json:"name"`
	Mode      v1alpha1.PartnerMode `json:"mode"`
	// OrganizationID is the partner's own organization.
	OrganizationID string `json:"organizationID,omitempty"`
	// Ready is True, False or Unknown; Reason says why.
	Ready  metav1.ConditionStatus `json:"ready"`
	Reason string                 `json:"reason"`
	// Fresh says whether organizations are listed every interval.
	Fresh metav1.ConditionStatus `json:"fresh"`
	// Suspended partners ask Webex nothing, and make and change no customer.
	Suspended bool `json:"suspended"`
	// The counts are those of the last complete discovery; unknown before the first.
	Found         *int32 `json:"found,omitempty"`
	Selected      *int32 `json:"selected,omitempty"`
	Created       *int32 `json:"created,omitempty"`
	Waiting       *int32 `json:"waiting,omitempty"`
	ReadElsewhere *int32 `json:"readElsewhere,omitempty"`
	Vanished      *int32 `json:"vanished,omitempty"`
	Refused       *int32 `json:"refused,omitempty"`
	// Held suspensions wait for approval by HeldToken.
	Held      *int32 `json:"held,omitempty"`
	HeldToken string `json:"heldToken,omitempty"`
	// MaxNewPerPass is how many customers are made at a time.
	MaxNewPerPass int32 `json:"maxNewPerPass,omitempty"`
	// FailingSince is when discoveries began to fail.
	FailingSince *time.Time `json:"failingSince,omitempty"`
	// Organizations are those that are not plainly read; at most as many as a status names.
	Organizations []v1alpha1.PartnerOrganization `json:"organizations,omitempty"`
	// Issues need attention, the worst first.
	Issues []Issue `json:"issues,omitempty"`
}

// OfPartner is the state of a partner.
func OfPartner(p *v1alpha1.WebexPartner, now time.Time) Partner {
	s := &p.Status
	o := Partner{
		Namespace: p.Namespace, Name: p.Name, Mode: p.Spec.Mode, OrganizationID: s.OrganizationID, Suspended: ptr.Deref(p.Spec.Suspend, false),
		Ready: metav1.ConditionUnknown, Reason: v1alpha1.ReasonPending, Fresh: metav1.ConditionUnknown,
		MaxNewPerPass: p.Spec.MaxNewPerPass, FailingSince: TimeOf(s.FailingSince), Organizations: s.Organizations,
	}
	if c := s.OrganizationCounts; c != nil {
		o.Found, o.Selected, o.Created, o.Waiting = c.Found, c.Selected, c.Created, c.Waiting
		o.ReadElsewhere, o.Vanished, o.Refused = c.ReadElsewhere, c.Vanished, c.Refused
	}
	if s.Held != nil {
		o.Held, o.HeldToken = s.Held.Customers, s.Held.Token
	}
	if ready := meta.FindStatusCondition(s.Conditions, v1alpha1.ConditionReady); ready != nil {
		o.Ready, o.Reason = ready.Status, ready.Reason
	}
	if fresh := meta.FindStatusCondition(s.Conditions, v1alpha1.ConditionDiscoveryFresh); fresh != nil {
		o.Fresh = fresh.Status
	}
	o.Issues = partnerIssues(p, now)
	return o
}

// Unlisted is how many organizations that are not plainly read the status does not name.
func (o *Partner) Unlisted() int {
	all := 0
	for _, n := range []*int32{o.Waiting, o.ReadElsewhere, o.Vanished, o.Refused} {
		all += int(ptr.Deref(n, 0))
	}
	return max(0, all-len(o.Organizations))
}

// partnerIssues are what needs attention of a partner: why it is not ready, suspensions that are held, customers that are
// refused, and a list of organizations that grows old. One reason is one issue.
func partnerIssues(p *v1alpha1.WebexPartner, now time.Time) []Issue {
	var issues []Issue
	add := func(severity Severity, condition, reason, message string) {
		if !slices.ContainsFunc(issues, func(i Issue) bool { return i.Reason == reason }) {
			issues = append(issues, Issue{Severity: severity, Condition: condition, Reason: reason, Message: message})
		}
	}
	held := p.Status.Held
	if held != nil && !Approved(p) {
		add(Warning, v1alpha1.ConditionRemovalsHeld, v1alpha1.ReasonCustomersHeld, fmt.Sprintf(
			"%d customers would be suspended, since their organization is no longer listed or selected; they run on until you approve: kubectl webex approve-removals partner %s", ptr.Deref(held.Customers, 0), p.Name))
	}
	ready := meta.FindStatusCondition(p.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case ready == nil && now.Sub(p.CreationTimestamp.Time) > noticedWithin:
		add(Error, v1alpha1.ConditionReady, v1alpha1.ReasonPending, "no operator has looked at it: see whether one runs that knows partners, and watches this namespace")
	case ready == nil || ready.Status != metav1.ConditionFalse || ready.Reason == v1alpha1.ReasonCustomersHeld: // said, or approved
	default:
		add(Error, v1alpha1.ConditionReady, ready.Reason, ready.Message)
	}
	if c := p.Status.OrganizationCounts; c != nil && ptr.Deref(c.Refused, 0) > 0 {
		add(Error, v1alpha1.ConditionReady, v1alpha1.ReasonCustomersRefused, fmt.Sprintf("Kubernetes refuses %d customers as they shall be: kubectl webex partners %s names them", *c.Refused, p.Name))
	}
	if fresh := meta.FindStatusCondition(p.Status.Conditions, v1alpha1.ConditionDiscoveryFresh); fresh != nil && fresh.Status == metav1.ConditionFalse {
		add(Warning, fresh.Type, fresh.Reason, fresh.Message)
	}
	if ptr.Deref(p.Spec.Suspend, false) {
		add(Warning, v1alpha1.ConditionReady, v1alpha1.ReasonSuspended, "the partner is suspended, and its customers are left as they are: kubectl webex resume partner "+p.Name)
	}
	slices.SortStableFunc(issues, compareSeverity)
	return issues
}

// Approved says whether a person has approved what is held.
func Approved(p *v1alpha1.WebexPartner) bool {
	return p.Status.Held != nil && p.Annotations[v1alpha1.AnnotationApproveRemovals] == p.Status.Held.Token
}
