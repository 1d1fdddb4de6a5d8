package day

import (
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

var priceCustomers = flag.Int("price-customers", intOf("PRICE_CUSTOMERS", 8), "number of customers of 1,000 people whose day has a price, or PRICE_CUSTOMERS")

// TestPrice plays days of schedules. What they cost is what priceOf computes, a run that finds nothing costs next to
// nothing, and every five minutes cost at most 2.5 times what every hour did when all runs walked.
func TestPrice(t *testing.T) {
	t.Parallel()
	some := max(1, *priceCustomers/4) // enough where one customer's day is like another's
	fleets := []fleet{
		{1000, *priceCustomers, fiveMinutes, usualAge},
		{1000, some, hourly, 0},
		{1000, some, hourly, usualAge},
		{100, 1, fiveMinutes, usualAge},
		{10000, 1, hourly, usualAge},
	}
	if *priceCustomers >= 200 { // by hand, and in make bench-fleet
		fleets = append(fleets, fleet{1000, 2, fiveMinutes, 0}, fleet{10000, 4, fiveMinutes, usualAge})
	}
	outcomes := make([]outcome, len(fleets))
	t.Run("play", func(t *testing.T) {
		for i, f := range fleets {
			t.Run(f.String(), func(t *testing.T) {
				t.Parallel()
				outcomes[i] = playFleet(t, f)
				outcomes[i].judge(t)
			})
		}
	})
	five, before := outcomes[0].perCustomer(), outcomes[1].perCustomer()
	t.Logf("every five minutes: %.1f requests per customer and day, %.2f times the %.1f of every hour, always walking", five, five/before, before)
	if five > 2.5*before {
		t.Errorf("every five minutes: %.1f requests per customer and day, more than 2.5 times the %.1f of every hour, always walking", five, before)
	}
	if !t.Failed() {
		reportPrices(t, outcomes)
	}
}

func (got *outcome) perCustomer() float64 { return ratio(got.requests, got.customers) }

// judge holds a day against what is promised.
func (got *outcome) judge(t *testing.T) {
	// A change in the seconds in which a run reads is in it or in the next one.
	if off := math.Abs(ratio(got.requests, got.computed) - 1); off > 0.005 {
		t.Errorf("%d requests, and %d are computed", got.requests, got.computed)
	}
	if limit := got.table.every + runTakes; got.longestWrong > limit {
		t.Errorf("rows at level Customer were right %v after a change, later than %v", got.longestWrong, limit)
	}
	if limit := max(got.maxAge, got.table.every) + got.table.every + runTakes; got.oldest > limit {
		t.Errorf("rows at level Site are of %v before, longer than %v", got.oldest, limit)
	}
	if got.maxAge < usualAge || got.quiet.runs == 0 {
		return
	}
	if want := quietRun * got.quiet.runs; got.quiet.requests != want {
		t.Errorf("%d runs that find nothing send %d requests, want %d", got.quiet.runs, got.quiet.requests, want)
	}
	if got.quiet.rows > 0 || got.quiet.others > 2*got.quiet.runs {
		t.Errorf("%d runs that find nothing write %d rows, and change %d other objects", got.quiet.runs, got.quiet.rows, got.quiet.others)
	}
}

// published is how many customers the table is of.
const published = 200

// TestPublishedPrices holds the page against what is computed.
func TestPublishedPrices(t *testing.T) {
	t.Parallel()
	var table strings.Builder
	for _, people := range []int{100, 1000, 10000, 50000} {
		fmt.Fprintf(&table, "| %s |", thousands(people))
		for _, f := range []fleet{
			{people, published, nightly, usualAge},
			{people, published, hourly, 0},
			{people, published, hourly, usualAge},
			{people, published, fiveMinutes, 0},
			{people, published, fiveMinutes, usualAge},
		} {
			requests := 0
			for i := range f.customers {
				spec := officeSpec(i, f.people)
				requests += priceOf(spec, editsOf(spec, uint64(i)), f.table, f.maxAge).requests
			}
			fmt.Fprintf(&table, " %s |", thousands(int(math.Round(ratio(requests, f.customers)))))
		}
		fmt.Fprintf(&table, " %s |\n", thousands(peerRequests(people)*int(24*time.Hour/fiveMinutes.every)))
	}
	page, err := os.ReadFile("../../docs/benchmarks.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), table.String()) {
		t.Errorf("docs/benchmarks.md lacks these lines:\n%s", table.String())
	}
}

// peerRequests are those of a client that counts people by location and knows no other way than to read them all: licences,
// locations, and pages of 100 people with calling data.
func peerRequests(people int) int { return 2 + pages(people) }

func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// TestChangesAreRealistic holds the model of change against what it is to be.
func TestChangesAreRealistic(t *testing.T) {
	t.Parallel()
	for people, want := range map[int]struct{ least, most float64 }{
		1000: {0.11, 0.14}, 10000: {0.7, 0.8}, 50000: {0.99, 1},
	} {
		hours := 0
		for i := range published {
			moved := map[time.Duration]bool{}
			for _, e := range editsOf(officeSpec(i, people), uint64(i)) {
				if e.at < businessBegins || e.at >= businessEnds {
					t.Errorf("organization %d of %d people changes at %v", i, people, e.at)
				}
				if e.license != noLicense {
					moved[e.at.Truncate(time.Hour)] = true
				}
			}
			hours += len(moved)
		}
		if share := ratio(hours, published*8); share < want.least || share > want.most {
			t.Errorf("counts of %d people move in %.3f of all business hours, want %v to %v", people, share, want.least, want.most)
		}
	}
}

// reportPrices writes what make bench-fleet shows.
func reportPrices(t *testing.T, outcomes []outcome) {
	t.Helper()
	five := outcomes[0]
	list := []figure{
		{"every five minutes, times every hour and always walking", five.perCustomer() / outcomes[1].perCustomer()},
		{"minutes from a change until rows at level Customer are right, at most", five.longestWrong.Minutes()},
		{"age of rows at level Site, hours at most", five.oldest.Hours()},
		{"requests of a run that finds nothing", ratio(five.quiet.requests, five.quiet.runs)},
		{"row writes of runs that find nothing", float64(five.quiet.rows)},
		{"other writes of a run that finds nothing, its creation aside", ratio(five.quiet.others, five.quiet.runs)},
	}
	for _, o := range outcomes {
		list = append(list, figure{"requests per customer and day: " + o.what(), o.perCustomer()})
	}
	writeFigures(t, slices.Clip(list))
}

// what is the fleet in the words of the page.
func (f fleet) what() string {
	text := thousands(f.people) + " people, " + f.table.name
	if f.maxAge == 0 {
		text += ", always walking"
	}
	return text
}
