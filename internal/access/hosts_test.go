package access

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/http/httpproxy"

	"github.com/webex-operator/webex-license-operator/internal/webex"
)

func TestParseBaseURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://webexapis.com/v1": "https://webexapis.com/v1", " https://WebexAPIs.com/v1/ ": "https://webexapis.com/v1",
		"https://127.0.0.1:8443/v1": "https://127.0.0.1:8443/v1", "https://[::1]:8443": "https://[::1]:8443", "https://host/": "https://host",
	} {
		if got, err := ParseBaseURL(raw); err != nil || got.String() != want {
			t.Errorf("%q: %v, %v", raw, got, err)
		}
	}
	for raw, want := range map[string]string{
		"": "is empty", "http://webexapis.com/v1": "not https", "webexapis.com/v1": "not https", "ftp://x/v1": "not https",
		"https://user:s3cret@webexapis.com/v1": "credentials", "https://user@webexapis.com/v1": "credentials",
		"https://webexapis.com/v1?a=s3cret": "query", "https://webexapis.com/v1?": "query", "https://webexapis.com/v1#": "fragment",
		"https://webexapis.com/v1#f": "fragment", "https:///v1": "no host", "https://:443/v1": "no host", "https:webexapis.com": "no host",
		"https://h:0/v1": "bad port", "https://h:99999/v1": "bad port", "https://h:/v1": "bad port", "https://user:s3cret@h:port/v1": "parsed",
		"https://h/v1/../v2": "path", "https://h//v1": "path", "https://h/%2e%2e/v1": "path", "https://s3cret h/": "parsed",
		"https://h/" + strings.Repeat("x", 3000): "longer",
	} {
		_, err := ParseBaseURL(raw)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%.60q: error %v, want %q", raw, err, want)
		}
	}
}

// A base URL is good in one way only, however it is written.
func FuzzBaseURL(f *testing.F) {
	for _, s := range []string{
		webex.DefaultBaseURL, " https://WEBEXAPIS.com:443/v1/ ", "https://[::1]:8443/v1", "https://a@b/v1", "https://a\\@b/v1", "https://a%2eb/v1",
		"https:///v1", "https://a:0/v1", "https://a/v1/../x", "https://a/%2e%2e/v1", "https://a?", "https://a#",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := ParseBaseURL(raw)
		if err != nil {
			if len(raw) > 8 && strings.Contains(err.Error(), raw) {
				t.Fatalf("error %q repeats what may hold a password", err)
			}
			return
		}
		if u.Scheme != "https" || u.User != nil || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(u.Path, "/") {
			t.Fatalf("%q is %v", raw, u)
		}
		again, err := ParseBaseURL(u.String())
		if err != nil {
			t.Fatalf("%q is %v, which is %v", raw, u, err)
		}
		if diff := cmp.Diff(u.String(), again.String()); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Whatever a customer writes as its base URL or proxy, only hosts on the list are talked to, as another parser of the
// same text would see it.
func FuzzHosts(f *testing.F) {
	for _, seed := range [][3]string{
		{"https://webexapis.com/v1", "http://proxy.example:8080", "10.0.0.0/8"},
		{"https://webexapis.com@evil.example/v1", "http://proxy.example@evil.example:8080", ""},
		{"https://webexapis.com\\.evil.example/v1", "http://proxy.example:8080\\@evil.example", "*"},
		{"https://169.254.169.254/v1", "http://169.254.169.254", "169.254.169.254"},
		{"https://0x7f000001/v1", "socks5://proxy.example:8080", ".example,,"},
		{"https://[::1%25eth0]/v1", "https://proxy.example:8080", "[::1]"},
		{"https://webexapis.com:443/v1", "http://PROXY.example:8080/?x", "webexapis.com"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	apis, proxies := Hosts{"webexapis.com"}, Hosts{"proxy.example:8080"}
	f.Fuzz(func(t *testing.T, baseURL, proxyURL, noProxy string) {
		base, err := ParseBaseURL(baseURL)
		if err != nil || !apis.Allow(base) {
			base = &url.URL{Scheme: "https", Host: "webexapis.com", Path: "/v1"}
		}
		expectHost(t, base, "webexapis.com:443")
		proxy, err := ParseProxyURL(proxyURL)
		if err != nil {
			if len(proxyURL) > 8 && strings.Contains(err.Error(), proxyURL) {
				t.Fatalf("error %q repeats what may hold a password", err)
			}
			return
		}
		if !proxies.Allow(proxy) {
			return
		}
		expectHost(t, proxy, "proxy.example:8080")
		config := httpproxy.Config{HTTPSProxy: proxy.String(), NoProxy: noProxy}
		if chosen, err := config.ProxyFunc()(base); err == nil && chosen != nil {
			expectHost(t, chosen, "proxy.example:8080")
		}
	})
}

func expectHost(t *testing.T, u *url.URL, want string) {
	t.Helper()
	again, err := url.Parse(u.String())
	if err != nil {
		t.Fatalf("%v: %v", u, err)
	}
	for _, seen := range []*url.URL{u, again} {
		port := seen.Port()
		if port == "" {
			port = defaultPort(seen)
		}
		if got := strings.ToLower(seen.Hostname()) + ":" + port; got != want || seen.User != nil {
			t.Fatalf("%v leads to %s, want %s", seen, got, want)
		}
	}
}
