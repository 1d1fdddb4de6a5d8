package syncrun

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Keys of the Secret that the operator owns, beside KeyAccessToken and KeyRefreshToken.
const (
	keyIssuedAt         = "issuedAt"
	keyExpiresAt        = "expiresAt"
	keyRefreshExpiresAt = "refreshExpiresAt"
	// keySource is a hash of the credentials that the tokens stem from: when the
	// user changes theirs, the stored tokens no longer count.
	keySource = "source"
)

// minRefreshInterval spaces refreshes that no 401 forces: refreshing more often
// than once a day returns the same token
// (https://github.com/webex/integration-refresh).
const minRefreshInterval = 24 * time.Hour

// TokenSecretName is the name of the operator-owned Secret with a customer's
// refreshed tokens.
func TokenSecretName(customer string) string { return customer + "-webex-token" }

// storedToken is a token pair with the time it was issued at.
type storedToken struct {
	webex.Token
	issuedAt time.Time
}

// due says whether the pair should be refreshed: at half of its lifetime, so
// that weeks of an unreachable token endpoint do no harm.
func (t storedToken) due(now time.Time) bool {
	if t.AccessToken == "" || !now.Before(t.ExpiresAt) {
		return true
	}
	half := t.issuedAt.Add(t.ExpiresAt.Sub(t.issuedAt) / 2)
	return now.After(half) && now.Sub(t.issuedAt) >= minRefreshInterval
}

// refreshingTokens is a webex.TokenSource for credentials with a refresh token.
// A new pair is durable in an operator-owned Secret before its first use. One
// run per customer is active at a time, so there is one refresher at a time.
type refreshingTokens struct {
	engine      *Engine
	customer    *v1alpha1.WebexCustomerAccess
	credentials *credentials
	http        *http.Client
	baseURL     string
	observe     func(webex.Call)

	mu      sync.Mutex
	current storedToken
	loaded  bool
}

// tokenSource is the source of tokens for the credentials of the attempt.
func (a *attempt) tokenSource(baseURL string) webex.TokenSource {
	if a.credentials.kind == v1alpha1.CredentialKindAccessToken {
		return webex.StaticToken(a.credentials.accessToken)
	}
	return &refreshingTokens{engine: a.Engine, customer: a.customer, credentials: a.credentials, http: a.http, baseURL: baseURL, observe: a.observe}
}

// Token returns the current access token, refreshed if it is due.
func (t *refreshingTokens) Token(ctx context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.load(ctx); err != nil {
		return "", err
	}
	if !t.current.due(t.engine.Clock.Now()) {
		return t.current.AccessToken, nil
	}
	err := t.refresh(ctx)
	if err != nil && t.engine.Clock.Now().Before(t.current.ExpiresAt) && webex.ClassOf(err) != webex.ClassAuth {
		// The endpoint is in trouble, the token is not: half a lifetime is left for another try.
		return t.current.AccessToken, nil
	}
	return t.current.AccessToken, err
}

// Refresh replaces a token that Webex answered 401 to.
func (t *refreshingTokens) Refresh(ctx context.Context, rejected string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current.AccessToken != "" && t.current.AccessToken != rejected {
		return t.current.AccessToken, nil
	}
	if err := t.refresh(ctx); err != nil {
		return "", err
	}
	return t.current.AccessToken, nil
}

func (t *refreshingTokens) load(ctx context.Context) error {
	if t.loaded {
		return nil
	}
	secret := &corev1.Secret{}
	key := client.ObjectKey{Namespace: t.customer.Namespace, Name: TokenSecretName(t.customer.Name)}
	if err := t.engine.Live.Get(ctx, key, secret); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("reading the stored token: %w", err)
	}
	if err := t.mayOwn(secret); err != nil {
		return err
	}
	t.loaded = true
	t.current = storedToken{Token: webex.Token{RefreshToken: t.credentials.refreshToken}}
	if string(secret.Data[keySource]) == t.credentials.owner() {
		t.current = decodeToken(secret)
	}
	return nil
}

// mayOwn refuses to keep tokens in a Secret that is somebody else's: refreshed
// tokens are stored in place of what it holds, and go with the customer.
func (t *refreshingTokens) mayOwn(secret *corev1.Secret) error {
	name := TokenSecretName(t.customer.Name)
	switch {
	case t.customer.Spec.CredentialsSecretRef.Name == name:
		return terminal(v1alpha1.ReasonSecretNameReserved,
			"spec.credentialsSecretRef names Secret %q, which is where the operator keeps refreshed tokens: give your Secret another name", name)
	case secret.UID != "" && !metav1.IsControlledBy(secret, t.customer):
		return terminal(v1alpha1.ReasonSecretNameReserved,
			"Secret %q is where the operator keeps refreshed tokens, but it is not this customer's: delete or rename it, then create a LicenseSync", name)
	}
	return nil
}

func (t *refreshingTokens) refresh(ctx context.Context) error {
	now := t.engine.Clock.Now()
	token, err := webex.RefreshToken(ctx, webex.RefreshRequest{
		BaseURL:      t.baseURL,
		HTTP:         t.http,
		ClientID:     t.credentials.clientID,
		ClientSecret: t.credentials.clientSecret,
		RefreshToken: t.current.RefreshToken,
		UserAgent:    t.engine.UserAgent,
		Observe:      t.observe,
		Now:          t.engine.Clock.Now,
	})
	if err != nil {
		return err
	}
	next := storedToken{Token: token, issuedAt: now}
	if err := t.store(ctx, next); err != nil {
		return fmt.Errorf("storing the refreshed token: %w", err)
	}
	t.current = next
	return nil
}

func (t *refreshingTokens) store(ctx context.Context, token storedToken) error {
	secret := corev1ac.Secret(TokenSecretName(t.customer.Name), t.customer.Namespace).
		WithLabels(map[string]string{v1alpha1.LabelCustomer: t.customer.Name}).
		WithOwnerReferences(ownerReference(t.customer)).
		WithType(corev1.SecretTypeOpaque).
		WithData(encodeToken(token, t.credentials.owner()))
	err := t.engine.Client.Apply(ctx, secret, client.ForceOwnership, client.FieldOwner(FieldManager))
	if apierrors.IsInvalid(err) || apierrors.IsForbidden(err) {
		return &Failure{
			Class: webex.ClassTransient, Reason: v1alpha1.ReasonWriteFailed, Err: err,
			Message: fmt.Sprintf("the operator may not write Secret %q, where it keeps refreshed tokens: see its RBAC", TokenSecretName(t.customer.Name)),
		}
	}
	return err
}

func encodeToken(t storedToken, source string) map[string][]byte {
	data := map[string][]byte{
		KeyAccessToken:  []byte(t.AccessToken),
		KeyRefreshToken: []byte(t.RefreshToken),
		keyIssuedAt:     []byte(t.issuedAt.UTC().Format(time.RFC3339)),
		keyExpiresAt:    []byte(t.ExpiresAt.UTC().Format(time.RFC3339)),
		keySource:       []byte(source),
	}
	if !t.RefreshExpiresAt.IsZero() {
		data[keyRefreshExpiresAt] = []byte(t.RefreshExpiresAt.UTC().Format(time.RFC3339))
	}
	return data
}

// decodeToken reads a stored pair. A time that cannot be read is zero, which
// makes the pair due: a damaged Secret costs one refresh.
func decodeToken(secret *corev1.Secret) storedToken {
	at := func(key string) time.Time {
		t, _ := time.Parse(time.RFC3339, string(secret.Data[key]))
		return t
	}
	return storedToken{
		Token: webex.Token{
			AccessToken:      string(secret.Data[KeyAccessToken]),
			RefreshToken:     string(secret.Data[KeyRefreshToken]),
			ExpiresAt:        at(keyExpiresAt),
			RefreshExpiresAt: at(keyRefreshExpiresAt),
		},
		issuedAt: at(keyIssuedAt),
	}
}

// expiry is when the tokens in use end; zero times where that is unknown.
func expiry(source webex.TokenSource) (access, refresh time.Time) {
	t, ok := source.(*refreshingTokens)
	if !ok {
		return time.Time{}, time.Time{}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.current.ExpiresAt, t.current.RefreshExpiresAt
}

func trimmed(value []byte) string { return strings.TrimSpace(string(value)) }
