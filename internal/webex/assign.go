package webex

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

// assignOperation is the one operation that changes something.
const assignOperation = "assign licenses"

// LicenseChange gives a person a licence, or takes it.
type LicenseChange struct {
	// LicenseID is the licence, as Webex wrote its id.
	LicenseID string
	// Remove takes it.
	Remove bool
}

// licenseChanges is the body of an assignment. It has no member for an address: one that Webex does not know as the
// organization's would invite a stranger.
type licenseChanges struct {
	PersonID string          `json:"personId"`
	OrgID    string          `json:"orgId"`
	Licenses []licenseChange `json:"licenses"`
}

type licenseChange struct {
	ID        string `json:"id"`
	Operation string `json:"operation"`
}

// AssignLicenses changes what one person holds, and returns the licences that the person then holds by Webex' answer. A
// success does not say that all of the changes were made: compare held with them. The organization is named in every
// request, so that a token of another one is refused.
//
// The request is sent once: after a failure, see [Error.Unsure].
// https://developer.webex.com/docs/api/v1/licenses/assign-licenses-to-users
func (c *Client) AssignLicenses(ctx context.Context, org OrganizationID, personID string, changes []LicenseChange) (held []string, err error) {
	const op = assignOperation
	switch {
	case !org.IsUUID():
		return nil, &Error{Class: ClassTerminal, Operation: op, Err: ErrOrganizationID}
	case personID == "", strings.Contains(personID, "@"), len(changes) == 0:
		return nil, &Error{Class: ClassTerminal, Operation: op, Err: ErrAssignment}
	}
	ask := licenseChanges{PersonID: personID, OrgID: org.API()}
	for _, change := range changes {
		operation := "add"
		if change.Remove {
			operation = "remove"
		}
		ask.Licenses = append(ask.Licenses, licenseChange{change.LicenseID, operation})
	}
	body, err := json.Marshal(ask)
	if err != nil {
		return nil, err // texts always have a JSON form
	}
	x := &exchange{
		op: op, method: http.MethodPatch, body: string(body), once: true, accept: http.StatusPartialContent, renew: c.renewal(org),
	}
	err = c.document(ctx, x, below(c.base, []string{"licenses", "users"}), func(d *wire.Decoder) error {
		held, err = decodeHeld(d, personID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return held, nil
}

// decodeHeld reads the licences that a person holds after an assignment.
func decodeHeld(d *wire.Decoder, personID string) (held []string, err error) {
	var answered string
	known := false
	err = d.Document(func(name []byte) (err error) {
		switch string(name) {
		case "personId":
			return d.ReadID(&answered)
		case "licenses":
			held, known, err = d.ReadLicenses()
			return err
		}
		return d.Skip()
	})
	if err == nil && (!known || !sameID(answered, personID)) {
		err = wire.ErrMissing
	}
	return held, err
}

// sameID says whether two spellings are the id of one thing.
func sameID(a, b string) bool { return a != "" && IDKey(a) == IDKey(b) }
