// Package naming makes names of Kubernetes objects out of names and ids in Webex.
package naming

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Hash is 12 hexadecimal digits: with 48 bits, two of 10,000 rows share
// one with a probability of 10,000²/2/2⁴⁸ = 2·10⁻⁷.
func Hash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:6])
}

var notPlain = regexp.MustCompile(`[^a-z0-9]+`)

// latin are the Latin letters that Unicode does not take apart into a plain one and a mark.
var latin = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ħ", "h", "ı", "i", "ŋ", "n", "ŧ", "t", "ĸ", "k")

// Plain is what ASCII can show of a name, in lower case; empty if that is nothing.
func Plain(name string, maxLength int) string {
	s := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(strings.ToLower(name)))
	s = strings.Trim(notPlain.ReplaceAllString(latin.Replace(s), "-"), "-")
	return strings.TrimRight(s[:min(len(s), maxLength)], "-")
}
