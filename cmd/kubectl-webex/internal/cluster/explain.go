package cluster

import (
	"errors"
	"fmt"
	"net"
	"net/url"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/webex-operator/webex-license-operator/internal/refusal"
)

// Explain adds the remedy to an error of the Kubernetes API.
func Explain(err error) error {
	var unreachable *url.Error
	var refused *net.OpError
	switch {
	case err == nil:
		return nil
	case missingKind(err):
		return fmt.Errorf("%w: this cluster does not have the kinds of the operator; install them with make install, or choose another cluster with --context", err)
	case apierrors.IsForbidden(err):
		return forbidden(err)
	case apierrors.IsUnauthorized(err):
		return fmt.Errorf("%w: the cluster does not take your credentials; log in again, or choose others with --context or --kubeconfig", err)
	case apierrors.IsConflict(err):
		return fmt.Errorf("%w: it was changed at the same time; try again", err)
	case apierrors.IsTimeout(err), apierrors.IsServerTimeout(err), apierrors.IsTooManyRequests(err):
		return fmt.Errorf("%w: the cluster is busy; try again in a moment", err)
	case errors.As(err, &refused), errors.As(err, &unreachable):
		return fmt.Errorf("the cluster cannot be reached: %w: see whether it runs, and whether --context or --kubeconfig is right", err)
	}
	return err
}

// forbidden tells a missing right from the other things that Kubernetes forbids.
func forbidden(err error) error {
	switch refusal.KindOf(err) {
	case refusal.Permission:
		return fmt.Errorf("%w: ask an administrator of the cluster for one of the roles in config/rbac, such as licensesync-editor-role", err)
	case refusal.Quota:
		return fmt.Errorf("%w: the namespace's quota is used up: kubectl describe resourcequota shows it; have it raised, or delete runs that have ended", err)
	case refusal.Terminating:
		return fmt.Errorf("%w: the namespace is being deleted", err)
	case refusal.Rule:
	}
	return fmt.Errorf("%w: a rule of the cluster forbids it, which its administrator can change", err)
}

// IsNotFound says whether an object is not there, of a kind that the cluster knows.
func IsNotFound(err error) bool { return apierrors.IsNotFound(err) && !missingKind(err) }

// missingKind tells a kind that the cluster does not know from an object that is not there.
func missingKind(err error) bool {
	if meta.IsNoMatchError(err) {
		return true
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) || !apierrors.IsNotFound(err) {
		return false
	}
	details := status.Status().Details
	return details == nil || details.Name == "" || apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse)
}

func explainConfig(err error) error {
	if clientcmd.IsEmptyConfig(err) {
		return errors.New("there is no kubeconfig: name one with --kubeconfig or the variable KUBECONFIG")
	}
	if clientcmd.IsContextNotFound(err) {
		return fmt.Errorf("%w: kubectl config get-contexts lists those there are", err)
	}
	return fmt.Errorf("the kubeconfig cannot be used: %w: see kubectl config view", err)
}

// NotFound is the error for an object that does not exist.
func NotFound(s *Session, what, name, remedy string) error {
	where := "in namespace " + s.Namespace
	if s.All() {
		where = "in any namespace"
	}
	return fmt.Errorf("there is no %s %q %s: %s, or look elsewhere with -n or -A", what, name, where, remedy)
}
