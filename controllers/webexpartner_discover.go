package controllers

import (
	"cmp"
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/metrics"
	"github.com/webex-operator/webex-license-operator/internal/partner"
	"github.com/webex-operator/webex-license-operator/internal/status"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// discoveryRetry is after how long a discovery that failed for a passing cause is made again.
const discoveryRetry = 10 * time.Minute

// read finds out what the spec asks.
func (r *WebexPartnerReconciler) read(ctx context.Context, s *partnerScope) (err error) {
	if s.problem != nil {
		return nil
	}
	if s.selector, err = partner.Compile(s.partner.Spec.Select); err != nil {
		s.problem = &status.Detail{Reason: v1alpha1.ReasonInvalidSelector, Message: err.Error()}
		return nil
	}
	known := s.memory.SecretVersion()
	version, err := r.Versions.of(ctx, v1alpha1.SubjectSourceSecret, s.partner.Namespace, s.partner.Spec.CredentialsSecretRef.Name, known)
	s.question = partner.QuestionOf(s.partner, version)
	return err
}

// interval is the time between two discoveries.
func (s *partnerScope) interval() time.Duration {
	if s.partner.Spec.Interval == nil {
		return defaultInterval
	}
	return s.partner.Spec.Interval.Duration
}

// discover asks Webex for the organizations, if that is due, and remembers what it said.
func (r *WebexPartnerReconciler) discover(ctx context.Context, s *partnerScope) error {
	if s.idle() {
		return nil
	}
	if due, after := s.memory.Due(s.question, s.interval(), s.now); !due {
		if after > 0 {
			s.lookAgain(after)
		}
		return nil
	}
	found, err := r.Discoverer.Discover(ctx, s.partner)
	if ctx.Err() != nil {
		return context.Cause(ctx) // the operator stops: that says nothing of the partner
	}
	s.now = r.Clock.Now()
	s.question.SecretVersion = cmp.Or(found.SecretVersion, s.question.SecretVersion)
	if err != nil {
		r.noteFailure(s, failures.Of(ctx, err))
		return nil
	}
	s.memory.Complete(s.question, found.Own, found.Organizations, s.now)
	metrics.ObserveDiscovery(client.ObjectKeyFromObject(s.partner), "", s.now)
	s.lookAgain(s.interval())
	return nil
}

// noteFailure remembers why a discovery failed, and when the next one is due: never by itself if a person has to see to it.
func (r *WebexPartnerReconciler) noteFailure(s *partnerScope, failure *failures.Failure) {
	metrics.ObserveDiscovery(client.ObjectKeyFromObject(s.partner), failure.Reason, s.now)
	known := v1alpha1.PartnerFailure{
		Reason: failure.Reason, Message: status.Clip(failure.Message, status.MaxMessage),
		ObservedSecretResourceVersion: s.question.SecretVersion,
	}
	if !failure.Retriable() {
		known.Terminal = new(true)
		s.memory.Failed(s.question, known, 0, s.now)
		return
	}
	wait := discoveryRetry
	if failure.Class == webex.ClassRateLimited && failure.RetryAfter > 0 {
		wait = failure.RetryAfter
	}
	s.memory.Failed(s.question, known, wait, s.now)
	s.lookAgain(wait)
}

// observe reads what the organizations are compared with, from the cache, and decides.
func (r *WebexPartnerReconciler) observe(ctx context.Context, s *partnerScope) error {
	if s.idle() {
		return nil
	}
	answer := s.memory.Answer(s.question)
	if answer == nil {
		return nil
	}
	s.world = &partner.World{
		Partner: s.partner, Selector: s.selector, Own: answer.Own, Organizations: answer.Organizations,
		Readers: map[webex.OrganizationID]string{}, Postponed: s.memory.Postponed(s.partner.Generation, s.now),
	}
	if err := r.observeCustomers(ctx, s); err != nil {
		return err
	}
	if err := r.observeSchedule(ctx, s); err != nil {
		return err
	}
	if err := r.lookForUnseen(ctx, s); err != nil {
		return err
	}
	decision := s.world.Decide()
	s.decision = &decision
	return nil
}

// observeCustomers reads all customers that there are: those of the partner, and who reads what of the others.
func (r *WebexPartnerReconciler) observeCustomers(ctx context.Context, s *partnerScope) error {
	var customers v1alpha1.WebexCustomerAccessList
	// They are the cache's own: nothing is changed of what they point to.
	if err := r.List(ctx, &customers, client.UnsafeDisableDeepCopy); err != nil {
		return err
	}
	for i := range customers.Items {
		c := &customers.Items[i]
		if c.Namespace != s.partner.Namespace || c.Labels[v1alpha1.LabelPartner] != s.partner.Name {
			s.noteReader(c)
			continue
		}
		if r.writtenCustomers.missing(c) {
			return errBehind
		}
		delete(s.memory.unseen, madeObject{kindCustomer, c.Name})
		s.world.Customers = append(s.world.Customers, *c)
	}
	return nil
}

// observeSchedule reads the schedule of the partner's name.
func (r *WebexPartnerReconciler) observeSchedule(ctx context.Context, s *partnerScope) error {
	schedule := &v1alpha1.LicenseSyncSchedule{}
	if err := r.Get(ctx, client.ObjectKeyFromObject(s.partner), schedule); err != nil {
		return client.IgnoreNotFound(err)
	}
	if r.writtenSchedules.missing(schedule) {
		return errBehind
	}
	delete(s.memory.unseen, madeObject{kindSchedule, schedule.Name})
	s.schedule = schedule
	return nil
}

// noteReader notes what a customer of another maker reads. Of several, the first by name stands for all.
func (s *partnerScope) noteReader(c *v1alpha1.WebexCustomerAccess) {
	if !c.DeletionTimestamp.IsZero() {
		return
	}
	name := c.Name
	if c.Namespace != s.partner.Namespace {
		name = c.Namespace + "/" + c.Name
	}
	for _, id := range []string{c.Spec.OrganizationID, organizationOf(c)} {
		organization, err := webex.ParseOrganizationID(id)
		if known := s.world.Readers[organization]; err == nil && (known == "" || name < known) {
			s.world.Readers[organization] = name
		}
	}
}

// lookForUnseen asks the API server for what was made and the cache does not have: it is behind, or a person was faster
// and deleted or took one.
func (r *WebexPartnerReconciler) lookForUnseen(ctx context.Context, s *partnerScope) error {
	for object := range s.memory.unseen {
		made := &metav1.PartialObjectMetadata{}
		made.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(object.kind))
		err := r.Live.Get(ctx, client.ObjectKey{Namespace: s.partner.Namespace, Name: object.name}, made)
		switch {
		case apierrors.IsNotFound(err), err == nil && made.Labels[v1alpha1.LabelPartner] != s.partner.Name:
			delete(s.memory.unseen, object)
		case err == nil:
			return errBehind
		default:
			return err
		}
	}
	return nil
}
