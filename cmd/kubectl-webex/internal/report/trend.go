package report

import (
	"slices"
	"sort"
	"time"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/overview"
)

// Trend is how the units of purchased licences went. Each point adds up the
// figures that were the latest then, always of the same customers: a line over
// ever more of them would rise by itself.
type Trend struct {
	// Customers are in it; of those in Without the stored runs do not reach back.
	Customers int      `json:"customers"`
	Without   []string `json:"without,omitempty"`
	// StepSeconds lie between two points.
	StepSeconds int64   `json:"stepSeconds"`
	Points      []Point `json:"points"`
}

// Point is what was known at a time.
type Point struct {
	Time          time.Time `json:"time"`
	TotalUnits    int64     `json:"totalUnits"`
	ConsumedUnits int64     `json:"consumedUnits"`
}

// maxPoints is how many points a trend has at most: more cannot be told apart on
// a phone.
const maxPoints = 30

// steps are the distances of points, the shortest that makes few enough is taken.
var steps = []time.Duration{
	15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 2 * 24 * time.Hour,
	7 * 24 * time.Hour, 14 * 24 * time.Hour, 28 * 24 * time.Hour, 91 * 24 * time.Hour, 364 * 24 * time.Hour,
}

// history is what is known of one customer, the oldest first.
type history struct {
	name   string
	points []Point
}

// histories are the figures that the stored runs of each customer keep, and the
// present ones.
func (g gathered) histories() []history {
	var all []history
	for i := range g.customers {
		c := &g.customers[i]
		h := history{name: c.Name}
		for _, run := range g.runs[id{c.Namespace, c.Name}] {
			if s := &run.Status; overview.Succeeded(&run) && s.CompletionTime != nil && s.TotalUnits != nil && s.ConsumedUnits != nil {
				h.points = append(h.points, Point{s.CompletionTime.UTC(), *s.TotalUnits, *s.ConsumedUnits})
			}
		}
		if t := c.Status.Totals; t != nil && t.TotalUnits != nil && t.ConsumedUnits != nil && c.Status.LastSuccessfulSyncTime != nil {
			h.points = append(h.points, Point{c.Status.LastSuccessfulSyncTime.UTC(), *t.TotalUnits, *t.ConsumedUnits})
		}
		slices.SortStableFunc(h.points, func(a, b Point) int { return a.Time.Compare(b.Time) })
		all = append(all, h)
	}
	return all
}

// trendOf adds up histories; nil if there is nothing to draw.
func trendOf(all []history, until time.Time) *Trend {
	var with []history
	t := &Trend{}
	for _, h := range all {
		if len(h.points) > 0 {
			with = append(with, h)
		}
	}
	from, ok := begin(with, until)
	if !ok {
		return nil
	}
	for _, h := range all {
		if len(h.points) == 0 || h.points[0].Time.After(from) {
			t.Without = append(t.Without, h.name)
		}
	}
	with = slices.DeleteFunc(with, func(h history) bool { return h.points[0].Time.After(from) })
	t.Customers = len(with)
	step := steps[len(steps)-1]
	if i := slices.IndexFunc(steps, func(step time.Duration) bool { return until.Sub(from)/step < maxPoints }); i >= 0 {
		step = steps[i]
	}
	t.StepSeconds = int64(step.Seconds())
	for back := until.Sub(from) / step; back >= 0; back-- {
		at := until.Add(-back * step)
		p := Point{Time: at}
		for _, h := range with {
			known := h.at(at)
			p.TotalUnits += known.TotalUnits
			p.ConsumedUnits += known.ConsumedUnits
		}
		t.Points = append(t.Points, p)
	}
	if len(t.Points) < 2 {
		return nil
	}
	return t
}

// begin is when a trend begins: where it shows the most, customers times time.
// Few customers whose runs reach far back are no reason to leave the others out,
// nor one customer without runs to show nothing of the others.
func begin(with []history, until time.Time) (time.Time, bool) {
	firsts := make([]time.Time, 0, len(with))
	for _, h := range with {
		firsts = append(firsts, h.points[0].Time)
	}
	slices.SortFunc(firsts, time.Time.Compare)
	var best time.Time
	var most float64
	for i, first := range firsts {
		if shown := float64(i+1) * until.Sub(first).Seconds(); shown > most {
			best, most = first, shown
		}
	}
	return best, most > 0
}

// at is the latest point at a time.
func (h history) at(t time.Time) Point {
	i := sort.Search(len(h.points), func(i int) bool { return h.points[i].Time.After(t) })
	if i == 0 {
		return Point{}
	}
	return h.points[i-1]
}
