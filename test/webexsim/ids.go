package webexsim

import (
	"encoding/base64"
	"hash/fnv"
	"strconv"
	"strings"
)

// Identifiers of the API are unpadded base64 of a URI such as
// ciscospark://us/ORGANIZATION/<uuid>.
const uriPrefix = "ciscospark://us/"

// Kinds of identifiers.
const (
	kindOrganization = "ORGANIZATION"
	kindPerson       = "PEOPLE"
	kindLocation     = "LOCATION"
	kindWorkspace    = "PLACES"
	kindLicense      = "LICENSE"
	kindRole         = "ROLE"
	kindLicenseUser  = "LICENSE_USER_PAGING"
	kindApplication  = "APPLICATION"
	kindGroup        = "SCIM_GROUP"
)

// EncodeID returns the API form of an identifier, for example
// EncodeID("ORGANIZATION", uuid).
func EncodeID(kind, value string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(uriPrefix + kind + "/" + value))
}

// DecodeID returns the value inside an identifier of a kind. It accepts both
// alphabets of base64, with or without padding, and a bare UUID.
func DecodeID(kind, id string) (string, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(fullID(kind, id))
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(string(raw), uriPrefix+kind+"/")
}

var urlAlphabet = strings.NewReplacer("+", "-", "/", "_")

// canonicalID is the form in which identifiers are compared.
func canonicalID(id string) string {
	return urlAlphabet.Replace(strings.TrimRight(id, "="))
}

// fullID is the form in which identifiers of a kind are compared. A bare UUID stands for the
// identifier that it is in.
func fullID(kind, id string) string {
	if isUUID(id) {
		return EncodeID(kind, id)
	}
	return canonicalID(id)
}

func isUUID(id string) bool {
	const form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
	if len(id) != len(form) {
		return false
	}
	for i := range len(id) {
		if dash := form[i] == '-'; dash != (id[i] == '-') || !dash && !strings.Contains("0123456789abcdefABCDEF", id[i:i+1]) {
			return false
		}
	}
	return true
}

// mix is the finalizer of splitmix64: a cheap, well-spread hash of a number, from
// which everything made up is derived.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}

func hashString(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s)) // never fails
	return mix(h.Sum64())
}

const hexDigits = "0123456789abcdef"

// appendHex appends the lowest digits of v.
func appendHex(b []byte, v uint64, digits int) []byte {
	for i := digits - 1; i >= 0; i-- {
		b = append(b, hexDigits[v>>(4*uint(i))&15])
	}
	return b
}

// indexedUUIDPrefix is the constant part, up to the last hyphen, of the UUIDs that
// end in an index. A person is found by its UUID without a table.
func indexedUUIDPrefix(seed uint64) string {
	h := mix(seed)
	b := appendHex(nil, h>>32, 8)
	b = append(b, '-')
	b = appendHex(b, h>>16, 4)
	b = append(b, '-', '4')
	b = appendHex(b, h, 3)
	b = append(b, '-', '8')
	b = appendHex(b, mix(h), 3)
	return string(append(b, '-'))
}

func indexedUUID(prefix string, index int) string {
	return string(appendHex([]byte(prefix), uint64(index), 12))
}

// indexOfUUID is the reverse of indexedUUID.
func indexOfUUID(prefix, uuid string) (int, bool) {
	rest, ok := strings.CutPrefix(uuid, prefix)
	if !ok || len(rest) != 12 {
		return 0, false
	}
	n, err := strconv.ParseUint(rest, 16, 48)
	return int(n), err == nil
}
