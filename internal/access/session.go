package access

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/connection"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// FieldManager is the owner, in server-side apply, of the Secrets with tokens, and of what runs write.
const FieldManager = "webex-license-operator/licensesync"

// Indexes of the cache that find customers by the Secrets that they name: with the credentials that they are read with,
// and with those that assign licences. IndexSecret finds partners, too.
const (
	IndexSecret      = "spec.credentialsSecretRef.name"
	IndexWriteSecret = "spec.assignment.credentialsSecretRef.name"
)

// Provider opens sessions. It keeps nothing of them, but for tokens that could not be stored yet.
type Provider struct {
	// Client lists customers and partners from the cache, and writes the Secrets with tokens.
	Client client.Client
	// Live reads Secrets and CA bundles past the cache.
	Live client.Reader
	// Clock tells the time.
	Clock clock.PassiveClock
	// Lease names the lease by which this is the only process of its shard that renews tokens.
	// Those of other leases wait for it; not if it is empty.
	Lease string
	// Hosts says which hosts customers may name.
	Hosts connection.HostPolicy
	// Timeouts bound how long a request to Webex may take.
	Timeouts connection.Timeouts
	// UserAgent is sent with each request to Webex.
	UserAgent string
	// Poll is how soon another shard's renewal is looked for again; a second by default.
	Poll time.Duration

	locks tokenLocks
}

// Session is the way to Webex of one customer, or partner, as one attempt uses it.
type Session struct {
	// BaseURL is where the API is.
	BaseURL *url.URL
	// Kind is the kind of the credentials, SecretVersion the version of their Secret; empty if it could not be read.
	Kind          v1alpha1.CredentialKind
	SecretVersion string
	// Owner identifies the token's owner at its service to the request budget. It reveals nothing that is secret.
	Owner string
	// HTTP reaches it, and Tokens are its tokens. Both are nil before Connect.
	HTTP   *http.Client
	Tokens webex.TokenSource
	// CABundleVersion is the version of the Secret with the CA bundle; empty if there is none.
	CABundleVersion string

	provider    *Provider
	user        user
	credentials *credentials
}

// Open checks where the customer's API is, and reads its credentials past the cache. With
// an error comes what is known: the session is never nil.
func (p *Provider) Open(ctx context.Context, customer *v1alpha1.WebexCustomerAccess) (*Session, error) {
	return p.open(ctx, customerUser(customer), readSecret)
}

// OpenPartner is Open of a partner. Its tokens are those of the customers that name the same Secret.
func (p *Provider) OpenPartner(ctx context.Context, partner *v1alpha1.WebexPartner) (*Session, error) {
	return p.open(ctx, partnerUser(partner), readSecret)
}

// OpenWriter is Open with the write credentials, those of spec.assignment.credentialsSecretRef. A customer without them
// has no such session.
func (p *Provider) OpenWriter(ctx context.Context, customer *v1alpha1.WebexCustomerAccess) (*Session, error) {
	u := customerUser(customer)
	if u.secrets[writeSecret] == "" {
		return &Session{provider: p, user: u}, failures.Auth(v1alpha1.ReasonSecretNotFound,
			"the customer names no Secret with write credentials: set %s, or nothing is written to Webex", writeSecret)
	}
	return p.open(ctx, u, writeSecret)
}

func (p *Provider) open(ctx context.Context, u user, field secretField) (*Session, error) {
	s := &Session{provider: p, user: u}
	var err error
	if s.BaseURL, err = p.Hosts.Endpoint(u.connection); err != nil {
		return s, err
	}
	s.credentials, err = p.readCredentials(ctx, u, field)
	if c := s.credentials; c != nil {
		s.Kind, s.SecretVersion, s.Owner = c.kind, c.resourceVersion, s.BaseURL.Host+" "+c.owner()
	}
	return s, err
}

// Connect prepares HTTP and Tokens. Each request for a token is told to observe.
func (s *Session) Connect(ctx context.Context, observe func(webex.Call)) (err error) {
	p := s.provider
	network := connection.Network{Live: p.Live, Hosts: p.Hosts, Timeouts: p.Timeouts}
	if s.HTTP, s.CABundleVersion, err = network.Client(ctx, s.user.namespace, s.user.connection, s.credentials.proxy); err != nil {
		return err
	}
	s.Tokens = s.tokenSource(observe)
	return nil
}

// Close gives connections back.
func (s *Session) Close() {
	if s.HTTP != nil {
		s.HTTP.CloseIdleConnections()
	}
}

// Outlook is how long tokens are good, as far as that is known.
type Outlook struct {
	// Access and Refresh are the ends of the tokens; zero if they are unknown.
	Access, Refresh time.Time
	// Refused is what Webex refuses while the access token works; nil if nothing.
	Refused *StandingRefusal
}

// StandingRefusal is a refusal after which nothing is tried any more.
type StandingRefusal struct {
	At      time.Time
	Message string
	// UsableUntil is the end of an access token that cannot be renewed; zero if it
	// is unknown, or if something else than the renewal of tokens was refused.
	UsableUntil time.Time
}

// Outlook is what is known of the tokens in use; false if they were not read.
func (s *Session) Outlook() (o Outlook, known bool) {
	t, ok := s.Tokens.(*refreshingTokens)
	if !ok {
		return Outlook{Access: s.credentials.expiresAt}, s.Tokens != nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	o = Outlook{Access: t.current.ExpiresAt, Refresh: t.current.RefreshExpiresAt, Refused: t.standing()}
	if o.Refused == nil {
		o.Refused = t.callerStanding()
	}
	return o, t.loaded
}
