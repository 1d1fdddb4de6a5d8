package soak

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/operator"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// truths are the right figures of a customer, one set for each time between two
// changes. The test changes an organization only while no run of it is at work,
// so a complete walk sees one of these sets and nothing in between.
type truths struct {
	mu   sync.Mutex
	sets []truth
	// seen is, for each row, the oldest set that it may still show: it must not go back.
	seen map[string]int
}

// truth are the figures that are right from a time on, until the next ones are.
type truth struct {
	since time.Time
	rows  map[string]string
}

// add notes the figures that are right from now on.
func (h *truths) add(c *customer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.seen == nil {
		h.seen = map[string]int{}
	}
	h.sets = append(h.sets, truth{time.Now(), operator.Expected(c.name, c.org.Truth(), c.spec.Licenses)})
}

// latest are the figures that are right now.
func (h *truths) latest() truth {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sets[len(h.sets)-1]
}

// walkOf is the truth that a complete walk between two times saw, and says whether all rows together show just that.
// The times are known to the second: two truths are possible if one gave way to the other within it.
func (h *truths) walkOf(shown map[string]string, begin, end time.Time) (truth, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, set := range slices.Backward(h.sets) {
		replaced := i+1 < len(h.sets) && h.sets[i+1].since.Before(end)
		if !replaced && set.since.Before(begin.Add(time.Second)) && maps.Equal(set.rows, shown) {
			return set, true
		}
		if set.since.Before(begin) {
			break // it was in force already
		}
	}
	return truth{}, false
}

// counts are the part of rows that the list of licences tells: all of what the whole organization consumes, but for where.
func counts(rows map[string]string) map[string]string {
	listed := map[string]string{}
	for key, line := range rows {
		if strings.HasSuffix(key, "@") {
			listed[key], _, _ = strings.Cut(line, " elsewhere ")
		}
	}
	return listed
}

func sortedValues(rows map[string]string) []string { return slices.Sorted(maps.Values(rows)) }

// check says what is wrong with a row that was seen; empty if nothing is.
func (h *truths) check(row *v1alpha1.WebexLicense) string {
	if len(row.Status.Conditions) == 0 {
		return "" // it shows no figure yet
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	key, shown := operator.Key(row), operator.Shown(row)
	for i := h.seen[key]; i < len(h.sets); i++ {
		if h.sets[i].rows[key] == shown {
			h.seen[key] = i
			return ""
		}
	}
	return fmt.Sprintf("row %s shows what was never true, or no longer since it showed better (set %d of %d):\n  %s\nright would be now:\n  %s",
		row.Name, h.seen[key], len(h.sets), shown, h.sets[len(h.sets)-1].rows[key])
}

// checkRemoved says what is wrong with a row that was removed.
func (h *truths) checkRemoved(row *v1alpha1.WebexLicense) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := operator.Key(row)
	for i := h.seen[key]; i < len(h.sets); i++ {
		if _, there := h.sets[i].rows[key]; !there {
			h.seen[key] = i
			return ""
		}
	}
	return fmt.Sprintf("row %s was removed, but is part of the truth", row.Name)
}

// change changes a few things about the organization: often nothing, or only where people are, which no count tells.
func (c *customer) change() []string {
	var changes []string
	one := pick(c.rng, c.changeOne, c.move)
	for range max(c.rng.IntN(6)-2, 0) {
		changes = append(changes, one())
	}
	c.truths.add(c)
	return changes
}

func (c *customer) changeOne() string {
	licenses := c.org.Truth().Licenses
	license := licenses[c.rng.IntN(len(licenses))].ID
	person := c.rng.IntN(c.spec.People.Len())
	var what string
	var err error
	switch c.rng.IntN(6) {
	case 0:
		what, err = "total", c.org.SetTotal(license, c.rng.IntN(1000))
	case 1:
		what, err = "assign", c.org.AssignLicense(person, license)
	case 2:
		what, err = "take", c.org.RemoveLicense(person, license)
	case 3:
		what, err = "guests", c.org.SetExternalUsers(license, c.rng.IntN(20))
	case 4:
		what = "hire"
		_, err = c.org.AddPerson(webexsim.Person{Location: c.rng.IntN(len(c.spec.Locations)), Licenses: []int{c.rng.IntN(len(c.spec.Licenses))}})
	default:
		what = "workspace"
		_, err = c.org.AddWorkspace(webexsim.WorkspaceSpec{Location: c.rng.IntN(len(c.spec.Locations)), Licenses: []int{c.rng.IntN(len(c.spec.Licenses))}})
	}
	if err != nil {
		return what + ": " + err.Error()
	}
	return what
}

// move puts a person somewhere else.
func (c *customer) move() string {
	location := pick(c.rng, c.spec.Locations[c.rng.IntN(len(c.spec.Locations))].Name, "")
	if err := c.org.MovePerson(c.rng.IntN(c.spec.People.Len()), location); err != nil {
		return "move: " + err.Error()
	}
	return "move"
}
