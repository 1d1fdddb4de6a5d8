package syncrun

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/subjects"
	"github.com/webex-operator/webex-license-operator/internal/survey"
	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// readPeople counts people's units: it plans which way ends first, fetches pages that way, and counts them. It keeps
// nothing of a person but what assignments need.
func (a *attempt) readPeople(ctx context.Context) error {
	r := a.newPeople()
	a.usage, a.roster = r.usage, r.roster
	if !a.readsPeople() {
		return nil
	}
	defer a.limiter.Reading()()
	seen, known := a.memory.Survey(a.customer.UID, a.Clock.Now())
	seen.Read, seen.People = 0, max(a.expected(), seen.People)
	if known && a.pays(&seen) {
		if done, err := a.readByLocation(ctx, &seen); done || err != nil {
			return err
		}
	}
	return r.oneList(ctx, &seen)
}

// people is one way through the people of an organization, and the counters that it fills.
type people struct {
	*attempt
	began  time.Time     // when the first page was there
	paused time.Duration // waits for the budget until then

	mu    sync.Mutex // guards what follows
	usage *usage.Aggregator
	// roster is nil if there are no assignments.
	roster *subjects.Roster
	at     []int64 // people, by location as usage numbers them
	done   int64
	pages  int64
}

func (a *attempt) newPeople() *people {
	counted := usage.NewAggregator(a.licenses, a.locations, usage.Options{
		Customer: a.customer.Collects(v1alpha1.LevelCustomer),
		Site:     a.customer.Collects(v1alpha1.LevelSite),
		People:   a.readsPeople(),
		Key:      webex.IDKey,
	})
	r := &people{attempt: a, usage: counted, at: make([]int64, len(counted.Locations()))}
	if a.job != nil {
		r.roster = a.job.NewRoster(counted.License, false)
	}
	return r
}

// take counts a page.
func (r *people) take(page []webex.Person, add func(*webex.Person) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pages++; r.began.IsZero() {
		r.began, r.paused = r.Clock.Now(), time.Duration(r.throttled.Load())
	}
	for i := range page {
		p := &page[i]
		if p.Incomplete {
			return failures.Partial("Webex could not read every field of a person: nothing is written, the run tries again")
		}
		if p.Type != "" && p.Type != "person" {
			continue
		}
		if err := add(p); err != nil {
			return err
		}
		r.enroll(p)
	}
	r.worker.Report(Progress{Step: v1alpha1.StepPeople, Done: r.done})
	return nil
}

// enroll notes a person for the plan of assignments.
func (r *people) enroll(p *webex.Person) {
	if r.roster == nil {
		return
	}
	r.roster.Add(p)
	if at, listed := r.usage.Location(p.LocationID); listed {
		r.roster.Locate(p.ID, at)
	}
}

// fields are what is read of people beside what is counted.
func (a *attempt) fields() []webex.PersonField {
	if a.job == nil {
		return nil
	}
	return []webex.PersonField{webex.Emails}
}

// oneList reads the list of all people with their locations, and goes over to lists by location where these end sooner.
func (r *people) oneList(ctx context.Context, seen *survey.Survey) error {
	for page, err := range r.webex.PeoplePages(ctx, r.named, r.fields()...) {
		if err != nil {
			return err
		}
		err := r.take(page, func(p *webex.Person) error {
			r.usage.AddPerson(p.ID, p.LocationID, p.Licenses)
			if i, ok := r.usage.Location(p.LocationID); ok {
				r.at[i]++
			}
			r.done++
			return nil
		})
		if err != nil {
			return err
		}
		if r.pages < survey.Pages {
			continue
		}
		r.note(seen)
		if !r.pays(seen) {
			continue
		}
		if done, err := r.readByLocation(ctx, seen); done || err != nil {
			return err
		}
	}
	if r.pages > 1 {
		r.note(seen)
		r.memory.Surveyed(r.customer.UID, *seen, r.Clock.Now())
	}
	return nil
}

// note writes down what the one list has told so far.
func (r *people) note(seen *survey.Survey) {
	seen.Read, seen.Page = r.done, max(1, r.done/r.pages)
	seen.People = max(r.expected(), r.done)
	seen.Spread(r.at)
	seen.Largest = r.largest()
	if seen.AllPage == 0 {
		seen.AllPage = webex.AllPeoplePage
	}
	waited := time.Duration(r.throttled.Load()) - r.paused
	seen.Latency = max(0, r.Clock.Now().Sub(r.began)-waited) / time.Duration(max(1, r.pages-1))
}

// largest are the locations with most people, as many as are read at once.
func (r *people) largest() []string {
	ids := r.locationIDs()
	slices.SortStableFunc(ids, func(x, y string) int {
		left, _ := r.usage.Location(x)
		right, _ := r.usage.Location(y)
		return cmp.Compare(r.at[right], r.at[left])
	})
	return slices.Clone(ids[:min(len(ids), survey.MostAtOnce)])
}

// locationIDs are the ids of all locations, sorted.
func (r *people) locationIDs() []string {
	ids := make([]string, len(r.at))
	for i, l := range r.usage.Locations() {
		ids[i] = l.ID
	}
	slices.Sort(ids)
	return ids
}

// expected is how many people there are at least, as the licences tell: most have
// one that comes with the account.
func (a *attempt) expected() int64 {
	var n int64
	for _, l := range a.licenses {
		if l.ByUsers != nil {
			n = max(n, *l.ByUsers)
		}
	}
	return n
}

// pays says whether people are to be read by location.
func (a *attempt) pays(seen *survey.Survey) bool {
	if seen.OneListOnly {
		return false
	}
	seen.Interval = a.limiter.Interval()
	if a.choose != nil {
		return a.choose(&seen.Estimate)
	}
	return seen.ByLocationPays()
}

// errListsDisagree says that lists by location are not what they should be.
var errListsDisagree = errors.New("the lists of people by location do not fit the one of all")

// readByLocation reads a list of each location, and one of all people beside them.
// It is not done if that does not pay, or if the service answers something else
// than was asked for: then the one list is left.
func (a *attempt) readByLocation(ctx context.Context, seen *survey.Survey) (done bool, err error) {
	group, within := errgroup.WithContext(ctx)
	next, stop := iter.Pull2(a.webex.AllPeople(within, a.named, a.fields()...))
	defer stop()
	r := a.newPeople()
	first, err, more := next()
	switch {
	case err != nil:
		return a.gaveUp(ctx, seen, err)
	case !more || len(first) == 0: // the one list has told of people
		return a.gaveUp(ctx, seen, errListsDisagree)
	}
	// The service makes pages smaller in silence: only now is it known what this one is worth.
	if seen.AllPage = int64(len(first)); !a.pays(seen) {
		a.memory.Surveyed(a.customer.UID, *seen, a.Clock.Now())
		return false, nil
	}
	log.FromContext(ctx).Info("reading people by location", "people", seen.People, "locations", len(r.at),
		"estimate", seen.Estimate.ByLocation().Round(time.Second), "oneList", seen.OneList().Round(time.Second))
	if err := r.anywhere(first); err != nil {
		return a.gaveUp(ctx, seen, err)
	}
	group.SetLimit(seen.AtOnce() + 1)
	begun := make([]bool, len(r.at))
	side := func(do func() error) { group.Go(func() error { return webex.Recovered(do) }) }
	side(func() error {
		for page, err, more := next(); more; page, err, more = next() {
			if err != nil {
				return err
			}
			if err := r.anywhere(page); err != nil {
				return err
			}
		}
		return nil
	})
	// The longest lists first, since the last page of the longest one ends it all.
	for _, id := range slices.Concat(seen.Largest, r.locationIDs()) {
		if at, listed := r.usage.Location(id); listed && !begun[at] {
			begun[at] = true
			side(func() error { return r.location(within, at) })
		}
	}
	if err := group.Wait(); err != nil {
		return a.gaveUp(ctx, seen, err)
	}
	var located int64
	for _, n := range r.at {
		located += n
	}
	if located > r.done {
		return a.gaveUp(ctx, seen, errListsDisagree)
	}
	a.usage, a.roster = r.usage, r.roster
	seen.Read, seen.People = r.done, r.done
	seen.Spread(r.at)
	seen.Largest = r.largest()
	if seen.At.IsZero() { // later the memory ends, so that the latency is measured anew
		a.memory.Surveyed(a.customer.UID, *seen, a.Clock.Now())
	}
	return true, nil
}

// anywhere counts a page of the list without locations.
func (r *people) anywhere(page []webex.Person) error {
	return r.take(page, func(p *webex.Person) error {
		r.usage.AddAnywhere(p.ID, p.Licenses)
		r.done++
		return nil
	})
}

// location reads the people of one location.
func (r *people) location(ctx context.Context, at int) error {
	id := r.usage.Locations()[at].ID
	for page, err := range r.webex.PeopleAt(ctx, r.named, id, r.fields()...) {
		if err != nil {
			return err
		}
		err := r.take(page, func(p *webex.Person) error {
			if i, listed := r.usage.Location(p.LocationID); !listed || i != at || !p.LicensesKnown {
				return errListsDisagree
			}
			r.usage.AddPerson(p.ID, id, p.Licenses)
			r.at[at]++
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// gaveUp decides what a failure of lists by location means: that they are not to be
// had, or what it would mean of the one list.
func (a *attempt) gaveUp(ctx context.Context, seen *survey.Survey, err error) (done bool, _ error) {
	switch failure := failures.Of(ctx, err); {
	case ctx.Err() != nil:
		return false, err
	case errors.Is(err, errListsDisagree), failure.Class == webex.ClassTerminal, failure.Class == webex.ClassPartial:
		log.FromContext(ctx).Info("people cannot be read by location, reading the one list of them", "cause", failure.Message)
		seen.OneListOnly = true
		a.memory.Surveyed(a.customer.UID, *seen, a.Clock.Now())
		return false, nil
	}
	return false, err
}
