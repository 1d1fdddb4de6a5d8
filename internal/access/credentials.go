package access

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/connection"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/pasted"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Keys of the Secret that a customer's credentialsSecretRef names.
const (
	// KeyAccessToken holds an access token; with it alone nothing is refreshed.
	KeyAccessToken = "accessToken"
	// KeyAccessTokenExpiresAt says when that access token ends, if it is known.
	KeyAccessTokenExpiresAt = "accessTokenExpiresAt"
	// KeyClientID and KeyClientSecret identify an OAuth integration or Service App.
	KeyClientID     = "clientID"
	KeyClientSecret = "clientSecret"
	// KeyRefreshToken holds the refresh token that an authorization gave.
	KeyRefreshToken = "refreshToken"
	// KeyApplicationID marks the credentials of a Service App.
	KeyApplicationID = "applicationID"
	// KeyProxyUsername and KeyProxyPassword log in to the proxy of spec.connection.proxyURL.
	KeyProxyUsername = connection.KeyProxyUsername
	KeyProxyPassword = connection.KeyProxyPassword
	// KeyBootstrapToken holds an access token of another identity, which may ask
	// for tokens of the Service App.
	KeyBootstrapToken = "bootstrapToken"
	// KeyBootstrapClientID, KeyBootstrapClientSecret and KeyBootstrapRefreshToken
	// are an integration whose tokens may do so, and are refreshed.
	KeyBootstrapClientID     = "bootstrapClientID"
	KeyBootstrapClientSecret = "bootstrapClientSecret"
	KeyBootstrapRefreshToken = "bootstrapRefreshToken"
)

// authorization is one way to access tokens: a token, a client with a refresh
// token, or both.
type authorization struct {
	accessToken                          string
	expiresAt                            time.Time
	clientID, clientSecret, refreshToken string
}

// source identifies the authorization. Stored tokens of another source no
// longer count. What is not in it may change without a new authorization: the
// access token, which the refresh token replaces, and the client's secret. It
// reveals nothing that is secret.
func (a authorization) source() string { return digest("client", a.clientID, a.refreshToken) }

// credentials are the content of one of a user's Secrets. They are read when an
// attempt starts and forgotten when it ends.
type credentials struct {
	authorization
	// field is the field of the user that names the Secret.
	field           secretField
	kind            v1alpha1.CredentialKind
	secret          string
	resourceVersion string
	// applicationID is that of a Service App, organization the UUID of the one that
	// its tokens are for, as far as it is known before the first call.
	applicationID string
	organization  webex.OrganizationID
	// bootstrap is what tokens of the Service App are asked for with.
	bootstrap authorization
	// proxy says nothing about the owner of the token. What is wrong with it matters where there is a proxy.
	proxy      connection.Login
	proxyFault error
}

// canBootstrap says whether tokens of the Service App may be asked for.
func (c *credentials) canBootstrap() bool {
	return c.applicationID != "" && (c.bootstrap.accessToken != "" || c.bootstrap.refreshToken != "")
}

// tokenPerOrganization says whether each organization has tokens of its own.
func (c *credentials) tokenPerOrganization() bool { return c.refreshToken == "" && c.canBootstrap() }

// areThoseOf says whether another user that names the same Secret, to read or to
// write, has the same tokens by it.
func (c *credentials) areThoseOf(other user) bool {
	return !c.tokenPerOrganization() || other.organization == c.organization
}

// readCredentials reads the Secret that a field names, past any cache.
func (p *Provider) readCredentials(ctx context.Context, u user, field secretField) (*credentials, error) {
	name := u.secrets[field]
	secret := &corev1.Secret{}
	err := p.Live.Get(ctx, client.ObjectKey{Namespace: u.namespace, Name: name}, secret)
	if apierrors.IsNotFound(err) {
		return nil, failures.Auth(v1alpha1.ReasonSecretNotFound, "%s", field.notFound(name))
	}
	if err != nil {
		return nil, fmt.Errorf("reading the credentials: %w", err)
	}
	c, err := parseCredentials(secret, field)
	if c.applicationID != "" {
		c.organization = u.organization
	}
	if err == nil && u.connection != nil && u.connection.ProxyURL != "" {
		err = c.proxyFault
	}
	if err == nil && u.kind == partnerKind && c.kind == v1alpha1.CredentialKindServiceApp {
		err = failures.Auth(v1alpha1.ReasonSecretKeyInvalid,
			"key %q of Secret %q marks the credentials of a Service App, which belongs to one organization: a partner needs an integration that a partner administrator has authorized, with keys %s, %s and %s alone",
			KeyApplicationID, name, KeyClientID, KeyClientSecret, KeyRefreshToken)
	}
	if err == nil && c.tokenPerOrganization() && c.organization == (webex.OrganizationID{}) {
		err = organizationUnknown(name)
	}
	return c, err
}

// SecretNotFoundMessage says what to do about a missing credentials Secret.
func SecretNotFoundMessage(name string) string { return readSecret.notFound(name) }

func (f secretField) notFound(name string) string {
	return fmt.Sprintf("Secret %q of %s does not exist: create it in this namespace with key %s, or with keys %s, %s and %s",
		name, f, KeyAccessToken, KeyClientID, KeyClientSecret, KeyRefreshToken)
}

func parseCredentials(secret *corev1.Secret, field secretField) (*credentials, error) {
	faults := map[string]error{}
	value := func(key string) string {
		text, err := ReadValue(key, secret.Data[key])
		if err != nil {
			faults[key] = failures.Auth(v1alpha1.ReasonSecretKeyInvalid, "key %q of Secret %q %v", key, secret.Name, err)
			return unreadable
		}
		return text
	}
	c := &credentials{
		field:           field,
		secret:          secret.Name,
		resourceVersion: secret.ResourceVersion,
		proxy:           connection.Login{Username: value(KeyProxyUsername), Password: value(KeyProxyPassword), Secret: secret.Name},
		authorization: authorization{
			accessToken: value(KeyAccessToken),
			clientID:    value(KeyClientID), clientSecret: value(KeyClientSecret), refreshToken: value(KeyRefreshToken),
		},
		applicationID: value(KeyApplicationID),
		bootstrap: authorization{
			accessToken: value(KeyBootstrapToken),
			clientID:    value(KeyBootstrapClientID), clientSecret: value(KeyBootstrapClientSecret), refreshToken: value(KeyBootstrapRefreshToken),
		},
	}
	c.proxyFault = cmp.Or(faults[KeyProxyUsername], faults[KeyProxyPassword])
	if secret.Type == tokenSecretType {
		return c, failures.Auth(v1alpha1.ReasonSecretNameReserved,
			"%s names Secret %q, in which the operator keeps refreshed tokens: name the one with your own credentials", field, secret.Name)
	}
	c.kind = c.kindOf(secret)
	for _, key := range c.required(secret) {
		if value(key) == "" {
			return c, keyMissing(secret, key)
		}
	}
	for _, key := range append(c.required(secret), KeyAccessToken, KeyApplicationID, KeyAccessTokenExpiresAt) {
		if err := faults[key]; err != nil {
			return c, err
		}
	}
	if end := value(KeyAccessTokenExpiresAt); end != "" {
		var err error
		if c.expiresAt, err = time.Parse(time.RFC3339, end); err != nil {
			return c, failures.Auth(v1alpha1.ReasonSecretKeyInvalid,
				"key %q of Secret %q is no time: write date and time in UTC by RFC 3339, with a T in between and a Z at the end, or remove it", KeyAccessTokenExpiresAt, secret.Name)
		}
	}
	return c, nil
}

// unreadable stands for a value that cannot be read, so that its key counts as there.
const unreadable = "?"

// ReadValue reads the value of a key of the Secret, as runs do. Its error continues a sentence that begins with the key.
func ReadValue(key string, raw []byte) (string, error) {
	switch key {
	case KeyAccessToken, KeyRefreshToken, KeyBootstrapToken, KeyBootstrapRefreshToken:
		return pasted.Read(raw, pasted.Token)
	case KeyProxyUsername, KeyAccessTokenExpiresAt: // which says itself what a time looks like
		return pasted.Read(raw, pasted.Name)
	case KeyProxyPassword:
		return pasted.Read(raw, pasted.Password)
	default:
		return pasted.Read(raw, pasted.Word)
	}
}

// bootstrapKeys are the keys of which any means that a Service App asks for its tokens.
var bootstrapKeys = []string{KeyBootstrapToken, KeyBootstrapClientID, KeyBootstrapClientSecret, KeyBootstrapRefreshToken}

// kindOf tells the kind of credentials by the keys that are there.
func (c *credentials) kindOf(secret *corev1.Secret) v1alpha1.CredentialKind {
	switch {
	case hasAny(secret, bootstrapKeys...):
		return v1alpha1.CredentialKindServiceApp
	case c.accessToken != "" && c.refreshToken == "", !hasAny(secret, KeyClientID, KeyClientSecret, KeyRefreshToken):
		return v1alpha1.CredentialKindAccessToken
	case c.applicationID != "":
		return v1alpha1.CredentialKindServiceApp
	default:
		return v1alpha1.CredentialKindIntegration
	}
}

// required are the keys that credentials of this kind cannot do without.
func (c *credentials) required(secret *corev1.Secret) []string {
	if c.kind == v1alpha1.CredentialKindAccessToken {
		return []string{KeyAccessToken}
	}
	keys := []string{KeyClientID, KeyClientSecret}
	if !hasAny(secret, bootstrapKeys...) {
		return append(keys, KeyRefreshToken)
	}
	keys = append(keys, KeyApplicationID)
	if hasAny(secret, bootstrapKeys[1:]...) {
		return append(keys, bootstrapKeys[1:]...)
	}
	return append(keys, KeyBootstrapToken)
}

func hasAny(secret *corev1.Secret, keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { _, ok := secret.Data[key]; return ok })
}

// MissingKeyError is the cause of a failure by a key that a Secret lacks, or has
// without a value.
type MissingKeyError string

// Error names the key.
func (key MissingKeyError) Error() string { return fmt.Sprintf("no value for key %q", string(key)) }

func keyMissing(secret *corev1.Secret, key string) *failures.Failure {
	what := "has no key"
	if _, ok := secret.Data[key]; ok {
		what = "has an empty key"
	}
	remedy := fmt.Sprintf("give it key %s, or keys %s, %s and %s", KeyAccessToken, KeyClientID, KeyClientSecret, KeyRefreshToken)
	if hasAny(secret, bootstrapKeys...) {
		remedy = fmt.Sprintf("a Service App that asks for its tokens needs keys %s, %s and %s, and either %s or %s, %s and %s",
			KeyClientID, KeyClientSecret, KeyApplicationID, KeyBootstrapToken, KeyBootstrapClientID, KeyBootstrapClientSecret, KeyBootstrapRefreshToken)
	}
	failure := failures.Auth(v1alpha1.ReasonSecretKeyMissing, "Secret %q %s %q: %s", secret.Name, what, key, remedy)
	failure.Err = MissingKeyError(key)
	return failure
}

// owner identifies the token's owner for the shared request budget. It reveals
// nothing: it is a hash over at least one high-entropy secret, but for a Service
// App without a refresh token, of which it hashes public ids.
func (c *credentials) owner() string {
	if c.kind == v1alpha1.CredentialKindAccessToken {
		return digest("token", c.accessToken)
	}
	if c.refreshToken == "" {
		return digest("app", c.clientID, c.organization.UUID())
	}
	return c.source()
}

// digest hashes parts that do not run into each other.
func digest(parts ...string) string {
	sum := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// CheckSecret says which kind of credentials a Secret holds, and what keeps them
// from being used, as far as that can be told without asking Webex.
func CheckSecret(secret *corev1.Secret) (v1alpha1.CredentialKind, error) {
	c, err := parseCredentials(secret, readSecret)
	if err != nil {
		return "", err
	}
	return c.kind, c.proxyFault
}
