package wire

import (
	"encoding/base64"
	"strings"
)

// Identifiers of the API are base64 of a URI: https://developer.webex.com/docs/basics, "Base64 encoded IDs".
const (
	idScheme = "ciscospark://"
	license  = "LICENSE"
	// maxIDLength bounds the text that is decoded. The longest id, a licence's with a site, has about 250 characters.
	maxIDLength = 1024
)

// EncodeID is the id of a resource of some kind, as the API writes it.
func EncodeID(kind, name string) string {
	return base64.RawStdEncoding.EncodeToString([]byte(idScheme + "us/" + kind + "/" + name))
}

// OfferCode reads the offer code, such as BCSTD, out of a licence id; "" if there is none. The form
// ciscospark://us/LICENSE/<organization>:<offer code>_<uuid>[_<site URL>] has been observed and is not documented: the
// code is a hint and never a key.
func OfferCode(id string) string {
	if kind, _, ok := DecodeID(id); ok && kind != license {
		return ""
	}
	org, rest, _ := strings.Cut(IDKey(id), ":")
	code, rest, _ := strings.Cut(rest, "_")
	uuid, _, _ := strings.Cut(rest, "_")
	if !IsUUID(org) || !IsUUID(uuid) || !isOfferCode(code) {
		return ""
	}
	return code
}

// IDKey is what all spellings of one id have in common: of a UUID, bare, as a URI or in base64 of either alphabet with
// or without padding, the UUID in lower case, whatever cluster the URI names; of an id that is longer, as a licence's,
// the name in its URI; else the id as it is. Ids are compared by it and sent as Webex wrote them.
func IDKey(id string) string {
	key := string(Canonical([]byte(id)))
	if text, ok := decodeBase64(key); ok && (IsUUID(text) || strings.HasPrefix(text, idScheme)) {
		key = text
	}
	if _, name, ok := splitURI(key); ok {
		key = name
	}
	if IsUUID(key) {
		key = strings.ToLower(key)
	}
	return key
}

// DecodeID splits the id of any resource into the resource's kind and name.
func DecodeID(id string) (kind, name string, ok bool) {
	id = string(Canonical([]byte(id)))
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

// IsUUID reports whether s has the form 8-4-4-4-12 of hexadecimal digits.
func IsUUID(s string) bool {
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

// TrackingID cleans the identifier that a response carries: it goes into logs and conditions.
func TrackingID(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 128 || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:") != "" {
		return ""
	}
	return s
}
