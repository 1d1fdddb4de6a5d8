// Package refusal tells what the Kubernetes API refuses from what it fails at. A refusal stands until a person changes
// something: a quota, an admission policy, a webhook, a role, the object in the way. A failure passes. The words of a
// refusal are the only ones that say what to change, so that they belong into a condition. It is pure.
package refusal

import (
	"errors"
	"net/http"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/internal/status"
)

// Is says whether an error is a refusal of the API server.
func Is(err error) bool {
	var answer apierrors.APIStatus
	if !errors.As(err, &answer) {
		return false // no answer at all
	}
	is := answer.Status()
	switch {
	case is.Code == http.StatusConflict:
		return false // another write came between, or the object is there
	case is.Code == http.StatusTooManyRequests || is.Reason == metav1.StatusReasonTimeout:
		return false
	case is.Code >= http.StatusInternalServerError:
		// A webhook that cannot be reached, or says no with such a code, stays like that for long.
		return strings.Contains(is.Message, "webhook")
	}
	return is.Code >= http.StatusBadRequest
}

// Kind is by what a request was refused.
type Kind string

// The kinds of refusals, as far as they can be told apart.
const (
	// Quota is a used-up ResourceQuota.
	Quota Kind = "Quota"
	// Terminating is a namespace that is being deleted.
	Terminating Kind = "Terminating"
	// Permission is a missing right.
	Permission Kind = "Permission"
	// Rule is any other rule of the cluster: an admission policy, a webhook, a LimitRange, a validation.
	Rule Kind = "Rule"
)

// KindOf says by what a request was refused.
func KindOf(err error) Kind {
	switch {
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return Terminating
	case strings.Contains(err.Error(), "exceeded quota") || strings.Contains(err.Error(), "failed quota"):
		return Quota
	case apierrors.IsForbidden(err) && permission.MatchString(err.Error()):
		return Permission
	}
	return Rule
}

// permission matches how each authorizer of Kubernetes says that a right is missing.
var permission = regexp.MustCompile(`\bUser "[^"]*" cannot `)

// most bounds the words of a refusal: those of a webhook can be long.
const most = 512

// Words are the API server's own, in one line and fit for a condition.
func Words(err error) string {
	text := err.Error()
	var answer apierrors.APIStatus
	if errors.As(err, &answer) && answer.Status().Message != "" {
		text = answer.Status().Message
	}
	return status.Clip(strings.TrimRight(strings.Join(strings.Fields(text), " "), ". "), most)
}
