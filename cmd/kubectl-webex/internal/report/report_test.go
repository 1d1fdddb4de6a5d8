package report_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/report"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/report/reporttest"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/rollup"
)

// Parts are consistent with the whole: every sum is the same in whatever direction
// the rows are gathered.
func TestPartsAddUp(t *testing.T) {
	t.Parallel()
	source := reporttest.Fleet(reporttest.Options{Seed: 3, Customers: 12, Licenses: 8, Locations: 3, Runs: 3, Now: reporttest.Now})
	r := report.New(source)
	want := rollup.New(source.Customers, source.Rows, rollup.Selection{}).Totals()
	if diff := cmp.Diff(want, r.Totals.Totals); diff != "" || want.TotalUnits == 0 || want.OverAssignedUnits == 0 {
		t.Errorf("totals %+v (-rollup +report):\n%s", want, diff)
	}
	var customers, licenses, over, top int64
	for _, c := range r.Items {
		customers += *c.ConsumedUnits
		over += c.OverAssignedUnits
	}
	for _, l := range r.Licenses {
		licenses += *l.ConsumedUnits
	}
	for _, n := range r.Hierarchy {
		if n.Depth == 0 {
			top += *n.ConsumedUnits
		}
	}
	if customers != want.ConsumedUnits || licenses != want.ConsumedUnits || top != want.ConsumedUnits || over != want.OverAssignedUnits {
		t.Errorf("in use: customers %d, licences %d, top %d, of %d; over-assigned %d of %d", customers, licenses, top, want.ConsumedUnits, over, want.OverAssignedUnits)
	}
	var places int64
	for _, l := range r.Locations {
		places += l.ConsumedUnits
	}
	if places != r.PlaceTotals.ConsumedUnits || places != want.ConsumedUnits {
		t.Errorf("locations use %d, places %d, the customers %d", places, r.PlaceTotals.ConsumedUnits, want.ConsumedUnits)
	}
	if r.Totals.StaleCustomers != 1 || !r.Items[indexOf(r, "globex-001")].Stale {
		t.Errorf("stale: %+v", r.Totals)
	}
}

func indexOf(r *report.Report, name string) int {
	for i := range r.Items {
		if r.Items[i].Name == name {
			return i
		}
	}
	return -1
}

// Two customers of one name in two namespaces are two, with their own figures.
func TestNamespacesKeepCustomersApart(t *testing.T) {
	t.Parallel()
	source := reporttest.Fleet(reporttest.Options{Seed: 3, Customers: 1, Licenses: 2, Locations: 1, Now: reporttest.Now})
	other := reporttest.Fleet(reporttest.Options{Seed: 4, Customers: 1, Licenses: 2, Locations: 1, Now: reporttest.Now})
	for i := range other.Rows {
		other.Rows[i].Namespace = "other"
	}
	other.Customers[0].Namespace = "other"
	source.Customers = append(source.Customers, other.Customers...)
	source.Rows = append(source.Rows, other.Rows...)
	r := report.New(source)
	if len(r.Items) != 2 || *r.Items[0].TotalUnits+*r.Items[1].TotalUnits != r.Totals.TotalUnits || *r.Items[0].TotalUnits == *r.Items[1].TotalUnits {
		t.Errorf("totals %+v, customers %+v", r.Totals, r.Items)
	}
	if len(r.Locations) != 4 { // a location and the people without one, of each
		t.Errorf("locations %+v", r.Locations)
	}
}

// Of a customer that collects level Site alone the report knows lower bounds, and
// says so wherever it adds them.
func TestLowerBounds(t *testing.T) {
	t.Parallel()
	source := reporttest.Fleet(reporttest.Options{Seed: 3, Customers: 2, Licenses: 2, Locations: 2, Now: reporttest.Now})
	var rows []v1alpha1.WebexLicense
	for _, row := range source.Rows {
		if row.Spec.CustomerAccessRef.Name != "acme" || row.Spec.Level == v1alpha1.LevelSite {
			rows = append(rows, row)
		}
	}
	source.Rows = rows
	r := report.New(source)
	if !r.Totals.AtLeast || !r.Hierarchy[0].AtLeast || !r.Items[indexOf(r, "acme")].AtLeast || r.Items[indexOf(r, "globex")].AtLeast {
		t.Errorf("totals %+v, top %+v, customers %+v", r.Totals, r.Hierarchy[0], r.Items)
	}
}

// A report on a location knows no capacity: that is its customers'.
func TestLocation(t *testing.T) {
	t.Parallel()
	source := reporttest.Fleet(reporttest.Options{Seed: 3, Customers: 3, Licenses: 4, Locations: 4, Runs: 3, Now: reporttest.Now})
	source.Scope.Location = "vienna"
	r := report.New(source)
	if r.Totals != nil || r.Trend != nil || r.Licenses != nil || len(r.Items) != 2 || r.PlaceTotals.Locations != 2 {
		t.Errorf("totals %+v, trend %v, licences %v, %d customers, places %+v", r.Totals, r.Trend, r.Licenses, len(r.Items), r.PlaceTotals)
	}
	for _, c := range r.Items {
		if len(c.Pools) != 0 || len(c.Places) != 4 {
			t.Errorf("%s: %d pools, %d places", c.Name, len(c.Pools), len(c.Places))
		}
	}
}

// What a report carries for the next one says the same as the report: nothing
// changed between a report and its own memory, however it was written.
func TestMemory(t *testing.T) {
	t.Parallel()
	for name, r := range reporttest.Samples() {
		data, err := json.Marshal(r.Memory())
		if err != nil {
			t.Fatal(err)
		}
		former, err := report.Former(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := r.Comparable(former); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		r.Compare(former)
		if c := r.Changes; len(c.Rows)+len(c.Customers) != 0 || *c.Totals != (report.Delta{}) {
			t.Errorf("%s: changed against itself: %+v", name, c)
		}
	}
}

func TestRunsTellOfChanges(t *testing.T) {
	t.Parallel()
	source := reporttest.Fleet(reporttest.Options{Seed: 3, Customers: 1, Licenses: 1, Locations: 1, Runs: 2, Now: reporttest.Now})
	included := source.Rows[0]
	included.Name, included.Status.Class = "free", v1alpha1.ClassIncluded
	source.Rows = append(source.Rows, included)
	name := source.Rows[0].Status.Name
	for i := range source.Runs {
		source.Runs[i].Status.Rows = &v1alpha1.RowCounts{Added: new(int32(1)), Updated: new(int32(2)), Removed: new(int32(3))}
	}
	source.Runs[1].Status.Changes = []v1alpha1.Change{
		{Kind: v1alpha1.ChangeUpdated, Row: source.Rows[0].Name, License: name, Location: "acme", Before: "7/20", After: "?/30"},
		{Kind: v1alpha1.ChangeUpdated, Row: "free", License: "Free", Location: "acme", Before: "1/2", After: "2/2"},
	}
	source.Runs[0].Status.Changes = []v1alpha1.Change{
		{Kind: v1alpha1.ChangeAdded, Row: source.Rows[1].Name, License: name, Location: "Oslo", After: "4/30"},
		{Kind: v1alpha1.ChangeRemoved, Row: "gone", License: "Old", Location: "Lyon", Before: "1/1"},
	}
	last, first := &source.Runs[0], &source.Runs[1]
	source.Runs = append(source.Runs, v1alpha1.LicenseSync{}) // of no customer, unfinished
	row := func(kind v1alpha1.ChangeKind, run *v1alpha1.LicenseSync, license, location string, figures ...*int64) report.RowChange {
		return report.RowChange{
			Kind: kind, Namespace: "webex", Customer: "acme", License: license, Location: location,
			ConsumedBefore: figures[0], TotalBefore: figures[1], ConsumedAfter: figures[2], TotalAfter: figures[3],
			Run: run.Name, Time: new(run.Status.CompletionTime.UTC()),
		}
	}
	n := func(n int64) *int64 { return &n }
	want := &report.Changes{Runs: 2, Added: 2, Changed: 4, Removed: 6, Rows: []report.RowChange{
		row(v1alpha1.ChangeAdded, last, name, "Oslo", nil, nil, n(4), nil),
		row(v1alpha1.ChangeRemoved, last, "Old", "Lyon", n(1), n(1), nil, nil),
		row(v1alpha1.ChangeUpdated, first, name, "", n(7), n(20), nil, n(30)),
	}}
	if diff := cmp.Diff(want, report.New(source).Changes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A pool is told by its licence's id and a place by its location's: names change.
func TestCompare(t *testing.T) {
	t.Parallel()
	options := reporttest.Options{Seed: 3, Customers: 3, Licenses: 2, Locations: 1, Now: reporttest.Now}
	type rows = []v1alpha1.WebexLicense
	for name, c := range map[string]struct {
		later func(s *report.Source)
		want  func(c *report.Changes, former *report.Report)
	}{
		"nothing": {later: func(*report.Source) {}, want: func(*report.Changes, *report.Report) {}},
		"a unit more in use": {
			later: func(s *report.Source) { s.Rows[0].Status.ConsumedUnits = new(*s.Rows[0].Status.ConsumedUnits + 1) },
			want: func(c *report.Changes, _ *report.Report) {
				c.Changed, c.Totals.ConsumedUnits, c.Totals.AvailableUnits = 1, 1, -1
			},
		},
		"units bought": {
			later: func(s *report.Source) {
				for i := range s.Rows[:2] {
					s.Rows[i].Status.TotalUnits = new(*s.Rows[i].Status.TotalUnits + 5)
				}
			},
			want: func(c *report.Changes, _ *report.Report) {
				c.Changed, c.Totals.TotalUnits, c.Totals.AvailableUnits = 1, 5, 5
			},
		},
		"figures that became unknown": {
			later: func(s *report.Source) { s.Rows[0].Status.ConsumedUnits = nil },
			want: func(c *report.Changes, former *report.Report) {
				pool := former.Items[indexOf(former, "acme")].Pools[0]
				c.Changed = 1
				c.Totals.TotalUnits, c.Totals.ConsumedUnits, c.Totals.AvailableUnits = -*pool.TotalUnits, -*pool.ConsumedUnits, *pool.ConsumedUnits-*pool.TotalUnits
			},
		},
		"a licence that is called otherwise": {
			later: func(s *report.Source) {
				for i := range s.Rows {
					if s.Rows[i].Status.OfferCode == "EE" {
						s.Rows[i].Status.Name = "Meetings"
					}
				}
			},
			want: func(c *report.Changes, _ *report.Report) { c.Changed = 9 },
		},
		"a location that is left": {
			later: func(s *report.Source) { s.Rows = append(rows{s.Rows[0]}, s.Rows[2:]...) },
			want:  func(c *report.Changes, _ *report.Report) { c.Removed = 1 },
		},
		"a customer that comes and one that goes": {
			later: func(s *report.Source) { s.Customers[2].Name = "umbrella" },
			want: func(c *report.Changes, former *report.Report) {
				gone := former.Items[indexOf(former, "initech")]
				c.Customers = []report.CustomerChange{{Kind: v1alpha1.ChangeAdded, Customer: "umbrella"}, {Kind: v1alpha1.ChangeRemoved, Customer: "initech", Rows: 6}}
				c.Totals.TotalUnits, c.Totals.ConsumedUnits, c.Totals.AvailableUnits = -*gone.TotalUnits, -*gone.ConsumedUnits, -*gone.AvailableUnits
				c.Totals.Locations, c.Unread = -1, 2
			},
		},
		"customers that were read again": {
			later: func(s *report.Source) {
				for i := range s.Customers {
					s.Customers[i].Status.LastSuccessfulSyncTime = new(metav1.NewTime(reporttest.Now))
				}
			},
			want: func(c *report.Changes, _ *report.Report) { c.Unread = 0 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			then, now := reporttest.Fleet(options), reporttest.Fleet(options)
			now.Now = reporttest.Now.Add(24 * time.Hour)
			c.later(&now)
			former, r := report.New(then), report.New(now)
			if err := r.Comparable(former); err != nil {
				t.Fatal(err)
			}
			r.Compare(former)
			want := &report.Changes{Since: &then.Now, Totals: &report.Delta{}, Unread: 3}
			c.want(want, former)
			if diff := cmp.Diff(want, summary(r.Changes)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// summary leaves the rows away, which are counted, and the figures of customers.
func summary(c *report.Changes) *report.Changes {
	s := *c
	s.Rows = nil
	if int(s.Added+s.Changed+s.Removed) != len(c.Rows) {
		s.Rows = c.Rows
	}
	for i := range s.Customers {
		k := &s.Customers[i]
		k.Namespace, k.TotalUnits, k.ConsumedUnits = "", nil, nil
	}
	return &s
}

func TestCompareRefuses(t *testing.T) {
	t.Parallel()
	r := report.New(report.Source{Now: reporttest.Now, Scope: report.Scope{Customers: []string{"b", "a"}}})
	for want, scope := range map[string]report.Scope{
		"": {Customers: []string{"a", "b", "a"}},
		"it is about all namespaces, and this one about all namespaces, customers a and b: use the same flags for both":                                      {},
		"it is about namespace x, location HQ, customers with labels a=b, and this one about all namespaces, customers a and b: use the same flags for both": {Namespace: "x", Location: "HQ", Selector: "a=b"},
	} {
		err := r.Comparable(report.New(report.Source{Now: reporttest.Now, Scope: scope}))
		if got := message(err); got != want {
			t.Errorf("%+v: %s", scope, got)
		}
	}
	later := report.New(report.Source{Now: reporttest.Now.Add(time.Minute), Scope: r.Scope})
	if got := message(r.Comparable(later)); got != "it was made at 2026-03-10 09:31:00Z, after this one: see the clocks" {
		t.Errorf("a later one: %s", got)
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
