package wire

import "testing"

func TestNextLink(t *testing.T) {
	t.Parallel()
	const u = "https://webexapis.com/v1/people?a=1,2;3&cursor=x"
	for line, want := range map[string]string{
		"<" + u + `>; rel="next"`: u, "<" + u + `>; rel=next`: u, "<" + u + `>;rel="NEXT"`: u, "<" + u + `> ; title="a, \"b\"; rel=prev" ; rel = next`: u,
		`<https://x/1>; rel="prev", <` + u + `>; rel="next"`: u, "<" + u + `>; rel="first next"`: u, `<https://x/1>; rel=first,<` + u + `>;rel=next,<https://x/2>;rel=last`: u,
		`<https://x/1>; title="rel=next", <` + u + `>; foo; rel=next`: u, "<" + u + `>; rel="next`: u,
		"<" + u + `>; rel="prev"; rel="next"`: "", "<" + u + `>; rel="nextish"`: "", "<" + u + ">": "", "": "", "next": "", "<": "", "<" + u: "", `<>; rel=next`: "",
		`; rel=next`: "",
	} {
		if got := NextLink([]string{line}); got != want {
			t.Errorf("%s\ngives %q, want %q", line, got, want)
		}
	}
	if got := NextLink([]string{`<https://x/1>; rel="first"`, "<" + u + `>; rel="next"`}); got != u {
		t.Errorf("second header line: %q", got)
	}
}

func TestRepairQuery(t *testing.T) {
	t.Parallel()
	want := []Param{{"orgId", "a="}, {"callingData", "true"}}
	for _, test := range []struct {
		raw    string
		size   int
		repair string
	}{
		{"", 100, "orgId=a%3D&callingData=true&max=100"},
		{"max=null&cursor=%2Bx", 100, "cursor=%2Bx&orgId=a%3D&callingData=true&max=100"},
		{"max=1000", 100, "orgId=a%3D&callingData=true&max=100"},
		{"max=50&before", 100, "max=50&before&orgId=a%3D&callingData=true"}, // lower is the server's choice
		{"max=0", 100, "orgId=a%3D&callingData=true&max=100"},
		{"max=10&max=90", 100, "max=10&orgId=a%3D&callingData=true"},
		{"orgId=other&org%49d=third&callingData=null", 0, "orgId=a%3D&callingData=true"},
		{"max=7", 0, "max=7&orgId=a%3D&callingData=true"},
		{"&&x=%zz", 0, "x=%zz&orgId=a%3D&callingData=true"},
	} {
		if got := RepairQuery(test.raw, want, test.size); got != test.repair {
			t.Errorf("%q: %q, want %q", test.raw, got, test.repair)
		}
	}
}
