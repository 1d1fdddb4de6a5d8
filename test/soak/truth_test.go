package soak

import (
	"fmt"
	"sync"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/operator"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// truths are the right figures of a customer, one set for each time between two
// changes. The test changes an organization only while no run of it is at work,
// so a complete walk sees one of these sets and nothing in between.
type truths struct {
	mu   sync.Mutex
	sets []map[string]string
	// seen is, for each row, the oldest set that it may still show: it must not go back.
	seen map[string]int
}

// add notes the figures that are right from now on.
func (h *truths) add(c *customer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.seen == nil {
		h.seen = map[string]int{}
	}
	h.sets = append(h.sets, operator.Expected(c.name, c.org.Truth(), c.spec.Licenses))
}

// now are the figures that are right now.
func (h *truths) now() map[string]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sets[len(h.sets)-1]
}

// check says what is wrong with a row that was seen; empty if nothing is.
func (h *truths) check(row *v1alpha1.WebexLicense) string {
	if len(row.Status.Conditions) == 0 {
		return "" // it shows no figure yet
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	key, shown := operator.Key(row), operator.Shown(row)
	for i := h.seen[key]; i < len(h.sets); i++ {
		if h.sets[i][key] == shown {
			h.seen[key] = i
			return ""
		}
	}
	return fmt.Sprintf("row %s shows what was never true, or no longer since it showed better (set %d of %d):\n  %s\nright would be now:\n  %s",
		row.Name, h.seen[key], len(h.sets), shown, h.sets[len(h.sets)-1][key])
}

// checkRemoved says what is wrong with a row that was removed.
func (h *truths) checkRemoved(row *v1alpha1.WebexLicense) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := operator.Key(row)
	for i := h.seen[key]; i < len(h.sets); i++ {
		if _, there := h.sets[i][key]; !there {
			h.seen[key] = i
			return ""
		}
	}
	return fmt.Sprintf("row %s was removed, but is part of the truth", row.Name)
}

// change changes a few things about the organization.
func (c *customer) change() []string {
	var changes []string
	for range c.rng.IntN(4) {
		changes = append(changes, c.changeOne())
	}
	c.truths.add(c)
	return changes
}

func (c *customer) changeOne() string {
	licenses := c.org.Truth().Licenses
	license := licenses[c.rng.IntN(len(licenses))].ID
	person := c.rng.IntN(c.spec.People.Len())
	location := []string{c.spec.Locations[c.rng.IntN(len(c.spec.Locations))].Name, ""}[c.rng.IntN(2)]
	var what string
	var err error
	switch c.rng.IntN(7) {
	case 0:
		what, err = "total", c.org.SetTotal(license, c.rng.IntN(1000))
	case 1:
		what, err = "assign", c.org.AssignLicense(person, license)
	case 2:
		what, err = "take", c.org.RemoveLicense(person, license)
	case 3:
		what, err = "move", c.org.MovePerson(person, location)
	case 4:
		what, err = "guests", c.org.SetExternalUsers(license, c.rng.IntN(20))
	case 5:
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
