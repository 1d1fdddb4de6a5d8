package webex

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

func TestMe(t *testing.T) {
	t.Parallel()
	c, in := newTestClient(t, inTurn(one(200, `{"id":"x","emails":["`+marker+`"],"orgId":"`+theOrg.API()+`==","licenses":7}`)))
	home, err := c.Me(t.Context())
	if err != nil || home != theOrg || !slices.Equal(in.urls(), []string{"/v1/people/me"}) || in.calls[0].Operation != "get own organization" {
		t.Fatalf("%v, %v by %q", home, err, in.urls())
	}
	for _, body := range []string{`{"id":"x"}`, `{"orgId":null}`, `{"orgId":"` + apiID("PEOPLE", theOrg.UUID()) + `"}`, `{"orgId":"` + theOrg.API() + `"`, `[]`} {
		c, _ := newTestClient(t, inTurn(one(200, body)))
		home, err := c.Me(t.Context())
		if home != (OrganizationID{}) {
			t.Errorf("%s: %v", body, home)
		}
		wantClass(t, err, ClassPartial)
	}
	c, _ = newTestClient(t, inTurn(one(403, webexNo)))
	_, err = c.Me(t.Context())
	wantClass(t, err, ClassTerminal)
}

// FuzzDecodeHome: an answer about a person gives the organization, or a failure that repeats nothing of it.
func FuzzDecodeHome(f *testing.F) {
	f.Add([]byte(`{"emails":["` + marker + `"],"orgId":"` + theOrg.API() + `=="}`))
	f.Add([]byte(`{"orgId":"` + theOrg.UUID() + `","orgId":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		d := wire.NewDecoder()
		d.Reset(strings.NewReader(string(body)), 1<<20)
		home, err := decodeHome(d)
		if err != nil {
			checkFailure(t, err)
		} else if again, err := ParseOrganizationID(home.API()); err != nil || again != home {
			t.Fatalf("organization %q", home.UUID())
		}
	})
}

// FuzzDecodeTags: an answer about tags gives organizations with tags, or a failure.
func FuzzDecodeTags(f *testing.F) {
	f.Add([]byte(tagged(1, "gold", "emea")))
	f.Add([]byte(`{"items":` + tagged(1, "gold") + `}`))
	f.Add([]byte(`[{"orgId":"x","tags":null}] {}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		w := &walk[TaggedOrganization]{c: &Client{cfg: Config{Limits: Limits{}.withDefaults()}}, list: listing[TaggedOrganization]{decode: decodeTagged, bare: true}}
		s := &slot[TaggedOrganization]{d: wire.NewDecoder()}
		if err := w.decode(s, answer(200, string(body))); err != nil {
			checkFailure(t, err)
			return
		}
		for _, o := range s.items {
			if !o.ID.IsUUID() || len(o.Tags) == 0 || slices.Contains(o.Tags, "") {
				t.Fatalf("%+v", o)
			}
		}
	})
}

// numberedOrg is one of many organizations.
func numberedOrg(i int) OrganizationID {
	return OrganizationID{fmt.Sprintf("0b000000-0000-4000-8000-%012d", i)}
}

// tagged is an answer with so many organizations, each with these tags.
func tagged(n int, tags ...string) string {
	var rows []string
	for i := range n {
		rows = append(rows, fmt.Sprintf(`{"orgName":"Acme","orgId":%q,"tags":["%s"]}`, numberedOrg(i).API(), strings.Join(tags, `","`)))
	}
	return "[" + strings.Join(rows, ",") + "]"
}

func TestOrganizationTags(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tags []string
		// counts are how many organizations have each tag; an answer has the sum.
		counts map[string]int
		want   int // organizations; -1 for a list that may be longer
		urls   []string
	}{
		"nothing to ask": {},
		"none":           {tags: []string{"gold"}, urls: []string{"tags=gold&max=100"}},
		"one request":    {tags: []string{"gold", "a b"}, counts: map[string]int{"gold": 50, "a b": 49}, want: 99, urls: []string{"tags=gold%2Ca+b&max=100"}},
		"halves": {
			tags: []string{"a", "b", "c"}, counts: map[string]int{"a": 60, "b": 30, "c": 40}, want: 130,
			urls: []string{"tags=a%2Cb%2Cc&max=100", "tags=a%2Cb&max=100", "tags=c&max=100"},
		},
		"a full tag": {
			tags: []string{"a", "b"}, counts: map[string]int{"a": 1, "b": 100}, want: -1,
			urls: []string{"tags=a%2Cb&max=100", "tags=a&max=100", "tags=b&max=100"},
		},
	} {
		c, in := newTestClient(t, func(r *http.Request) *http.Response {
			n := 0
			for tag := range strings.SplitSeq(r.URL.Query().Get("tags"), ",") {
				n += test.counts[tag]
			}
			return answer(200, tagged(min(n, 100), "gold", "emea"))
		})
		got, err := c.OrganizationTags(t.Context(), test.tags)
		if test.want < 0 {
			wantClass(t, err, ClassPartial)
			if !errors.Is(err, ErrFull) || got != nil {
				t.Errorf("%s: %d organizations, error %v", name, len(got), err)
			}
		} else if err != nil || len(got) != test.want || len(got) > 0 && !slices.Equal(got[0].Tags, []string{"gold", "emea"}) {
			t.Errorf("%s: %d organizations, error %v", name, len(got), err)
		}
		var urls []string
		for _, u := range in.urls() {
			urls = append(urls, strings.TrimPrefix(u, "/v1/partner/tags/organizations?"))
		}
		if diff := cmp.Diff(test.urls, urls); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Where links come, the list goes on by them, however full its last page is.
func TestOrganizationTagsByLink(t *testing.T) {
	t.Parallel()
	c, in := newTestClient(t, func(r *http.Request) *http.Response {
		page, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
		if page == 2 {
			return answer(200, tagged(100, "gold"))
		}
		return answer(200, tagged(100, "gold"), next(fmt.Sprintf("/partner/tags/organizations?cursor=%d", page+1)))
	})
	got, err := c.OrganizationTags(t.Context(), []string{"gold"})
	if err != nil || len(got) != 300 || in.count() != 3 {
		t.Fatalf("%d organizations, error %v, %d requests", len(got), err, in.count())
	}
}

// What cannot be taken for the whole list is an error, never a shorter list.
func TestMalformedTags(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{}`, `null`, `[{"orgName":"Acme","tags":["gold"]}]`, `[{"orgId":"x","tags":["gold"]}]`, tagged(1) + "x",
		`[{"orgId":"` + theOrg.API() + `"}]`, `[{"orgId":"` + theOrg.API() + `","tags":null}]`, `[{"orgId":"` + theOrg.API() + `","tags":[]}]`,
		strings.TrimSuffix(tagged(2, "gold"), "]"), `[null]`,
	} {
		c, _ := newTestClient(t, inTurn(one(200, body)))
		got, err := c.OrganizationTags(t.Context(), []string{"gold"})
		if err == nil {
			t.Errorf("%s: %v", body, got)
			continue
		}
		wantClass(t, err, ClassPartial)
	}
}
