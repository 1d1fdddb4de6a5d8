package terminal

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Clean makes a text from outside, such as the name of a licence, fit for a
// terminal and a page: control characters, which could move the cursor or change
// colours, and those that turn the direction of writing around are replaced. A
// text with letters that are written from the right is isolated, so that its order
// and that of what stands beside it do not mix; marks that belong to a text stay.
func Clean(text string) string {
	text = harmless(text)
	if !strings.ContainsFunc(text, fromTheRight) || isolated(text) {
		return text
	}
	return string(firstStrong) + text + string(endIsolate)
}

// Isolates, https://www.unicode.org/reports/tr9/#Explicit_Directional_Isolates: the
// three that begin one, the last of which goes by the text, and the end.
const (
	leftToRight = '\u2066'
	firstStrong = '\u2068'
	endIsolate  = '\u2069'
)

// harmless is a text without what acts on a terminal or on the text around it.
func harmless(text string) string {
	if !strings.ContainsFunc(text, acts) {
		return strings.ToValidUTF8(text, string(unicode.ReplacementChar))
	}
	paired := depth(text) == 0
	return strings.Map(func(r rune) rune {
		isolate := r >= leftToRight && r <= endIsolate
		if acts(r) && (!isolate || !paired) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

// acts says whether a character does something else than to be shown. The marks
// that only say which way a character leans (U+061C, U+200E, U+200F) belong to texts.
func acts(r rune) bool {
	if r < unicode.MaxLatin1 {
		return unicode.IsControl(r)
	}
	return r >= '\u202a' && r <= '\u202e' || r >= leftToRight && r <= endIsolate || r == '\u2028' || r == '\u2029'
}

// depth is how many isolates a text leaves open; -1 if it ends one that it did not begin.
func depth(text string) int {
	open := 0
	for _, r := range text {
		switch {
		case r == endIsolate && open == 0:
			return -1
		case r == endIsolate:
			open--
		case r >= leftToRight && r < endIsolate:
			open++
		}
	}
	return open
}

// isolated says whether a text is one isolate as a whole.
func isolated(text string) bool {
	inner, began := strings.CutPrefix(text, string(firstStrong))
	inner, ended := strings.CutSuffix(inner, string(endIsolate))
	return began && ended && depth(inner) == 0
}

// fromTheRight says whether a character is written from the right to the left: the
// blocks that Unicode reserves for such scripts.
func fromTheRight(r rune) bool {
	return r >= 0x0590 && (r <= 0x08ff || r == '\u200f' || r >= 0xfb1d && r <= 0xfdff || r >= 0xfe70 && r <= 0xfefe ||
		r >= 0x10800 && r <= 0x10fff || r >= 0x1e800 && r <= 0x1efff)
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

// Clip shortens a text to a number of columns; what is cut off becomes "…". Isolates
// that the cut leaves open are ended.
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
			return text[:i] + "…" + strings.Repeat(string(endIsolate), max(0, depth(text[:i])))
		}
		n += w
	}
	return text
}
