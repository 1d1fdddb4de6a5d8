package subjects

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// told is what was read, a line for each entry and fault.
func told(entries []Entry, faults []Fault) []string {
	var all []string
	for _, e := range entries {
		all = append(all, e.Where()+" = "+e.Address)
	}
	for _, f := range faults {
		all = append(all, f.Where()+" "+f.Problem)
	}
	return all
}

func TestParseLines(t *testing.T) {
	t.Parallel()
	const noAddress = "that is no address: write one such as ada@example.com"
	for content, want := range map[string][]string{
		"ada@example.com":                       {"list line 1 = ada@example.com"},
		"\uFEFFAda@Example.COM\r\n":             {"list line 1 = ada@example.com"},
		"# people\n\n \t bo@example.com \n#x\n": {"list line 3 = bo@example.com"},
		"bo@x.org\nada@x.org\nBO@x.org":         {"list line 1 = bo@x.org", "list line 2 = ada@x.org", "list line 3 repeats line 1: take one of them out, or write the address that was meant"},
		"ada":                                   {"list line 1 is a text of 3 characters " + noAddress},
		"@x.org\nada@\na@b@c\n@":                {"list line 1 is a text of 6 characters " + noAddress, "list line 2 is a text of 4 characters " + noAddress, "list line 3 is a text of 5 characters " + noAddress, "list line 4 is a text of 1 characters " + noAddress},
		"ada@x.org,bo@x.org":                    {"list line 1 is a text of 18 characters with blanks or separators: write one address a line, and nothing beside it"},
		"Ada <ada@x.org>":                       {"list line 1 is a text of 15 characters with blanks or separators: write one address a line, and nothing beside it"},
		"ada@x.org\rbo@x.org":                   {"list line 1 is a text of 18 characters with blanks or separators: write one address a line, and nothing beside it"},
		strings.Repeat("a", 249) + "@x.org":     {"list line 1 is a text of 255 characters " + noAddress},
		"":                                      {"list has no address: write one a line"},
		"\n# no one yet\n":                      {"list has no address: write one a line"},
		"a\x00d\x00a\x00":                       {"list is text in UTF-16, or no text: save it as UTF-8"},
		"\xFE\xFF":                              {"list is text in UTF-16, or no text: save it as UTF-8"},
		"ada@m\xfcnchen.example":                {"list is no text in UTF-8: save it as UTF-8"},
		"ADA@MÜNCHEN.example":                   {"list line 1 = ada@münchen.example"},
	} {
		if diff := cmp.Diff(want, told(ParseLines("list", []byte(content)))); diff != "" {
			t.Errorf("%q: %s", content, diff)
		}
	}
}

func TestParseList(t *testing.T) {
	t.Parallel()
	want := []string{
		"f[0] = ada@x.org", "f[3] = bo@x.org",
		"f[1] is a text of 2 characters that is no address: write one such as ada@example.com",
		"f[2] repeats f[0]: take one of them out, or write the address that was meant",
		"f[4] is a text of 0 characters that is no address: write one such as ada@example.com",
	}
	if diff := cmp.Diff(want, told(ParseList("f", []string{"Ada@x.org", "bo", " ada@x.org", "bo@x.org", ""}))); diff != "" {
		t.Error(diff)
	}
	if entries, faults := ParseList("f", nil); entries != nil || faults != nil {
		t.Errorf("a list without entries has %v and %v", entries, faults)
	}
}

// problems are all that a fault may say: nothing of the line that it is about.
var problems = regexp.MustCompile(`^(has no address: write one a line` +
	`|is text in UTF-16, or no text: save it as UTF-8|is no text in UTF-8: save it as UTF-8` +
	`|repeats line [0-9]+: take one of them out, or write the address that was meant` +
	`|is a text of [0-9]+ characters with blanks or separators: write one address a line, and nothing beside it` +
	`|is a text of [0-9]+ characters that is no address: write one such as ada@example\.com)$`)

// address is what an address looks like, said another way than the parser does.
var address = regexp.MustCompile(`^[^\s\p{Z}\p{Cc},;<>"@\x{85}]+@[^\s\p{Z}\p{Cc},;<>"@\x{85}]+$`)

// Whatever is in a file, each line is an entry, or a fault, or passed over, and no fault repeats any of it.
func FuzzParseLines(f *testing.F) {
	for _, seed := range []string{"", "a@b", "A@B.c\na@b.c\r\n# x\n\nno", "\uFEFFa@b.c", "\xff\xfea\x00", "a@b\u0085c", "İ@x.org\ni̇@x.org", "\u2028a@b.c\u00a0\n\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		entries, faults := ParseLines("list", content)
		for _, fault := range faults {
			if !problems.MatchString(fault.Problem) || fault.Source != "list" {
				t.Fatalf("%q: a fault says %q of %q", content, fault.Problem, fault.Source)
			}
		}
		text := string(content)
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			if len(entries) > 0 || len(faults) != 1 || faults[0].Line != 0 {
				t.Fatalf("%q is no text: %v, %v", content, entries, faults)
			}
			return
		}
		want, got := linesOf(strings.TrimPrefix(text, "\uFEFF")), map[int]string{}
		for _, e := range entries {
			got[e.Line] = "entry " + e.Address
			if Normal(e.Address) != e.Address {
				t.Fatalf("%q: %q is not normal", content, e.Address)
			}
		}
		for _, fault := range faults {
			if fault.Line != 0 {
				got[fault.Line] = "fault"
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q: %s", content, diff)
		}
		if silent := len(faults) == 1 && faults[0].Line == 0; silent != (len(want) == 0) {
			t.Fatalf("%q: %v", content, faults)
		}
	})
}

// linesOf says what is in each line that is not passed over.
func linesOf(text string) map[int]string {
	lines, seen := map[int]string{}, map[string]bool{}
	for n, line := range strings.Split(text, "\n") {
		line = strings.ToLower(strings.TrimSpace(line))
		length := len([]rune(line))
		switch {
		case line == "" || line[0] == '#':
		case !address.MatchString(line) || length < 3 || length > 254 || seen[line]:
			lines[n+1] = "fault"
		default:
			seen[line] = true
			lines[n+1] = fmt.Sprint("entry ", line)
		}
	}
	return lines
}
