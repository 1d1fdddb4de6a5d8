package terminal

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Clean makes a text from outside, such as the name of a licence, fit for a
// terminal: control characters, which could move the cursor or change colours,
// and those that change the direction of writing are replaced.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// Width is the number of columns that a text without escape sequences takes.
func Width(text string) int {
	n := 0
	for _, r := range text {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r < 0x1100: // nothing below is wide; looking it up costs more than all else
		return 1
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

// Clip shortens a text to a number of columns; what is cut off becomes "…".
func Clip(text string, columns int) string {
	if Width(text) <= columns {
		return text
	}
	if columns <= 0 {
		return ""
	}
	n := 0
	for i, r := range text {
		w := runeWidth(r)
		if n+w > columns-1 {
			return text[:i] + "…"
		}
		n += w
	}
	return text
}
