package syncrun

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"time"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/budget"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/rows"
	"github.com/webex-operator/webex-license-operator/internal/status"
	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// connect reads customer and credentials, both past the cache, and prepares the
// client. What Webex refused is not asked again before Secret or spec change.
func (a *attempt) connect(ctx context.Context) error {
	key := client.ObjectKey{Namespace: a.sync.Namespace, Name: a.sync.Spec.CustomerAccessRef.Name}
	if err := a.Live.Get(ctx, key, a.customer); err != nil {
		return err
	}
	if a.Serves != nil && !a.Serves(a.customer) {
		return &failures.Failure{Class: webex.ClassTransient, Reason: v1alpha1.ReasonCanceled, Message: ErrNotServed.Error(), Err: ErrNotServed}
	}
	var err error
	if a.session, err = a.Access.Open(ctx, a.customer); err != nil {
		return err
	}
	a.limiter = a.newLimiter()
	if err := a.refusedBefore(ctx); err != nil {
		return err
	}
	if err := a.session.Connect(ctx, a.observe); err != nil {
		return err
	}
	a.webex, err = a.client(a.session, a.limiter)
	return err
}

// client asks Webex by a session and a budget.
func (a *attempt) client(session *access.Session, limiter *budget.Limiter) (*webex.Client, error) {
	return webex.New(webex.Config{
		BaseURL: session.BaseURL.String(),
		HTTP:    session.HTTP,
		Tokens:  session.Tokens,
		Limiter: limiter,
		Sleep:   limiter.BackOff,
		PageSize: func(list string, usual int) int {
			return a.memory.PageSize(a.customer.UID, list, usual, a.Clock.Now())
		},
		Shrunk: func(list string, records int) {
			a.memory.Shrunk(a.customer.UID, list, records, a.Clock.Now())
		},
		UserAgent: a.Access.UserAgent,
		Retry:     a.Retry,
		Observe:   a.observe,
		Now:       a.Clock.Now,
	})
}

func (a *attempt) newLimiter() *budget.Limiter {
	l := &budget.Limiter{
		Budgets: a.Budgets, Owner: a.session.Owner, NotBefore: a.customer.Status.NotBefore, Tell: a.tellPause, Worker: a.worker, Clock: a.Clock,
	}
	if c := a.customer.Spec.Connection; c != nil {
		l.RequestsPerMinute = c.RequestsPerMinute
	}
	return l
}

// tellPause writes the end of a pause to the customer. If that fails, a restart would ask
// Webex too early, once. The attempt need not fail for it.
func (a *attempt) tellPause(ctx context.Context, until time.Time) {
	err := a.updateFacts(ctx, func(s *v1alpha1.WebexCustomerAccessStatus) {
		if end := status.WholeSecond(until); s.NotBefore == nil || s.NotBefore.Before(end) {
			s.NotBefore = end
		}
	})
	if err != nil {
		log.FromContext(ctx).Error(err, "the end of a pause could not be written down")
	}
}

// identify finds out which organization the credentials give access to, and
// that no other customer reads it already.
func (a *attempt) identify(ctx context.Context) error {
	var err error
	if a.customer.Spec.OrganizationID != "" {
		a.organization, err = a.namedOrganization(ctx)
	} else {
		a.organization, err = a.ownOrganization(ctx)
	}
	if err != nil {
		return err
	}
	if err := a.claimOrganization(ctx); err != nil {
		return err
	}
	return a.refuseDuplicate(ctx)
}

// namedOrganization asks for the organization of the spec. For a partner this
// also refreshes the customer in the list of managed organizations, without
// which later calls answer 403.
func (a *attempt) namedOrganization(ctx context.Context) (webex.Organization, error) {
	id, err := webex.ParseOrganizationID(a.customer.Spec.OrganizationID)
	if err != nil {
		return webex.Organization{}, failures.Terminal(v1alpha1.ReasonInvalidOrganizationID, "spec.organizationID: %v; since it is immutable, delete this WebexCustomerAccess and create it with the right id", err)
	}
	mismatch := failures.Auth(v1alpha1.ReasonOrganizationMismatch,
		"the credentials give no access to organization %s of spec.organizationID: use a token of that organization or of its partner, or create a WebexCustomerAccess with the right id", id.UUID())
	a.named = id
	organization, err := a.webex.Organization(ctx, id)
	if e, ok := errors.AsType[*webex.Error](err); ok && deniesAccess(e) {
		if a.customer.Status.LastSuccessfulSyncTime != nil { // it was the right one once
			mismatch = failures.Auth(v1alpha1.ReasonForbidden,
				"the credentials give no access to organization %s any more: grant it again in Webex, which is asked every 6 hours and by a LicenseSync that you create, or put other credentials into the Secret of spec.credentialsSecretRef", id.UUID())
		}
		mismatch.TrackingID, mismatch.Err = e.TrackingID, err
		return organization, mismatch
	}
	if err == nil && organization.ID != id {
		return organization, mismatch
	}
	return organization, err
}

// deniesAccess says whether Webex said that there is no such organization for the
// token. Another no, and that of a proxy, is about something else.
func deniesAccess(e *webex.Error) bool {
	return e.Class == webex.ClassTerminal &&
		(e.Status == http.StatusBadRequest || e.Status == http.StatusForbidden || e.Status == http.StatusNotFound)
}

func (a *attempt) ownOrganization(ctx context.Context) (webex.Organization, error) {
	organizations, err := a.webex.Organizations(ctx)
	switch {
	case err != nil:
		return webex.Organization{}, err
	case len(organizations) == 0:
		return webex.Organization{}, failures.Auth(v1alpha1.ReasonForbidden, "the token sees no organization: it needs scope spark-admin:organizations_read and an administrator's role")
	case len(organizations) > 1:
		return webex.Organization{}, failures.Auth(v1alpha1.ReasonOrganizationRequired, "the token sees several organizations: set spec.organizationID to the one that this customer is")
	}
	return organizations[0], nil
}

// refuseDuplicate fails if another customer reads the organization already:
// their rows would count everything twice. Who was synced first stays; of two
// that never were, the older.
func (a *attempt) refuseDuplicate(ctx context.Context) error {
	duplicate, err := access.DuplicateOf(ctx, a.Client, a.customer, a.organizationStatus().ID)
	if err != nil || duplicate == nil {
		return err
	}
	other := "in another namespace"
	if duplicate.Namespace == a.customer.Namespace {
		other = duplicate.Name
	}
	return failures.Auth(v1alpha1.ReasonDuplicateOrganization,
		"another WebexCustomerAccess (%s) reads this organization already: delete one of the two, or set spec.organizationID in a new one to another organization", other)
}

func (a *attempt) readLicenses(ctx context.Context) error {
	return each(a.webex.Licenses(ctx, a.named), func(l webex.License) error {
		if l.Errors {
			return failures.Partial("Webex could not read every field of a licence: nothing is written, the run tries again")
		}
		a.licenses = append(a.licenses, usage.License{
			ID: l.ID, Name: l.Name, OfferCode: l.OfferCode,
			// As rows and facts can hold them, so that all decide by the same.
			SubscriptionID: rows.Clip(l.SubscriptionID, rows.MaxSubscription), SiteURL: rows.Clip(l.SiteURL, rows.MaxSiteURL), SiteType: l.SiteType,
			Total: pointer(l.Total), Consumed: pointer(l.Consumed),
			ByUsers: pointer(l.ByUsers), ByWorkspaces: pointer(l.ByWorkspaces),
		})
		return nil
	})
}

func (a *attempt) readLocations(ctx context.Context) error {
	if !a.customer.Collects(v1alpha1.LevelSite) && (a.job == nil || !a.job.NeedsLocations()) {
		return nil
	}
	return each(a.webex.Locations(ctx, a.named), func(l webex.Location) error {
		a.locations = append(a.locations, usage.Location{ID: l.ID, Name: l.Name})
		return nil
	})
}

// readRoles reads what is for show only: a run does without, keeps what is known, and
// says so. Credentials that are refused are refused to everything.
func (a *attempt) readRoles(ctx context.Context) error {
	if c := a.customer.Spec.Collection; c != nil && !ptr.Deref(c.Roles, true) {
		return nil
	}
	err := a.listRoles(ctx)
	if err == nil {
		return nil
	}
	failure := failures.Of(ctx, err)
	if ctx.Err() != nil || failure.Reason == v1alpha1.ReasonCredentialsRejected {
		return err
	}
	log.FromContext(ctx).Info("the names of roles are missing", "cause", failure.Message, "trackingID", failure.TrackingID)
	a.roles = a.customer.Status.Roles
	a.miss("the names of roles could not be read, those of the last time are kept: " + failure.Message)
	return nil
}

func (a *attempt) listRoles(ctx context.Context) error {
	err := each(a.webex.Roles(ctx), func(r webex.Role) error {
		a.roles = append(a.roles, rows.Clip(r.Name, maxRole))
		return nil
	})
	slices.Sort(a.roles)
	a.roles = slices.Compact(a.roles)
	return err
}

func (a *attempt) readWorkspaces(ctx context.Context) error {
	c := a.customer.Spec.Collection
	if !a.customer.Collects(v1alpha1.LevelSite) || c != nil && !ptr.Deref(c.Workspaces, true) {
		return nil
	}
	return each(a.webex.Workspaces(ctx, a.named), func(w webex.Workspace) error {
		if w.Incomplete {
			return failures.Partial("Webex could not read every field of a workspace: nothing is written, the run tries again")
		}
		a.usage.AddWorkspace(w.ID, w.LocationID, w.Licenses, w.LicensesKnown)
		return nil
	})
}

// each hands the items of a walk to take, and ends at the first error of either.
func each[T any](items iter.Seq2[T, error], take func(T) error) error {
	for item, err := range items {
		if err != nil {
			return err
		}
		if err := take(item); err != nil {
			return err
		}
	}
	return nil
}

func pointer(u webex.Units) *int64 {
	n, known := u.Value()
	if !known {
		return nil
	}
	return &n
}
