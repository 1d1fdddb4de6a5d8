package usage

import (
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const subscription = "Sub1234567"

// professional is the licence that most tests count: 100 bought, 3 in use by 2 users and 1 workspace.
func professional() License {
	return License{
		ID: "lic-pro", Name: "Webex Calling - Professional", OfferCode: "BCSTD", SubscriptionID: subscription,
		Total: new(int64(100)), Consumed: new(int64(3)), ByUsers: new(int64(2)), ByWorkspaces: new(int64(1)),
	}
}

func basic() License {
	return License{ID: "lic-basic", Name: "Basic Messaging", OfferCode: "FMS", Total: new(int64(44)), Consumed: new(int64(44))}
}

func offices() []Location {
	return []Location{{ID: "loc-oslo", Name: "Oslo"}, {ID: "loc-bonn", Name: "Bonn"}}
}

func both() Options { return Options{Customer: true, Site: true} }

func rowOf(t *testing.T, rows []Row, key Key) Row {
	t.Helper()
	i := slices.IndexFunc(rows, func(r Row) bool { return r.Key == key })
	if i < 0 {
		t.Fatalf("no row %v among %d rows", key, len(rows))
	}
	return rows[i]
}

func wantFigure[T int32 | int64](t *testing.T, name string, got *T, want *T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: (-want +got)\n%s", name, diff)
	}
}

func TestRowsOfASmallOrganization(t *testing.T) {
	t.Parallel()
	a := NewAggregator([]License{professional(), basic()}, offices(), both())
	a.AddPerson("p1", "loc-oslo", []string{"lic-pro", "lic-basic"})
	a.AddPerson("p2", "", []string{"lic-basic"})
	a.AddWorkspace("w1", "loc-oslo", []string{"lic-pro"}, true)

	pro := Row{
		Name: "Webex Calling - Professional", OfferCode: "BCSTD", Class: ClassPurchased, SubscriptionID: subscription,
		Total: new(int64(100)),
	}
	free := Row{Name: "Basic Messaging", OfferCode: "FMS", Class: ClassIncluded, Total: new(int64(44))}

	freeCustomer := free
	freeCustomer.Key = Key{Level: LevelCustomer, LicenseID: "lic-basic"}
	freeCustomer.Consumed, freeCustomer.Available, freeCustomer.UtilizationPercent = new(int64(44)), new(int64(0)), new(int32(100))
	freeCustomer.UnitsWithoutLocation, freeCustomer.ResidualUnits = new(int64(1)), new(int64(42))
	freeCustomer.Holders = new(int64(2))

	proCustomer := pro
	proCustomer.Key = Key{Level: LevelCustomer, LicenseID: "lic-pro"}
	proCustomer.Consumed, proCustomer.Available, proCustomer.UtilizationPercent = new(int64(3)), new(int64(97)), new(int32(3))
	proCustomer.ByUsers, proCustomer.ByWorkspaces = new(int64(2)), new(int64(1))
	proCustomer.UnitsWithoutLocation, proCustomer.ResidualUnits = new(int64(0)), new(int64(1))
	proCustomer.Holders = new(int64(1))

	freeOslo := free
	freeOslo.Key = Key{Level: LevelSite, LicenseID: "lic-basic", LocationID: "loc-oslo"}
	freeOslo.LocationName = "Oslo"
	freeOslo.Consumed, freeOslo.Available, freeOslo.UtilizationPercent = new(int64(1)), new(int64(43)), new(int32(2))
	freeOslo.ByUsers, freeOslo.ByWorkspaces = new(int64(1)), new(int64(0))

	proOslo := pro
	proOslo.Key = Key{Level: LevelSite, LicenseID: "lic-pro", LocationID: "loc-oslo"}
	proOslo.LocationName = "Oslo"
	proOslo.Consumed, proOslo.Available, proOslo.UtilizationPercent = new(int64(2)), new(int64(98)), new(int32(2))
	proOslo.ByUsers, proOslo.ByWorkspaces = new(int64(1)), new(int64(1))

	want := []Row{freeCustomer, proCustomer, freeOslo, proOslo}
	if diff := cmp.Diff(want, a.Rows()); diff != "" {
		t.Errorf("rows (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(Stats{People: 2, Workspaces: 1}, a.Stats()); diff != "" {
		t.Errorf("stats (-want +got)\n%s", diff)
	}
}

func TestLevelsAreOptional(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		opts     Options
		want     []Key
		residual *int64
	}{
		"none": {opts: Options{}},
		"customer only, nothing said about locations": {
			opts: Options{Customer: true},
			want: []Key{{Level: LevelCustomer, LicenseID: "lic-pro"}},
		},
		"site only": {
			opts: Options{Site: true},
			want: []Key{{Level: LevelSite, LicenseID: "lic-pro", LocationID: "loc-oslo"}},
		},
		"both": {
			opts: both(),
			want: []Key{
				{Level: LevelCustomer, LicenseID: "lic-pro"},
				{Level: LevelSite, LicenseID: "lic-pro", LocationID: "loc-oslo"},
			},
			residual: new(int64(2)),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := NewAggregator([]License{professional()}, offices(), test.opts)
			a.AddPerson("p1", "loc-oslo", []string{"lic-pro"})
			var keys []Key
			for _, row := range a.Rows() {
				keys = append(keys, row.Key)
				if row.Level == LevelCustomer {
					wantFigure(t, "residual", row.ResidualUnits, test.residual)
				}
			}
			if diff := cmp.Diff(test.want, keys); diff != "" {
				t.Errorf("keys (-want +got)\n%s", diff)
			}
		})
	}
}

func TestWhatCounts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		add                     func(*Aggregator)
		oslo, without, residual int64 // of 3 consumed
		stats                   Stats
	}{
		"nothing": {add: func(*Aggregator) {}, residual: 3},
		"a person who comes twice": {
			add: func(a *Aggregator) {
				a.AddPerson("p1", "loc-oslo", []string{"lic-pro"})
				a.AddPerson("p1", "loc-bonn", []string{"lic-pro"})
			},
			oslo: 1, residual: 2, stats: Stats{People: 1, Duplicates: 1},
		},
		"a workspace that comes twice": {
			add: func(a *Aggregator) {
				a.AddWorkspace("w1", "loc-oslo", []string{"lic-pro"}, true)
				a.AddWorkspace("w1", "loc-oslo", []string{"lic-pro"}, true)
			},
			oslo: 1, residual: 2, stats: Stats{Workspaces: 1, Duplicates: 1},
		},
		"a person and a workspace with one id": {
			add: func(a *Aggregator) {
				a.AddPerson("x", "loc-oslo", []string{"lic-pro"})
				a.AddWorkspace("x", "loc-oslo", []string{"lic-pro"}, true)
			},
			oslo: 2, residual: 1, stats: Stats{People: 1, Workspaces: 1},
		},
		"people without id are not taken for one": {
			add: func(a *Aggregator) {
				a.AddPerson("", "loc-oslo", []string{"lic-pro"})
				a.AddPerson("", "loc-oslo", []string{"lic-pro"})
			},
			oslo: 2, residual: 1, stats: Stats{People: 2},
		},
		"a licence listed twice on one person": {
			add:  func(a *Aggregator) { a.AddPerson("p1", "loc-oslo", []string{"lic-pro", "lic-basic", "lic-pro"}) },
			oslo: 1, residual: 2, stats: Stats{People: 1},
		},
		"a person without licence": {
			add:      func(a *Aggregator) { a.AddPerson("p1", "loc-oslo", nil) },
			residual: 3, stats: Stats{People: 1},
		},
		"a person without location": {
			add:     func(a *Aggregator) { a.AddPerson("p1", "", []string{"lic-pro"}) },
			without: 1, residual: 2, stats: Stats{People: 1},
		},
		"a location that is not listed": {
			add:     func(a *Aggregator) { a.AddPerson("p1", "loc-gone", []string{"lic-pro"}) },
			without: 1, residual: 2, stats: Stats{People: 1, UnlistedLocationUnits: 1},
		},
		"a licence that is not listed": {
			add:      func(a *Aggregator) { a.AddPerson("p1", "loc-oslo", []string{"lic-gone"}) },
			residual: 3, stats: Stats{People: 1, UnlistedLicenseUnits: 1},
		},
		"neither is listed": {
			add:      func(a *Aggregator) { a.AddPerson("p1", "loc-gone", []string{"lic-gone"}) },
			residual: 3, stats: Stats{People: 1, UnlistedLicenseUnits: 1},
		},
		"a workspace whose licences are not told": {
			add:      func(a *Aggregator) { a.AddWorkspace("w1", "loc-oslo", []string{"lic-pro"}, false) },
			residual: 3, stats: Stats{Workspaces: 1, WorkspacesUnknown: 1},
		},
		"more than Webex reports": {
			add: func(a *Aggregator) {
				for i := range 5 {
					a.AddPerson(strconv.Itoa(i), "loc-oslo", []string{"lic-pro"})
				}
			},
			oslo: 5, residual: -2, stats: Stats{People: 5},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := NewAggregator([]License{professional(), basic()}, offices(), both())
			test.add(a)
			rows := a.Rows()
			customer := rowOf(t, rows, Key{Level: LevelCustomer, LicenseID: "lic-pro"})
			wantFigure(t, "consumed", customer.Consumed, new(int64(3)))
			wantFigure(t, "without location", customer.UnitsWithoutLocation, &test.without)
			wantFigure(t, "residual", customer.ResidualUnits, &test.residual)
			if test.oslo > 0 {
				site := rowOf(t, rows, Key{Level: LevelSite, LicenseID: "lic-pro", LocationID: "loc-oslo"})
				wantFigure(t, "consumed in Oslo", site.Consumed, &test.oslo)
			} else if slices.ContainsFunc(rows, func(r Row) bool { return r.Level == LevelSite }) {
				t.Errorf("a Site row without units in use: %v", rows)
			}
			if diff := cmp.Diff(test.stats, a.Stats()); diff != "" {
				t.Errorf("stats (-want +got)\n%s", diff)
			}
		})
	}
}

func TestListsWithRepeatedAndEmptyIDs(t *testing.T) {
	t.Parallel()
	second := professional()
	second.Name = "second entry"
	locations := append(offices(), Location{ID: "loc-oslo", Name: "second Oslo"}, Location{Name: "no id"})
	a := NewAggregator([]License{professional(), second, {Name: "no id"}}, locations, both())
	a.AddPerson("p1", "loc-oslo", []string{"lic-pro", ""})
	rows := a.Rows()
	if len(rows) != 2 || rows[0].Name != "Webex Calling - Professional" || rows[1].LocationName != "Oslo" {
		t.Errorf("got %+v, want the first entries only", rows)
	}
	want := Stats{People: 1, UnlistedLicenseUnits: 1}
	if diff := cmp.Diff(want, a.Stats()); diff != "" {
		t.Errorf("stats (-want +got)\n%s", diff)
	}
}

func TestRowsAreOrderedByTheDataAlone(t *testing.T) {
	t.Parallel()
	// Two licences share a name, and two locations do.
	licenses := []License{{ID: "b", Name: "same"}, {ID: "c", Name: "Alpha"}, {ID: "a", Name: "same"}}
	locations := []Location{{ID: "2", Name: "Bonn"}, {ID: "3", Name: "Aachen"}, {ID: "1", Name: "Bonn"}}
	var want []Key
	for _, id := range []string{"c", "a", "b"} {
		want = append(want, Key{Level: LevelCustomer, LicenseID: id})
	}
	for _, id := range []string{"c", "a", "b"} {
		for _, at := range []string{"3", "1", "2"} {
			want = append(want, Key{Level: LevelSite, LicenseID: id, LocationID: at})
		}
	}
	for range 4 {
		a := NewAggregator(licenses, locations, both())
		for _, at := range locations {
			a.AddPerson("", at.ID, []string{"a", "b", "c"})
		}
		var got []Key
		for _, row := range a.Rows() {
			got = append(got, row.Key)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("order (-want +got)\n%s", diff)
		}
		slices.Reverse(licenses)
		licenses[0], licenses[1] = licenses[1], licenses[0]
		slices.Reverse(locations)
	}
}

func TestRowsShareNoMemory(t *testing.T) {
	t.Parallel()
	in := professional()
	a := NewAggregator([]License{in}, offices(), both())
	a.AddPerson("p1", "loc-oslo", []string{"lic-pro"})
	first := a.Rows()
	for _, row := range first {
		*row.Total, *row.Consumed, *row.ByUsers = -1, -1, -1
	}
	*in.Total = 7
	second := a.Rows()
	if *second[0].Total != 7 || *second[0].Consumed != 3 || *second[1].Consumed != 1 || *second[1].ByUsers != 1 {
		t.Errorf("rows changed through those of an earlier call: %+v", second)
	}
}
