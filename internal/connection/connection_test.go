package connection

import (
	"net/http"
	"net/url"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
)

func TestAllowedAPIHosts(t *testing.T) {
	t.Parallel()
	policy := HostPolicy{API: append(DefaultAPIHosts(), "Sim.example:8443", "pinned.example:443", "[::1]:8443", "127.0.0.1:9443")}
	tests := map[string]bool{
		"":                                                true, // Webex's own
		"https://webexapis.com/v1":                        true,
		"https://WEBEXAPIS.com/v1":                        true,
		"https://webexapis.com:443/v1":                    true,
		"https://api-usgov.webex.com/v1":                  true,
		"https://sim.example:8443/v1":                     true,
		"https://pinned.example/v1":                       true,
		"https://pinned.example:443/v1":                   true,
		"https://[::1]:8443/v1":                           true,
		"https://127.0.0.1:9443/v1":                       true,
		"https://webexapis.com:8443/v1":                   false, // another port is another service
		"https://sim.example/v1":                          false,
		"https://sim.example:443/v1":                      false,
		"https://[::1]/v1":                                false,
		"https://127.0.0.1/v1":                            false,
		"https://webexapis.com.evil.example/v1":           false,
		"https://evilwebexapis.com/v1":                    false,
		"https://evil.example/webexapis.com/v1":           false,
		"https://webexapis.com./v1":                       false,
		"https://api.webexapis.com/v1":                    false,
		"https://webexapis.com@evil.example/v1":           false,
		"https://webexapis.com:443@evil.example/v1":       false,
		"https://evil.example#webexapis.com/v1":           false,
		"https://evil.example?@webexapis.com/v1":          false,
		"https://evil.example\\@webexapis.com/v1":         false,
		"https://webexapis.com%2eevil.example/v1":         false,
		"https://webexapis.com%00.evil.example/v1":        false,
		"https://user:password@webexapis.com/v1":          false,
		"http://webexapis.com/v1":                         false,
		"http://webexapis.com:443/v1":                     false,
		"//webexapis.com/v1":                              false,
		"https:webexapis.com/v1":                          false,
		"file:///etc/passwd":                              false,
		"https://169.254.169.254/latest/meta-data/v1":     false,
		"https://kubernetes.default.svc/api/v1":           false,
		"https://\u0440webexapis.com/v1":                  false,
		"https://webexapis.com:443:443/v1":                false,
		"https://webexapis.com:/v1":                       false,
		"https://webexapis.com\t.evil.example/v1":         false,
		"https://webexapis.com/v1\r\nHost: evil.example/": false,
	}
	for base, want := range tests {
		u, err := policy.Endpoint(&v1alpha1.Connection{BaseURL: base})
		if want {
			NewWithT(t).Expect(err).NotTo(HaveOccurred(), base)
			NewWithT(t).Expect(u.Scheme).To(Equal("https"), base)
			continue
		}
		g := NewWithT(t)
		g.Expect(err).To(HaveOccurred(), base)
		failure := failures.Of(t.Context(), err)
		g.Expect(failure.Reason).To(Equal(v1alpha1.ReasonHostNotAllowed), base)
		g.Expect(failure.Retriable()).To(BeFalse(), base)
		g.Expect(failure.Message).To(ContainSubstring("spec.connection.baseURL"), base)
		g.Expect(failure.Message).NotTo(ContainSubstring("password"), base)
	}
}

func TestNoConnectionMeansWebex(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	u, err := HostPolicy{API: DefaultAPIHosts()}.Endpoint(nil)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(u.String()).To(Equal("https://webexapis.com/v1"))
}

func TestAllowedProxies(t *testing.T) {
	t.Parallel()
	policy := HostPolicy{Proxies: []string{"proxy.example", "proxy.example:8080", "tls.example"}}
	for proxyURL, want := range map[string]bool{
		"http://proxy.example":           true,
		"http://proxy.example:80":        true,
		"http://proxy.example:8080":      true,
		"https://tls.example":            true,
		"https://tls.example:443":        true,
		"http://tls.example:443":         false, // 443 is no default port of http
		"http://proxy.example:8081":      false,
		"http://proxy.example.evil:8080": false,
		"http://proxy.example@evil:8080": false,
		"proxy.example:8080":             false,
		"/proxy":                         false,
	} {
		g := NewWithT(t)
		_, err := policy.proxy(&v1alpha1.Connection{ProxyURL: proxyURL})
		if want {
			g.Expect(err).NotTo(HaveOccurred(), proxyURL)
			continue
		}
		g.Expect(err).To(MatchError(ContainSubstring("spec.connection.proxyURL")), proxyURL)
		g.Expect(failures.Of(t.Context(), err).Reason).To(Equal(v1alpha1.ReasonHostNotAllowed), proxyURL)
	}
}

func TestProxyChoice(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	policy := HostPolicy{Proxies: []string{"proxy.example:8080"}}
	choose, err := policy.proxy(&v1alpha1.Connection{ProxyURL: "http://proxy.example:8080", NoProxy: []string{".internal.example", "10.0.0.0/8"}})
	g.Expect(err).NotTo(HaveOccurred())
	through := func(target string) string {
		u, err := url.Parse(target)
		g.Expect(err).NotTo(HaveOccurred())
		proxy, err := choose(&http.Request{URL: u})
		g.Expect(err).NotTo(HaveOccurred())
		if proxy == nil {
			return "direct"
		}
		return proxy.Host
	}
	g.Expect(through("https://webexapis.com/v1")).To(Equal("proxy.example:8080"))
	g.Expect(through("https://sim.internal.example/v1")).To(Equal("direct"))
	g.Expect(through("https://10.1.2.3/v1")).To(Equal("direct"))
}
