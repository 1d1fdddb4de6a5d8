package connection

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/http/httpproxy"

	"github.com/webex-operator/webex-license-operator/internal/pasted"
)

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
		base, err := pasted.BaseURL(baseURL)
		if err != nil || !apis.Allow(base) {
			base = &url.URL{Scheme: "https", Host: "webexapis.com", Path: "/v1"}
		}
		expectHost(t, base, "webexapis.com:443")
		proxy, err := pasted.ProxyURL(proxyURL)
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
