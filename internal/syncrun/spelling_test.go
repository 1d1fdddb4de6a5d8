package syncrun

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/rows"
	"github.com/webex-operator/webex-license-operator/internal/survey"
	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// spellings of an id that the service has been seen to use, or may.
var spellings = map[string]func(uri string) string{
	"another cluster": func(uri string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(uri, "/us/", "/urn:TEAM:eu-central-1_k/", 1)))
	},
	"padded":     func(uri string) string { return base64.URLEncoding.EncodeToString([]byte(uri)) },
	"standard":   func(uri string) string { return base64.StdEncoding.EncodeToString([]byte(uri)) },
	"upper case": func(uri string) string { return base64.RawURLEncoding.EncodeToString([]byte(upperName(uri))) },
	"bare":       func(uri string) string { return uri[strings.LastIndex(uri, "/")+1:] },
	"URI":        func(uri string) string { return uri },
}

// upperName leaves names that are no UUID as they are: those of licences.
func upperName(uri string) string {
	at := strings.LastIndex(uri, "/") + 1
	if len(uri[at:]) != 36 {
		return uri
	}
	return uri[:at] + strings.ToUpper(uri[at:])
}

// respelled are the answers of a service that spells ids of locations and licences in
// another way where people and workspaces name them, or everywhere but there.
func (w *walker) respelled(spell func(uri string) string, lists bool) roundTrip {
	again := func(id any) any {
		raw, err := base64.RawURLEncoding.DecodeString(fmt.Sprint(id))
		w.Expect(err).NotTo(HaveOccurred())
		return spell(string(raw))
	}
	var walk func(value any)
	walk = func(value any) {
		switch value := value.(type) {
		case []any:
			for _, v := range value {
				walk(v)
			}
		case map[string]any:
			for name, v := range value {
				ids, several := v.([]any)
				switch {
				case name == "licenses" && several:
					for i := range ids {
						ids[i] = again(ids[i])
					}
				case name == "locationId", name == "id" && lists:
					value[name] = again(v)
				default:
					walk(v)
				}
			}
		}
	}
	return func(r *http.Request) (*http.Response, error) {
		response, err := w.sim.Client().Transport.RoundTrip(r)
		list := strings.HasSuffix(r.URL.Path, "/locations") || strings.HasSuffix(r.URL.Path, "/licenses")
		if err != nil || list != lists || strings.HasSuffix(r.URL.Path, "/organizations") || strings.HasSuffix(r.URL.Path, "/roles") {
			return response, err
		}
		var body any
		w.Expect(json.NewDecoder(response.Body).Decode(&body)).To(Succeed())
		walk(body)
		data, err := json.Marshal(body)
		response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
		return response, err
	}
}

// However ids are spelled where people and workspaces name them, the figures are the same.
func TestSpellingsOfIDs(t *testing.T) {
	t.Parallel()
	for name, spell := range spellings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for way, choose := range map[string]func(*survey.Estimate) bool{"one list": oneList, "by location": byLocation} {
				w := newWalker(t, severalPages()).begun()
				w.engine.choose = choose
				w.transport = w.respelled(spell, false)
				a, err := w.attempt(t.Context())
				w.Expect(err).NotTo(HaveOccurred(), way)
				w.Expect(told(a.usage.Rows())).To(Equal(w.truth()), way)
				w.Expect(a.usage.Stats().UnlistedLocationUnits).To(BeZero(), way)
				w.Expect(a.usage.Stats().UnlistedLicenseUnits).To(BeZero(), way)
				if way == "by location" {
					seen, _ := w.engine.memory.Survey(a.customer.UID, w.engine.Clock.Now())
					w.Expect(seen.OneListOnly).To(BeFalse(), "lists by location fit the one of all people")
				}
			}
		})
	}
}

// A run after which the lists themselves spell ids in another way finds the rows that
// there are, and writes nothing.
func TestRowsKeepTheirSpelling(t *testing.T) {
	t.Parallel()
	for name, spell := range spellings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWalker(t, severalPages())
			found := func() []usage.Row {
				counted, err := w.rows(t.Context())
				w.Expect(err).NotTo(HaveOccurred())
				return counted
			}
			existing := stored(testCustomer(), found()...)
			w.transport = w.respelled(spell, true)
			again := diffOf(testCustomer(), existing, found()...)
			w.Expect(again.Removals).To(BeEmpty())
			for _, c := range again.Changes {
				w.Expect(c.After.Spec).To(Equal(c.Before.Spec))
			}
			w.Expect(again.Unchanged).To(Equal(len(existing)))

			// A row that comes later names its location as the others do.
			for i := range existing {
				if existing[i].Spec.Level == v1alpha1.LevelSite {
					gone := existing[i].Spec
					more := diffOf(testCustomer(), append(existing[:i:i], existing[i+1:]...), found()...)
					w.Expect(more.Changes).To(HaveLen(1))
					w.Expect(more.Changes[0].After.Spec.LocationID).To(Equal(gone.LocationID))
					break
				}
			}
		})
	}
}

// Units at a location that the list does not have are told, and not only counted as units
// without location.
func TestUnlistedLocation(t *testing.T) {
	t.Parallel()
	w := newWalker(t, severalPages())
	w.engine.choose = oneList
	var hidden string
	w.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		response, err := w.sim.Client().Transport.RoundTrip(r)
		if err != nil || !strings.HasSuffix(r.URL.Path, "/locations") {
			return response, err
		}
		var body struct {
			Items []map[string]any `json:"items"`
		}
		w.Expect(json.NewDecoder(response.Body).Decode(&body)).To(Succeed())
		hidden, body.Items = fmt.Sprint(body.Items[0]["id"]), body.Items[1:]
		data, err := json.Marshal(body)
		response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
		return response, err
	})
	a, err := w.attempt(t.Context())
	w.Expect(err).NotTo(HaveOccurred())
	var want int64
	for _, l := range w.org.Truth().Licenses {
		for _, place := range l.Locations {
			if webex.IDKey(place.ID) == webex.IDKey(hidden) {
				want += int64(place.Units)
			}
		}
	}
	w.Expect(want).To(BeNumerically(">", 0))
	a.summarise(rows.Diff{})
	w.Expect(a.outcome.Counted.UnlistedLocationUnits).To(Equal(want))
}
