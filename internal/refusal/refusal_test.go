package refusal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var runs = schema.GroupResource{Group: "licensing.webex-operator.io", Resource: "licensesyncs"}

func TestRefusals(t *testing.T) {
	t.Parallel()
	answer := func(code int32, reason metav1.StatusReason, message string) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: code, Reason: reason, Message: message}}
	}
	terminating := apierrors.NewForbidden(runs, "a", errors.New("unable to create new content in namespace n because it is being terminated"))
	terminating.ErrStatus.Details.Causes = append(terminating.ErrStatus.Details.Causes, metav1.StatusCause{Type: corev1.NamespaceTerminatingCause})
	for name, c := range map[string]struct {
		err     error
		refused bool
		kind    Kind
	}{
		"quota":            {apierrors.NewForbidden(runs, "a", errors.New("exceeded quota: q, requested: count/x=1, used: count/x=0, limited: count/x=0")), true, Quota},
		"quota, no figure": {apierrors.NewForbidden(runs, "a", errors.New("failed quota: q: must specify limits.cpu")), true, Quota},
		"role":             {apierrors.NewForbidden(runs, "a", errors.New(`User "system:serviceaccount:o:m" cannot create resource "licensesyncs" in API group "g" in the namespace "n"`)), true, Permission},
		"policy":           {apierrors.NewInvalid(schema.GroupKind{Kind: "LicenseSync"}, "a", nil), true, Rule},
		"policy, 403":      {apierrors.NewForbidden(runs, "a", errors.New("ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no")), true, Rule},
		"limits":           {apierrors.NewForbidden(runs, "a", errors.New("minimum memory usage per Container is 1Gi")), true, Rule},
		"webhook":          {answer(http.StatusBadRequest, "", `admission webhook "w" denied the request: no`), true, Rule},
		"webhook, 500":     {answer(http.StatusInternalServerError, "", `admission webhook "w" denied the request: no`), true, Rule},
		"webhook is gone":  {apierrors.NewInternalError(errors.New(`failed calling webhook "w": connection refused`)), true, Rule},
		"terminating":      {terminating, true, Terminating},
		"wrapped":          {fmt.Errorf("storing tokens: %w", terminating), true, Terminating},
		"gone":             {apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "n"), true, Rule},
		"too large":        {apierrors.NewRequestEntityTooLargeError("limit"), true, Rule},
		"conflict":         {apierrors.NewConflict(runs, "a", errors.New("modified")), false, Rule},
		"exists":           {apierrors.NewAlreadyExists(runs, "a"), false, Rule},
		"busy":             {apierrors.NewTooManyRequestsError("later"), false, Rule},
		"etcd":             {apierrors.NewInternalError(errors.New("etcdserver: leader changed")), false, Rule},
		"unavailable":      {apierrors.NewServiceUnavailable("starting"), false, Rule},
		"timed out":        {apierrors.NewTimeoutError("slow", 1), false, Rule},
		"no answer":        {errors.New("connection refused"), false, Rule},
		"ended":            {context.Canceled, false, Rule},
	} {
		if got := Is(c.err); got != c.refused {
			t.Errorf("%s: refused is %v", name, got)
		}
		if got := KindOf(c.err); c.refused && got != c.kind {
			t.Errorf("%s: %s, want %s", name, got, c.kind)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("creating: %w", apierrors.NewForbidden(runs, "a", errors.New("exceeded quota: q,\n\tused: 0.  ")))
	if got, want := Words(err), `licensesyncs.licensing.webex-operator.io "a" is forbidden: exceeded quota: q, used: 0`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := Words(errors.New(strings.Repeat("€", 1000))); len(got) > most || !strings.HasSuffix(got, "€…") {
		t.Errorf("%q", got)
	}
}
