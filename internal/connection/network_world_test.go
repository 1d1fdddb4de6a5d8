package connection

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// apiHost is a name that the certificates of the tests are for, and that no
// resolver knows: requests to it go through a proxy or a dialer of the test.
const apiHost = "api.test"

// authority issues certificates for apiHost.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{certificate, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

func (a *authority) issue(t *testing.T) *tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{apiHost}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.key}
}

// api is a server that answers as Webex does to a list of organizations.
type api struct {
	*httptest.Server
	certificate atomic.Pointer[tls.Certificate]
	mu          sync.Mutex
	headers     []http.Header
}

const organizationsBody = `{"items":[{"id":"x","displayName":"Acme"}]}`

func newAPI(t *testing.T, by *authority, change ...func(*httptest.Server)) *api {
	t.Helper()
	s := &api{}
	s.certificate.Store(by.issue(t))
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.headers = append(s.headers, r.Header.Clone())
		s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, organizationsBody)
	}))
	s.TLS = &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.certificate.Load(), nil }} //nolint:gosec // the client's minimum is under test
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	for _, c := range change {
		c(s.Server)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// connectProxy is an HTTP proxy that connects to one address, whatever it is asked for.
type connectProxy struct {
	*httptest.Server
	mu      sync.Mutex
	targets []string
	logins  []string
	answer  int // status of refused requests; 0 to let all through
}

func newConnectProxy(t *testing.T, to string) *connectProxy {
	t.Helper()
	p := &connectProxy{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.targets, p.logins = append(p.targets, r.Method+" "+r.Host), append(p.logins, r.Header.Get("Proxy-Authorization"))
		answer := p.answer
		p.mu.Unlock()
		if answer != 0 {
			w.WriteHeader(answer)
			return
		}
		server, err := net.Dial("tcp", to)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer func() { _ = server.Close() }()
		conn, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() { _, _ = io.Copy(server, buffered) }()
		_, _ = io.Copy(conn, server)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *connectProxy) host() string { return strings.TrimPrefix(p.URL, "http://") }

// bundles are CA bundles by the name of their ConfigMap.
type bundles struct {
	client.Reader
	pem map[string][]byte
}

func (b bundles) Get(_ context.Context, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	object.(*corev1.ConfigMap).Data = map[string]string{"ca.crt": string(b.pem[key.Name])}
	return nil
}

// world is an engine and a customer of the API at apiHost.
type world struct {
	*WithT
	network  *Network
	customer *v1alpha1.WebexCustomerAccess
	login    Login
}

func newWorld(t *testing.T, by *authority) *world {
	t.Helper()
	customer := &v1alpha1.WebexCustomerAccess{}
	customer.Spec.CredentialsSecretRef.Name = "webex"
	customer.Spec.Connection = &v1alpha1.Connection{
		BaseURL: "https://" + apiHost + "/v1", CABundleRef: &v1alpha1.CABundleReference{Kind: v1alpha1.CABundleKindConfigMap, Name: "ca", Key: "ca.crt"},
	}
	return &world{
		WithT: NewWithT(t), customer: customer,
		network: &Network{Hosts: HostPolicy{API: []string{apiHost}}, Live: bundles{pem: map[string][]byte{"ca": by.pem}}},
	}
}

// dialing lets the engine reach a server under the name of the API.
func (w *world) dialing(server *httptest.Server) *world {
	w.network.Hosts.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
	}
	return w
}

// ask sends one request, as a run does, and returns its failure.
func (w *world) ask(ctx context.Context) (*failures.Failure, int) {
	calls := 0
	base, err := w.network.Hosts.Endpoint(w.customer.Spec.Connection)
	if err != nil {
		return failures.Of(ctx, err), calls
	}
	login := w.login
	login.Secret = w.customer.Spec.CredentialsSecretRef.Name
	carrier, _, err := w.network.Client(ctx, w.customer.Namespace, w.customer.Spec.Connection, login)
	if err != nil {
		return failures.Of(ctx, err), calls
	}
	defer carrier.CloseIdleConnections()
	c, err := webex.New(webex.Config{
		BaseURL: base.String(), HTTP: carrier, Tokens: webex.StaticToken("t0ken"), Observe: func(webex.Call) { calls++ },
		Retry: webex.RetryPolicy{Attempts: 2, Base: time.Millisecond},
	})
	w.Expect(err).NotTo(HaveOccurred())
	if _, err = c.Organizations(ctx); err != nil {
		failure := failures.Of(ctx, err)
		w.Expect(failure.Message + fmt.Sprintf("%+v", failure.Err)).NotTo(Or(
			ContainSubstring("t0ken"), ContainSubstring("s3cret"), ContainSubstring("czNjcmV0"), ContainSubstring("127.0.0.1")))
		return failure, calls
	}
	return nil, calls
}
