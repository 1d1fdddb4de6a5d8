package signin

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// world is a flow, and a simulated Webex that knows its integration.
type world struct {
	t    *testing.T
	sim  *webexsim.Server
	flow *Flow
	port int
	// shown is all that pages and errors said.
	shown strings.Builder
}

func newWorld(t *testing.T, change ...func(*webexsim.IntegrationSpec, *Config)) *world {
	t.Helper()
	sim, err := webexsim.New(webexsim.Options{TLS: true, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	org := sim.AddOrganization(webexsim.StandardOrganization())
	w := &world{t: t, sim: sim, port: freePort(t)}
	spec := webexsim.IntegrationSpec{
		ClientID: "C0ffee", ClientSecret: "the-client-secret-of-a-test", Organization: org.UUID(),
		RedirectURIs: []string{RedirectURI(w.port)}, Scopes: []string{webexsim.ScopeLicenses, webexsim.ScopePeople},
	}
	config := Config{
		BaseURL: sim.URL(), ClientID: spec.ClientID, ClientSecret: spec.ClientSecret, Scopes: spec.Scopes, Port: w.port, HTTP: sim.Client(),
		Now: func() time.Time { return noon },
	}
	for _, c := range change {
		c(&spec, &config)
	}
	sim.AddIntegration(spec)
	w.flow = w.listen(config)
	return w
}

func (w *world) listen(config Config) *Flow {
	w.t.Helper()
	flow, err := Listen(w.t.Context(), config)
	if err != nil {
		w.t.Fatal(err)
	}
	flow.linger = 40 * time.Millisecond
	w.t.Cleanup(flow.Close)
	return flow
}

// freePort is one that nothing listens on.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // of tcp
}

// reply is what a browser gets.
type reply struct {
	status int
	body   string
	header http.Header
}

// visit asks the listener as a browser does, without following redirects.
func (w *world) visit(address string, change ...func(*http.Request)) reply {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range change {
		c(r)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	w.shown.Write(body)
	return reply{resp.StatusCode, string(body), resp.Header}
}

// consent presses a button on the page that the start page leads to, and returns where
// the browser is sent.
func (w *world) consent(accept bool) string {
	w.t.Helper()
	start := w.visit(w.flow.StartURL())
	if start.status != http.StatusSeeOther {
		w.t.Fatalf("the start page answers %d", start.status)
	}
	back, err := w.sim.Decide(w.t.Context(), start.header.Get("Location"), accept)
	if err != nil {
		w.t.Fatal(err)
	}
	return back
}

// fails expects the flow to end with an error that has these words.
func (w *world) fails(words ...string) {
	w.t.Helper()
	_, err := w.flow.Tokens(w.t.Context())
	if err == nil {
		w.t.Fatalf("the sign-in works, want an error with %q", words)
	}
	w.shown.WriteString(err.Error())
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			w.t.Errorf("%q lacks %q", err, word)
		}
	}
	w.clean()
}

// waits expects that there is no answer.
func (w *world) waits() {
	w.t.Helper()
	ended := errors.New("the time is over")
	ctx, cancel := context.WithCancelCause(w.t.Context())
	cancel(ended)
	if _, err := w.flow.Tokens(ctx); !errors.Is(err, ended) {
		w.t.Errorf("the flow ends with %v, want it to wait", err)
	}
	w.clean()
}

// clean expects that nothing secret was shown.
func (w *world) clean() {
	w.t.Helper()
	for _, leak := range w.sim.LeakFinder().Find(w.shown.String()) {
		w.t.Errorf("%s was shown", leak.Kind)
	}
	for name, value := range map[string]string{"state": w.flow.state, "verifier": w.flow.verifier} {
		if strings.Contains(w.shown.String(), value) {
			w.t.Errorf("the %s was shown", name)
		}
	}
}

func (w *world) closed() {
	w.t.Helper()
	w.flow.Close()
	connection, err := (&net.Dialer{Timeout: time.Second}).DialContext(w.t.Context(), "tcp4", w.flow.address)
	if err == nil {
		_ = connection.Close()
		w.t.Errorf("something listens on %s after the end", w.flow.address)
	}
}

// swap puts a value in place of that of a parameter; none if it is empty.
func swap(t *testing.T, address, name, value string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(name, value)
	if value == "" {
		q.Del(name)
	}
	u.RawQuery = q.Encode()
	return u.String()
}
