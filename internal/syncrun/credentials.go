package syncrun

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// Keys of the Secret that a customer's credentialsSecretRef names.
const (
	// KeyAccessToken holds an access token; with it alone nothing is refreshed.
	KeyAccessToken = "accessToken"
	// KeyClientID and KeyClientSecret identify an OAuth integration or Service App.
	KeyClientID     = "clientID"
	KeyClientSecret = "clientSecret"
	// KeyRefreshToken holds the refresh token that somebody obtained by authorizing.
	KeyRefreshToken = "refreshToken"
	// KeyApplicationID marks the credentials of a Service App.
	KeyApplicationID = "applicationID"
	// KeyProxyUsername and KeyProxyPassword log in to the proxy of spec.connection.proxyURL.
	KeyProxyUsername = "proxyUsername"
	KeyProxyPassword = "proxyPassword"
)

// credentials are the content of a customer's Secret. They are read when an
// attempt starts and forgotten when it ends.
type credentials struct {
	kind            v1alpha1.CredentialKind
	resourceVersion string

	accessToken                          string
	clientID, clientSecret, refreshToken string

	// proxy says nothing about the owner of the token.
	proxy proxyLogin
}

// readCredentials reads the Secret, past any cache.
func (e *Engine) readCredentials(ctx context.Context, customer *v1alpha1.WebexCustomerAccess) (*credentials, error) {
	name := customer.Spec.CredentialsSecretRef.Name
	secret := &corev1.Secret{}
	err := e.Live.Get(ctx, client.ObjectKey{Namespace: customer.Namespace, Name: name}, secret)
	if apierrors.IsNotFound(err) {
		return nil, refused(v1alpha1.ReasonSecretNotFound, "%s", SecretNotFoundMessage(name))
	}
	if err != nil {
		return nil, fmt.Errorf("reading the credentials: %w", err)
	}
	return parseCredentials(secret)
}

// SecretNotFoundMessage says what to do about a missing credentials Secret.
func SecretNotFoundMessage(name string) string {
	return fmt.Sprintf("Secret %q of spec.credentialsSecretRef does not exist: create it in this namespace with key %s, or with keys %s, %s and %s",
		name, KeyAccessToken, KeyClientID, KeyClientSecret, KeyRefreshToken)
}

func parseCredentials(secret *corev1.Secret) (*credentials, error) {
	c := &credentials{
		resourceVersion: secret.ResourceVersion,
		proxy:           proxyLoginOf(secret),
		accessToken:     trimmed(secret.Data[KeyAccessToken]),
		clientID:        trimmed(secret.Data[KeyClientID]),
		clientSecret:    trimmed(secret.Data[KeyClientSecret]),
		refreshToken:    trimmed(secret.Data[KeyRefreshToken]),
	}
	if c.accessToken != "" && c.refreshToken == "" {
		c.kind = v1alpha1.CredentialKindAccessToken
		return c, nil
	}
	if !hasAny(secret, KeyClientID, KeyClientSecret, KeyRefreshToken) {
		return c, keyMissing(secret, KeyAccessToken)
	}
	for _, required := range []struct{ key, value string }{
		{KeyClientID, c.clientID}, {KeyClientSecret, c.clientSecret}, {KeyRefreshToken, c.refreshToken},
	} {
		if required.value == "" {
			return c, keyMissing(secret, required.key)
		}
	}
	c.kind = v1alpha1.CredentialKindIntegration
	if trimmed(secret.Data[KeyApplicationID]) != "" {
		c.kind = v1alpha1.CredentialKindServiceApp
	}
	return c, nil
}

func hasAny(secret *corev1.Secret, keys ...string) bool {
	for _, key := range keys {
		if _, ok := secret.Data[key]; ok {
			return true
		}
	}
	return false
}

func keyMissing(secret *corev1.Secret, key string) *Failure {
	what := "has no key"
	if _, ok := secret.Data[key]; ok {
		what = "has an empty key"
	}
	return refused(v1alpha1.ReasonSecretKeyMissing, "Secret %q %s %q: give it key %s, or keys %s, %s and %s",
		secret.Name, what, key, KeyAccessToken, KeyClientID, KeyClientSecret, KeyRefreshToken)
}

// owner identifies the token's owner for the shared request budget, and tells
// whether stored tokens stem from these credentials. It reveals nothing: it is
// a hash over at least one high-entropy secret.
func (c *credentials) owner() string {
	sum := sha256.New()
	for _, part := range []string{string(c.kind), c.clientID, c.refreshToken, c.accessToken} {
		fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
