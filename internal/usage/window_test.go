package usage

import (
	"math/rand/v2"
	"strconv"
	"testing"
)

func TestWindowKeepsItsPromise(t *testing.T) {
	t.Parallel()
	const size = 8
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 1))
		w := newWindow(size)
		var distinctIDs []int // each once, in the order of its last sighting
		for range 2000 {
			id := random.IntN(40)
			distance := 0 // different ids since this one was seen last, itself included; 0: never
			for back := range distinctIDs {
				if at := len(distinctIDs) - 1 - back; distinctIDs[at] == id {
					distance = back + 1
					distinctIDs = append(distinctIDs[:at], distinctIDs[at+1:]...)
					break
				}
			}
			distinctIDs = append(distinctIDs, id)
			seen := w.seen(strconv.Itoa(id))
			if seen && distance == 0 {
				t.Fatalf("id %d was never seen", id)
			}
			// To forget an id, a whole generation of other ids has to come after its last sighting.
			if !seen && distance > 0 && distance <= size {
				t.Fatalf("id %d was forgotten after %d others", id, distance-1)
			}
			if w.used > size {
				t.Fatalf("%d ids in a generation of %d", w.used, size)
			}
		}
	}
}

func TestWindowRemembersTheLatest(t *testing.T) {
	t.Parallel()
	const size = 64
	// Wherever in a generation the first id comes, it is known after size − 1 others and gone after 2 × size.
	for offset := range size {
		for _, test := range []struct {
			others int
			want   bool
		}{{0, true}, {size - 1, true}, {size, true}, {2 * size, false}} {
			w := newWindow(size)
			for i := range offset {
				w.seen("before-" + strconv.Itoa(i))
			}
			w.seen("x")
			for i := range test.others {
				w.seen("after-" + strconv.Itoa(i))
			}
			if got := w.seen("x"); got != test.want {
				t.Fatalf("offset %d, %d others: seen %v, want %v", offset, test.others, got, test.want)
			}
		}
	}
}

// People created while a list is read by index repeat the end of each page at the start of the next.
func TestRepeatedEndsOfPages(t *testing.T) {
	t.Parallel()
	const pages, page, repeated = 40, 1000, 300
	a := NewAggregator([]License{professional()}, offices(), both())
	for p := range pages {
		start := max(0, p*page-repeated)
		for i := start; i < (p+1)*page; i++ {
			a.AddPerson("person-"+strconv.Itoa(i), "loc-oslo", []string{"lic-pro"})
		}
	}
	want := Stats{People: pages * page, Duplicates: (pages - 1) * repeated}
	if got := a.Stats(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	site := rowOf(t, a.Rows(), Key{Level: LevelSite, LicenseID: "lic-pro", LocationID: "loc-oslo"})
	wantFigure(t, "consumed", site.Consumed, new(int64(pages*page)))
}
