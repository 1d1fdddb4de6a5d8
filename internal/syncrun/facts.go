package syncrun

import (
	"context"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	ac "github.com/webex-operator/webex-license-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/rows"
	"github.com/webex-operator/webex-license-operator/internal/skew"
	"github.com/webex-operator/webex-license-operator/internal/status"
	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// facts is the part of a customer's status that runs own. The customer's
// reconciler owns the rest and draws its conditions from the facts.
func facts(s v1alpha1.WebexCustomerAccessStatus) v1alpha1.WebexCustomerAccessStatus {
	return v1alpha1.WebexCustomerAccessStatus{
		Organization:           s.Organization,
		Subscriptions:          s.Subscriptions,
		SiteURLs:               s.SiteURLs,
		Roles:                  s.Roles,
		Credentials:            s.Credentials,
		Totals:                 s.Totals,
		LastRun:                s.LastRun,
		LastSuccessfulSyncTime: s.LastSuccessfulSyncTime,
		LastWalkTime:           s.LastWalkTime,
		Walked:                 s.Walked,
		NotBefore:              s.NotBefore,
		HeldPrune:              s.HeldPrune,
		CollectedSpecHash:      s.CollectedSpecHash,
		CollectedDataVersion:   s.CollectedDataVersion,
	}
}

// recordFacts writes what the attempt learned about the customer.
func (a *attempt) recordFacts(ctx context.Context) error {
	return a.updateFacts(ctx, func(s *v1alpha1.WebexCustomerAccessStatus) {
		now := a.now()
		a.recordCredentials(s)
		before := s.LastRun
		s.LastRun = &v1alpha1.LastRun{
			Name: a.sync.Name, Reason: v1alpha1.ReasonSucceeded, Message: "the run completed",
			ObservedGeneration: new(a.customer.Generation), EndTime: &now,
		}
		if a.session != nil {
			s.LastRun.ObservedCABundleResourceVersion = a.session.CABundleVersion
		}
		s.LastRun.RefusedRows = a.outcome.Rows.Refused
		if missing := a.outcome.Missing; missing != "" {
			s.LastRun.Message = status.Clip(s.LastRun.Message+"; "+missing, status.MaxMessage)
		}
		if skew.Believed(s.NotBefore, now.Time, webex.LongestWait) != nil {
			s.NotBefore = nil
		} else if s.NotBefore != nil {
			s.NotBefore = &now // takes the field from its writer: the next run removes it
		}
		if failure := a.outcome.Failure; failure != nil {
			s.LastRun.Reason, s.LastRun.Message = failure.Reason, status.Clip(failure.Message, status.MaxMessage)
			s.LastRun.Verdict, s.LastRun.Failures = a.verdict(failure, now), 1
			if before != nil {
				s.LastRun.Failures += before.Failures
			}
			if failure.Class == webex.ClassRateLimited {
				s.NotBefore = status.WholeSecond(now.Add(failure.RetryAfter))
			}
			return
		}
		a.recordResult(s, now)
	})
}

func (a *attempt) recordCredentials(s *v1alpha1.WebexCustomerAccessStatus) {
	if a.session == nil || a.session.SecretVersion == "" {
		return
	}
	before := s.Credentials
	s.Credentials = &v1alpha1.CredentialsStatus{
		Kind:                          a.session.Kind,
		ObservedSecretResourceVersion: a.session.SecretVersion,
	}
	o, known := a.session.Outlook()
	switch {
	case known:
		s.Credentials.AccessTokenExpirationTime = status.TimeOrNil(o.Access)
		s.Credentials.RefreshTokenExpirationTime = status.TimeOrNil(o.Refresh)
	case before != nil && before.ObservedSecretResourceVersion == a.session.SecretVersion:
		s.Credentials = before // the attempt ended before it came to the tokens
	}
	if o.Refused != nil {
		s.Credentials.Refusal = &v1alpha1.CredentialsRefusal{
			Time: status.TimeOrNil(o.Refused.At), UsableUntil: status.TimeOrNil(o.Refused.UsableUntil), Message: status.Clip(o.Refused.Message, status.MaxMessage),
		}
	}
}

// Bounds of the roles in a customer's status: of the list, and of a name in bytes.
const (
	maxRoles = 128
	maxRole  = 256
)

func (a *attempt) recordResult(s *v1alpha1.WebexCustomerAccessStatus, now metav1.Time) {
	s.Organization = a.organizationStatus()
	s.LastSuccessfulSyncTime = &now
	if a.unmoved() {
		return // the rest is as the last walk recorded it
	}
	a.recordWalk(s)
	s.Roles = rows.First(maxRoles, maxRole, a.roles)
	s.HeldPrune = a.outcome.Held
	s.CollectedSpecHash = rows.CollectedSpecHash(a.customer)
	s.CollectedDataVersion = a.dataVersion()
	s.Subscriptions = rows.Listed(rows.MaxSubscriptions, rows.MaxSubscription, usage.Subscriptions(a.licenses), a.chosen.Subscription)
	s.SiteURLs = rows.Listed(rows.MaxSiteURLs, rows.MaxSiteURL, usage.SiteURLs(a.licenses), strings.ToLower(a.chosen.SiteURL))
	s.Totals = &v1alpha1.CustomerTotals{
		Licenses:       new(int64(a.totals.Licenses)),
		Locations:      new(int64(a.totals.Locations)),
		TotalUnits:     &a.totals.Total,
		ConsumedUnits:  &a.totals.Consumed,
		AvailableUnits: &a.totals.Available,
	}
}

// organizationStatus keeps the name that is known where an answer has none.
func (a *attempt) organizationStatus() *v1alpha1.OrganizationStatus {
	s := &v1alpha1.OrganizationStatus{ID: rows.Clip(a.organization.ID.UUID(), 128), DisplayName: rows.Clip(a.organization.DisplayName, 512)}
	if known := a.customer.Status.Organization; s.DisplayName == "" && known != nil && known.ID == s.ID {
		s.DisplayName = known.DisplayName
	}
	return s
}

// claimOrganization writes the organization to the customer before anything
// else is read, so that of two new customers each sees the other's claim.
func (a *attempt) claimOrganization(ctx context.Context) error {
	claim := a.organizationStatus()
	if current := a.customer.Status.Organization; current != nil && current.ID == claim.ID {
		return nil
	}
	return a.updateFacts(ctx, func(s *v1alpha1.WebexCustomerAccessStatus) { s.Organization = claim })
}

// updateFacts writes the customer's facts if change alters them, again if another write
// came in between. It reads the customer past the cache, because all facts are written together.
func (a *attempt) updateFacts(ctx context.Context, change func(*v1alpha1.WebexCustomerAccessStatus)) error {
	return retry.RetryOnConflict(retry.DefaultBackoff, func() error { return a.updateFactsOnce(ctx, change) })
}

func (a *attempt) updateFactsOnce(ctx context.Context, change func(*v1alpha1.WebexCustomerAccessStatus)) error {
	customer := &v1alpha1.WebexCustomerAccess{}
	if err := a.Live.Get(ctx, client.ObjectKeyFromObject(a.customer), customer); err != nil {
		return client.IgnoreNotFound(err)
	}
	if customer.UID != a.customer.UID {
		return nil
	}
	before := facts(customer.Status)
	after := facts(*customer.Status.DeepCopy())
	change(&after)
	if equality.Semantic.DeepEqual(before, after) {
		return nil
	}
	configuration, err := status.ApplyConfiguration[ac.WebexCustomerAccessStatusApplyConfiguration](after)
	if err != nil {
		return err
	}
	return a.Client.Status().Apply(ctx, ac.WebexCustomerAccess(customer.Name, customer.Namespace).WithUID(customer.UID).WithStatus(configuration),
		client.ForceOwnership, client.FieldOwner(FieldManager))
}
