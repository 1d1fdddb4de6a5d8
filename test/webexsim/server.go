package webexsim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Server is a running simulator.
type Server struct {
	options  atomic.Pointer[Options]
	offset   atomic.Int64 // added to the clock, in nanoseconds
	listener net.Listener
	http     *http.Server
	scheme   string
	ca       []byte
	client   *http.Client
	control  http.Handler
	tracking trackingIDs
	today    atomic.Pointer[dateHeader]

	mu            sync.RWMutex
	organizations []*Organization
	removed       []*Organization // their people must not be told of, still

	tokens  tokens
	rules   rules
	counter counter
	limits  limits
}

// New starts a simulator. It listens when New returns.
func New(o Options) (*Server, error) {
	o = o.withDefaults()
	s := &Server{scheme: "http"}
	s.options.Store(&o)
	s.control = newControl(s)
	s.tokens.init(o.Seed)
	s.counter.reset()
	listener, err := net.Listen("tcp", o.Addr) //nolint:noctx // listening takes no time, and New no context
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", o.Addr, err)
	}
	s.listener = listener
	s.http = &http.Server{
		Handler:           s,
		ReadHeaderTimeout: time.Minute,
		// What clients and cut connections make the server say is no concern of the user.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute}
	s.client = &http.Client{Transport: transport}
	if o.TLS {
		certificate, err := s.certify(o, listener.Addr())
		if err != nil {
			_ = listener.Close()
			return nil, err
		}
		s.scheme = "https"
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(s.ca)
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
		transport.ForceAttemptHTTP2 = o.HTTP2
		listener = tls.NewListener(listener, certificate)
	}
	// Serve returns when the server is closed, and only then.
	go func() { _ = s.http.Serve(listener) }()
	return s, nil
}

// URL is the base URL of the API, with /v1.
func (s *Server) URL() string { return s.base() + apiPrefix }

// ControlURL is the base URL of the control endpoint.
func (s *Server) ControlURL() string { return s.base() + controlPrefix }

func (s *Server) base() string { return s.scheme + "://" + s.listener.Addr().String() }

// CACertificate is the certificate authority in PEM; nil without TLS.
func (s *Server) CACertificate() []byte { return s.ca }

// Client is an HTTP client that trusts the simulator.
func (s *Server) Client() *http.Client { return s.client }

// Close stops the simulator and cuts its connections.
func (s *Server) Close() {
	_ = s.http.Close()
	s.client.CloseIdleConnections()
}

// Options are those in force.
func (s *Server) Options() Options { return *s.options.Load() }

// SetOptions changes how the service behaves from the next request on. TLS, Addr,
// Hosts, HTTP2 and Seed stay as they were.
func (s *Server) SetOptions(change func(*Options)) {
	for {
		old := s.options.Load()
		o := *old
		change(&o)
		if o.Government != old.Government && o.RefreshTokenLifetime == refreshLifetime(old.Government) {
			o.RefreshTokenLifetime = 0 // it was a default: take that of the other profile
		}
		o = o.withDefaults()
		o.TLS, o.Addr, o.Hosts, o.HTTP2, o.Seed = old.TLS, old.Addr, old.Hosts, old.HTTP2, old.Seed
		if s.options.CompareAndSwap(old, &o) {
			return
		}
	}
}

// SetLatency changes the time that each API request takes.
func (s *Server) SetLatency(d time.Duration) { s.SetOptions(func(o *Options) { o.Latency = d }) }

// Now is the time by the simulator's clock.
func (s *Server) Now() time.Time {
	return s.options.Load().Now().Add(time.Duration(s.offset.Load()))
}

// Advance moves the clock on.
func (s *Server) Advance(d time.Duration) { s.offset.Add(int64(d)) }

// SetTime sets the clock, which goes on from there.
func (s *Server) SetTime(t time.Time) { s.offset.Store(int64(t.Sub(s.options.Load().Now()))) }

// dateHeader is the Date of all answers of one second.
type dateHeader struct {
	second int64
	text   string
}

// date is the value of the Date header.
func (s *Server) date() string {
	now := s.Now()
	d := s.today.Load()
	if d == nil || d.second != now.Unix() {
		d = &dateHeader{now.Unix(), now.UTC().Format(http.TimeFormat)}
		s.today.Store(d)
	}
	return d.text
}

// AddOrganization adds an organization. It panics if the spec contradicts itself.
func (s *Server) AddOrganization(spec OrganizationSpec) *Organization {
	o := newOrganization(spec)
	o.now = s.Now
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(s.organizations, func(other *Organization) bool { return other.uuid == o.uuid }) {
		panic("webexsim: organization " + o.uuid + " exists")
	}
	s.organizations = append(s.organizations, o)
	return o
}

// RemoveOrganization takes an organization away; its tokens see nothing any more.
func (s *Server) RemoveOrganization(uuid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.organizations, s.removed = moveOrganization(uuid, s.organizations, s.removed)
}

// RestoreOrganization brings an organization back that was removed, as it was, at the end of
// the list.
func (s *Server) RestoreOrganization(uuid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removed, s.organizations = moveOrganization(uuid, s.removed, s.organizations)
}

// moveOrganization moves an organization, if it is there. Readers keep the list that they have.
func moveOrganization(uuid string, from, to []*Organization) (less, more []*Organization) {
	i := slices.IndexFunc(from, func(o *Organization) bool { return o.uuid == uuid })
	if i < 0 {
		return from, to
	}
	return slices.Concat(from[:i], from[i+1:]), append(slices.Clip(to), from[i])
}

// Organization is the organization with a UUID; nil if there is none.
func (s *Server) Organization(uuid string) *Organization {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, o := range s.organizations {
		if o.uuid == uuid {
			return o
		}
	}
	return nil
}

// Organizations are all organizations, in the order in which they were added.
func (s *Server) Organizations() []*Organization {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.organizations)
}

// Truth are the expected figures of an organization; the zero value if there is none.
func (s *Server) Truth(uuid string) Truth {
	if o := s.Organization(uuid); o != nil {
		return o.Truth()
	}
	return Truth{}
}

// sleep waits, unless the client goes away first.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
