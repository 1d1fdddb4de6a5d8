package assign_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/webex-operator/webex-license-operator/internal/assign"
)

// inside is a licence that can be assigned, with so many free units.
func inside(code string, free int64) assign.License {
	return assign.License{ID: "id-" + code, Row: code, Name: "Name of " + code, OfferCode: code, Purchased: true, Assignable: true, Free: &free}
}

// outside is a licence of another subscription.
func outside(code string) assign.License {
	free := int64(5)
	return assign.License{
		ID: "other-" + code, Row: "other-" + code, Name: "Name of " + code, OfferCode: code, Purchased: true,
		Outside: true, Reason: "OtherSubscription", Free: &free,
	}
}

// people are p0, p1 and so on, with the licences that each holds.
func people(held ...[]int32) []assign.Person {
	all := make([]assign.Person, len(held))
	for n := range held {
		all[n] = assign.Person{ID: fmt.Sprintf("person-%d", n), Held: held[n]}
	}
	return all
}

func holds(licenses ...int32) []int32 { return licenses }

// list is an assignment that enforces, and keeps what people hold who are in no list.
func list(code string, listed ...int) assign.Assignment {
	return assign.Assignment{Name: code, OfferCode: code, Enforce: true, MaxRemovals: 10, Listed: listed}
}

// owner is an assignment that enforces, and takes the licence from others.
func owner(code string, listed ...int) assign.Assignment {
	a := list(code, listed...)
	a.RemoveUnlisted = true
	return a
}

// report is an assignment that only reports.
func report(a assign.Assignment) assign.Assignment {
	a.Enforce = false
	return a
}

// told are the changes of a plan, sorted, such as "p1 -EE Held [0 1]".
func told(w *assign.World, p *assign.Plan) []string {
	texts := make([]string, len(p.Changes))
	for n, c := range p.Changes {
		texts[n] = tell(w, c)
	}
	slices.Sort(texts)
	return texts
}

func tell(w *assign.World, c assign.Change) string {
	sign := "+"
	if c.Remove {
		sign = "-"
	}
	return fmt.Sprintf("p%d %s%s %s %v", c.Person, sign, w.Licenses[c.License].Row, c.State, c.For)
}

// calls are the calls of a phase, such as "p1 -MS +EE".
func calls(w *assign.World, phase []assign.Call) []string {
	texts := []string{}
	for _, call := range phase {
		var parts []string
		for _, c := range call.Changes {
			text := tell(w, c)
			parts = append(parts, strings.Fields(text)[1])
		}
		slices.Sort(parts)
		texts = append(texts, fmt.Sprintf("p%d %s", call.Person, strings.Join(parts, " ")))
	}
	return texts
}

// expect compares texts, in their order.
func expect(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %s\nwant %s", what, strings.Join(got, ", "), strings.Join(want, ", "))
	}
}
