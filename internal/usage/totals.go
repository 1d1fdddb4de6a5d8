package usage

// Totals are the figures of one customer over its purchased licences, in whole units.
type Totals struct {
	// Licenses is the number of purchased licences.
	Licenses int
	// Locations is the number of locations at which a unit of a purchased licence is in use.
	Locations int
	// Total and Consumed add up the known figures of the Customer rows.
	Total, Consumed int64
	// Available adds up Available of the Customer rows. Rows that lack a figure contribute to neither side of the
	// difference, so it can differ from Total − Consumed. Over-assigned licences lower it.
	Available int64
}

// Sum adds up the rows of one customer. Units come from Customer rows only, because the total of a Site row is the
// same pool again, and from purchased licences only, because the totals of included ones are no capacity.
func Sum(rows []Row) Totals {
	var t Totals
	locations := map[string]struct{}{}
	for _, r := range rows {
		if r.Class != ClassPurchased {
			continue
		}
		switch r.Level {
		case LevelSite:
			locations[r.LocationID] = struct{}{}
		case LevelCustomer:
			t.Licenses++
			t.Total = addKnown(t.Total, r.Total)
			t.Consumed = addKnown(t.Consumed, r.Consumed)
			t.Available = addKnown(t.Available, r.Available)
		}
	}
	t.Locations = len(locations)
	return t
}

func addKnown(sum int64, figure *int64) int64 {
	if figure == nil {
		return sum
	}
	return addSaturated(sum, *figure)
}
