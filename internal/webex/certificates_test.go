package webex

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Each fault of a server's certificate has words of its own, and the remedy for it.
func TestCertificateFaults(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, c := range map[string]struct {
		change func(*x509.Certificate)
		known  bool // its authority is trusted
		want   []string
	}{
		"good":             {known: true},
		"expired":          {change: func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Hour) }, known: true, want: []string{"has expired by this machine's clock", "set the clock right"}},
		"not valid yet":    {change: func(c *x509.Certificate) { c.NotBefore = now.Add(time.Hour) }, known: true, want: []string{"is not valid yet by this machine's clock", "set the clock right"}},
		"another host":     {change: func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"other.test"} }, known: true, want: []string{"for another host name"}},
		"no server":        {change: func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, known: true, want: []string{"may not issue it"}},
		"unknown":          {want: []string{"give the certificate authority"}},
		"expired, unknown": {change: func(c *x509.Certificate) { c.NotAfter = now.Add(-time.Hour) }, want: []string{"is not trusted"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, roots := serving(t, now, c.change)
			if !c.known {
				roots = x509.NewCertPool()
			}
			client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
			answer, err := client.Get(server.URL)
			if err == nil {
				_ = answer.Body.Close()
			}
			if c.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			e := networkError(context.Background(), "list people", err)
			for _, want := range append(c.want, "the server's certificate is not trusted") {
				if !strings.Contains(e.Error(), want) {
					t.Errorf("%v, of %v", e, err)
				}
			}
			if e.Class != ClassTransient || e.again {
				t.Errorf("class %v, another attempt %v", e.Class, e.again)
			}
		})
	}
	if c, ok := certificateCause(errors.New("tls: failed to parse certificate from server: x509: negative serial number")); !ok || c != errCertificateMalformed {
		t.Error(c)
	}
	if c, ok := certificateCause(io.EOF); ok {
		t.Error(c)
	}
}

// serving is a server with a certificate of an authority, changed.
func serving(t *testing.T, now time.Time, change func(*x509.Certificate)) (*httptest.Server, *x509.CertPool) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"}, NotBefore: now.AddDate(0, -1, 0), NotAfter: now.AddDate(0, 1, 0),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	leaf.IPAddresses = append(leaf.IPAddresses, []byte{127, 0, 0, 1})
	if change != nil {
		change(leaf)
	}
	root, err := x509.CreateCertificate(rand.Reader, authority, authority, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, authority, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(root)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server, roots
}
