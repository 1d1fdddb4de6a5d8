package syncrun

import (
	"cmp"
	"context"

	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/rows"
	"github.com/webex-operator/webex-license-operator/internal/survey"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// findUnchanged decides whether people and workspaces are walked. If nothing moved since the last walk, as far as the
// licences tell, its rows stay, and the attempt is done.
func (a *attempt) findUnchanged(ctx context.Context) error {
	if !a.readsPeople() {
		return nil
	}
	a.walkTime = a.now()
	existing, err := Rows(ctx, a.Client, a.customer)
	if err != nil {
		return err
	}
	reason := survey.Standing{
		Customer: a.customer, Trigger: a.sync.Spec.Trigger,
		SpecHash: rows.CollectedSpecHash(a.customer), DataVersion: a.dataVersion(),
		Now:     v1alpha1.Walked{LicensesHash: rows.LicensesHash(a.licenses), RowsHash: rows.Hash(pointers(existing))},
		Settled: a.job == nil || a.job.Settled(),
	}.Walk(a.Clock.Now())
	if reason == v1alpha1.WalkUnchanged {
		hint, err := a.hint(ctx)
		if err != nil {
			return err
		}
		if hint == webex.HintSeen {
			reason = v1alpha1.WalkEventsSeen
		}
	}
	a.outcome.Walk = reason
	if a.unmoved() {
		a.keepRows(len(existing))
	}
	return nil
}

// unmoved says whether the attempt keeps the rows of the last walk.
func (a *attempt) unmoved() bool { return a.outcome.Walk == v1alpha1.WalkUnchanged }

// keepRows says of the rows what a walk would say that finds them right.
func (a *attempt) keepRows(n int) {
	none := func() *int32 { return new(int32(0)) }
	a.outcome.Rows = v1alpha1.RowCounts{Added: none(), Updated: none(), Removed: none(), Unchanged: new(int32(n))} //nolint:gosec // bounded by the rows of one customer
	totals := ptr.Deref(a.customer.Status.Totals, v1alpha1.CustomerTotals{})
	a.outcome.TotalUnits, a.outcome.ConsumedUnits = ptr.Deref(totals.TotalUnits, 0), ptr.Deref(totals.ConsumedUnits, 0)
}

// recordWalk notes what the next run compares with. After an attempt that assigned licences, or whose rows were not all
// taken, there is nothing to compare with: the next one walks.
func (a *attempt) recordWalk(s *v1alpha1.WebexCustomerAccessStatus) {
	s.LastWalkTime, s.Walked = nil, nil
	if !a.readsPeople() {
		return
	}
	s.LastWalkTime = s.LastSuccessfulSyncTime
	if !a.assigning && a.outcome.Rows.Refused == nil {
		s.Walked = &v1alpha1.Walked{StartTime: &a.walkTime, LicensesHash: rows.LicensesHash(a.licenses), RowsHash: a.rowsHash}
	}
}

func (a *attempt) dataVersion() int32 { return cmp.Or(a.DataVersion, rows.DataVersion) }

func pointers(items []v1alpha1.WebexLicense) []*v1alpha1.WebexLicense {
	all := make([]*v1alpha1.WebexLicense, len(items))
	for i := range items {
		all[i] = &items[i]
	}
	return all
}
