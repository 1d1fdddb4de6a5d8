package assignrun

import (
	"context"
	"slices"
	"time"

	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/assign"
	"github.com/webex-operator/webex-license-operator/internal/subjects"
	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// defaultMaxRemovals is that of spec.maxRemovals.
const defaultMaxRemovals = 10

// removalWindow is the time within which spec.maxRemovals counts.
const removalWindow = 24 * time.Hour

// Walk is what a complete walk has found, as a plan needs it.
type Walk struct {
	// Groups asks for groups, in the organization.
	Groups       subjects.GroupReader
	Organization webex.OrganizationID
	// Roster are the people, and Licenses the licences that it numbers.
	Roster   *subjects.Roster
	Licenses []usage.License
	// Rows are those of the customer, of which the ones at level Customer count.
	Rows []v1alpha1.WebexLicense
	// Locations are those that the roster numbers.
	Locations []usage.Location
}

// Plan makes the plan, and the facts of each assignment that follow from it. Groups are asked for once.
func (j *Job) Plan(ctx context.Context, w Walk, now time.Time) error {
	if j.groups == nil {
		lists := make([]*subjects.List, len(j.wards))
		for i := range j.wards {
			lists[i] = j.wards[i].list
		}
		var err error
		if j.groups, err = subjects.ReadGroups(ctx, w.Groups, w.Organization, lists); err != nil {
			return err
		}
	}
	j.roster, j.rows = w.Roster, w.Rows
	protected := j.roster.Resolve(&subjects.List{Entries: j.protected, Faults: j.protectedFaults}, nil, nil)
	j.protectedFaults = append(slices.Clip(protected.Faults), protected.NotFound...)
	j.world = assign.World{
		Licenses: licensesOf(w.Licenses, w.Rows), People: j.roster.People,
		Protected: map[int]bool{}, KeepAll: len(j.protectedFaults) > 0,
		RemoveOthers: j.customer.Spec.Assignment != nil && j.customer.Spec.Assignment.OtherLicenses == v1alpha1.OtherLicensesRemove,
	}
	for _, person := range protected.People {
		j.world.Protected[person] = true
	}
	for i := range j.wards {
		ward := &j.wards[i]
		ward.resolved = j.roster.Resolve(ward.list, j.groups, w.Locations)
		j.world.Assignments = append(j.world.Assignments, j.assignment(ward, now))
	}
	j.decide(now)
	return nil
}

// Replan makes the plan anew, after changes were made and licences were counted again.
func (j *Job) Replan(licenses []usage.License, now time.Time) {
	j.world.Licenses = licensesOf(licenses, j.rows)
	for i := range j.wards {
		j.world.Assignments[i].Removed = removedWithin(j.wards[i].facts.Removals, now)
	}
	j.decide(now)
}

func (j *Job) decide(now time.Time) {
	j.plan = assign.New(j.world)
	for i := range j.wards {
		j.wards[i].conclude(j, i, now)
	}
}

// assignment is what package assign needs to know.
func (j *Job) assignment(w *ward, now time.Time) assign.Assignment {
	a := assign.Assignment{
		Name: w.Name, OfferCode: w.Spec.License.OfferCode, LicenseName: w.Spec.License.Name,
		Enforce:        j.enforces(w),
		RemoveUnlisted: w.Spec.Unlisted == v1alpha1.UnlistedRemove,
		Unresolved:     len(w.resolved.Faults)+len(w.resolved.NotFound) > 0,
		Unreadable:     len(v1alpha1.UnreadableIn("spec", w.Unreadable)) > 0,
		Listed:         w.resolved.People,
		MaxRemovals:    int64(ptr.Deref(w.Spec.MaxRemovals, defaultMaxRemovals)),
		Removed:        removedWithin(w.facts.Removals, now),
		KeepFree:       int64(ptr.Deref(w.Spec.KeepFreeUnits, 0)),
		Approved:       w.Annotations[v1alpha1.AnnotationApproveRemovals],
	}
	if in := w.facts.Observed; in != nil && ptr.Deref(in.Generation, 0) == w.Generation {
		a.Peers = in.Peers
	}
	if l := w.facts.License; l != nil && ptr.Deref(l.ChosenGeneration, 0) == w.Generation {
		a.ChosenID = j.spelled(l.ID)
	}
	return a
}

// spelled is the id of a licence as Webex writes it now: it has several spellings of one id.
func (j *Job) spelled(id string) string {
	for i := range j.world.Licenses {
		if l := j.world.Licenses[i].ID; webex.IDKey(l) == webex.IDKey(id) {
			return l
		}
	}
	return id
}

// licensesOf are the licences as the roster numbers them, as their rows say, and after them the rows of licences that
// Webex lists no longer. A licence without a row is not synced, and so not assignable.
func licensesOf(listed []usage.License, rows []v1alpha1.WebexLicense) []assign.License {
	byID := map[string]*v1alpha1.WebexLicense{}
	for i := range rows {
		if row := &rows[i]; row.Spec.Level == v1alpha1.LevelCustomer {
			byID[webex.IDKey(row.Spec.LicenseID)] = row
		}
	}
	licenses := make([]assign.License, 0, len(listed))
	for _, l := range listed {
		license := assign.License{ID: l.ID, OfferCode: l.OfferCode}
		if row := byID[webex.IDKey(l.ID)]; row != nil {
			license = licenseOf(row)
			license.ID = l.ID
			delete(byID, webex.IDKey(l.ID))
		}
		license.Total, license.Free = l.Total, nil
		if l.Total != nil && l.Consumed != nil {
			license.Free = new(*l.Total - *l.Consumed)
		}
		licenses = append(licenses, license)
	}
	for i := range rows {
		if row := byID[webex.IDKey(rows[i].Spec.LicenseID)]; row == &rows[i] {
			licenses = append(licenses, licenseOf(row))
		}
	}
	return licenses
}

func licenseOf(row *v1alpha1.WebexLicense) assign.License {
	s := row.Status
	return assign.License{
		ID: row.Spec.LicenseID, Row: row.Name, Name: s.Name, OfferCode: s.OfferCode,
		Purchased:  s.Class == v1alpha1.ClassPurchased,
		Assignable: ptr.Deref(s.Assignable, false),
		Outside:    s.AssignableReason == v1alpha1.AssignableOtherSubscription || s.AssignableReason == v1alpha1.AssignableOtherSiteURL,
		Reason:     string(s.AssignableReason),
		Total:      s.TotalUnits, Free: s.AvailableUnits,
	}
}

// removedWithin is how many people lost a licence within the last 24 hours, or may have.
func removedWithin(batches []v1alpha1.RemovalBatch, now time.Time) int64 {
	return removedPeople(current(batches, now))
}

// current are the batches that still count. One ahead of the clock does.
func current(batches []v1alpha1.RemovalBatch, now time.Time) []v1alpha1.RemovalBatch {
	return slices.DeleteFunc(slices.Clone(batches), func(b v1alpha1.RemovalBatch) bool {
		return b.Time == nil || now.Sub(b.Time.Time) >= removalWindow
	})
}

// Calls is how many people have something to send.
func (j *Job) Calls() int {
	n := 0
	for _, calls := range j.plan.Phases {
		n += len(calls)
	}
	return n
}
