package terminal

import (
	"math"
	"os"
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
		{"", "", 0, ""},
	} {
		clean := Clean(c.text)
		if clean != c.clean || Width(clean) != c.width || Clip(clean, 5) != c.clipped {
			t.Errorf("%q: clean %q, width %d, clipped %q; want %q, %d, %q", c.text, clean, Width(clean), Clip(clean, 5), c.clean, c.width, c.clipped)
		}
	}
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
