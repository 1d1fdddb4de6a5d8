package webex

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

// TaggedOrganization is a customer of a partner with its tags in Partner Hub, of which it has at least one.
type TaggedOrganization struct {
	ID   OrganizationID
	Tags []string
}

// maxTags is how many tags a request names: a query of some 2 kB.
const maxTags = 32

// Me returns the organization that the token's owner belongs to. Nothing else is read of the person.
// https://developer.webex.com/docs/api/v1/people/get-my-own-details
func (c *Client) Me(ctx context.Context) (home OrganizationID, _ error) {
	err := c.document(ctx, &exchange{op: "get own organization"}, c.endpoint("/people/me", nil), func(d *wire.Decoder) (err error) {
		home, err = decodeHome(d)
		return err
	})
	if err != nil {
		return OrganizationID{}, err
	}
	return home, nil
}

// decodeHome reads of a person the organization, which must be there.
func decodeHome(d *wire.Decoder) (OrganizationID, error) {
	var id string
	err := d.Document(func(name []byte) error {
		if string(name) == "orgId" {
			return d.ReadID(&id)
		}
		return d.Skip()
	})
	home := answeredID(id)
	if err == nil && !home.IsUUID() {
		err = wire.ErrMissing
	}
	return home, err
}

// OrganizationTags lists a partner's customers that have one of some tags, each with all of its tags; one may come twice.
// It fails with [ErrFull] if a single tag has more customers than an answer holds. A tag with a comma cannot be asked for.
// https://developer.webex.com/docs/api/v1/partner-tags/fetch-all-customers-for-a-given-set-of-tags
func (c *Client) OrganizationTags(ctx context.Context, tags []string) ([]TaggedOrganization, error) {
	if len(tags) == 0 {
		return nil, nil
	}
	if len(tags) <= maxTags {
		if all, err := c.tagged(ctx, tags); err == nil || len(tags) == 1 || !errors.Is(err, ErrFull) {
			return all, err
		}
	}
	var all []TaggedOrganization
	for half := range slices.Chunk(tags, (len(tags)+1)/2) {
		some, err := c.OrganizationTags(ctx, half)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// tagged is OrganizationTags in one list.
func (c *Client) tagged(ctx context.Context, tags []string) (all []TaggedOrganization, _ error) {
	for o, err := range each(pages(ctx, c, listing[TaggedOrganization]{
		op: "list tagged organizations", path: "/partner/tags/organizations", size: tagsPageSize, bare: true,
		params: []param{{"tags", strings.Join(tags, ",")}}, decode: decodeTagged,
	})) {
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	return all, nil
}

func decodeTagged(d *wire.Decoder, o *TaggedOrganization) error {
	var id string
	err := record(d, &id, func(name []byte) error {
		switch string(name) {
		case "orgId":
			return d.ReadID(&id)
		case "tags":
			var texts []string // the decoder's
			err := d.ReadTexts(&texts)
			o.Tags = slices.Clone(texts)
			return err
		}
		return d.Skip()
	})
	if o.ID = answeredID(id); err == nil && (!o.ID.IsUUID() || len(o.Tags) == 0) {
		err = wire.ErrMissing
	}
	return err
}
