package partner_test

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/partner"
)

// expected is what the rules ask for.
type expected struct {
	writes map[string]map[string]any
	made   []string
	states map[string]v1alpha1.PartnerOrganization
	counts [4]int // found, selected, created, held
}

func (o *oracle) expect() expected {
	all := o.all()
	held, leaving := o.holds(all)
	e := expected{writes: map[string]map[string]any{}, states: map[string]v1alpha1.PartnerOrganization{}}
	if held {
		e.counts[3] = leaving
	}
	state := func(s *seen, name string, state v1alpha1.PartnerOrganizationState) {
		display := s.name
		if len(display) > 256 {
			display = display[:253] + "…"
		}
		e.states[s.id] = v1alpha1.PartnerOrganization{ID: s.id, DisplayName: display, Customer: name, State: state}
	}
	write := func(s *seen, name string, wanted map[string]any) {
		if o.partner.Spec.Mode == v1alpha1.PartnerModeReport {
			return
		}
		if o.postponed[name] {
			state(s, name, "Refused")
			return
		}
		e.writes[name] = wanted
	}
	for _, s := range all {
		for i, counted := range []bool{s.listed, s.selected, s.record != nil} {
			if counted {
				e.counts[i]++
			}
		}
		switch {
		case s.record != nil && s.selected:
			if applied, writes := wish(s.record, o.looks(s)); writes {
				write(s, s.record.name, applied)
			}
		case s.record != nil && held && s.record.leaves():
			state(s, s.record.name, "Held")
		case s.record != nil:
			state(s, s.record.name, "Vanished")
			if applied, writes := wish(s.record, rest(s.record)); writes && !held {
				write(s, s.record.name, applied)
			}
		case s.selected && s.reader != "":
			state(s, s.reader, "ReadElsewhere")
		case s.selected:
			name := o.nameOf(s)
			state(s, name, "Waiting")
			if o.postponed[name] || len(e.made) < int(o.partner.Spec.MaxNewPerPass) {
				write(s, name, o.looks(s))
				if e.writes[name] != nil {
					e.made = append(e.made, name)
				}
			}
		}
	}
	return e
}

// check compares a decision with the rules, and remembers the token.
func (o *oracle) check(d *partner.Decision) error {
	want := o.expect()
	var made []string
	for _, w := range d.Writes {
		applied := flatten(w.Fields)
		if wanted, ok := want.writes[w.Name]; !ok || !reflect.DeepEqual(applied, wanted) {
			return fmt.Errorf("write of %s (new: %t):\n got %v\nwant %v (%t)", w.Name, w.New, applied, wanted, ok)
		}
		delete(want.writes, w.Name)
		if w.New {
			made = append(made, w.Name)
		}
	}
	if len(want.writes) > 0 || !slices.Equal(made, want.made) {
		return fmt.Errorf("not written: %v; made %v, want %v", want.writes, made, want.made)
	}
	if (d.Held != nil) != (want.counts[3] > 0) || d.Held != nil && int(*d.Held.Customers) != want.counts[3] {
		return fmt.Errorf("held %+v, want %d", d.Held, want.counts[3])
	}
	if d.Held != nil {
		set := gone(o.all())
		for token, other := range o.sets {
			if (token == d.Held.Token) != (set == other) {
				return fmt.Errorf("token %s for %s, token %s for %s", d.Held.Token, set, token, other)
			}
		}
		o.sets[d.Held.Token] = set
	}
	return o.checkStates(d, want.states, want.counts)
}

// ranks is the order of what a status lists.
var ranks = []v1alpha1.PartnerOrganizationState{"Refused", "Held", "Vanished", "Waiting", "ReadElsewhere"}

func (o *oracle) checkStates(d *partner.Decision, states map[string]v1alpha1.PartnerOrganization, counts [4]int) error {
	listed := d.Listed()
	number := map[v1alpha1.PartnerOrganizationState]int{}
	for i, is := range listed {
		if is != states[is.ID] {
			return fmt.Errorf("listed %+v, want %+v", is, states[is.ID])
		}
		number[is.State]++
		if i == 0 {
			continue
		}
		before := listed[i-1]
		if cmp.Or(cmp.Compare(slices.Index(ranks, before.State), slices.Index(ranks, is.State)), strings.Compare(before.DisplayName, is.DisplayName), strings.Compare(before.ID, is.ID)) >= 0 {
			return fmt.Errorf("%+v is listed before %+v", before, is)
		}
	}
	if len(listed) != len(states) {
		return fmt.Errorf("listed %+v, want %+v", listed, states)
	}
	c := d.Counts()
	got := []int32{*c.Found, *c.Selected, *c.Created, *c.Waiting, *c.ReadElsewhere, *c.Vanished, *c.Refused}
	want := []int32{
		int32(counts[0]), int32(counts[1]), int32(counts[2]), int32(number["Waiting"]), int32(number["ReadElsewhere"]), //nolint:gosec // small
		int32(number["Vanished"] + number["Held"]), int32(number["Refused"]), //nolint:gosec // small
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("counts %v, want %v", got, want)
	}
	return nil
}
