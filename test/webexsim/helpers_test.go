package webexsim

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// start runs a simulator with one organization and a token "t".
func start(t testing.TB, o Options, spec OrganizationSpec) (*Server, *Organization) {
	t.Helper()
	s, org := startWithoutToken(t, o, spec)
	s.IssueToken(TokenSpec{Organization: spec.UUID, Access: "t"})
	return s, org
}

// startWithoutToken is for what a token that is one letter would disturb.
func startWithoutToken(t testing.TB, o Options, spec OrganizationSpec) (*Server, *Organization) {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, s.AddOrganization(spec)
}

// answer is a reply with its body.
type answer struct {
	status int
	header http.Header
	body   string
}

// get calls a path under /v1, or an absolute URL.
func get(t testing.TB, s *Server, token, path string) answer {
	t.Helper()
	a, err := tryGet(s, token, path)
	if err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
	return a
}

func tryGet(s *Server, token, path string) (answer, error) {
	if strings.HasPrefix(path, "/") {
		path = s.URL() + path
	}
	r, err := http.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return answer{}, err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return send(s, r)
}

func send(s *Server, r *http.Request) (answer, error) {
	resp, err := s.Client().Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(body)}, err
}

var nextLink = regexp.MustCompile(`<([^>]*)>; rel="next"`)

func (a answer) next() string {
	if m := nextLink.FindStringSubmatch(a.header.Get("Link")); m != nil {
		return m[1]
	}
	return ""
}

// object is any JSON object.
type object = map[string]any

// items are the entries of a list.
func (a answer) items(t testing.TB) []object {
	t.Helper()
	var list struct {
		Items []object `json:"items"`
	}
	if err := json.Unmarshal([]byte(a.body), &list); err != nil {
		t.Fatalf("status %d, body %.200s: %v", a.status, a.body, err)
	}
	return list.Items
}

// walk follows next links to the end and returns all entries, and each page's number of them.
func walk(t testing.TB, s *Server, path string) (all []object, pages []int) {
	t.Helper()
	for path != "" {
		a := get(t, s, "t", path)
		if a.status != http.StatusOK {
			t.Fatalf("GET %s: status %d: %s", path, a.status, a.body)
		}
		items := a.items(t)
		all, pages = append(all, items...), append(pages, len(items))
		if path = a.next(); len(pages) > 100_000 {
			t.Fatal("the walk does not end")
		}
	}
	return all, pages
}

// noRetry makes each request use its own connection: net/http repeats a request by
// itself when a connection that was used before breaks.
func noRetry(s *Server) http.RoundTripper {
	transport := s.Client().Transport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true
	return transport
}
