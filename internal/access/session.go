package access

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// FieldManager is the owner, in server-side apply, of the Secrets with tokens, and of what runs write.
const FieldManager = "webex-license-operator/licensesync"

// IndexSecret is the index of the cache that finds customers by spec.credentialsSecretRef.name.
const IndexSecret = "spec.credentialsSecretRef.name"

// Provider opens sessions. It keeps nothing of them, but for tokens that could not be stored yet.
type Provider struct {
	// Client lists customers from the cache, and writes the Secrets with tokens.
	Client client.Client
	// Live reads Secrets and CA bundles past the cache.
	Live client.Reader
	// Clock tells the time.
	Clock clock.PassiveClock
	// Lease names the lease by which this is the only process of its shard that renews tokens.
	// Those of other leases wait for it; not if it is empty.
	Lease string
	// Hosts says which hosts customers may name.
	Hosts HostPolicy
	// Timeouts bound how long a request to Webex may take.
	Timeouts Timeouts
	// UserAgent is sent with each request to Webex.
	UserAgent string
	// Poll is how soon another shard's renewal is looked for again; a second by default.
	Poll time.Duration

	locks tokenLocks
}

// Session is one customer's way to Webex, as one attempt uses it.
type Session struct {
	// BaseURL is where the customer's API is.
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
	customer    *v1alpha1.WebexCustomerAccess
	credentials *credentials
}

// Open checks where the customer's API is, and reads its credentials past the cache. With
// an error comes what is known: the session is never nil.
func (p *Provider) Open(ctx context.Context, customer *v1alpha1.WebexCustomerAccess) (*Session, error) {
	s := &Session{provider: p, customer: customer}
	var err error
	if s.BaseURL, err = p.Hosts.endpoint(customer.Spec.Connection); err != nil {
		return s, err
	}
	s.credentials, err = p.readCredentials(ctx, customer)
	if c := s.credentials; c != nil {
		s.Kind, s.SecretVersion, s.Owner = c.kind, c.resourceVersion, s.BaseURL.Host+" "+c.owner()
	}
	return s, err
}

// Connect prepares HTTP and Tokens. Each request for a token is told to observe.
func (s *Session) Connect(ctx context.Context, observe func(webex.Call)) (err error) {
	if s.HTTP, s.CABundleVersion, err = s.provider.httpClient(ctx, s.customer, s.credentials.proxy); err != nil {
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

// SharesTokens says whether another customer that names the same Secret has the same tokens by it.
func (s *Session) SharesTokens(other *v1alpha1.WebexCustomerAccess) bool {
	return s.credentials.areThoseOf(other)
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
