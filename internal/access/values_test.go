package access

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
)

// Each key of a credentials Secret, in each kind of credentials that uses it, with each defect: it is read, or told by its
// key and the defect, and never by its value.
func TestEveryKeyWithEveryDefect(t *testing.T) {
	t.Parallel()
	const value = "Zm9vYmFy_PF84_0f1e2d3c"
	sets := [][]string{
		{KeyAccessToken},
		{KeyClientID, KeyClientSecret, KeyRefreshToken},
		{KeyAccessToken, KeyClientID, KeyClientSecret, KeyRefreshToken, KeyApplicationID},
		{KeyClientID, KeyClientSecret, KeyApplicationID, KeyBootstrapToken},
		{KeyClientID, KeyClientSecret, KeyApplicationID, KeyBootstrapClientID, KeyBootstrapClientSecret, KeyBootstrapRefreshToken},
		{KeyAccessToken, KeyProxyUsername, KeyProxyPassword},
	}
	tokens := []string{KeyAccessToken, KeyRefreshToken, KeyBootstrapToken, KeyBootstrapRefreshToken}
	wide := "\xff\xfe"
	for _, letter := range value {
		wide += string(letter) + "\x00"
	}
	for _, keys := range sets {
		for _, key := range keys {
			proxy := key == KeyProxyUsername || key == KeyProxyPassword
			for defect, raw := range map[string]string{
				"":                    "\ufeff" + value + "\r\n",
				"UTF-16":              wide,
				"NUL":                 value + "\x00",
				"invisible":           value[:3] + "\u200b" + value[3:],
				"several lines":       value[:3] + "\n" + value[3:],
				"quotation marks":     `"` + value + `"`,
				"is JSON":             `{"token":"` + value + `"}`,
				"blank inside":        "Authorization: Bearer " + value,
				"base64 once too":     base64.StdEncoding.EncodeToString([]byte(value + "\n")),
				"Bearer":              "Bearer " + value,
				"not text in UTF-8":   value + "\xe9",
				"a character that no": value + "…",
			} {
				g := NewWithT(t)
				secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "webex"}, Data: map[string][]byte{}}
				for _, other := range keys {
					secret.Data[other] = []byte(value)
				}
				secret.Data[key] = []byte(raw)
				_, err := CheckSecret(secret)
				fine := defect == "" || defect == "Bearer" && slices.Contains(tokens, key) ||
					key == KeyProxyPassword && !slices.Contains([]string{"UTF-16", "NUL", "invisible", "several lines", "not text in UTF-8"}, defect) ||
					proxy && slices.Contains([]string{"blank inside", "base64 once too", "Bearer", "a character that no"}, defect)
				if fine {
					g.Expect(err).NotTo(HaveOccurred(), "%v, %s: %s", keys, key, defect)
					continue
				}
				if defect == "Bearer" {
					defect = "blank inside"
				}
				failure := failures.Of(context.Background(), err)
				g.Expect(failure.Reason).To(Equal(v1alpha1.ReasonSecretKeyInvalid), "%v, %s: %s", keys, key, defect)
				g.Expect(failure.Message).To(And(ContainSubstring(`key "`+key+`" of Secret "webex"`), ContainSubstring(defect)))
				g.Expect(strings.Contains(failure.Message, value[:6])).To(BeFalse())
			}
		}
	}
}
