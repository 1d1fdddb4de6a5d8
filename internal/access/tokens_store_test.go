package access

import (
	"errors"
	"testing"

	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
)

// A Secret for tokens that Kubernetes refuses is told in its words: a quota or a policy is no missing right.
func TestRefusedTokenSecretIsToldInWords(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	secrets := schema.GroupResource{Resource: "secrets"}
	s := &tokenStore{name: "webex-webex-token"}
	for words, err := range map[string]error{
		"exceeded quota: secrets":  apierrors.NewForbidden(secrets, s.name, errors.New("exceeded quota: secrets, requested: secrets=1")),
		"cannot create resource":   apierrors.NewForbidden(secrets, s.name, errors.New(`User "m" cannot create resource "secrets"`)),
		"failed calling webhook":   apierrors.NewInternalError(errors.New(`failed calling webhook "w": no route`)),
		"metadata.name: no such":   apierrors.NewBadRequest("metadata.name: no such"),
		"because it is terminated": apierrors.NewForbidden(secrets, s.name, errors.New("because it is terminated")),
	} {
		failure, ok := errors.AsType[*failures.Failure](s.storeError(err))
		g.Expect(ok).To(BeTrue(), words)
		g.Expect(failure.Reason).To(Equal(v1alpha1.ReasonWriteFailed))
		g.Expect(failure.Message).To(And(ContainSubstring(words), ContainSubstring(`Secret "webex-webex-token"`)))
	}
	_, ok := errors.AsType[*failures.Failure](s.storeError(apierrors.NewServiceUnavailable("starting")))
	g.Expect(ok).To(BeFalse(), "it passes")
}
