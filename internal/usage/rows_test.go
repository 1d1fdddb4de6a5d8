package usage

import (
	"math"
	"testing"
)

func TestCustomerFigures(t *testing.T) {
	t.Parallel()
	n := func(v int64) *int64 { return &v }
	percent := func(v int32) *int32 { return &v }
	tests := map[string]struct {
		total, consumed, byUsers, byWorkspaces *int64
		wantTotal, wantConsumed, wantAvailable *int64
		wantPercent                            *int32
	}{
		"in use":                        {total: n(100), consumed: n(3), wantTotal: n(100), wantConsumed: n(3), wantAvailable: n(97), wantPercent: percent(3)},
		"percent is rounded down":       {total: n(3), consumed: n(2), wantTotal: n(3), wantConsumed: n(2), wantAvailable: n(1), wantPercent: percent(66)},
		"just below full is not full":   {total: n(1000), consumed: n(999), wantTotal: n(1000), wantConsumed: n(999), wantAvailable: n(1), wantPercent: percent(99)},
		"unused":                        {total: n(5), consumed: n(0), wantTotal: n(5), wantConsumed: n(0), wantAvailable: n(5), wantPercent: percent(0)},
		"over-assigned":                 {total: n(10), consumed: n(12), wantTotal: n(10), wantConsumed: n(12), wantAvailable: n(-2), wantPercent: percent(120)},
		"nothing bought, nothing used":  {total: n(0), consumed: n(0), wantTotal: n(0), wantConsumed: n(0), wantAvailable: n(0)},
		"nothing bought, 3 used":        {total: n(0), consumed: n(3), wantTotal: n(0), wantConsumed: n(3), wantAvailable: n(-3), wantPercent: percent(300)},
		"one bought, 3 used":            {total: n(1), consumed: n(3), wantTotal: n(1), wantConsumed: n(3), wantAvailable: n(-2), wantPercent: percent(300)},
		"total unknown":                 {consumed: n(3), wantConsumed: n(3)},
		"consumed unknown":              {total: n(3), wantTotal: n(3)},
		"all unknown":                   {},
		"negatives are unknown":         {total: n(-1), consumed: n(-1), byUsers: n(-1), byWorkspaces: n(2)},
		"consumed is the sum of both":   {total: n(9), byUsers: n(2), byWorkspaces: n(1), wantTotal: n(9), wantConsumed: n(3), wantAvailable: n(6), wantPercent: percent(33)},
		"one part alone is no sum":      {total: n(9), byUsers: n(2), wantTotal: n(9)},
		"the other part alone is none":  {total: n(9), byWorkspaces: n(2), wantTotal: n(9)},
		"reported wins over the sum":    {total: n(9), consumed: n(5), byUsers: n(2), byWorkspaces: n(1), wantTotal: n(9), wantConsumed: n(5), wantAvailable: n(4), wantPercent: percent(55)},
		"a nonsensical sum stays large": {byUsers: n(math.MaxInt64), byWorkspaces: n(1), wantConsumed: n(math.MaxInt64)},
		"percent has a ceiling": {
			total: n(1), consumed: n(math.MaxInt64),
			wantTotal: n(1), wantConsumed: n(math.MaxInt64), wantAvailable: n(1 - math.MaxInt64), wantPercent: percent(math.MaxInt32),
		},
		"no overflow on the way to percent": {
			total: n(math.MaxInt64), consumed: n(math.MaxInt64),
			wantTotal: n(math.MaxInt64), wantConsumed: n(math.MaxInt64), wantAvailable: n(0), wantPercent: percent(100),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row := NewAggregator([]License{{
				ID: "x", Total: test.total, Consumed: test.consumed, ByUsers: test.byUsers, ByWorkspaces: test.byWorkspaces,
			}}, nil, both()).Rows()[0]
			wantFigure(t, "total", row.Total, test.wantTotal)
			wantFigure(t, "consumed", row.Consumed, test.wantConsumed)
			wantFigure(t, "available", row.Available, test.wantAvailable)
			wantFigure(t, "percent", row.UtilizationPercent, test.wantPercent)
			wantFigure(t, "residual of an empty walk", row.ResidualUnits, test.wantConsumed)
			wantFigure(t, "without location", row.UnitsWithoutLocation, n(0))
		})
	}
}

func TestSiteRowOfALicenceWithoutTotal(t *testing.T) {
	t.Parallel()
	a := NewAggregator([]License{{ID: "x"}}, offices(), both())
	a.AddPerson("p1", "loc-bonn", []string{"x"})
	row := rowOf(t, a.Rows(), Key{Level: LevelSite, LicenseID: "x", LocationID: "loc-bonn"})
	wantFigure(t, "consumed", row.Consumed, new(int64(1)))
	wantFigure(t, "total", row.Total, nil)
	wantFigure(t, "available", row.Available, nil)
	wantFigure(t, "percent", row.UtilizationPercent, nil)
}

func TestSum(t *testing.T) {
	t.Parallel()
	row := func(level Level, location string, class Class, total, consumed int64) Row {
		return Row{
			Key: Key{Level: level, LocationID: location}, Class: class,
			Total: &total, Consumed: &consumed, Available: new(total - consumed),
		}
	}
	tests := map[string]struct {
		rows []Row
		want Totals
	}{
		"none": {},
		"purchased Customer rows only": {
			rows: []Row{
				row(LevelCustomer, "", ClassPurchased, 100, 3),
				row(LevelCustomer, "", ClassPurchased, 10, 12),
				row(LevelCustomer, "", ClassIncluded, 44, 44),
				row(LevelSite, "oslo", ClassPurchased, 100, 2),
				row(LevelSite, "oslo", ClassPurchased, 10, 5),
				row(LevelSite, "bonn", ClassPurchased, 10, 5),
				row(LevelSite, "rome", ClassIncluded, 44, 9),
			},
			want: Totals{Licenses: 2, Locations: 2, Total: 110, Consumed: 15, Available: 95},
		},
		"unknown figures add nothing": {
			rows: []Row{
				row(LevelCustomer, "", ClassPurchased, 100, 3),
				{Key: Key{Level: LevelCustomer}, Class: ClassPurchased, Total: new(int64(5))},
				{Key: Key{Level: LevelCustomer}, Class: ClassPurchased, Consumed: new(int64(7))},
			},
			want: Totals{Licenses: 3, Total: 105, Consumed: 10, Available: 97},
		},
		"nonsensical figures do not wrap around": {
			rows: []Row{
				row(LevelCustomer, "", ClassPurchased, math.MaxInt64, 0),
				row(LevelCustomer, "", ClassPurchased, math.MaxInt64, 0),
			},
			want: Totals{Licenses: 2, Total: math.MaxInt64, Available: math.MaxInt64},
		},
		"nor do those below zero": {
			rows: []Row{
				row(LevelCustomer, "", ClassPurchased, 0, math.MaxInt64),
				row(LevelCustomer, "", ClassPurchased, 0, math.MaxInt64),
			},
			want: Totals{Licenses: 2, Consumed: math.MaxInt64, Available: math.MinInt64},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Sum(test.rows); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}
