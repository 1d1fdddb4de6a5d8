package webex

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

// Identifiers of the API are base64 of a URI: https://developer.webex.com/docs/basics, "Base64 encoded IDs".
const (
	idScheme     = "ciscospark://"
	organization = "ORGANIZATION"
	license      = "LICENSE"
	// maxIDLength bounds the text that is decoded. The longest id, a licence's with a site, has about 250 characters.
	maxIDLength = 1024
)

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
	if !isUUID(name) {
		var kind string
		if kind, name, _ = decodeID(name); kind != organization || !isUUID(name) {
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
func (id OrganizationID) IsUUID() bool { return isUUID(id.uuid) }

// API is the id as the API writes it.
func (id OrganizationID) API() string {
	return base64.RawStdEncoding.EncodeToString([]byte(idScheme + "us/" + organization + "/" + id.uuid))
}

// offerCode reads the offer code, such as BCSTD, out of a licence id; "" if there is none. The form
// ciscospark://us/LICENSE/<organization>:<offer code>_<uuid>[_<site URL>] has been observed and is not documented: the
// code is a hint and never a key.
func offerCode(id string) string {
	if kind, _, ok := decodeID(id); ok && kind != license {
		return ""
	}
	org, rest, _ := strings.Cut(IDKey(id), ":")
	code, rest, _ := strings.Cut(rest, "_")
	uuid, _, _ := strings.Cut(rest, "_")
	if !isUUID(org) || !isUUID(uuid) || !isOfferCode(code) {
		return ""
	}
	return code
}

// CanonicalID returns the id without base64 padding, so that ids of one thing are equal strings. All ids that the
// client yields are in this form.
func CanonicalID(id string) string {
	return string(wire.Canonical([]byte(id)))
}

// IDKey is what all spellings of one id have in common: of a UUID, bare, as a URI or in base64 of either alphabet with
// or without padding, the UUID in lower case, whatever cluster the URI names; of an id that is longer, as a licence's,
// the name in its URI; else the id as it is. Ids are compared by it and sent as Webex wrote them.
func IDKey(id string) string {
	key := CanonicalID(id)
	if text, ok := decodeBase64(key); ok && (isUUID(text) || strings.HasPrefix(text, idScheme)) {
		key = text
	}
	if _, name, ok := splitURI(key); ok {
		key = name
	}
	if isUUID(key) {
		key = strings.ToLower(key)
	}
	return key
}

// decodeID splits the id of any resource into the resource's kind and name.
func decodeID(id string) (kind, name string, ok bool) {
	id = CanonicalID(id)
	if uri, ok := decodeBase64(id); ok {
		id = uri
	}
	return splitURI(id)
}

// standardAlphabet turns base64 for URLs into the usual one.
var standardAlphabet = strings.NewReplacer("-", "+", "_", "/")

// decodeBase64 reads base64 without padding, in either alphabet.
func decodeBase64(id string) (string, bool) {
	if id == "" || len(id) > maxIDLength || strings.ContainsAny(id, "\r\n") { // the decoder would skip line breaks
		return "", false
	}
	raw, err := base64.RawStdEncoding.DecodeString(standardAlphabet.Replace(id))
	return string(raw), err == nil
}

// splitURI splits the URI of a resource into the resource's kind and name.
func splitURI(uri string) (kind, name string, ok bool) {
	rest, ok := strings.CutPrefix(uri, idScheme)
	if !ok {
		return "", "", false
	}
	cluster, rest, ok := strings.Cut(rest, "/")
	if !ok || cluster == "" {
		return "", "", false
	}
	kind, name, ok = strings.Cut(rest, "/")
	return kind, name, ok && kind != "" && name != ""
}

// isUUID reports whether s has the form 8-4-4-4-12 of hexadecimal digits.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
				return false
			}
		}
	}
	return true
}

func isOfferCode(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return len(s) <= 32
}
