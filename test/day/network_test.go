package day

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"
)

// webexHost is where the operator believes Webex to be.
const webexHost = "webex.example"

// network carries real HTTP over TLS through pipes in memory, since the time of
// the test must stand still while bytes are on their way, and must not while
// a caller waits for an answer.
type network struct {
	server   *http.Server
	incoming chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func newNetwork(handler http.Handler, certificate tls.Certificate) *network {
	n := &network{incoming: make(chan net.Conn), closed: make(chan struct{})}
	n.server = &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, CurvePreferences: []tls.CurveID{tls.X25519}}
	go func() { _ = n.server.Serve(tls.NewListener(n, config)) }()
	return n
}

// Accept waits for the next connection.
func (n *network) Accept() (net.Conn, error) {
	select {
	case conn := <-n.incoming:
		return conn, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept.
func (n *network) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

// Addr is an address like any other.
func (n *network) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 443} }

func (n *network) stop() { _ = n.server.Close() }

// lines are the connections of one operator process; they end with it.
type lines struct {
	network *network
	mu      sync.Mutex
	cut     bool
	open    map[net.Conn]bool
}

var errUnplugged = errors.New("the process is dead")

func (l *lines) dial(ctx context.Context, _, address string) (net.Conn, error) {
	if address != webexHost+":443" {
		return nil, errors.New("a connection to " + address)
	}
	ours, theirs := net.Pipe()
	line := &line{Conn: ours, lines: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return nil, errUnplugged
	}
	select {
	case l.network.incoming <- theirs:
		l.open[line] = true
		return line, nil
	case <-l.network.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// unplug cuts all connections, at once and for good.
func (l *lines) unplug() {
	l.mu.Lock()
	l.cut = true
	var open []net.Conn
	for line := range l.open {
		open = append(open, line)
	}
	l.mu.Unlock()
	for _, line := range open {
		_ = line.Close()
	}
}

type line struct {
	net.Conn
	lines *lines
}

// Close ends the connection on both sides.
func (l *line) Close() error {
	l.lines.mu.Lock()
	delete(l.lines.open, l)
	l.lines.mu.Unlock()
	return l.Conn.Close()
}

// newCertificate makes a server certificate that is its own authority, valid by
// the clock of the test.
func newCertificate() (certificate tls.Certificate, authority string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return certificate, "", err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: webexHost}, DNSNames: []string{webexHost},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return certificate, "", err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, string(text), nil
}
