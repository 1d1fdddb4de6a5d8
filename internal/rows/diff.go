package rows

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/status"
	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Change is a row to write: its object, its status, or both.
type Change struct {
	// Kind says whether the row is new.
	Kind v1alpha1.ChangeKind
	// Before is the row that there is, nil if there is none. After is what it shall be.
	Before, After *v1alpha1.WebexLicense
	// Object and Status say which of the two differ.
	Object, Status bool
}

// Diff is what has to be written.
type Diff struct {
	// Marks supersede the rows whose removal is held. They are to be written before anything else:
	// what is held is judged by the rows that there were, also if the run is cut off.
	Marks []Change
	// Changes are the rows to write, Removals those to delete.
	Changes  []Change
	Removals []*v1alpha1.WebexLicense
	// Unchanged is how many rows say already what they shall.
	Unchanged int
	// Held describes the removals that wait for approval; nil if none does.
	Held *v1alpha1.HeldPrune
	// Hash identifies the rows once all of it is written, as [Hash] does.
	Hash string
}

// Walk is what a complete walk found, beside the rows that there are.
type Walk struct {
	// Customer has the spec, an approval, and what was held before, as they are now.
	Customer *v1alpha1.WebexCustomerAccess
	// Collects says which levels were collected.
	Collects func(v1alpha1.Level) bool
	// Emptied says that Webex listed no licence at all.
	Emptied bool
	// Counted are the units that were counted, Defaults the defaults in force.
	Counted  []usage.Row
	Defaults usage.Effective
	// Existing are all rows of the customer. They are not changed.
	Existing []v1alpha1.WebexLicense
}

// Diff is what has to be written so that the rows say what was counted.
func (w Walk) Diff(now metav1.Time) Diff {
	desired := make([]*v1alpha1.WebexLicense, len(w.Counted))
	for i, row := range w.Counted {
		desired[i] = Desired(w.Customer, row, w.Defaults)
	}
	d := compare(w.Customer, w.Existing, desired, now)
	d.Hash = Hash(desired)
	ruled := pruneCase{customer: w.Customer, existing: w.Existing, removals: d.Removals, emptied: w.Emptied, collects: w.Collects}.rule()
	d.Held, d.Removals, d.Marks = ruled.held, ruled.removals, supersede(ruled.kept, w.Customer, w.Defaults, now)
	return d
}

// compare finds the difference between the rows there are and the desired ones.
// Rows are matched by identity, so a row keeps its object name when Cisco
// renames the licence.
func compare(customer *v1alpha1.WebexCustomerAccess, existing []v1alpha1.WebexLicense, desired []*v1alpha1.WebexLicense, now metav1.Time) Diff {
	var d Diff
	byKey := make(map[usage.Key]*v1alpha1.WebexLicense, len(existing))
	for i := range existing {
		row := &existing[i]
		twin, ok := byKey[keyOf(row)]
		switch {
		case !ok:
			byKey[keyOf(row)] = row
		case older(row, twin):
			// Two rows of one identity can only come from a stale cache; the older stays.
			d.Removals = append(d.Removals, twin)
			byKey[keyOf(row)] = row
		default:
			d.Removals = append(d.Removals, row)
		}
	}
	spelled := make(map[string]string) // ids of locations as rows have them, by their keys
	for key, row := range byKey {
		spelled[key.LocationID] = row.Spec.LocationID
	}
	for _, want := range desired {
		have := byKey[keyOf(want)]
		delete(byKey, keyOf(want))
		respell(want, have, spelled)
		setCapacity(want, conditionsOf(have), customer)
		if change, ok := ChangeOf(have, want, now); ok {
			d.Changes = append(d.Changes, change)
		} else {
			d.Unchanged++
		}
	}
	for _, row := range byKey {
		d.Removals = append(d.Removals, row)
	}
	slices.SortFunc(d.Removals, func(a, b *v1alpha1.WebexLicense) int { return strings.Compare(a.Name, b.Name) })
	return d
}

// respell keeps the ids of a row, and of its location in other rows, as they are
// spelled there, should Webex spell them in another way now.
func respell(want, have *v1alpha1.WebexLicense, locations map[string]string) {
	switch id, known := locations[webex.IDKey(want.Spec.LocationID)]; {
	case have != nil:
		want.Spec = have.Spec
	case known:
		want.Spec.LocationID = id
	}
}

func conditionsOf(row *v1alpha1.WebexLicense) []metav1.Condition {
	if row == nil {
		return nil
	}
	return row.Status.Conditions
}

func older(a, b *v1alpha1.WebexLicense) bool {
	if a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.Name < b.Name
	}
	return a.CreationTimestamp.Before(&b.CreationTimestamp)
}

// ChangeOf says how a row differs from the desired one, and completes the
// desired status with generation and times. A row that there is gets the version that it was
// compared with, so that what an old copy decided is refused.
func ChangeOf(have, want *v1alpha1.WebexLicense, now metav1.Time) (Change, bool) {
	if have == nil {
		complete(&want.Status, nil, 1, now)
		return Change{Kind: v1alpha1.ChangeAdded, After: want, Object: true, Status: true}, true
	}
	want.Name, want.UID, want.ResourceVersion = have.Name, have.UID, have.ResourceVersion
	complete(&want.Status, have.Status.Conditions, have.Generation, now)
	change := Change{
		Kind: v1alpha1.ChangeUpdated, Before: have, After: want,
		Object: !sameMetadata(have, want),
		Status: !sameFigures(&have.Status, &want.Status),
	}
	if len(have.Unreadable) > 0 {
		// The status goes first, since the answer to a write of the rest holds it, and is
		// to be read; the rest follows the next time.
		change.Object, change.Status = false, true
	}
	return change, change.Object || change.Status
}

func complete(s *v1alpha1.WebexLicenseStatus, previous []metav1.Condition, generation int64, now metav1.Time) {
	s.Conditions = status.Merge(previous, s.Conditions, generation, now)
	s.ObservedGeneration = &generation
	s.LastChangeTime = &now
}

// sameMetadata says whether a row carries our labels and the right owner;
// labels of others are theirs.
func sameMetadata(have, want *v1alpha1.WebexLicense) bool {
	for key, value := range want.Labels {
		if have.Labels[key] != value {
			return false
		}
	}
	if _, stray := have.Labels[v1alpha1.LabelLocation]; stray && want.Spec.Level == v1alpha1.LevelCustomer {
		return false
	}
	return ownerUID(have) == ownerUID(want)
}

func ownerUID(row *v1alpha1.WebexLicense) string {
	if owner := metav1.GetControllerOf(row); owner != nil {
		return string(owner.UID)
	}
	return ""
}

// sameFigures compares all of two statuses but the time of the last change.
func sameFigures(have, want *v1alpha1.WebexLicenseStatus) bool {
	a, b := *have, *want
	a.LastChangeTime, b.LastChangeTime = nil, nil
	if !status.Equal(a.Conditions, b.Conditions) {
		return false
	}
	a.Conditions, b.Conditions = nil, nil
	return equality.Semantic.DeepEqual(a, b)
}

// Counts are the numbers of rows, for the status of the run.
func (d Diff) Counts() v1alpha1.RowCounts {
	count := func(n int) *int32 { return new(int32(n)) } //nolint:gosec // bounded by the rows of one customer
	updated := 0
	for _, c := range d.Changes {
		if c.Kind == v1alpha1.ChangeUpdated {
			updated++
		}
	}
	counts := v1alpha1.RowCounts{
		Added: count(len(d.Changes) - updated), Updated: count(updated), Removed: count(len(d.Removals)), Unchanged: count(d.Unchanged),
	}
	if d.Held != nil {
		counts.Held = d.Held.Rows
	}
	return counts
}

// maxSamples is the number of changes that a run shows in its status.
const maxSamples = 10

// Samples are the first changes of a diff, for the status of the run.
func (d Diff) Samples() []v1alpha1.Change {
	var changes []v1alpha1.Change
	for _, c := range d.Changes[:min(len(d.Changes), maxSamples)] {
		changes = append(changes, sample(c.Kind, c.Before, c.After))
	}
	for _, row := range d.Removals[:min(len(d.Removals), maxSamples-len(changes))] {
		changes = append(changes, sample(v1alpha1.ChangeRemoved, row, nil))
	}
	return changes
}

func sample(kind v1alpha1.ChangeKind, before, after *v1alpha1.WebexLicense) v1alpha1.Change {
	row := after
	if row == nil {
		row = before
	}
	return v1alpha1.Change{
		Kind: kind, Row: row.Name, License: row.Status.Name, Location: row.Status.Location,
		Before: figures(before), After: figures(after),
	}
}

func figures(row *v1alpha1.WebexLicense) string {
	if row == nil {
		return ""
	}
	unit := func(n *int64) string {
		if n == nil {
			return "?"
		}
		return fmt.Sprint(*n)
	}
	return unit(row.Status.ConsumedUnits) + "/" + unit(row.Status.TotalUnits)
}

// labelKeys are the labels of rows that are ours.
var labelKeys = []string{v1alpha1.LabelCustomer, v1alpha1.LabelLevel, v1alpha1.LabelClass, v1alpha1.LabelLocation}

// ownLabels are the labels that runs own; applying others would take them over.
func ownLabels(row *v1alpha1.WebexLicense) map[string]string {
	own := map[string]string{}
	for _, key := range labelKeys {
		if value, ok := row.Labels[key]; ok {
			own[key] = value
		}
	}
	if row.Spec.Level == v1alpha1.LevelCustomer {
		delete(own, v1alpha1.LabelLocation) // a row of that level has none
	}
	return own
}

// StrayLabels are those of our labels that a row has and should not have. Server-side apply
// leaves alone what others added. That is right for their own labels, and wrong for ours: each
// run would find a difference that it cannot write away.
func StrayLabels(have map[string]string, want *v1alpha1.WebexLicense) []string {
	var stray []string
	for _, key := range labelKeys {
		if _, wanted := want.Labels[key]; wanted {
			continue
		}
		if _, found := have[key]; found {
			stray = append(stray, key)
		}
	}
	return stray
}
