package discovery

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/budget"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/partner"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// list reads the organizations.
func (d *discovery) list(ctx context.Context) error {
	organizations, err := d.webex.Organizations(ctx)
	if err != nil {
		return err
	}
	d.found.Organizations, err = compact(organizations)
	return err
}

// compact keeps of a list each organization once, in no more memory than that takes.
func compact(listed []webex.Organization) ([]partner.Organization, error) {
	all := make([]partner.Organization, 0, len(listed))
	seen := make(map[webex.OrganizationID]struct{}, len(listed))
	for _, o := range listed {
		id, err := webex.ParseOrganizationID(strings.Clone(o.ID.UUID())) // a piece of an id as the API writes it
		if err != nil || o.DisplayName == "" {
			return nil, failures.Partial("the list of organizations has one without an id or a name: nothing is made of it, Webex is asked again")
		}
		if _, twice := seen[id]; !twice {
			seen[id] = struct{}{}
			all = append(all, partner.Organization{ID: id, Name: o.DisplayName})
		}
	}
	return all, nil
}

// identify finds out which organization is the partner's own: the spec knows, or an earlier discovery, or Webex.
func (d *discovery) identify(ctx context.Context) (err error) {
	if known := d.partner.Spec.OrganizationID; known != "" {
		if d.found.Own, err = webex.ParseOrganizationID(known); err != nil {
			return failures.Terminal(v1alpha1.ReasonInvalidOrganizationID,
				"spec.organizationID: %v; since it is immutable, delete this WebexPartner and create it with the right id", err)
		}
		return nil
	}
	if d.found.Own, err = webex.ParseOrganizationID(d.partner.Status.OrganizationID); err == nil {
		return nil
	}
	d.found.Own, err = d.webex.Me(ctx)
	return err
}

// readTags reads the tags of the organizations, if the spec names any.
func (d *discovery) readTags(ctx context.Context) error {
	tags := partner.Tags(&d.partner.Spec)
	for _, tag := range tags {
		if strings.Contains(tag, ",") {
			return failures.Terminal(v1alpha1.ReasonTagsUnreadable, "a tag of %s has a comma, by which Webex separates tags: write each as an entry of its own", tagFields)
		}
	}
	tagged, err := d.webex.OrganizationTags(ctx, tags)
	if err != nil {
		return err
	}
	shared := map[string]string{} // few tags are those of many
	of := make(map[webex.OrganizationID][]string, len(tagged))
	for _, o := range tagged {
		if _, twice := of[o.ID]; twice {
			continue
		}
		for i, tag := range o.Tags {
			if _, known := shared[tag]; !known {
				shared[tag] = strings.Clone(tag)
			}
			o.Tags[i] = shared[tag]
		}
		of[o.ID] = o.Tags
	}
	for i := range d.found.Organizations {
		d.found.Organizations[i].Tags = of[d.found.Organizations[i].ID]
	}
	return nil
}

// tagFields are the fields that name tags.
const tagFields = "spec.select.tags, spec.select.exclude.tags or spec.template.byTag"

func (d *discovery) judgeList(f *failures.Failure) {
	if denied(f) {
		f.Reason = v1alpha1.ReasonForbidden
		f.Message = "Webex does not let the credentials list organizations: the token in the Secret of spec.credentialsSecretRef needs the scope " +
			"spark-admin:organizations_read, and an owner who is a partner administrator"
	}
}

func (d *discovery) judgeOwn(f *failures.Failure) {
	if denied(f) {
		f.Reason = v1alpha1.ReasonOwnOrganizationUnknown
		f.Message = "Webex does not tell the credentials whose they are, and the partner's own organization must not become a customer: " +
			"set spec.organizationID to it (Partner Hub, Account), or authorize the integration with the scope spark:people_read"
	}
}

func (d *discovery) judgeTags(f *failures.Failure) {
	switch {
	case denied(f):
		f.Reason = v1alpha1.ReasonTagsUnreadable
		f.Message = "Webex does not let the credentials read tags: the token in the Secret of spec.credentialsSecretRef needs the scope " +
			"spark-admin:organizations_read, and an owner who is a partner administrator; or take tags out of " + tagFields
	case errors.Is(f, webex.ErrFull):
		*f = *failures.Terminal(v1alpha1.ReasonTagsUnreadable, "a tag of %s has 100 organizations or more, and Webex tells no more than 100 of them: "+
			"select by organizationIDs or names instead, or divide the tag in Partner Hub", tagFields)
	}
}

// denied says whether Webex answered that the credentials may not ask this.
func denied(f *failures.Failure) bool {
	e, ok := errors.AsType[*webex.Error](f.Err)
	return ok && e.Class == webex.ClassTerminal && e.Status == http.StatusForbidden
}

// conclude gives a failure the words of a partner, and remembers what was refused. A no is believed once a second
// discovery was told the same by the same Secret.
func (d *discovery) conclude(ctx context.Context, f *failures.Failure) {
	switch {
	case f.Reason == v1alpha1.ReasonRateLimited:
		f.Message = "Webex asked to wait before the next request: the discovery goes on by itself afterwards"
	case f.Reason == v1alpha1.ReasonCredentialsRejected:
		d.Budgets.Refuse(d.session.Owner, d.session.SecretVersion, d.Clock.Now())
	case denied(f) || failures.SaysNo(f.Reason):
		f.Unconfirmed = !d.saidBefore(f.Reason)
	}
	log.FromContext(ctx).Info("discovery failed", "reason", f.Reason, "message", f.Message, "trackingID", f.TrackingID, "cause", f.Cause())
}

// waiter carries a discovery out: its waits hold no worker of runs.
type waiter struct{}

// Rest waits.
func (waiter) Rest(_ context.Context, _ budget.Rest, wait func() error) error { return wait() }

// Room is false: a pause of Webex' that lasts longer than a moment ends the discovery, which is asked for again.
func (waiter) Room() bool { return false }
