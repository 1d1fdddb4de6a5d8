package cluster

import (
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Not all that Kubernetes forbids is a matter of roles.
func TestExplainWhatIsForbidden(t *testing.T) {
	t.Parallel()
	forbidden := func(words string) *apierrors.StatusError {
		return apierrors.NewForbidden(schema.GroupResource{Resource: "licensesyncs"}, "acme-1", errors.New(words))
	}
	terminating := forbidden("unable to create new content in namespace webex because it is being terminated")
	terminating.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	for remedy, err := range map[string]error{
		"config/rbac":                forbidden(`User "jane" cannot create resource "licensesyncs" in API group "licensing.webex-operator.io" in the namespace "webex"`),
		"describe resourcequota":     forbidden("exceeded quota: runs, requested: count/licensesyncs.licensing.webex-operator.io=1, used: 5, limited: 5"),
		"namespace is being deleted": terminating,
		"a rule of the cluster":      forbidden("ValidatingAdmissionPolicy 'freeze' with binding 'freeze' denied request: no runs in December"),
	} {
		explained := Explain(err)
		if !errors.Is(explained, err) || !strings.Contains(explained.Error(), remedy) {
			t.Errorf("%v: no word of %q", explained, remedy)
		}
		if remedy != "config/rbac" && strings.Contains(explained.Error(), "config/rbac") {
			t.Errorf("%v blames roles", explained)
		}
	}
}
