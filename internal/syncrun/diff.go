package syncrun

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

// rowChange is a row to write: its object, its status, or both.
type rowChange struct {
	kind          v1alpha1.ChangeKind
	before, after *v1alpha1.WebexLicense
	// object and status say which of the two differ.
	object, status bool
}

// diff is what a run has to write.
type diff struct {
	// marks supersede the rows whose removal is held. They are written before anything else:
	// what is held is judged by the rows that there were, also if the run is cut off.
	marks     []rowChange
	changes   []rowChange
	removals  []*v1alpha1.WebexLicense
	unchanged int
}

// compare finds the difference between the rows there are and the desired ones.
// Rows are matched by identity, so a row keeps its object name when Cisco
// renames the licence.
func compare(customer *v1alpha1.WebexCustomerAccess, existing []v1alpha1.WebexLicense, desired []*v1alpha1.WebexLicense, now metav1.Time) diff {
	var d diff
	byKey := make(map[usage.Key]*v1alpha1.WebexLicense, len(existing))
	for i := range existing {
		row := &existing[i]
		twin, ok := byKey[keyOf(row)]
		switch {
		case !ok:
			byKey[keyOf(row)] = row
		case older(row, twin):
			// Two rows of one identity can only come from a stale cache; the older stays.
			d.removals = append(d.removals, twin)
			byKey[keyOf(row)] = row
		default:
			d.removals = append(d.removals, row)
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
		if change, ok := changeOf(have, want, now); ok {
			d.changes = append(d.changes, change)
		} else {
			d.unchanged++
		}
	}
	for _, row := range byKey {
		d.removals = append(d.removals, row)
	}
	slices.SortFunc(d.removals, func(a, b *v1alpha1.WebexLicense) int { return strings.Compare(a.Name, b.Name) })
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

// changeOf says how a row differs from the desired one, and completes the
// desired status with generation and times. A row that there is gets the version that it was
// compared with, so that what an old copy decided is refused.
func changeOf(have, want *v1alpha1.WebexLicense, now metav1.Time) (rowChange, bool) {
	if have == nil {
		complete(&want.Status, nil, 1, now)
		return rowChange{kind: v1alpha1.ChangeAdded, after: want, object: true, status: true}, true
	}
	want.Name, want.UID, want.ResourceVersion = have.Name, have.UID, have.ResourceVersion
	complete(&want.Status, have.Status.Conditions, have.Generation, now)
	change := rowChange{
		kind: v1alpha1.ChangeUpdated, before: have, after: want,
		object: !sameMetadata(have, want),
		status: !sameFigures(&have.Status, &want.Status),
	}
	if len(have.Unreadable) > 0 {
		// The status goes first, since the answer to a write of the rest holds it, and is
		// to be read; the rest follows the next time.
		change.object, change.status = false, true
	}
	return change, change.object || change.status
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

// maxSamples is the number of changes that a run shows in its status.
const maxSamples = 10

// samples are the first changes of a diff, for the status of the run.
func (d diff) samples() []v1alpha1.Change {
	var changes []v1alpha1.Change
	for _, c := range d.changes {
		if len(changes) == maxSamples {
			return changes
		}
		changes = append(changes, sample(c.kind, c.before, c.after))
	}
	for _, row := range d.removals {
		if len(changes) == maxSamples {
			return changes
		}
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
