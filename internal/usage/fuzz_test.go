package usage

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// holder is a person or workspace as the oracle keeps it: all of them, in a plain list.
type holder struct {
	kind         holderKind
	id, location string
	licenses     []string
	known        bool
}

// scenario is an organization decoded from fuzz bytes. Holders stay far below recentIDs, so every duplicate counts.
type scenario struct {
	licenses  []License
	locations []Location
	holders   []holder
}

type decoder []byte

func (d *decoder) next() int {
	if len(*d) == 0 {
		return 0
	}
	b := (*d)[0]
	*d = (*d)[1:]
	return int(b)
}

// figure returns nil, a negative, a small, or a large figure.
func (d *decoder) figure() *int64 {
	b := d.next()
	switch b % 8 {
	case 0:
		return nil
	case 1:
		return new(int64(-b))
	case 2:
		return new(int64(1)<<62 + int64(b))
	}
	return new(int64(b / 8))
}

func decode(data []byte) scenario {
	d := decoder(data)
	var s scenario
	subscriptions := []string{"", "A", "B"}
	for i := range d.next() % 6 {
		s.licenses = append(s.licenses, License{
			ID: fmt.Sprint("lic", i), Name: fmt.Sprint("name", d.next()%3), SubscriptionID: subscriptions[d.next()%3],
			Total: d.figure(), Consumed: d.figure(), ByUsers: d.figure(), ByWorkspaces: d.figure(),
		})
	}
	for i := range d.next() % 5 {
		s.locations = append(s.locations, Location{ID: fmt.Sprint("loc", i), Name: fmt.Sprint("place", d.next()%2)})
	}
	for len(d) > 0 && len(s.holders) < recentIDs {
		h := holder{kind: holderKind(d.next() % 2), id: fmt.Sprint("id", d.next()%64)}
		if b := d.next() % 7; b > 0 {
			h.location = fmt.Sprint("loc", b-1) // some are not in the list
		}
		what := d.next()
		h.known = h.kind == user || what%4 > 0
		for range what % 5 {
			h.licenses = append(h.licenses, fmt.Sprint("lic", d.next()%7)) // some are not in the list
		}
		s.holders = append(s.holders, h)
	}
	return s
}

func (s scenario) run() *Aggregator {
	a := NewAggregator(s.licenses, s.locations, both())
	for _, h := range s.holders {
		if h.kind == user {
			a.AddPerson(h.id, h.location, h.licenses)
		} else {
			a.AddWorkspace(h.id, h.location, h.licenses, h.known)
		}
	}
	return a
}

// runByLocation counts the same from other lists: one of all people, without locations, and one of each location.
func (s scenario) runByLocation() *Aggregator {
	a := NewAggregator(s.licenses, s.locations, both())
	for _, h := range s.counted() {
		if h.kind == user {
			a.AddAnywhere(h.id, h.licenses)
		} else {
			a.AddWorkspace(h.id, h.location, h.licenses, h.known)
		}
	}
	for _, l := range slices.Backward(s.locations) {
		for _, h := range s.counted() {
			if h.kind == user && h.location == l.ID {
				a.AddPerson(h.id, h.location, h.licenses)
			}
		}
	}
	return a
}

// counted returns the holders that count: the first of each kind and id, if its licences are known.
func (s scenario) counted() (counted []holder) {
	first := map[string]bool{}
	for _, h := range s.holders {
		key := fmt.Sprint(h.kind, "/", h.id)
		if !first[key] && h.known {
			counted = append(counted, h)
		}
		first[key] = true
	}
	return counted
}

// held counts, the slow way, the units of a licence at the places that the filter accepts.
func held(holders []holder, license string, kind holderKind, at func(location string) bool) (n int64) {
	for _, h := range holders {
		if h.kind == kind && at(h.location) && slices.Contains(h.licenses, license) {
			n++
		}
	}
	return n
}

func FuzzAggregator(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x02\x01\x01\xff\x1b\x10\x08\x02\x00\x20\x20\x00\x00\x02\x00\x01\x00\x05\x01\x02\x00\x01\x01\x05\x02\x00\x03"))
	f.Add([]byte("\x05licences-of-any-kind-and-figures\x04loca\x00\x01\x02\x04abcd\x01\x01\x03\x03xyz\x00\x01\x02\x04abcd"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := decode(data)
		a := s.run()
		rows := a.Rows()
		byKey := map[Key]Row{}
		for _, row := range rows {
			if _, twice := byKey[row.Key]; twice {
				t.Fatalf("two rows with key %v", row.Key)
			}
			byKey[row.Key] = row
			checkDerived(t, row)
		}
		checkOrder(t, rows)
		if got := checkUnits(t, s, byKey); got != len(rows) {
			t.Errorf("%d rows, want %d", len(rows), got)
		}
		checkStats(t, s, a.Stats())
		if diff := gocmp.Diff(rows, s.run().Rows()); diff != "" {
			t.Errorf("a second run differs:\n%s", diff)
		}
		byLocation := s.runByLocation()
		if diff := gocmp.Diff(rows, byLocation.Rows()); diff != "" {
			t.Errorf("counted by location it differs:\n%s", diff)
		}
		one, by := a.Stats(), byLocation.Stats()
		if by.People != one.People || by.UnlistedLicenseUnits != one.UnlistedLicenseUnits {
			t.Errorf("counted by location: stats %+v, want %+v", by, one)
		}
	})
}

// checkUnits compares every figure that was counted with the slow count, and returns the number of rows there
// have to be.
func checkUnits(t *testing.T, s scenario, rows map[Key]Row) (want int) {
	t.Helper()
	holders := s.counted()
	isListed := func(location string) bool {
		return slices.ContainsFunc(s.locations, func(l Location) bool { return l.ID == location })
	}
	for _, l := range s.licenses {
		var atLocations int64
		for _, at := range s.locations {
			here := func(location string) bool { return location == at.ID }
			users, workspaces := held(holders, l.ID, user, here), held(holders, l.ID, workspace, here)
			row, found := rows[Key{Level: LevelSite, LicenseID: l.ID, LocationID: at.ID}]
			if found != (users+workspaces > 0) {
				t.Fatalf("%s at %s: row %v, but %d units", l.ID, at.ID, found, users+workspaces)
			}
			if !found {
				continue
			}
			want++
			atLocations += *row.Consumed
			if *row.ByUsers != users || *row.ByWorkspaces != workspaces || *row.Consumed != users+workspaces {
				t.Errorf("%s at %s: %d+%d units, want %d+%d", l.ID, at.ID, *row.ByUsers, *row.ByWorkspaces, users, workspaces)
			}
			if row.UnitsWithoutLocation != nil || row.ResidualUnits != nil || row.LocationName != at.Name {
				t.Errorf("not a Site row: %+v", row)
			}
		}
		row, found := rows[Key{Level: LevelCustomer, LicenseID: l.ID}]
		if !found {
			t.Fatalf("%s has no Customer row", l.ID)
		}
		want++
		nowhere := func(location string) bool { return !isListed(location) }
		without := held(holders, l.ID, user, nowhere) + held(holders, l.ID, workspace, nowhere)
		if *row.UnitsWithoutLocation != without {
			t.Errorf("%s: %d units without location, want %d", l.ID, *row.UnitsWithoutLocation, without)
		}
		if (row.Consumed == nil) != (row.ResidualUnits == nil) {
			t.Fatalf("%s: consumed and residual are not known together", l.ID)
		}
		// The identity that the whole table stands on.
		if row.Consumed != nil && atLocations+*row.UnitsWithoutLocation+*row.ResidualUnits != *row.Consumed {
			t.Errorf("%s: %d at locations + %d without + residual %d is not %d", l.ID, atLocations,
				*row.UnitsWithoutLocation, *row.ResidualUnits, *row.Consumed)
		}
		checkReported(t, l, row)
	}
	return want
}

// checkReported compares a Customer row with what the licence list says.
func checkReported(t *testing.T, l License, row Row) {
	t.Helper()
	same := func(name string, got, reported *int64) {
		isKnown := reported != nil && *reported >= 0
		if (got != nil) != isKnown || isKnown && *got != *reported {
			t.Errorf("%s: %s differs from the list", l.ID, name)
		}
	}
	same("total", row.Total, l.Total)
	same("by users", row.ByUsers, l.ByUsers)
	same("by workspaces", row.ByWorkspaces, l.ByWorkspaces)
	if (l.Consumed != nil && *l.Consumed >= 0) || row.ByUsers == nil || row.ByWorkspaces == nil {
		same("consumed", row.Consumed, l.Consumed)
		return
	}
	sum := new(big.Int).Add(big.NewInt(*row.ByUsers), big.NewInt(*row.ByWorkspaces))
	if want := saturate(sum, 63); *row.Consumed != want {
		t.Errorf("%s: consumed %d, want the sum %d", l.ID, *row.Consumed, want)
	}
}

// checkDerived computes available and percent with numbers of any size.
func checkDerived(t *testing.T, row Row) {
	t.Helper()
	if row.Total == nil || row.Consumed == nil {
		if row.Available != nil || row.UtilizationPercent != nil {
			t.Errorf("derived from an unknown figure: %+v", row)
		}
		return
	}
	if *row.Available != *row.Total-*row.Consumed {
		t.Errorf("available %d of %d, %d in use", *row.Available, *row.Total, *row.Consumed)
	}
	if *row.Total == 0 && *row.Consumed == 0 {
		if row.UtilizationPercent != nil {
			t.Errorf("percent of nothing: %d", *row.UtilizationPercent)
		}
		return
	}
	percent := new(big.Int).Mul(big.NewInt(100), big.NewInt(*row.Consumed))
	percent.Quo(percent, big.NewInt(max(*row.Total, 1)))
	if want := saturate(percent, 31); int64(*row.UtilizationPercent) != want {
		t.Errorf("%d of %d: %d percent, want %d", *row.Consumed, *row.Total, *row.UtilizationPercent, want)
	}
}

// saturate returns a figure of zero or more, at most 2^bits − 1.
func saturate(v *big.Int, bits uint) int64 {
	ceiling := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), bits), big.NewInt(1))
	if v.Cmp(ceiling) > 0 {
		return ceiling.Int64()
	}
	return v.Int64()
}

func checkOrder(t *testing.T, rows []Row) {
	t.Helper()
	fields := func(r Row) []string {
		return []string{string(r.Level), r.Name, r.LicenseID, r.LocationName, r.LocationID}
	}
	for i := 1; i < len(rows); i++ {
		if slices.CompareFunc(fields(rows[i-1]), fields(rows[i]), cmp.Compare[string]) >= 0 {
			t.Errorf("row %d is out of order: %v after %v", i, rows[i].Key, rows[i-1].Key)
		}
	}
}

func checkStats(t *testing.T, s scenario, got Stats) {
	t.Helper()
	var want Stats
	first := map[string]bool{}
	for _, h := range s.holders {
		key := fmt.Sprint(h.kind, "/", h.id)
		switch {
		case first[key]:
			want.Duplicates++
		case h.kind == user:
			want.People++
		default:
			want.Workspaces++
			if !h.known {
				want.WorkspacesUnknown++
			}
		}
		first[key] = true
	}
	isLicense := func(id string) bool {
		return slices.ContainsFunc(s.licenses, func(l License) bool { return l.ID == id })
	}
	for _, h := range s.counted() {
		isPlace := slices.ContainsFunc(s.locations, func(l Location) bool { return l.ID == h.location })
		for i, id := range h.licenses {
			switch {
			case !isLicense(id):
				want.UnlistedLicenseUnits++
			case h.location != "" && !isPlace && !slices.Contains(h.licenses[:i], id):
				want.UnlistedLocationUnits++
			}
		}
	}
	if got != want {
		t.Errorf("stats: got %+v, want %+v", got, want)
	}
}
