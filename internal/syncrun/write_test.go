package syncrun

import (
	"errors"
	"net/http"
	"testing"

	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
)

// What the API server says of one row decides what becomes of the run: an odd row is left out,
// a refusal fails the run for good, and anything else is tried again.
func TestRefusalsOfRows(t *testing.T) {
	t.Parallel()
	resource := schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "webexlicenses"}
	policy := &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusUnprocessableEntity, Reason: metav1.StatusReasonInvalid, Message: "policy says no",
		Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Message: "policy says no"}}},
	}}
	for name, test := range map[string]struct {
		err    error
		kind   v1alpha1.ChangeKind
		odd    bool
		reason string
	}{
		"written":                     {err: nil},
		"a value out of bounds":       {err: apierrors.NewInvalid(schema.GroupKind{}, "x", field.ErrorList{field.TooLong(field.NewPath("spec", "licenseID"), "", 512)}), odd: true},
		"too large":                   {err: apierrors.NewRequestEntityTooLargeError("x"), odd: true},
		"a quota":                     {err: apierrors.NewForbidden(resource, "x", errors.New("exceeded quota")), reason: v1alpha1.ReasonRowsRefused},
		"a policy with the same code": {err: policy, reason: v1alpha1.ReasonRowsRefused},
		"a removal":                   {err: apierrors.NewForbidden(resource, "x", errors.New("no")), kind: v1alpha1.ChangeRemoved, reason: v1alpha1.ReasonRowsRefused},
		"a conflict":                  {err: apierrors.NewConflict(resource, "x", errors.New("changed")), reason: v1alpha1.ReasonWriteFailed},
		"no answer":                   {err: errors.New("connection refused"), reason: v1alpha1.ReasonWriteFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			if test.kind == "" {
				test.kind = v1alpha1.ChangeAdded
			}
			a := &attempt{}
			a.outcome.Rows = v1alpha1.RowCounts{Added: new(int32(3)), Updated: new(int32(2))}
			w := &rowWriter{attempt: a}
			err := w.refusal(test.kind, &v1alpha1.WebexLicense{}, test.err)
			if err == nil {
				err = w.report()
			} else {
				err = unwritten(err)
			}
			if test.reason == "" {
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(a.outcome.Rows.Refused != nil).To(Equal(test.odd))
				g.Expect(a.outcome.Missing != "").To(Equal(test.odd))
				return
			}
			failure, ok := errors.AsType[*failures.Failure](err)
			g.Expect(ok).To(BeTrue(), "%v", err)
			g.Expect(failure.Reason).To(Equal(test.reason))
			g.Expect(failure.Retriable()).To(Equal(test.reason == v1alpha1.ReasonWriteFailed))
		})
	}
}
