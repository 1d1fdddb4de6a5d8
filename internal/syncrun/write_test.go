package syncrun

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	ac "github.com/webex-operator/webex-license-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/usage"
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
		odd    bool
		reason string
	}{
		"written":                     {err: nil},
		"a value out of bounds":       {err: apierrors.NewInvalid(schema.GroupKind{}, "x", field.ErrorList{field.TooLong(field.NewPath("spec", "licenseID"), "", 512)}), odd: true},
		"too large":                   {err: apierrors.NewRequestEntityTooLargeError("x"), odd: true},
		"a quota":                     {err: apierrors.NewForbidden(resource, "x", errors.New("exceeded quota")), reason: v1alpha1.ReasonRowsRefused},
		"a policy with the same code": {err: policy, reason: v1alpha1.ReasonRowsRefused},
		"a conflict":                  {err: apierrors.NewConflict(resource, "x", errors.New("changed")), reason: v1alpha1.ReasonWriteFailed},
		"no answer":                   {err: errors.New("connection refused"), reason: v1alpha1.ReasonWriteFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			w := &rowWriter{attempt: &attempt{worker: idleWorker{}}}
			err := w.each(t.Context(), 1, func(context.Context, int) error { return w.refusal(&v1alpha1.WebexLicense{}, test.err) })
			if test.reason == "" {
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(w.refused == 1).To(Equal(test.odd))
				return
			}
			failure, ok := errors.AsType[*failures.Failure](err)
			g.Expect(ok).To(BeTrue(), "%v", err)
			g.Expect(failure.Reason).To(Equal(test.reason))
			g.Expect(failure.Retriable()).To(Equal(test.reason == v1alpha1.ReasonWriteFailed))
		})
	}
}

// What a run shows is what the API server took: a row that it refuses is in no count but its own,
// and among no changes, and a mark that it refuses is no row less that was updated.
func TestCountsAreWhatWasWritten(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	scheme := runtime.NewScheme()
	g.Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	customer := testCustomer()
	before := []usage.Row{counted("taken", 1), counted("refused", 1), counted("same", 1)}
	for i := range 12 {
		before = append(before, counted(fmt.Sprint("gone", i), 1))
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(&v1alpha1.WebexLicense{})
	odd := map[string]bool{}
	for _, row := range stored(customer, before...) {
		builder.WithObjects(&row)
		odd[row.Name] = row.Spec.LicenseID == "refused" || row.Spec.LicenseID == "gone3"
	}
	refuse := func(obj runtime.ApplyConfiguration) error {
		row := obj.(*ac.WebexLicenseApplyConfiguration)
		if odd[*row.Name] || row.Spec != nil && *row.Spec.LicenseID == "refused-too" {
			return apierrors.NewInvalid(schema.GroupKind{}, *row.Name, field.ErrorList{field.TooLong(field.NewPath("spec", "licenseID"), "", 512)})
		}
		return nil
	}
	c := interceptor.NewClient(builder.Build(), interceptor.Funcs{
		Apply: func(ctx context.Context, c client.WithWatch, obj runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
			if err := refuse(obj); err != nil {
				return err
			}
			return c.Apply(ctx, obj, opts...)
		},
		SubResourceApply: func(ctx context.Context, c client.Client, _ string, obj runtime.ApplyConfiguration, opts ...client.SubResourceApplyOption) error {
			if err := refuse(obj); err != nil {
				return err
			}
			return c.Status().Apply(ctx, obj, opts...)
		},
	})
	var existing v1alpha1.WebexLicenseList
	g.Expect(c.List(t.Context(), &existing)).To(Succeed())

	a := &attempt{
		Engine: &Engine{Client: c, Recorder: events.NewFakeRecorder(100), Clock: clocktesting.NewFakePassiveClock(at.Time)}, worker: idleWorker{},
		usage: usage.NewAggregator(nil, nil, usage.Options{}),
	}
	d := diffOf(customer, existing.Items, counted("taken", 2), counted("refused", 2), counted("same", 1), counted("new", 1), counted("refused-too", 1))
	g.Expect(d.Marks).To(HaveLen(12))
	g.Expect(a.write(t.Context(), &d)).To(Succeed())
	a.summarise(d)
	count := func(n int32) *int32 { return &n }
	g.Expect(a.outcome.Rows).To(Equal(v1alpha1.RowCounts{
		Added: count(1), Updated: count(1), Removed: count(0), Unchanged: count(1), Held: count(12), Refused: count(3),
	}))
	var shown []string
	for _, change := range a.outcome.Changes {
		shown = append(shown, string(change.Kind)+" "+change.License)
	}
	g.Expect(shown).To(ConsistOf("Updated Licence taken", "Added Licence new"))
	g.Expect(a.outcome.Missing).To(HavePrefix("3 licence rows were not written, of licence "))
}
