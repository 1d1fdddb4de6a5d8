package assignrun

import (
	"context"
	"errors"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	ac "github.com/webex-operator/webex-license-operator/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/status"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Record writes the facts of the assignments whose facts changed.
func (j *Job) Record(ctx context.Context, c client.Client) error {
	var failed error
	for i := range j.wards {
		failed = errors.Join(failed, j.wards[i].record(ctx, c))
	}
	return failed
}

func (w *ward) record(ctx context.Context, c client.Client) error {
	if equality.Semantic.DeepEqual(factsOf(w.WebexLicenseAssignment.Status), w.facts) {
		return nil
	}
	configuration, err := status.ApplyConfiguration[ac.WebexLicenseAssignmentStatusApplyConfiguration](w.facts)
	if err != nil {
		return err
	}
	err = c.Status().Apply(ctx, ac.WebexLicenseAssignment(w.Name, w.Namespace).WithUID(w.UID).WithStatus(configuration),
		client.ForceOwnership, client.FieldOwner(access.FieldManager))
	if client.IgnoreNotFound(err) != nil {
		return &failures.Failure{
			Class: webex.ClassTransient, Reason: v1alpha1.ReasonWriteFailed, Err: err,
			Message: "the status of a WebexLicenseAssignment could not be written, the run tries again: " + failures.APIServerWords(err),
		}
	}
	w.WebexLicenseAssignment.Status = factsOf(w.facts)
	return nil
}

// Refuse notes that nothing can be sent, since the write credentials are missing or cannot be used.
func (j *Job) Refuse(message string) {
	for i := range j.wards {
		if w := &j.wards[i]; j.enforces(w) && j.plan.Outcomes[i].Add+j.plan.Outcomes[i].Remove > 0 {
			w.sent.stopped = &stop{v1alpha1.ReasonWriteCredentialsRefused, message}
		}
	}
}

// Assigned counts the people who were changed, or could not be; nil if nothing was sent.
func (j *Job) Assigned() *v1alpha1.AssignedPeople {
	if j.changed+j.failed == 0 {
		return nil
	}
	return &v1alpha1.AssignedPeople{Changed: &j.changed, Failed: &j.failed}
}

// Moved hands out the units of licences that people at each location have got, negative if they lost some. Licences and
// locations are numbered as in the walk; the location is negative for people without one.
func (j *Job) Moved(take func(license, location int, units int64)) {
	for at, units := range j.moved {
		take(at[0], at[1], units)
	}
}

// Unchanged says whether other assignments are the ones that the job was made for, in the same order.
func (j *Job) Unchanged(current []v1alpha1.WebexLicenseAssignment) bool {
	if len(current) != len(j.wards) {
		return false
	}
	for i := range current {
		if a := j.wards[i].WebexLicenseAssignment; current[i].UID != a.UID || current[i].Generation != a.Generation {
			return false
		}
	}
	return true
}

// Settled says whether the last plan of each assignment left nothing to do, or is only to be reported, and was made by what
// there is now. While no licence moves, another one would say the same.
func (j *Job) Settled() bool {
	for i := range j.wards {
		if !j.settled(&j.wards[i]) {
			return false
		}
	}
	return true
}

func (j *Job) settled(w *ward) bool {
	made, verdict := w.WebexLicenseAssignment.Status.Observed, w.WebexLicenseAssignment.Status.Verdict
	if made == nil || verdict == nil || verdict.Reason != v1alpha1.ReasonInSync && verdict.Reason != v1alpha1.ReasonPlanOnly {
		return false
	}
	return ptr.Deref(made.Generation, 0) == w.Generation && made.LocksHash == LocksHash(j.customer, j.enabled) &&
		slices.Equal(made.Sources, j.sources(w))
}
