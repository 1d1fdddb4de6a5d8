package webpage

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/report"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/report/reporttest"
)

// nasty are names that a person may give to something, or try.
var nasty = []string{
	`style="x"`, `<path d="M 1 1" style="fill:white"/>`, `"><text x="1"`, `</text></svg><script>alert(1)</script>`, `class="none"`, `-->`, `]]>`,
	`{{.}}`, "`${x}`", `&amp;`, `&#x202e;`, `%s%d`, `\u202e`, `$1`, "\x1b[2J", "\x9b31m", "a\x00b", "\xff\xfe", "two\nlines", "\u2028",
	"\u202egnp.exe", "\u2066left open", "closed\u2069", "\u202bembedded\u202c", "ab\u200fcd", "", " ", "مكتب القاهرة 12", "משרד (3)", "東京本社",
	"न्यूयॉर्क", "Zu\u0308rich", "👩\u200d💻", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", strings.Repeat("ﷺ", 100), strings.Repeat("x", 300),
}

func FuzzNames(f *testing.F) {
	for i, name := range nasty {
		f.Add(name, 1, 0)
		f.Add(name, 5, i%5)
	}
	f.Fuzz(func(t *testing.T, name string, every, from int) {
		source := fleet()
		rename(reflect.ValueOf(&source), name, max(1, every), from)
		checkNames(t, write(t, report.New(source)), fmt.Sprintf("%q at every position %d from %d on", name, every, from))
	})
}

func fleet() report.Source {
	s := reporttest.Fleet(reporttest.Options{Seed: 1, Customers: 2, Licenses: 1, Locations: 2, Runs: 2, Now: reporttest.Now})
	s.Notes = []string{"a note"}
	s.Scope.At = "provider"
	return s
}

// rename puts a name into every so many texts of a value.
func rename(v reflect.Value, name string, every, from int) {
	n := 0
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() { //nolint:exhaustive // what holds texts
		case reflect.String:
			if n%every == from {
				v.SetString(name)
			}
			n++
		case reflect.Pointer:
			if !v.IsNil() {
				walk(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Struct:
			if v.Type() == reflect.TypeFor[time.Time]() {
				return
			}
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					walk(v.Field(i))
				}
			}
		}
	}
	walk(v)
}

// checkNames says whether a page is one, does nothing, and shows nothing that turns the
// direction of its texts around.
func checkNames(t *testing.T, page, what string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	scripts := 0
	for n := range root.Descendants() {
		texts := []string{}
		switch {
		case n.Type == html.ElementNode && n.DataAtom == atom.Script:
			scripts++
		case n.Type == html.TextNode:
			texts = append(texts, n.Data)
		}
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Fatalf("%s: attribute %s of %s", what, a.Key, n.Data)
			}
			texts = append(texts, a.Val)
		}
		for _, text := range texts {
			open := 0
			for _, r := range text {
				switch {
				case r >= 0x202a && r <= 0x202e, unicode.IsControl(r) && r != '\n' && r != '\t':
					t.Fatalf("%s: U+%04X in %.80q", what, r, text)
				case r >= 0x2066 && r <= 0x2068:
					open++
				case r == 0x2069:
					open--
				}
				if open < 0 {
					break
				}
			}
			if open != 0 {
				t.Fatalf("%s: isolates without end, or ends without beginning, in %.80q", what, text)
			}
		}
	}
	if scripts != 1 {
		t.Fatalf("%s: %d scripts", what, scripts)
	}
}
