package headlamp

import (
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/websocket"
	"k8s.io/client-go/rest"
)

const token = "the-token-of-a-test"

// apiServer answers with what it was asked. It prefers HTTP/2, as the real one does, which has
// no WebSockets.
func apiServer(t *testing.T) *rest.Config {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{
			"path": r.URL.RequestURI(), "method": r.Method, "authorization": r.Header.Get("Authorization"),
			"impersonates": r.Header.Get("Impersonate-User"), "cookie": r.Header.Get("Cookie"), "proto": r.Proto,
		})
	})
	// The library with which the API server serves watches; it refuses who names no origin.
	mux.Handle("/watch", websocket.Handler(func(c *websocket.Conn) {
		_, _ = io.WriteString(c, c.Request().Header.Get("Authorization"))
		_, _ = io.Copy(io.Discard, c)
	}))
	s := httptest.NewUnstartedServer(mux)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	return &rest.Config{Host: s.URL, BearerToken: token, TLSClientConfig: rest.TLSClientConfig{CAData: ca}}
}

func start(t *testing.T) *Server {
	t.Helper()
	page, plugin := t.TempDir(), t.TempDir()
	for file, content := range map[string]string{
		page + "/index.html": "the page", page + "/assets/a.js": "a script",
		plugin + "/package.json": `{"name":"webex-licenses"}`, plugin + "/dist/main.js": "the plugin", plugin + "/dist/secret": "a file",
	} {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Start(t.Context(), Options{Page: page, Plugin: plugin, Config: apiServer(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// ask returns status and body. Headers come in pairs; Host is one of them.
func ask(t *testing.T, method, address string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	r.Host = r.Header.Get("Host")
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

func TestFiles(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, c := range []struct {
		path, accept string
		status       int
		body         string
	}{
		{"/", "text/html", 200, "the page"},
		{"/c/main/webex/customers/a/b.c", "text/html,*/*", 200, "the page"},
		{"/assets/a.js", "*/*", 200, "a script"},
		{"/assets/missing.js", "*/*", 404, "not found"},
		{"/config", "", 200, `"name":"main"`},
		{"/plugins", "", 200, `"path":"plugins/webex-licenses"`},
		{"/plugins/webex-licenses/main.js", "", 200, "the plugin"},
		{"/plugins/webex-licenses/package.json", "", 200, `"webex-licenses"`},
		{"/plugins/webex-licenses/locales/en/translation.json", "text/html", 404, "not found"},
		{"/plugins/webex-licenses/dist/secret", "text/html", 404, "not found"},
		{"/clusters/other/api", "text/html", 404, "not found"},
	} {
		answer, body := ask(t, http.MethodGet, s.URL+c.path, "Accept", c.accept)
		if answer.StatusCode != c.status || !strings.Contains(body, c.body) {
			t.Errorf("%s: %s %q", c.path, answer.Status, body)
		}
		for name, value := range headers {
			if answer.Header.Get(name) != value {
				t.Errorf("%s has no %s", c.path, name)
			}
		}
	}
}

// What the page sends reaches the API server, but not as another user.
func TestCluster(t *testing.T) {
	t.Parallel()
	s := start(t)
	_, body := ask(t, http.MethodPatch, s.URL+"/clusters/main/apis/g/v1/things/a%2Fb?dryRun=All", "Origin", s.URL, "Sec-Fetch-Site", "same-origin",
		"Authorization", "Bearer other", "Impersonate-User", "another", "Cookie", "a=b")
	want := `{"authorization":"Bearer ` + token + `","cookie":"","impersonates":"","method":"PATCH","path":"/apis/g/v1/things/a%2Fb?dryRun=All","proto":"HTTP/2.0"}`
	if strings.TrimSpace(body) != want {
		t.Errorf("got %s, want %s", body, want)
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	s := start(t)
	c, err := websocket.Dial(strings.Replace(s.URL, "http", "ws", 1)+"/clusters/main/watch", "", s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	var got string
	if err := websocket.Message.Receive(c, &got); err != nil || got != "Bearer "+token {
		t.Errorf("%q, %v", got, err)
	}
}

// Pages of other origins, and names that were made to mean 127.0.0.1, get nothing.
func TestOthersAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, c := range []struct {
		method string
		header []string
		status int
	}{
		{http.MethodGet, []string{"Host", "rebound.example"}, 421},
		{http.MethodGet, []string{"Host", "localhost"}, 421},
		{http.MethodPost, []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://other.example"}, 403},
		{http.MethodPatch, []string{"Sec-Fetch-Site", "same-site", "Origin", "http://127.0.0.1:1"}, 403},
		{http.MethodDelete, []string{"Origin", "https://other.example"}, 403},
		{http.MethodGet, []string{"Upgrade", "websocket", "Connection", "Upgrade", "Origin", "https://other.example"}, 403},
		{http.MethodGet, []string{"Upgrade", "websocket", "Connection", "Upgrade"}, 403},
		{http.MethodPost, []string{"Sec-Fetch-Site", "same-origin", "Origin", s.URL}, 200},
	} {
		if answer, body := ask(t, c.method, s.URL+"/clusters/main/api", c.header...); answer.StatusCode != c.status {
			t.Errorf("%s %v: %s %s", c.method, c.header, answer.Status, body)
		}
	}
}

func TestNotBuilt(t *testing.T) {
	t.Parallel()
	if _, err := Start(t.Context(), Options{Page: t.TempDir(), Plugin: t.TempDir(), Config: &rest.Config{}}); err == nil || !strings.Contains(err.Error(), "index.html") {
		t.Errorf("got %v", err)
	}
}
