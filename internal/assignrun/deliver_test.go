package assignrun

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/assign"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

const organization = "11111111-2222-4333-8444-555555555555"

// service is a Webex with one person, which answers assignments by a script. An answer of status 0 cuts the connection.
type service struct {
	*httptest.Server
	mu sync.Mutex
	// answers are those to the first assignments; further ones are carried out.
	answers []scripted
	held    []string
	// unknown leaves the licences out of what is said of the person.
	unknown        bool
	patches, reads int
}

// scripted is one answer, and whether the change is made nevertheless.
type scripted struct {
	status int
	code   int
	page   bool
	made   bool
}

func serve(t *testing.T, held []string, answers ...scripted) *service {
	t.Helper()
	s := &service{held: held, answers: answers}
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case strings.Contains(r.URL.Path, "/organizations/"):
		fmt.Fprintf(w, `{"id":%q}`, organization)
	case r.Method == http.MethodGet && s.unknown:
		s.reads++
		fmt.Fprint(w, `{"id":"jane","licenses":null}`)
	case r.Method == http.MethodGet:
		s.reads++
		fmt.Fprintf(w, `{"id":"jane","licenses":%s}`, s.list())
	default:
		s.patches++
		s.patch(w, r)
	}
}

func (s *service) list() []byte {
	list, _ := json.Marshal(append([]string{}, s.held...))
	return list
}

func (s *service) patch(w http.ResponseWriter, r *http.Request) {
	answer := scripted{status: http.StatusOK, made: true}
	if len(s.answers) > 0 {
		answer, s.answers = s.answers[0], s.answers[1:]
	}
	var body struct {
		Licenses []struct{ ID, Operation string }
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for _, l := range body.Licenses {
		if !answer.made {
			break
		}
		s.held = slices.DeleteFunc(s.held, func(h string) bool { return h == l.ID })
		if l.Operation == "add" {
			s.held = append(s.held, l.ID)
		}
	}
	switch {
	case answer.status == 0:
		panic(http.ErrAbortHandler)
	case answer.page:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(answer.status)
		fmt.Fprint(w, "<html>")
	case answer.status < 300:
		w.WriteHeader(answer.status)
		fmt.Fprintf(w, `{"personId":"jane","licenses":%s}`, s.list())
	default:
		w.WriteHeader(answer.status)
		fmt.Fprintf(w, `{"message":"No.","errors":[{"errorCode":%d,"description":"No."}],"trackingId":"NA_1"}`, answer.code)
	}
}

// sending is one to the service, of a world with two licences and one person.
func (s *service) sending(t *testing.T) *sending {
	t.Helper()
	c, err := webex.New(webex.Config{
		BaseURL: s.URL, HTTP: s.Client(), Tokens: webex.StaticToken("t"),
		Retry: webex.RetryPolicy{Attempts: 1}, Sleep: func(context.Context, time.Duration) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	org, err := webex.ParseOrganizationID(organization)
	if err != nil {
		t.Fatal(err)
	}
	j := &Job{world: assign.World{Licenses: []assign.License{{ID: "new"}, {ID: "old"}}, People: []assign.Person{{ID: "jane"}}}}
	return &sending{Job: j, Sender: Sender{
		Write: c, Read: c, Organization: org, Sleep: func(context.Context, time.Duration) error { return nil }, Rejected: func() {},
	}}
}

// Each answer to a swap has its reason and its consequence, and what may have been done is never done twice.
func TestAnswersToASwap(t *testing.T) {
	t.Parallel()
	failing := func(status, times int) (all []scripted) {
		return slices.Repeat([]scripted{{status: status}}, times)
	}
	for name, test := range map[string]struct {
		answers        []scripted
		unknown        bool
		reason         string // of what is left; "" if nothing is
		code           int64
		left           int
		ends, unsure   bool
		patches, reads int
	}{
		"carried out":          {patches: 1},
		"in silence":           {answers: []scripted{{status: 200}}, reason: v1alpha1.ReasonNotApplied, left: 2, patches: 1},
		"in part":              {answers: []scripted{{status: 206}}, reason: v1alpha1.ReasonNotApplied, left: 2, patches: 1},
		"503, done":            {answers: []scripted{{status: 503, made: true}}, patches: 1, reads: 1},
		"503, not done":        {answers: failing(503, 1), patches: 2, reads: 1},
		"503 for ever":         {answers: failing(503, 9), reason: v1alpha1.ReasonUnavailable, left: 2, patches: 3, reads: 3},
		"cut, done":            {answers: []scripted{{made: true}}, patches: 1, reads: 1},
		"cut, not known":       {answers: []scripted{{made: true}}, unknown: true, reason: v1alpha1.ReasonUnavailable, left: 2, unsure: true, patches: 1, reads: 1},
		"a page, done":         {answers: []scripted{{status: 200, page: true, made: true}}, patches: 1, reads: 1},
		"409 once":             {answers: failing(409, 1), patches: 2, reads: 1},
		"409 for ever":         {answers: failing(409, 9), reason: v1alpha1.ReasonRefused, left: 2, patches: 3, reads: 1},
		"400, one by one":      {answers: []scripted{{status: 400, code: 400413}}, patches: 3},
		"400 of the addition":  {answers: []scripted{{status: 400, code: 7}, {status: 400, code: 700003}}, reason: v1alpha1.ReasonRefused, code: 700003, left: 2, patches: 2},
		"unknown licence":      {answers: []scripted{{status: 400, code: licenseUnknown}}, reason: v1alpha1.ReasonLicenseUnknown, code: licenseUnknown, left: 2, ends: true, patches: 1},
		"404":                  {answers: failing(404, 1), reason: v1alpha1.ReasonPersonNotFound, left: 2, patches: 1},
		"401":                  {answers: failing(401, 1), reason: v1alpha1.ReasonWriteCredentialsRefused, left: 2, ends: true, patches: 1},
		"403":                  {answers: failing(403, 2), reason: v1alpha1.ReasonWriteCredentialsRefused, left: 2, ends: true, patches: 2},
		"403 until granted":    {answers: failing(403, 1), patches: 2},
		"403 of a proxy":       {answers: []scripted{{status: 403, page: true}}, patches: 2},
		"404 of a proxy, ever": {answers: slices.Repeat([]scripted{{status: 404, page: true}}, 9), reason: v1alpha1.ReasonUnavailable, left: 2, patches: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			s := serve(t, []string{"old", "other"}, test.answers...)
			s.unknown = test.unknown
			r := s.sending(t).deliver(t.Context(), t.Context(), assign.Call{Changes: []assign.Change{{License: 0}, {License: 1, Remove: true}}})
			g.Expect(r.left).To(HaveLen(test.left))
			g.Expect(r.ends != nil).To(Equal(test.ends))
			g.Expect(r.unsure).To(Equal(test.unsure))
			g.Expect([]int{s.patches, s.reads}).To(Equal([]int{test.patches, test.reads}), "PATCHes and reads")
			if test.left == 0 {
				g.Expect(s.held).To(ConsistOf("new", "other"))
				return
			}
			g.Expect(r.failure.reason).To(Equal(test.reason))
			if test.code != 0 {
				g.Expect(r.failure.code).To(Equal(test.code))
			}
			if r.ends != nil && test.reason == v1alpha1.ReasonWriteCredentialsRefused {
				g.Expect(r.ends.message).To(ContainSubstring("spec.assignment.credentialsSecretRef"))
			}
		})
	}
}
