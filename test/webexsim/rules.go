package webexsim

import (
	"encoding/json"
	"slices"
	"strconv"
	"sync"
	"time"
)

// rules are the rules in force.
type rules struct {
	mu   sync.Mutex
	next int
	list []*activeRule
}

type activeRule struct {
	Rule
	seen, fitted, acted int
}

// AddRule puts a rule in force and returns its id.
func (s *Server) AddRule(r Rule) (id string) {
	s.rules.mu.Lock()
	defer s.rules.mu.Unlock()
	s.rules.next++
	r.bound(s.Now())
	if r.ID == "" {
		r.ID = "rule-" + strconv.Itoa(s.rules.next)
	}
	s.rules.list = append(s.rules.list, &activeRule{Rule: r})
	return r.ID
}

// bound turns In and For into times.
func (r *Rule) bound(now time.Time) {
	if r.In != 0 {
		r.From = now.Add(r.In)
	}
	if r.For != 0 {
		r.Until = now.Add(r.For)
		if !r.From.IsZero() {
			r.Until = r.From.Add(r.For)
		}
	}
	r.In, r.For = 0, 0
}

// RemoveRule ends a rule.
func (s *Server) RemoveRule(id string) {
	s.rules.mu.Lock()
	defer s.rules.mu.Unlock()
	kept := s.rules.list[:0:0]
	for _, r := range s.rules.list {
		if r.ID != id {
			kept = append(kept, r)
		}
	}
	s.rules.list = kept
}

// ClearRules ends all rules.
func (s *Server) ClearRules() {
	s.rules.mu.Lock()
	defer s.rules.mu.Unlock()
	s.rules.list = nil
}

// Rules are the rules in force.
func (s *Server) Rules() []Rule {
	s.rules.mu.Lock()
	defer s.rules.mu.Unlock()
	list := make([]Rule, 0, len(s.rules.list))
	for _, r := range s.rules.list {
		list = append(list, r.Rule)
	}
	return list
}

// RuleState is a rule in force and what it did so far.
type RuleState struct {
	Rule
	// Seen are the requests of its operation, organization and owner while it was in
	// force; Acted are those that it acted on.
	Seen, Acted int
}

// MarshalJSON adds the counts to the rule.
func (r RuleState) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		ruleJSON
		Seen  int `json:"seen"`
		Acted int `json:"acted"`
	}{r.json(), r.Seen, r.Acted})
}

// RuleStates are the rules in force and what they did so far.
func (s *Server) RuleStates() []RuleState {
	s.rules.mu.Lock()
	defer s.rules.mu.Unlock()
	list := make([]RuleState, 0, len(s.rules.list))
	for _, r := range s.rules.list {
		list = append(list, RuleState{r.Rule, r.seen, r.acted})
	}
	return list
}

// RuleActions tells how often a rule acted.
func (s *Server) RuleActions(id string) int {
	s.rules.mu.Lock()
	defer s.rules.mu.Unlock()
	for _, r := range s.rules.list {
		if r.ID == id {
			return r.acted
		}
	}
	return 0
}

// request is what rules are matched against.
type request struct {
	operation, organization, owner string
	listPage, max                  int
	person                         func() int // noPerson if it is about none
}

// match finds the rule that acts on a request. Each rule counts what fits it, also
// when another one acts.
func (r *rules) match(q request, clock func() time.Time) *Rule {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.list) == 0 {
		return nil
	}
	var found *Rule
	now := clock()
	for _, a := range r.list {
		if !a.fits(q, now) || found != nil {
			continue
		}
		a.acted++
		rule := a.Rule
		found = &rule
	}
	return found
}

// concerns tells whether the rule is in force and about such requests.
func (a *activeRule) concerns(q request, now time.Time) bool {
	if now.Before(a.From) || (!a.Until.IsZero() && !now.Before(a.Until)) {
		return false
	}
	return (a.Operation == "" || a.Operation == "*" || a.Operation == q.operation) &&
		(a.Organization == "" || a.Organization == q.organization) &&
		(a.Owner == "" || a.Owner == q.owner) &&
		(a.People == nil || slices.Contains(a.People, q.person()))
}

// fits tells whether the rule acts on a request, and counts it.
func (a *activeRule) fits(q request, now time.Time) bool {
	if !a.concerns(q, now) {
		return false
	}
	a.seen++
	if (a.Page > 0 && a.seen != a.Page) || (a.ListPage > 0 && a.ListPage != q.listPage) || (a.MaxAbove > 0 && q.max <= a.MaxAbove) {
		return false
	}
	a.fitted++
	if a.fitted <= a.After || (a.Every > 1 && (a.fitted-a.After)%a.Every != 0) {
		return false
	}
	return a.Times == 0 || a.acted < a.Times
}
