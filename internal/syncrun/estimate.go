package syncrun

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
	// surveyPages is how many pages of the one list are read before lists by
	// location are thought of: in 1,000 people a location with a hundredth of them shows.
	surveyPages = 10
	// worthwhile is what lists by location have to save, beside a quarter of the
	// time, to be worth their requests.
	worthwhile = 15 * time.Second
	// mostAtOnce bounds the lists of one attempt that are read at the same time, and
	// so its memory, by about 0.5 MiB each.
	mostAtOnce = 8
)

// estimate is what an attempt knows of the people when it chooses how to read them, and how
// long each way takes by that.
type estimate struct {
	// people is how many there are, as the list of licences tells; read is how many
	// of them the one list has told of.
	people, read int64
	// page and allPage are how many people a page of the one list has, and of
	// the one without locations.
	page, allPage int64
	// atPages are the pages of the lists by location, all together and of the longest.
	atPages, longest int64
	// latency is the time from a page to the next one, without waits for the budget;
	// interval is the time between two requests that the budget allows this attempt.
	latency, interval time.Duration
}

// spread says how many pages of lists by location there are, if what was read of
// the people is spread over the locations as all of them are.
func (e *estimate) spread(at []int64) {
	e.atPages, e.longest = 0, 0
	for _, n := range at {
		if e.read > 0 {
			n = n * max(e.people, e.read) / e.read
		}
		pages := max(1, pagesOf(n, webex.PeopleAtPage)) // an empty list takes a request, too
		e.atPages += pages
		e.longest = max(e.longest, pages)
	}
}

// oneList is how long the rest of the one list takes.
func (e *estimate) oneList() time.Duration {
	return times(pagesOf(e.people-e.read, e.page), max(e.latency, e.interval))
}

// byLocation is how long the lists by location take, and the one beside them: as
// long as the longest of them, the budget, or so many at once allow.
func (e *estimate) byLocation() time.Duration {
	all := pagesOf(e.people, e.allPage)
	requests := all + e.atPages
	return max(
		times(max(all, e.longest), e.latency),
		times(requests, e.interval),
		times(requests, e.latency)/time.Duration(e.atOnce()),
	)
}

// atOnce is how many lists keep the budget busy.
func (e *estimate) atOnce() int {
	if e.interval <= 0 {
		return mostAtOnce
	}
	// One more, for the time that it takes to hand the pages on.
	return int(min(mostAtOnce, int64(e.latency/e.interval)+2))
}

// byLocationPays says whether lists by location end so much sooner that they are
// worth their requests.
func (e *estimate) byLocationPays() bool {
	if e.atPages == 0 || e.page <= 0 || e.allPage <= 0 {
		return false
	}
	one, by := e.oneList(), e.byLocation()
	return by <= one*3/4 && one-by >= worthwhile
}

func pagesOf(records, page int64) int64 {
	if page <= 0 {
		return 0 // nothing is known yet
	}
	return (max(records, 0) + page - 1) / page
}

func times(n int64, d time.Duration) time.Duration { return time.Duration(n) * d }
