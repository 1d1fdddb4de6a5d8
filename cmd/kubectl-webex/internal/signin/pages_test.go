package signin

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Only a navigation of a browser to this address is answered.
func TestGuarded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := w.consent(true)
	for name, c := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"a name that resolves to it": {func(r *http.Request) { r.Host = "evil.example.com:8914" }, 403},
		"localhost":                  {func(r *http.Request) { r.Host = strings.Replace(r.Host, "127.0.0.1", "localhost", 1) }, 403},
		"no port":                    {func(r *http.Request) { r.Host = "127.0.0.1" }, 403},
		"a foreign origin":           {func(r *http.Request) { r.Header.Set("Origin", "https://evil.example.com") }, 403},
		"an origin without a name":   {func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
		"a script":                   {func(r *http.Request) { r.Header.Set("Sec-Fetch-Mode", "cors") }, 403},
		"an image":                   {func(r *http.Request) { r.Header.Set("Sec-Fetch-Mode", "no-cors") }, 403},
		"a form":                     {func(r *http.Request) { r.Method = http.MethodPost }, 405},
		"a look at the header":       {func(r *http.Request) { r.Method = http.MethodHead }, 405},
		"a question beforehand":      {func(r *http.Request) { r.Method = http.MethodOptions }, 405},
		"another path":               {func(r *http.Request) { r.URL.Path = "/callback/" }, 404},
		"the root":                   {func(r *http.Request) { r.URL.Path = "/" }, 404},
	} {
		got := w.visit(good, c.change)
		if got.status != c.status || got.header.Get("Location") != "" || got.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %d %v, want %d", name, got.status, got.header, c.status)
		}
		headers(t, name, got.header)
	}
	w.waits()
	for _, address := range []string{w.flow.StartURL(), good, "http://" + w.flow.address + donePath} {
		name, _, _ := strings.Cut(address, "?")
		got := w.visit(address, func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Mode", "navigate")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		})
		if got.status >= 400 {
			t.Errorf("%s: %d", name, got.status)
		}
		headers(t, name, got.header)
	}
	if _, err := w.flow.Tokens(t.Context()); err != nil {
		t.Error(err)
	}
	w.clean()
}

func headers(t *testing.T, name string, header http.Header) {
	t.Helper()
	for key, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	} {
		if got := header.Get(key); got != want {
			t.Errorf("%s: %s is %q, want %q", name, key, got, want)
		}
	}
}

func TestPortTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := Listen(t.Context(), w.flow.config)
	if err == nil || !strings.Contains(err.Error(), w.flow.address) || !strings.Contains(err.Error(), "--callback-port") {
		t.Error(err)
	}
}

func TestHasBrowser(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		system string
		env    map[string]string
		want   bool
	}{
		{"linux", map[string]string{}, false},
		{"linux", map[string]string{"DISPLAY": ":0"}, true},
		{"linux", map[string]string{"WAYLAND_DISPLAY": "wayland-0"}, true},
		{"linux", map[string]string{"WSL_DISTRO_NAME": "Debian"}, true},
		{"linux", map[string]string{"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}, false},
		{"darwin", map[string]string{}, true},
		{"darwin", map[string]string{"SSH_TTY": "/dev/ttys001"}, false},
		{"windows", map[string]string{}, true},
		{"windows", map[string]string{"SSH_CLIENT": "192.0.2.1 1 22"}, false},
	} {
		if got := hasBrowser(c.system, func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%s with %v: %v", c.system, slices.Collect(maps.Keys(c.env)), got)
		}
	}
}
