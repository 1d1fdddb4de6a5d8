package terminal

import (
	"math"
	"os"
	"strings"
	"testing"
)

func TestBar(t *testing.T) {
	fine, coarse := Terminal{Unicode: true}, Terminal{}
	for _, c := range []struct {
		share        float64
		fine, coarse string
	}{
		{0, "░░░░", "[----]"},
		{-1, "░░░░", "[----]"},
		{math.NaN(), "░░░░", "[----]"},
		{0.0001, "▏░░░", "[#---]"},
		{0.25, "█░░░", "[#---]"},
		{0.5, "██░░", "[##--]"},
		{0.55, "██▏░", "[##--]"},
		{0.9999, "███▉", "[###-]"},
		{1, "████", "[####]"},
		{1.5, "████", "[####]"},
		{math.Inf(1), "████", "[####]"},
	} {
		if got := fine.Bar(c.share, 4); got != c.fine {
			t.Errorf("%v in unicode: %s, want %s", c.share, got, c.fine)
		}
		if got := coarse.Bar(c.share, 4); got != c.coarse {
			t.Errorf("%v in ASCII: %s, want %s", c.share, got, c.coarse)
		}
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		text, clean string
		width       int
		clipped     string // to five columns
	}{
		{"Acme", "Acme", 4, "Acme"},
		{"Acme Corporation", "Acme Corporation", 16, "Acme…"},
		{"東京本社", "東京本社", 8, "東京…"},
		{"Zu\u0308rich", "Zu\u0308rich", 6, "Zu\u0308ri…"},
		{"a\x1b[2Jb", "a\ufffd[2Jb", 6, "a\ufffd[2…"},
		{"two\nlines", "two\ufffdlines", 9, "two\ufffd…"},
		{"\u202eevil", "\ufffdevil", 5, "\ufffdevil"},
		{"\u2066open", "\ufffdopen", 5, "\ufffdopen"},
		{"shut\u2069", "shut\ufffd", 5, "shut\ufffd"},
		{"\u2069\u2066", "\ufffd\ufffd", 2, "\ufffd\ufffd"},
		{"\u2066ok\u2069", "\u2066ok\u2069", 2, "\u2066ok\u2069"},
		{"\u2066longer\u2069", "\u2066longer\u2069", 6, "\u2066long…\u2069"},
		{"a\u200eb", "a\u200eb", 2, "a\u200eb"},
		{"नी\u200dय", "नी\u200dय", 3, "नी\u200dय"},
		{"👩\u200d💻", "👩\u200d💻", 4, "👩\u200d💻"},
		{"مكتب", "\u2068مكتب\u2069", 4, "\u2068مكتب\u2069"},
		{"משרד ראשי", "\u2068משרד ראשי\u2069", 9, "\u2068משרד…\u2069"},
		{"\u2068مكتب\u2069", "\u2068مكتب\u2069", 4, "\u2068مكتب\u2069"},
		{"\u2068م\u2069 \u2068ب\u2069", "\u2068\u2068م\u2069 \u2068ب\u2069\u2069", 3, "\u2068\u2068م\u2069 \u2068ب\u2069\u2069"},
		{"\x9b31m", "\ufffd31m", 4, "\ufffd31m"},
		{"\u009b31m", "\ufffd31m", 4, "\ufffd31m"},
		{"", "", 0, ""},
	} {
		clean := Clean(c.text)
		if clean != c.clean || Width(clean) != c.width || Clip(clean, 5) != c.clipped {
			t.Errorf("%q: clean %q, width %d, clipped %q; want %q, %d, %q", c.text, clean, Width(clean), Clip(clean, 5), c.clean, c.width, c.clipped)
		}
	}
}

// Colours pass a guard; whatever else acts on a terminal does not, and programs get
// what they read as it is.
func TestGuard(t *testing.T) {
	var b strings.Builder
	g := Terminal{Out: Guard(&b), Colour: true}
	for text, want := range map[string]string{
		g.Paint(Bad, "error:") + " a\tb\n":     "\x1b[31merror:\x1b[0m a\tb\n",
		"\x1b[2J\x1b[31;5mx\x1b]0;title\a\r\n": "\ufffd[2J\ufffd[31;5mx\ufffd]0;title\ufffd\ufffd\n",
		"\x1b]8;;https://example.com\x1b\\":    "\ufffd]8;;https://example.com\ufffd\\",
		"\u009b2J \x9b \u202e \u2067":          "\ufffd2J \ufffd \ufffd \ufffd",
		"\u2068مكتب\u2069\n\u2066\n":           "\u2068مكتب\u2069\n\ufffd\n",
		"plain, \ufffd, 東京\n":                  "plain, \ufffd, 東京\n",
	} {
		b.Reset()
		if n, err := g.Out.Write([]byte(text)); n != len(text) || err != nil || b.String() != want {
			t.Errorf("%q becomes %q, want %q (%d, %v)", text, b.String(), want, n, err)
		}
	}
	b.Reset()
	if _, err := g.Data().Write([]byte("\u202e\x1b")); err != nil || b.String() != "\u202e\x1b" {
		t.Errorf("data becomes %q (%v)", b.String(), err)
	}
}

func FuzzClean(f *testing.F) {
	f.Add("\u2068\u2069\u202e\x1b[31mא", 3)
	f.Fuzz(func(t *testing.T, text string, columns int) {
		clean := Clean(text)
		clipped := Clip(clean, columns)
		if Clean(clean) != clean || Safe(clean) != clean || depth(clean) != 0 || depth(clipped) != 0 || Width(clipped) > max(columns, 0) {
			t.Errorf("%q is clean as %q, clipped as %q", text, clean, clipped)
		}
	})
}

func TestDetectFile(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	for locale, unicode := range map[string]bool{"en_US.UTF-8": true, "C.utf8": true, "C": false, "de_DE.ISO-8859-1": false} {
		got := Detect(file, func(name string) string { return map[string]string{"LANG": locale, "TERM": "xterm"}[name] })
		if got.Live || got.Colour || got.Unicode != unicode {
			t.Errorf("a file, with %s: %+v", locale, got)
		}
		if columns, lines := got.Size(); columns != 80 || lines != 24 {
			t.Errorf("size of a file: %d columns, %d lines", columns, lines)
		}
	}
	all := Detect(file, func(name string) string { return map[string]string{"LC_ALL": "C", "LANG": "en_US.UTF-8"}[name] })
	if all.Unicode {
		t.Error("LC_ALL does not win over LANG")
	}
}

func TestPaint(t *testing.T) {
	if got := (Terminal{Colour: true}).Paint(Bad, "x"); got != "\x1b[31mx\x1b[0m" {
		t.Errorf("with colours: %q", got)
	}
	if got := (Terminal{}).Paint(Bad, "x"); got != "x" {
		t.Errorf("without: %q", got)
	}
}
