package survey

import (
	"time"

	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// People can be read in two ways, which give the same rows.
//
// One list tells of all people with their locations. Its pages come one after the
// other, since only a page names the next one, in hundreds at most, and slowly: it
// is bound by latency long before it is bound by the request budget.
//
// Lists by location, of at most 50 a page, can be read side by side, and beside
// them one of all people without locations, whose pages are larger. That takes up
// to twice the requests, and mostly ends sooner where there are many locations.
//
// https://developer.webex.com/docs/api/v1/people/list-people has the three lists.

const (
	// Pages is how many pages of the one list are read before lists by
	// location are thought of: in 1,000 people a location with a hundredth of them shows.
	Pages = 10
	// worthwhile is what lists by location have to save, beside a quarter of the
	// time, to be worth their requests.
	worthwhile = 15 * time.Second
	// MostAtOnce bounds the lists of one attempt that are read at the same time, and
	// so its memory, by about 0.5 MiB each.
	MostAtOnce = 8
)

// Estimate is what an attempt knows of the people when it chooses how to read them, and how
// long each way takes by that.
type Estimate struct {
	// People is how many there are, as the list of licences tells; Read is how many
	// of them the one list has told of.
	People, Read int64
	// Page and AllPage are how many people a page of the one list has, and of
	// the one without locations.
	Page, AllPage int64
	// AtPages are the pages of the lists by location, all together and of the longest.
	AtPages, longest int64
	// Latency is the time from a page to the next one, without waits for the budget;
	// Interval is the time between two requests that the budget allows this attempt.
	Latency, Interval time.Duration
}

// Spread says how many pages of lists by location there are, if what was read of
// the people is spread over the locations as all of them are.
func (e *Estimate) Spread(at []int64) {
	e.AtPages, e.longest = 0, 0
	for _, n := range at {
		if e.Read > 0 {
			n = n * max(e.People, e.Read) / e.Read
		}
		pages := max(1, pagesOf(n, webex.PeopleAtPage)) // an empty list takes a request, too
		e.AtPages += pages
		e.longest = max(e.longest, pages)
	}
}

// OneList is how long the rest of the one list takes.
func (e *Estimate) OneList() time.Duration {
	return times(pagesOf(e.People-e.Read, e.Page), max(e.Latency, e.Interval))
}

// ByLocation is how long the lists by location take, and the one beside them: as
// long as the longest of them, the budget, or so many at once allow.
func (e *Estimate) ByLocation() time.Duration {
	all := pagesOf(e.People, e.AllPage)
	requests := all + e.AtPages
	return max(
		times(max(all, e.longest), e.Latency),
		times(requests, e.Interval),
		times(requests, e.Latency)/time.Duration(e.AtOnce()),
	)
}

// AtOnce is how many lists keep the budget busy.
func (e *Estimate) AtOnce() int {
	if e.Interval <= 0 {
		return MostAtOnce
	}
	// One more, for the time that it takes to hand the pages on.
	return int(min(MostAtOnce, int64(e.Latency/e.Interval)+2))
}

// ByLocationPays says whether lists by location end so much sooner that they are
// worth their requests.
func (e *Estimate) ByLocationPays() bool {
	if e.AtPages == 0 || e.Page <= 0 || e.AllPage <= 0 {
		return false
	}
	one, by := e.OneList(), e.ByLocation()
	return by <= one*3/4 && one-by >= worthwhile
}

func pagesOf(records, page int64) int64 {
	if page <= 0 {
		return 0 // nothing is known yet
	}
	return (max(records, 0) + page - 1) / page
}

func times(n int64, d time.Duration) time.Duration { return time.Duration(n) * d }
