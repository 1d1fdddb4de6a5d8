package assign_test

import (
	"fmt"
	"maps"
	"slices"

	"github.com/webex-operator/webex-license-operator/internal/assign"
)

// stock are the units of licences that are known to be free.
type stock map[int]int64

func stockOf(w *assign.World) stock {
	s := stock{}
	for n, l := range w.Licenses {
		if l.Free != nil {
			s[n] = *l.Free
		}
	}
	return s
}

// lacks says whether no unit is free for an addition.
func (s stock) lacks(license int, keep int64) bool {
	free, known := s[license]
	return !known || free-1 < keep
}

func (s stock) move(license int, by int64) {
	if _, known := s[license]; known {
		s[license] += by
	}
}

// checkUnits: what is sent finds free units, in the order of phases, and so does what is reported, after it; a person keeps
// what there is while an addition waits; and what waits, waits for a reason.
func (o *oracle) checkUnits(p *assign.Plan, all []wish) error {
	s := stockOf(o.w)
	for phase, calls := range p.Phases {
		changes := []assign.Change{}
		for _, call := range calls {
			changes = append(changes, call.Changes...)
			if phase == 1 { // each swap counts on those before
				if err := s.use(call.Changes); err != nil {
					return err
				}
			}
		}
		if phase != 1 {
			if err := s.use(changes); err != nil {
				return err
			}
		}
	}
	if err := o.checkWaiting(p, all, assign.Send, s); err != nil {
		return err
	}
	reported := slices.DeleteFunc(slices.Clone(p.Changes), func(c assign.Change) bool { return c.State != assign.ReportOnly })
	if err := s.use(reported); err != nil {
		return err
	}
	return o.checkWaiting(p, all, assign.ReportOnly, s)
}

// use makes changes. Each addition leaves what it has to; a removal comes last if it goes with an addition, and it is not told
// in which order others come.
func (s stock) use(changes []assign.Change) error {
	before, keep := maps.Clone(s), map[int]int64{}
	for _, c := range changes {
		if c.Remove {
			s.move(c.License, +1)
			continue
		}
		s.move(c.License, -1)
		if least, seen := keep[c.License]; !seen || c.Keep < least {
			keep[c.License] = c.Keep
		}
	}
	for license, least := range keep {
		if free, known := s[license]; !known || free < least {
			return fmt.Errorf("%+v are more than units allow: %v", changes, before)
		}
	}
	return nil
}

// checkWaiting looks at the wishes of a state, when all that does not wait is done.
func (o *oracle) checkWaiting(p *assign.Plan, all []wish, state assign.State, s stock) error {
	for person := range o.w.People {
		var removes, waiting []wish
		for _, w := range all {
			switch planned := find(p, w).State; {
			case w.person != person || w.state != state || planned == assign.Held:
			case w.remove:
				removes = append(removes, w)
			case planned == assign.NoUnits:
				waiting = append(waiting, w)
			}
		}
		for _, w := range removes {
			if waits := find(p, w).State == assign.NoUnits; waits != (len(waiting) > 0) {
				return fmt.Errorf("%+v waits: %t, while %d additions do", w, waits, len(waiting))
			}
		}
		for _, w := range waiting {
			if len(removes) == 0 && !s.lacks(w.license, w.keep) {
				return fmt.Errorf("%+v waits, and %v units are free", w, s)
			}
			if later := o.overtakes(p, all, w); len(removes) == 0 && later != nil {
				return fmt.Errorf("%+v waits, and %+v does not, which is later in the list", w, *later)
			}
		}
	}
	return nil
}

// overtakes is an addition of one that has additions alone, that finds a unit before an earlier one of the same list.
func (o *oracle) overtakes(p *assign.Plan, all []wish, waiting wish) *wish {
	for _, w := range all {
		alone := !slices.ContainsFunc(all, func(other wish) bool {
			return other.person == w.person && other.remove && other.state == w.state && find(p, other).State != assign.Held
		})
		if !w.remove && alone && w.license == waiting.license && w.state == waiting.state && w.keep >= waiting.keep &&
			find(p, w).State == w.state && o.place(w) > o.place(waiting) {
			return &w
		}
	}
	return nil
}

// place is where an addition is in the lists that decide.
func (o *oracle) place(w wish) int {
	deciding := o.enforcing(w.by)
	if len(deciding) == 0 {
		deciding = w.by
	}
	return deciding[0]*100 + slices.Index(o.w.Assignments[deciding[0]].Listed, w.person)
}

// world is a copy of a world, to be changed.
func copyOf(w assign.World) assign.World {
	w.Licenses, w.People, w.Assignments = slices.Clone(w.Licenses), slices.Clone(w.People), slices.Clone(w.Assignments)
	for n := range w.Licenses {
		if w.Licenses[n].Free != nil {
			w.Licenses[n].Free = new(*w.Licenses[n].Free)
		}
	}
	for n := range w.People {
		w.People[n].Held = slices.Clone(w.People[n].Held)
	}
	return w
}

// apply makes a change come true.
func apply(w *assign.World, c assign.Change) {
	held := slices.DeleteFunc(w.People[c.Person].Held, func(l int32) bool { return int(l) == c.License })
	by := int64(1)
	if !c.Remove {
		held, by = append(held, int32(c.License)), -1 //nolint:gosec // an index
	}
	w.People[c.Person].Held = held
	if free := w.Licenses[c.License].Free; free != nil {
		*free += by
	}
}

// carryOut sends a plan as a run does: several calls of a phase at a time, in any order. Changes come true as fate has it. It
// returns the world after it, and the changes that did not come true.
func carryOut(w assign.World, p *assign.Plan, pick func(n int) int, fate func() bool) (after assign.World, left []assign.Change, err error) {
	after = copyOf(w)
	for i, o := range p.Outcomes {
		after.Assignments[i].Removed += o.Removing
	}
	units, s := w.Units(), stockOf(&w)
	for _, phase := range p.Phases {
		waiting, flying := slices.Clone(phase), []assign.Call{}
		for len(waiting)+len(flying) > 0 {
			if at := pick(len(waiting) + len(flying)); at < len(waiting) && len(flying) < 3 {
				planned := waiting[at]
				waiting = slices.Delete(waiting, at, at+1)
				call, without := units.Admit(planned)
				if err := s.take(planned, call, without); err != nil {
					return after, nil, err
				}
				left = append(left, missing(planned, call)...)
				flying = append(flying, call)
				continue
			}
			if len(flying) == 0 {
				continue
			}
			call := flying[0]
			flying = flying[1:]
			done := map[int]bool{} // by licence
			for _, c := range call.Changes {
				if done[c.License] = fate(); done[c.License] {
					apply(&after, c)
				} else {
					left = append(left, c)
				}
				if done[c.License] == c.Remove {
					s.move(c.License, +1)
				}
			}
			units.Settle(call.Changes, func(c assign.Change) bool { return done[c.License] })
		}
	}
	return after, left, nil
}

// take takes the units of a call that is admitted, if that is right.
func (s stock) take(planned, call assign.Call, without int) error {
	for _, c := range call.Changes {
		if !c.Remove {
			if s.lacks(c.License, c.Keep) {
				return fmt.Errorf("%+v is admitted, with %v units free", c, s)
			}
			s.move(c.License, -1)
		}
	}
	refused := missing(planned, call)
	adds, removes := 0, 0
	for _, c := range refused {
		switch {
		case c.Remove:
			removes++
		case !s.lacks(c.License, c.Keep):
			return fmt.Errorf("%+v is refused, with %v units free", c, s)
		default:
			adds++
		}
	}
	takes := slices.ContainsFunc(call.Changes, func(c assign.Change) bool { return c.Remove })
	if without != adds || adds > 0 && takes || adds == 0 && removes > 0 {
		return fmt.Errorf("of %+v is admitted %+v, without %d", planned, call, without)
	}
	return nil
}

// missing are the changes of a planned call that are not in another.
func missing(planned, call assign.Call) []assign.Change {
	return slices.DeleteFunc(slices.Clone(planned.Changes), func(c assign.Change) bool {
		return slices.ContainsFunc(call.Changes, func(a assign.Change) bool { return a.License == c.License && a.Remove == c.Remove })
	})
}
