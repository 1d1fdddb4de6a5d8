package syncrun

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"sync"
	"time"

	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Probe asks Webex what the runs of a customer will ask, by the code of the runs,
// whether or not the customer exists already. It writes no object of the cluster.
type Probe struct{ a *attempt }

// ErrRenewalNeeded says that credentials were not tried: there is no access token
// at hand, and to get one would use up a refresh token.
var ErrRenewalNeeded = errors.New("there is no access token at hand, and getting one would use up the refresh token")

// Renewal is what a probe does about tokens that it has to renew. Webex may replace
// a refresh token when it is used, and whoever used it has the only good one then.
type Renewal struct {
	// Before is asked before a refresh token is used; its error ends the probe.
	Before func(ctx context.Context) error
	// Keep is given the new values of keys of the Secret, before they are used. Its
	// context does not end when the probe's does.
	Keep func(ctx context.Context, values map[string]string) error
}

// NewProbe reads the Secret of a customer, and whatever else its connection names,
// by e.Live. Without a renewal no token is renewed or asked for.
func (e *Engine) NewProbe(ctx context.Context, customer *v1alpha1.WebexCustomerAccess, renewal *Renewal) (*Probe, error) {
	a := &attempt{Engine: e, customer: customer.DeepCopy()}
	base, err := e.Hosts.endpoint(customer.Spec.Connection)
	if err != nil {
		return nil, err
	}
	if a.credentials, err = e.readCredentials(ctx, a.customer); err != nil {
		return nil, err
	}
	if a.http, _, err = e.httpClient(ctx, a.customer, a.credentials.proxy); err != nil {
		return nil, err
	}
	a.tokens = a.tokenSource(base.String())
	if tokens, ok := a.tokens.(*refreshingTokens); ok {
		a.tokens = probing(tokens, renewal)
	}
	a.webex, err = webex.New(webex.Config{
		BaseURL: base.String(), HTTP: a.http, Tokens: a.tokens, Limits: webex.Limits{PeoplePage: probePage, WorkspacesPage: probePage},
		UserAgent: e.UserAgent, Retry: e.Retry, Observe: a.observe, Now: e.Clock.Now,
	})
	return &Probe{a: a}, err
}

// probePage is how many people a probe asks for: a few, since people are slow to come.
const probePage = 10

// Close gives connections back.
func (p *Probe) Close() { p.a.http.CloseIdleConnections() }

// Kind is the kind of the credentials.
func (p *Probe) Kind() v1alpha1.CredentialKind { return p.a.credentials.kind }

// Organizations lists the organizations that the token sees.
func (p *Probe) Organizations(ctx context.Context) ([]webex.Organization, error) {
	return p.a.webex.Organizations(ctx)
}

// Findings are what a probe learned about an organization.
type Findings struct {
	// Organization is the one that was asked for.
	Organization webex.Organization
	// Licenses are those of the organization, as far as the token may read them.
	Licenses []usage.License
	// Locations is how many Webex locations it has.
	Locations int
	// Needs is how many lists runs read, Lacks are those that the token may not.
	Needs int
	Lacks []Lack
	// Missing is why the names of roles cannot be read now, which runs do without.
	Missing error
}

// Lack is something that runs read and the token may not.
type Lack struct {
	// What is read, such as people; Scope is the scope for that.
	What, Scope string
	// Optional says that spec.collection can do without.
	Optional bool
	// Err is what Webex answered.
	Err error
}

// Check reads the organization with this UUID, which for a partner's token must come
// first, and then asks for everything that a run reads.
func (p *Probe) Check(ctx context.Context, uuid string) (*Findings, error) {
	a := p.a
	a.customer.Spec.OrganizationID = uuid
	organization, err := a.namedOrganization(ctx)
	if err != nil {
		return nil, err
	}
	f := &Findings{Organization: organization}
	site := collects(a.customer, v1alpha1.LevelSite)
	collection := ptr.Deref(a.customer.Spec.Collection, v1alpha1.Collection{})
	for _, need := range []struct {
		Lack
		wanted bool
		read   func(context.Context) error
	}{
		{Lack{What: "licences", Scope: "spark-admin:licenses_read"}, true, a.readLicenses},
		{Lack{What: "roles", Scope: "spark-admin:roles_read", Optional: true}, ptr.Deref(collection.Roles, true), a.listRoles},
		{Lack{What: "locations", Scope: "spark-admin:locations_read", Optional: true}, site, a.readLocations},
		{Lack{What: "people", Scope: "spark-admin:people_read", Optional: true}, site, func(ctx context.Context) error {
			return begin(a.webex.People(ctx, a.orgParameter))
		}},
		{Lack{What: "workspaces", Scope: "spark-admin:workspaces_read", Optional: true}, site && ptr.Deref(collection.Workspaces, true), func(ctx context.Context) error {
			return begin(a.webex.Workspaces(ctx, a.orgParameter))
		}},
	} {
		if !need.wanted {
			continue
		}
		f.Needs++
		need.Err = need.read(ctx)
		e, answered := webex.AsError(need.Err)
		switch {
		case need.Err == nil:
		case answered && e.Class == webex.ClassTerminal && e.Status == http.StatusForbidden:
			f.Lacks = append(f.Lacks, need.Lack)
		case answered && e.Class != webex.ClassAuth && need.What == "roles":
			f.Missing = e
		default:
			return nil, fmt.Errorf("reading %s: %w", need.What, need.Err)
		}
	}
	f.Licenses, f.Locations = a.licenses, len(a.locations)
	return f, nil
}

// begin reads the beginning of a list: that it may be read at all.
func begin[T any](items iter.Seq2[T, error]) error {
	for _, err := range items {
		return err
	}
	return nil
}

// probeTokens uses the access token at hand: that of the user's Secret, or the one
// that the operator has got by it. They are renewed outside of the operator's store,
// which belongs to customers that there are.
type probeTokens struct {
	of      *refreshingTokens
	renewal *Renewal
	// keys are those of the Secret that a renewal changes.
	keyAccess, keyExpires, keyRefresh string

	mu     sync.Mutex
	loaded bool
}

func probing(tokens *refreshingTokens, renewal *Renewal) *probeTokens {
	p := &probeTokens{of: tokens, renewal: renewal, keyAccess: KeyAccessToken, keyExpires: KeyAccessTokenExpiresAt, keyRefresh: KeyRefreshToken}
	if tokens.app == nil {
		return p
	}
	if caller, ok := tokens.app.caller.(*refreshingTokens); ok {
		tokens.app.caller = &probeTokens{of: caller, renewal: renewal, keyAccess: KeyBootstrapToken, keyRefresh: KeyBootstrapRefreshToken}
	}
	return p
}

// Token returns the access token at hand, or a new one if that has ended.
func (p *probeTokens) Token(ctx context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.of
	if !p.loaded {
		stored, err := t.store.load(ctx)
		if err != nil {
			return "", err
		}
		t.current, p.loaded = stored.with(t.pick(t.credentials)), true
	}
	if !t.current.expired(t.engine.Clock.Now()) {
		return t.current.AccessToken, nil
	}
	return p.renew(ctx)
}

// Refresh replaces a token that Webex answered 401 to.
func (p *probeTokens) Refresh(ctx context.Context, rejected string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of.current.AccessToken != rejected {
		return p.of.current.AccessToken, nil
	}
	return p.renew(ctx)
}

// renew is not cut short when the probe is: from the request on, the only valid
// refresh token may be on its way.
func (p *probeTokens) renew(ctx context.Context) (string, error) {
	if p.renewal == nil {
		return "", ErrRenewalNeeded
	}
	if err := p.renewal.Before(ctx); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewalTime)
	defer cancel()
	asking, stop := context.WithTimeout(ctx, exchangeTime)
	defer stop()
	answer, err := p.exchange(ctx, asking)
	if err != nil {
		return "", err
	}
	p.of.current.Token = answer
	return answer.AccessToken, nil
}

// exchange asks Webex for another pair, in the order of the operator, and has it kept.
func (p *probeTokens) exchange(ctx, asking context.Context) (webex.Token, error) {
	t, a := p.of, p.of.pick(p.of.credentials)
	var refusal error
	if t.current.RefreshToken != "" {
		answer, err := t.endpoint.Refresh(asking, webex.RefreshGrant{ClientID: a.clientID, ClientSecret: a.clientSecret, RefreshToken: t.current.RefreshToken})
		switch {
		case err == nil:
			return answer, p.renewal.Keep(ctx, p.values(answer))
		case t.app == nil || webex.ClassOf(err) != webex.ClassAuth:
			return answer, err
		}
		refusal = err
	}
	if t.app == nil {
		return webex.Token{}, refusal
	}
	// The pair is of one organization, and the Secret may be for several: the operator
	// asks for another one by itself.
	answer, err := t.app.ask(asking, t.credentials)
	if webex.ClassOf(err) == webex.ClassAuth {
		err = failures.Auth(v1alpha1.ReasonCredentialsRejected, "%s", appRefusalMessage(t.credentials.secret, err))
	}
	return answer, err
}

// values are the new content of the Secret.
func (p *probeTokens) values(answer webex.Token) map[string]string {
	values := map[string]string{p.keyAccess: answer.AccessToken, p.keyRefresh: answer.RefreshToken}
	if p.keyExpires != "" {
		values[p.keyExpires] = ""
		if !answer.ExpiresAt.IsZero() {
			values[p.keyExpires] = answer.ExpiresAt.UTC().Format(time.RFC3339)
		}
	}
	return values
}
