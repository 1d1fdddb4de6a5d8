package webex

import (
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

func TestIDs(t *testing.T) {
	t.Parallel()
	api := theOrg.API()
	if api != "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8xMTExMTExMS0yMjIyLTQzMzMtODQ0NC01NTU1NTU1NTU1NTU" {
		t.Errorf("API id %s", api)
	}
	encode := func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) }
	for id, want := range map[string]string{
		benchOrg: benchOrg, " " + benchOrg + "\n": benchOrg, "ABCDEFAB-2222-4333-8444-55555555555F": "abcdefab-2222-4333-8444-55555555555f",
		api: benchOrg, api + "=": benchOrg, api + "==": benchOrg,
		encode("ciscospark://urn:TEAM:us-west-2_r/ORGANIZATION/" + benchOrg):            benchOrg,
		encode("ciscospark://~~~???/ORGANIZATION/ABCDEFAB-2222-4333-8444-55555555555F"): "abcdefab-2222-4333-8444-55555555555f", // both alphabets differ here
	} {
		if got, err := ParseOrganizationID(id); err != nil || got.UUID() != want {
			t.Errorf("%q: %q, %v", id, got, err)
		}
	}
	for _, id := range []string{
		"", "acme", benchOrg[1:], benchOrg + "0", "11111111-2222-4333-8444-55555555555g", "111111112222433384445555555555550000", api[:40] + "\n" + api[40:],
		encode("ciscospark://us/PEOPLE/" + benchOrg), encode("ciscospark://us/ORGANIZATION/x"), encode("https://us/ORGANIZATION/" + benchOrg),
		encode("ciscospark:///ORGANIZATION/" + benchOrg), encode(benchOrg), encode("ciscospark://us/ORGANIZATION/" + benchOrg + "/x"),
	} {
		if got, err := ParseOrganizationID(id); err == nil || !strings.Contains(err.Error(), "Control Hub") {
			t.Errorf("%q: %q, %v", id, got, err)
		}
	}
	uuid := "0a000000-0000-4000-8000-000000000002"
	for name, want := range map[string]string{
		benchOrg + ":BCSTD_" + uuid: "BCSTD", benchOrg + ":EE_" + uuid + "_acme_x.example.webex.com": "EE",
		uuid: "", benchOrg + ":": "", benchOrg + ":_" + uuid: "", benchOrg + ":EE": "", benchOrg + ":EE_x": "", "x:EE_" + uuid: "", benchOrg + ":E E_" + uuid: "",
	} {
		if got := wire.OfferCode(apiID(license, name)); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if wire.OfferCode("free") != "" || canonical(" abc== ") != "abc" {
		t.Error("a licence id that is none, or padding, was accepted")
	}
}

// decodeAll reads one page without a client.
func decodeAll[T any](body io.Reader, decode func(*wire.Decoder, *T) error) ([]T, error) {
	w := &walk[T]{c: &Client{cfg: Config{Limits: Limits{}.withDefaults()}}, list: listing[T]{decode: decode}}
	s := &slot[T]{d: wire.NewDecoder()}
	err := w.decode(s, &http.Response{Body: io.NopCloser(body)})
	return s.items, err
}

func TestDecodeLicenses(t *testing.T) {
	t.Parallel()
	ee := apiID(license, benchOrg+":EE_0a000000-0000-4000-8000-000000000002_acme.example.webex.com")
	body := `{"before":{"a":[1,{"items":[]}]},"items":[
		{"id":"` + ee + `==","name":"Webex Meetings Suite","totalUnits":100.0,"consumedUnits":"3","consumedByUsers":null,
		 "siteUrl":"acme.example.webex.com","siteType":"Control Hub managed site","subscriptionId":"Sub1","x":{"y":[]}},
		{"id":"b","displayName":"Old","totalUnits":-1,"consumedUnits":true,"consumedByUsers":{},"subscriptionId":null,"errors":{"totalUnits":{"code":"x"}}},
		{"id":"c","name":"Esc \u00e9 \"q\"","errors":{},"totalUnits":1,"totalUnits":2},
		{"\u0069d":"d","name":"esc\/aped"}],"after":null}`
	want := []License{
		{
			ID: ee, Name: "Webex Meetings Suite", OfferCode: "EE", Total: wire.UnitsOf(100), Consumed: wire.UnitsOf(3), SubscriptionID: "Sub1",
			SiteURL: "acme.example.webex.com", SiteType: "Control Hub managed site",
		},
		{ID: "b", Name: "Old", Errors: true},
		{ID: "c", Name: `Esc é "q"`, Total: wire.UnitsOf(2)},
		{ID: "d", Name: "esc/aped"},
	}
	for name, r := range map[string]io.Reader{"whole": strings.NewReader(body), "by byte": iotest.OneByteReader(strings.NewReader(body))} {
		got, err := decodeAll(r, decodeLicense)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Units{})); err != nil || diff != "" {
			t.Errorf("%s: error %v, diff %s", name, err, diff)
		}
	}
}

func TestDecodePeople(t *testing.T) {
	t.Parallel()
	body := `{"notFoundIds":null,"items":[
		{"id":"a=","licenses":["L1==","L2"],"locationId":"S=","type":"person","invitePending":"false","loginEnabled":true},
		{"id":"b","licenses":[],"type":"bot","errors":{}},
		{"id":"c","licenses":null,"errors":{"licenses":{"code":"unavailable","reason":"x"}}},
		{"id":"d","locationId":63715},
		{"id":"e","licenses":["L1,L3"],"licenses":["L2,,L1"],"errors":null,"locationId":null},
		{"id":"f\ud800","licenses":["L\/4"],"errors":["x"]}]}`
	want := []Person{
		{ID: "a", Licenses: []string{"L1", "L2"}, LicensesKnown: true, LocationID: "S", Type: "person"},
		{ID: "b", Licenses: []string{}, LicensesKnown: true, Type: "bot"},
		{ID: "c", Incomplete: true},
		{ID: "d", LocationID: "63715"},
		{ID: "e", Licenses: []string{"L2", "L1"}, LicensesKnown: true},
		{ID: "f\uFFFD", Licenses: []string{"L/4"}, LicensesKnown: true, Incomplete: true},
	}
	got, err := decodeAll(strings.NewReader(body), decodePerson)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v, diff %s", err, diff)
	}
	for _, licenses := range []string{`"L1"`, `{}`, `[1,{}]`, `[null]`, `true`} {
		if _, err := decodeAll(strings.NewReader(`{"items":[{"id":"a","licenses":`+licenses+`}]}`), decodePerson); !errors.Is(err, wire.ErrMissing) {
			t.Errorf("licenses %s: error %v", licenses, err)
		}
	}
	got, err = decodeAll(strings.NewReader(`{"items":[{"id":"a","licenses":["L1"]}],"items":[{"id":"b","licenses":["L2"]}]}`), decodePerson)
	if err != nil || len(got) != 1 || got[0].ID != "b" || got[0].Licenses[0] != "L2" {
		t.Errorf("items twice: %v, %v", got, err)
	}
}

func TestDecodeWorkspaces(t *testing.T) {
	t.Parallel()
	body := `{"items":[
		{"id":"a","locationId":"S=","calling":{"type":"webexCalling","webexCalling":{"x":1,"licenses":["L1="]}}},
		{"id":"b","calling":{"webexCalling":{},"type":"webexCalling"}},
		{"id":"c","calling":{"type":"none","webexCalling":null},"errors":{"calling":{}}},
		{"id":"d","calling":null},{"id":"e","calling":{"webexCalling":{"licenses":[]}}}]}`
	want := []Workspace{
		{ID: "a", LocationID: "S", Licenses: []string{"L1"}, LicensesKnown: true},
		{ID: "b"},
		{ID: "c", Incomplete: true},
		{ID: "d"},
		{ID: "e", Licenses: []string{}, LicensesKnown: true},
	}
	got, err := decodeAll(strings.NewReader(body), decodeWorkspace)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v, diff %s", err, diff)
	}
}

// What is kept of a record must outlive the page: the buffers are used again.
func TestStringsOutliveTheirPage(t *testing.T) {
	t.Parallel()
	c, _ := newTestClient(t, numbered(50))
	var people []Person
	for p, err := range each(c.PeoplePages(t.Context(), OrganizationID{})) {
		if err != nil {
			t.Fatal(err)
		}
		p.Licenses = append([]string(nil), p.Licenses...)
		people = append(people, p)
	}
	for i, p := range people {
		if want := "p" + strconv.Itoa(i); p.ID != want || p.LocationID != "S" || strings.Join(p.Licenses, "") != "L1L2" {
			t.Errorf("person %d is %+v", i, p)
		}
	}
}

func TestIDKey(t *testing.T) {
	t.Parallel()
	const uuid = "fedcba98-7654-4321-8fed-cba987654321"
	for cluster, name := range map[string]string{"us": uuid, "eu": strings.ToUpper(uuid), "urn:TEAM:us-west-2_r": uuid} {
		uri := "ciscospark://" + cluster + "/LOCATION/" + name
		for _, spelled := range []string{
			uri, name, " " + name + "\n",
			base64.StdEncoding.EncodeToString([]byte(uri)), base64.RawStdEncoding.EncodeToString([]byte(uri)),
			base64.URLEncoding.EncodeToString([]byte(uri)), base64.RawURLEncoding.EncodeToString([]byte(uri)),
			base64.RawURLEncoding.EncodeToString([]byte(name)),
		} {
			if got := IDKey(spelled); got != uuid || IDKey(got) != uuid {
				t.Errorf("%q has the key %q, of which the key is %q", spelled, got, IDKey(got))
			}
		}
	}
	licence := func(cluster string) string {
		return base64.RawURLEncoding.EncodeToString([]byte("ciscospark://" + cluster + "/LICENSE/" + uuid + ":BCSTD_" + uuid + "_acme.webex.com"))
	}
	if IDKey(licence("us")) != IDKey(licence("eu")) {
		t.Error("a licence has another key in another cluster")
	}
	for _, id := range []string{"", "12345", "L1", "site", strings.Repeat("A", 2000)} {
		if got := IDKey(id); got != id {
			t.Errorf("%q, which is no UUID, has the key %q", id, got)
		}
	}
}
