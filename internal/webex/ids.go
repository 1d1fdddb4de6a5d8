package webex

import (
	"errors"
	"strings"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

// organization is the kind of an organization in its id.
const organization = "ORGANIZATION"

// errOrganizationID names the shapes that are accepted; it does not repeat the value.
var errOrganizationID = errors.New("organization id is neither a UUID such as 11111111-2222-4333-8444-555555555555 " +
	"nor the id of an organization as the Webex API writes it: copy it from Control Hub, Management, Account, or from GET /organizations")

// OrganizationID identifies an organization, however its id was spelled: equal values are one organization. The zero
// value stands for the token's own.
type OrganizationID struct{ uuid string }

// ParseOrganizationID reads an id that is either a bare UUID or in the form of the API: base64, with or without padding
// and in either alphabet, of ciscospark://<cluster>/ORGANIZATION/<uuid>.
func ParseOrganizationID(id string) (OrganizationID, error) {
	name := strings.TrimSpace(id)
	if !wire.IsUUID(name) {
		var kind string
		if kind, name, _ = wire.DecodeID(name); kind != organization || !wire.IsUUID(name) {
			return OrganizationID{}, errOrganizationID
		}
	}
	return OrganizationID{strings.ToLower(name)}, nil
}

// answeredID is the id of an organization in an answer. One that holds no UUID stands for itself.
func answeredID(id string) OrganizationID {
	if parsed, err := ParseOrganizationID(id); err == nil {
		return parsed
	}
	return OrganizationID{strings.ToLower(id)}
}

// UUID is the bare UUID in lower case; of an answer that holds none, its id in lower case.
func (id OrganizationID) UUID() string { return id.uuid }

// IsUUID says whether the id is one that requests can name.
func (id OrganizationID) IsUUID() bool { return wire.IsUUID(id.uuid) }

// API is the id as the API writes it.
func (id OrganizationID) API() string { return wire.EncodeID(organization, id.uuid) }

// IDKey is what all spellings of one id have in common; see [wire.IDKey].
func IDKey(id string) string { return wire.IDKey(id) }
