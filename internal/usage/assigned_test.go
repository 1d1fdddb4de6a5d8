package usage

import "testing"

// What was assigned since the walk moves the rows of its location, or of none, and what explains the licence; however
// people were read.
func TestAssignedUnitsAreExplained(t *testing.T) {
	t.Parallel()
	for name, add := range map[string]func(*Aggregator){
		"in one list": func(a *Aggregator) {
			a.AddPerson("p1", "loc-oslo", []string{"lic-pro"})
			a.AddPerson("p2", "", []string{"lic-pro"})
		},
		"by location": func(a *Aggregator) {
			a.AddAnywhere("p1", []string{"lic-pro"})
			a.AddAnywhere("p2", []string{"lic-pro"})
			a.AddPerson("p1", "loc-oslo", []string{"lic-pro"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := NewAggregator([]License{professional()}, offices(), both())
			add(a)
			pro, _ := a.License("lic-pro")
			oslo, _ := a.Location("loc-oslo")
			bonn, _ := a.Location("loc-bonn")
			a.Assign(pro, oslo, -1)
			a.Assign(pro, bonn, 2)
			a.Assign(pro, -1, 3)
			counted := professional()
			counted.Consumed, counted.ByUsers = new(int64(7)), new(int64(6))
			a.Recount([]License{counted, {ID: "lic-new", Total: new(int64(1))}})

			rows := a.Rows()
			customer := rowOf(t, rows, Key{Level: LevelCustomer, LicenseID: "lic-pro"})
			wantFigure(t, "consumed", customer.Consumed, new(int64(7)))
			wantFigure(t, "available", customer.Available, new(int64(93)))
			wantFigure(t, "holders", customer.Holders, new(int64(6)))
			wantFigure(t, "without location", customer.UnitsWithoutLocation, new(int64(4)))
			wantFigure(t, "residual", customer.ResidualUnits, new(int64(1)))
			wantFigure(t, "at Bonn", rowOf(t, rows, Key{Level: LevelSite, LicenseID: "lic-pro", LocationID: "loc-bonn"}).Consumed, new(int64(2)))
			if len(rows) != 2 {
				t.Errorf("%d rows: none at Oslo, where the last unit was taken, and none of a licence that came since", len(rows))
			}
		})
	}
}
