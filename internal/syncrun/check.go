package syncrun

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// CheckSecret says which kind of credentials a Secret holds, and what keeps them
// from being used, as far as that can be told without asking Webex.
func CheckSecret(secret *corev1.Secret) (v1alpha1.CredentialKind, error) {
	c, err := parseCredentials(secret)
	if err != nil {
		return "", err
	}
	return c.kind, c.proxyFault
}
