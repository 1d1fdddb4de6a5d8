package wire

import (
	"strconv"
	"strings"
	"testing"
)

func TestUnits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Units{
		"5": UnitsOf(5), "0": UnitsOf(0), "5.0": UnitsOf(5), "1e2": UnitsOf(100), " 7 ": UnitsOf(7), "9007199254740992": UnitsOf(1 << 53),
		"": {}, "-1": {}, "5.5": {}, "x": {}, "0x10": {}, "Inf": {}, "NaN": {}, "9007199254740993": {}, "1e300": {}, "99999999999999999999": {}, "1_000": {},
	} {
		if got := parseUnits(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	if n, ok := UnitsOf(-1).Value(); n != 0 || ok || (Units{}).String() != "unknown" || UnitsOf(7).String() != "7" {
		t.Errorf("UnitsOf(-1) is %d, %v", n, ok)
	}
}

func FuzzUnits(f *testing.F) {
	for _, s := range []string{"5", "5.0", "-1", "1e2", "", "x", "9007199254740993"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u := parseUnits(s)
		n, ok := u.Value()
		if n < 0 || n > maxUnits || !ok && n != 0 {
			t.Fatalf("%q gives %d, %v", s, n, ok)
		}
		if ok && parseUnits(u.String()) != u {
			t.Fatalf("%q gives %v, which reads as %v", s, u, parseUnits(u.String()))
		}
	})
}

func TestInternerAndArenaAreBounded(t *testing.T) {
	t.Parallel()
	n, a := make(interner), arena{}
	for i := range 3 * maxInterned {
		want := "id" + strconv.Itoa(i)
		if got, kept := n.intern([]byte(want)), a.keep([]byte(want)); got != want || kept != want {
			t.Fatalf("%q interned as %q, kept as %q", want, got, kept)
		}
	}
	long := strings.Repeat("x", arenaChunk)
	if n.intern([]byte(long)) != long || a.keep([]byte(long)) != long || len(n) != maxInterned {
		t.Errorf("%d strings interned", len(n))
	}
}
