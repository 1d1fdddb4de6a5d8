package webex

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

func FuzzDecodePeople(f *testing.F) {
	f.Add([]byte(peoplePage("a", "b")))
	f.Add([]byte(`{"items":[{"id":"a","licenses":["L1,L2","\u00e9"],"errors":{"x":1}}],"items":[]}`))
	f.Add(newBenchPages(1).body(0)[:2500])
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decodeAll(strings.NewReader(string(body)), decodePerson)
		slow, slowErr := decodeAll(iotest.OneByteReader(strings.NewReader(string(body))), decodePerson)
		if (err == nil) != (slowErr == nil) {
			t.Fatalf("error %v at once, %v byte by byte", err, slowErr)
		}
		if err != nil {
			checkFailure(t, err)
			return
		}
		if diff := cmp.Diff(got, slow); diff != "" {
			t.Fatal(diff)
		}
		// With addresses the rest is the same.
		addressed, err := decodeAll(strings.NewReader(string(body)), addressed(theOrg))
		for i, p := range addressed {
			for _, email := range p.Emails {
				if email == "" || !utf8.ValidString(email) {
					t.Fatalf("emails %q", p.Emails)
				}
			}
			addressed[i].Emails, addressed[i].External = nil, false
		}
		if diff := cmp.Diff(got, addressed, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
		for _, p := range got {
			if p.ID == "" || strings.HasSuffix(p.ID, "=") || len(p.Licenses) > 0 && !p.LicensesKnown {
				t.Fatalf("person %+v", p)
			}
			for _, l := range p.Licenses {
				if l == "" || strings.HasSuffix(l, "=") || strings.Contains(l, ",") {
					t.Fatalf("person %+v", p)
				}
			}
		}
	})
}

func FuzzDecodeLicenses(f *testing.F) {
	f.Add([]byte(`{"items":[{"id":"a","name":"n","totalUnits":5.0,"consumedUnits":"3","consumedByUsers":null,"siteUrl":"x"}]}`))
	f.Add([]byte(`{"items":[{"id":"` + apiID(license, benchOrg+":EE_0a000000-0000-4000-8000-000000000002_s") + `","displayName":"n","totalUnits":-1}],"x":1e400}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decodeAll(strings.NewReader(string(body)), decodeLicense)
		if err != nil {
			checkFailure(t, err)
			return
		}
		for _, l := range got {
			for _, u := range []Units{l.Total, l.Consumed, l.ByUsers, l.ByWorkspaces} {
				if n, ok := u.Value(); n < 0 || !ok && n != 0 {
					t.Fatalf("units %d, %v", n, ok)
				}
			}
			if l.ID == "" || strings.HasSuffix(l.ID, "=") {
				t.Fatalf("license %+v", l)
			}
		}
	})
}

func canonical(id string) string { return string(wire.Canonical([]byte(id))) }

// checkFailure makes sure that any decoding error has a class, and a text without a piece of the body.
func checkFailure(t *testing.T, err error) {
	t.Helper()
	e := decodingError(context.Background(), "op", &http.Response{StatusCode: 200}, wire.NewDecoder(), err)
	if e.Class != ClassPartial || e.Err == nil {
		t.Fatalf("%v is of class %v, cause %v", err, e.Class, e.Err)
	}
}

func FuzzLink(f *testing.F) {
	f.Add(`<https://webexapis.com/v1/people?cursor=2>; rel="next"`)
	f.Add(`<https://evil.example.com/v1/people>; rel=next, </v1/../x>;rel="prev \" next";title`)
	base, err := url.Parse(DefaultBaseURL)
	if err != nil {
		f.Fatal(err)
	}
	c := &Client{base: base}
	from := c.endpoint("/people", nil)
	f.Fuzz(func(t *testing.T, line string) {
		link := wire.NextLink([]string{line})
		if !strings.Contains(line, link) {
			t.Fatalf("link %q comes from nowhere", link)
		}
		for _, l := range []string{link, line} { // the whole line as a link, too
			u, err := c.follow(from, l)
			if err != nil {
				continue
			}
			// As another parser of the same text would see it, after a round trip over the wire.
			again, err := url.Parse(u.String())
			if err != nil || again.Scheme != "https" || again.User != nil || !strings.EqualFold(again.Hostname(), "webexapis.com") ||
				again.Port() != "" && again.Port() != "443" || !strings.HasPrefix(again.Path, "/v1/") || strings.Contains(again.Path, "/../") {
				t.Fatalf("%q leads to %v (%v)", l, u, err)
			}
			u.RawQuery = wire.RepairQuery(u.RawQuery, []param{{"orgId", "o"}}, 100)
			if q := u.Query(); len(q["orgId"]) != 1 || q.Get("orgId") != "o" || len(q["max"]) > 1 {
				t.Fatalf("query %q of %q", u.RawQuery, l)
			}
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "5", "-1", "1.5", "rand(30),add(30)", "Tue, 01 Sep 2026 12:00:30 GMT", "99999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if d := ParseRetryAfter(header, noon); d < minRetryAfter || d > maxRetryAfter {
			t.Fatalf("%q gives %v", header, d)
		}
	})
}

func FuzzIDs(f *testing.F) {
	f.Add(benchOrg)
	f.Add(theOrg.API() + "=")
	f.Add(apiID(license, benchOrg+":EE_0a000000-0000-4000-8000-000000000002_acme.example.webex.com"))
	f.Fuzz(func(t *testing.T, id string) {
		if org, err := ParseOrganizationID(id); err == nil {
			again, err := ParseOrganizationID(org.API())
			if uuid := org.UUID(); err != nil || again != org || !org.IsUUID() || strings.ToLower(uuid) != uuid {
				t.Fatalf("%q is %q, is %q (%v)", id, uuid, again.UUID(), err)
			}
		}
		if code := wire.OfferCode(id); len(code) > 32 || strings.ContainsFunc(code, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			t.Fatalf("%q: offer code %q", id, code)
		}
		if wire.IsUUID(canonical(id)) && IDKey(apiID("LOCATION", canonical(id))) != IDKey(id) {
			t.Fatalf("%q has the key %q, its API form another", id, IDKey(id))
		}
		if c := canonical(id); canonical(c) != c || strings.HasSuffix(c, "=") {
			t.Fatalf("%q becomes %q", id, c)
		}
	})
}
