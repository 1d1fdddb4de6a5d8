package usage

import (
	"fmt"
	"strings"
	"testing"
)

// realistic returns an organization of 21 licences and 50 locations with ids as long as those of Webex, and people
// who hold the 4 free licences and 3 others.
func realistic(people int) (licenses []License, locations []Location, ids []string, held [][]string) {
	for i := range 21 {
		licenses = append(licenses, License{
			ID: fmt.Sprintf("%s%02d", strings.Repeat("Y2lzY29zcGFyazovL3VzL0xJQ0VOU0Uv", 4), i), Name: fmt.Sprint("licence ", i),
		})
	}
	for i := range 50 {
		locations = append(locations, Location{ID: fmt.Sprintf("%s%02d", strings.Repeat("Y2lzY29zcGFyazovL3VzL0xP", 3), i)})
	}
	for i := range people {
		ids = append(ids, fmt.Sprintf("%s%08d", strings.Repeat("Y2lzY29zcGFyazovL3VzL1BFT1BM", 2), i))
	}
	for i := range 17 {
		var l []string
		for _, n := range []int{0, 1, 2, 3, 4 + i%5, 9 + i%5, 14 + i%7} {
			l = append(l, licenses[n].ID)
		}
		held = append(held, l)
	}
	return licenses, locations, ids, held
}

func BenchmarkAddPerson(b *testing.B) {
	const people = 4 * recentIDs // more than the window remembers, so that each one counts again in the next round
	licenses, locations, ids, held := realistic(people)
	a := NewAggregator(licenses, locations, both())
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		a.AddPerson(ids[n%people], locations[n%len(locations)].ID, held[n%len(held)])
		n++
	}
	if got := a.Stats(); got.Duplicates > 0 || got.UnlistedLicenseUnits > 0 {
		b.Fatalf("not what is to be measured: %+v", got)
	}
}

func BenchmarkRows(b *testing.B) {
	licenses, locations, ids, held := realistic(recentIDs)
	a := NewAggregator(licenses, locations, both())
	for n, id := range ids {
		a.AddPerson(id, locations[n%len(locations)].ID, held[n%len(held)])
	}
	b.ReportAllocs()
	for b.Loop() {
		a.Rows()
	}
}

func TestAddPersonAllocatesNothing(t *testing.T) {
	// Not parallel: the count of allocations is that of the process.
	licenses, locations, ids, held := realistic(3 * recentIDs)
	a := NewAggregator(licenses, locations, both())
	for _, l := range locations { // a location in use costs its counters once
		a.AddPerson("", l.ID, held[0])
	}
	n := 0
	allocations := testing.AllocsPerRun(len(ids)-1, func() {
		a.AddPerson(ids[n], locations[n%len(locations)].ID, held[n%len(held)])
		n++
	})
	if allocations > 0 {
		t.Errorf("%v allocations for one person, want none", allocations)
	}
}
