package connection

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

func TestThroughAProxy(t *testing.T) {
	t.Parallel()
	by := newAuthority(t)
	server := newAPI(t, by)
	proxy := newConnectProxy(t, server.Listener.Addr().String())
	w := newWorld(t, by)
	connection := w.customer.Spec.Connection
	connection.ProxyURL = proxy.URL

	refused, _ := w.ask(t.Context())
	w.Expect(refused.Reason).To(Equal(v1alpha1.ReasonHostNotAllowed))
	w.Expect(refused.Message).To(And(ContainSubstring("spec.connection.proxyURL"), ContainSubstring("--allowed-proxy-hosts")))
	w.Expect(proxy.targets).To(BeEmpty(), "nothing was sent to a host that is not allowed")

	w.network.Hosts.Proxies = []string{proxy.host()}
	failure, _ := w.ask(t.Context())
	w.Expect(failure).To(BeNil())
	w.Expect(proxy.targets).To(Equal([]string{"CONNECT " + apiHost + ":443"}))
	w.Expect(proxy.logins).To(Equal([]string{""}))

	w.login = Login{Username: "jane", Password: "s3cret:with colon"}
	failure, _ = w.ask(t.Context())
	w.Expect(failure).To(BeNil())
	sent := http.Request{Header: http.Header{"Authorization": {proxy.logins[1]}}}
	username, password, ok := sent.BasicAuth()
	w.Expect([]any{username, password, ok}).To(Equal([]any{"jane", "s3cret:with colon", true}))
	for _, header := range server.headers {
		w.Expect(header).NotTo(HaveKey("Proxy-Authorization"), "the API is not told")
	}

	proxy.answer = http.StatusProxyAuthRequired
	failure, calls := w.ask(t.Context())
	w.Expect(calls).To(Equal(1), "another try may lock the account")
	w.Expect(failure.Reason).To(Equal(v1alpha1.ReasonProxyAuthenticationFailed))
	w.Expect(failure.Retriable()).To(BeFalse())
	w.Expect(failures.Retriable(failure.Reason)).To(BeFalse())
	w.Expect(failures.ConcernsCredentials(failure.Reason)).To(BeTrue(), "a changed Secret wakes it")
	w.Expect(failure.Message).To(And(ContainSubstring(KeyProxyUsername), ContainSubstring(KeyProxyPassword)))

	proxy.answer = http.StatusForbidden
	failure, calls = w.ask(t.Context())
	w.Expect(calls).To(Equal(2))
	w.Expect(failure.Reason).To(Equal(v1alpha1.ReasonAPIUnavailable))
	w.Expect(failure.Message).To(ContainSubstring("the proxy refused the connection"))

	w.login = Login{Password: "s3cret"}
	failure, _ = w.ask(t.Context())
	w.Expect(failure.Message).To(Equal(`Secret "webex" has key "proxyPassword" and no key "proxyUsername": add it, or remove the password`))
	w.login = Login{Username: "jane:s3cret"}
	failure, calls = w.ask(t.Context())
	w.Expect(failure.Message).To(ContainSubstring(`has a colon in key "proxyUsername"`))
	w.Expect(calls).To(BeZero())
}

// What noProxy names is reached directly, and not told the login of the proxy.
func TestPastTheProxy(t *testing.T) {
	t.Parallel()
	by := newAuthority(t)
	server := newAPI(t, by)
	proxy := newConnectProxy(t, server.Listener.Addr().String())
	w := newWorld(t, by).dialing(server.Server)
	w.network.Hosts.Proxies = []string{proxy.host()}
	w.customer.Spec.Connection.ProxyURL, w.customer.Spec.Connection.NoProxy = proxy.URL, []string{".test"}
	w.login = Login{Username: "jane", Password: "s3cret"}
	failure, _ := w.ask(t.Context())
	w.Expect(failure).To(BeNil())
	w.Expect(proxy.targets).To(BeEmpty())
	w.Expect(server.headers).To(HaveLen(1))
	w.Expect(server.headers[0]).NotTo(HaveKey("Proxy-Authorization"))
}

// The proxy of the environment is the administrator's choice: it needs no list,
// and is not told what the Secret has for another one.
func TestThroughTheProxyOfTheEnvironment(t *testing.T) { //nolint:paralleltest // it sets the environment
	by := newAuthority(t)
	server := newAPI(t, by)
	proxy := newConnectProxy(t, server.Listener.Addr().String())
	t.Setenv("HTTPS_PROXY", strings.Replace(proxy.URL, "://", "://operator:own@", 1))
	t.Setenv("NO_PROXY", "")
	w := newWorld(t, by)
	w.login = Login{Username: "jane", Password: "s3cret"}
	failure, _ := w.ask(t.Context())
	w.Expect(failure).To(BeNil())
	w.Expect(proxy.targets).To(Equal([]string{"CONNECT " + apiHost + ":443"}))
	sent := http.Request{Header: http.Header{"Authorization": proxy.logins}}
	username, _, _ := sent.BasicAuth()
	w.Expect(username).To(Equal("operator"))

	w.network.Hosts.API = []string{"other.test"}
	failure, _ = w.ask(t.Context())
	w.Expect(failure.Reason).To(Equal(v1alpha1.ReasonHostNotAllowed), "no proxy makes a host allowed")
	w.Expect(proxy.targets).To(HaveLen(1))

	t.Setenv("NO_PROXY", apiHost)
	w.network.Hosts.API = []string{apiHost}
	w.dialing(server.Server)
	failure, _ = w.ask(t.Context())
	w.Expect(failure).To(BeNil())
	w.Expect(proxy.targets).To(HaveLen(1))
}

// A CA bundle is read anew by each run, so that it can be replaced in place.
func TestCABundleIsRotated(t *testing.T) {
	t.Parallel()
	before, now := newAuthority(t), newAuthority(t)
	server := newAPI(t, before)
	w := newWorld(t, before).dialing(server.Server)
	ask := func() *failures.Failure {
		failure, _ := w.ask(t.Context())
		return failure
	}
	w.Expect(ask()).To(BeNil())
	server.certificate.Store(now.issue(t))
	failure := ask()
	w.Expect(failure.Reason).To(Equal(v1alpha1.ReasonAPIUnavailable))
	w.Expect(failure.Message).To(And(ContainSubstring("certificate is not trusted"), ContainSubstring("spec.connection")))

	live := w.network.Live.(bundles)
	live.pem["ca"] = append(append([]byte{}, before.pem...), now.pem...)
	w.Expect(ask()).To(BeNil(), "both, while the change is under way")
	live.pem["ca"] = now.pem
	w.Expect(ask()).To(BeNil())
	live.pem["ca"] = []byte("gone")
	w.Expect(ask().Reason).To(Equal(v1alpha1.ReasonCABundleInvalid))
}

func TestOldTLSIsRefused(t *testing.T) {
	t.Parallel()
	by := newAuthority(t)
	for version, good := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		server := newAPI(t, by, func(s *httptest.Server) { s.TLS.MinVersion, s.TLS.MaxVersion = version, version })
		w := newWorld(t, by).dialing(server.Server)
		failure, _ := w.ask(t.Context())
		if good {
			w.Expect(failure).To(BeNil(), tls.VersionName(version))
			continue
		}
		w.Expect(failure).NotTo(BeNil(), tls.VersionName(version))
		w.Expect(failure.Reason).To(Equal(v1alpha1.ReasonAPIUnavailable))
		w.Expect(server.headers).To(BeEmpty(), "no token went out")
	}
}

// hung is a server that stops at some point of a conversation.
func hung(t *testing.T, serve func(conn net.Conn)) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
			go serve(conn)
		}
	}()
	return listener
}

// A server that stops to answer, wherever it does, does not keep an attempt from its end.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	by := newAuthority(t)
	reading := func(then string) func(net.Conn) {
		return func(conn net.Conn) {
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = io.WriteString(conn, then)
			}
		}
	}
	encrypted := func(serve func(net.Conn)) func(net.Conn) {
		certificate := by.issue(t)
		return func(conn net.Conn) {
			serve(tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*certificate}}))
		} //nolint:gosec // a test
	}
	short, long := 50*time.Millisecond, time.Hour
	for name, test := range map[string]struct {
		serve    func(net.Conn)
		dial     bool // the connection itself does not come about
		proxy    bool
		timeouts Timeouts
	}{
		"no connection":       {dial: true, timeouts: Timeouts{Connect: short, Request: long}},
		"no encryption":       {serve: func(net.Conn) {}, timeouts: Timeouts{Connect: short, Request: long}},
		"no answer":           {serve: encrypted(reading("")), timeouts: Timeouts{Connect: long, Request: short}},
		"half a header":       {serve: encrypted(reading("HTTP/1.1 200 OK\r\nContent-Ty")), timeouts: Timeouts{Connect: long, Request: short}},
		"half a body":         {serve: encrypted(reading("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{\"items\":[")), timeouts: Timeouts{Connect: long, Request: short}},
		"a proxy that thinks": {serve: reading(""), proxy: true, timeouts: Timeouts{Connect: long, Request: short}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, by)
			w.network.Timeouts = test.timeouts
			address := ""
			if test.serve != nil {
				address = hung(t, test.serve).Addr().String()
			}
			w.network.Hosts.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
				if test.dial {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				return (&net.Dialer{}).DialContext(ctx, network, address)
			}
			if test.proxy {
				w.customer.Spec.Connection.ProxyURL, w.network.Hosts.Proxies = "http://proxy.test", []string{"proxy.test"}
			}
			failure, calls := w.ask(t.Context())
			w.Expect(failure.Class).To(Equal(webex.ClassTransient))
			w.Expect(failure.Reason).To(Equal(v1alpha1.ReasonAPIUnavailable))
			w.Expect(failure.Message).To(ContainSubstring("no answer in time"))
			w.Expect(calls).To(Equal(2), "it is tried again")
		})
	}
	g := NewWithT(t)
	g.Expect(Timeouts{}.withDefaults()).To(Equal(Timeouts{Connect: 10 * time.Second, Request: time.Minute}))
}

// Headers have a bound, so that no server fills the operator's memory.
func TestEndlessHeader(t *testing.T) {
	t.Parallel()
	by := newAuthority(t)
	for size, good := range map[int]bool{32 << 10: true, 128 << 10: false} {
		server := newAPI(t, by)
		inner := server.Config.Handler
		server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("a", size))
			inner.ServeHTTP(w, r)
		})
		w := newWorld(t, by).dialing(server.Server)
		failure, _ := w.ask(t.Context())
		if good {
			w.Expect(failure).To(BeNil())
			continue
		}
		w.Expect(failure.Reason).To(Equal(v1alpha1.ReasonAPIUnavailable))
	}
}
