package day

import (
	"maps"
	"time"

	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// timetable is when runs are due: every so long, from first on after midnight.
type timetable struct {
	name, cron   string
	every, first time.Duration
}

var (
	nightly     = timetable{"nightly", "0 2 * * *", 24 * time.Hour, 2 * time.Hour}
	hourly      = timetable{"hourly", "0 * * * *", time.Hour, time.Hour}
	fiveMinutes = timetable{"every five minutes", "*/5 * * * *", 5 * time.Minute, time.Hour}
)

// A day whose requests are counted begins when all first runs, at midnight, have ended.
const (
	dayBegins = time.Hour - 150*time.Second
	dayEnds   = dayBegins + 24*time.Hour
	// usualAge is the default of siteMaxAge.
	usualAge = 24 * time.Hour
)

// price is what a day of one customer costs in requests.
type price struct{ runs, walks, requests int }

// Requests of a run that finds nothing: the organization and its licences.
const quietRun = 2

// walkRequests are the requests of a run that walks, with people in one list: besides those of a quiet run one for locations, one
// for roles, and the pages of people and workspaces. After a single page of workspaces, which may lack a link, comes a look
// for another one.
func walkRequests(spec webexsim.OrganizationSpec) int {
	n := quietRun + 2 + pages(spec.People.Len()) + pages(len(spec.Workspaces))
	if len(spec.Workspaces) > 0 && pages(len(spec.Workspaces)) == 1 {
		n++
	}
	return n
}

func pages(records int) int { return max(1, (records+99)/100) }

// priceOf computes the price of a day by what docs/design.md says of when runs walk: when counts are not those of
// the last walk, and early enough that its age does not exceed maxAge before the next run. One run a day that finds nothing
// asks for the audit log, too, and is told that its token may not read it.
func priceOf(spec webexsim.OrganizationSpec, edits []edit, table timetable, maxAge time.Duration) price {
	var p price
	counts, walked := map[int]int{}, map[int]int{} // how far counts are from where they began
	var lastWalk time.Duration
	for slot := table.first; slot < dayEnds; slot += table.every {
		for ; len(edits) > 0 && edits[0].at <= slot; edits = edits[1:] {
			if e := edits[0]; e.license != noLicense && e.added {
				counts[e.license]++
			} else if e.license != noLicense {
				counts[e.license]--
			}
		}
		p.runs++
		p.requests += quietRun
		if !same(counts, walked) || slot-lastWalk+table.every > maxAge {
			p.walks++
			p.requests += walkRequests(spec) - quietRun
			lastWalk, walked = slot, maps.Clone(counts)
		}
	}
	if p.walks < p.runs {
		p.requests++
	}
	return p
}

// same compares counts, of which those that are missing are 0.
func same(a, b map[int]int) bool {
	for license := range a {
		if a[license] != b[license] {
			return false
		}
	}
	return true
}
