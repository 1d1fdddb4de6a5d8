package webexsim

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// Rule makes some requests go wrong. Its first half says which requests, its second
// half what happens to them. Of several matching rules the first one added acts.
//
// A rule that only has ItemErrors, Link, Header, Delay or a cut lets the request be
// answered as usual and spoils the answer. One with Status, Body or HTML answers in
// the place of the service.
type Rule struct {
	// ID is chosen by AddRule if empty.
	ID string `json:"id,omitempty"`
	// Operation is for example "GET /people"; empty or "*" means any.
	Operation string `json:"operation,omitempty"`
	// Organization is the UUID of an organization; empty means any.
	Organization string `json:"organization,omitempty"`
	// Page is the n-th request that the conditions above fit, counted from 1 since the
	// rule was added; 0 means any.
	Page int `json:"page,omitempty"`
	// ListPage is the n-th page of a list, counted from 1; 0 means any.
	ListPage int `json:"listPage,omitempty"`
	// MaxAbove fits pages of more than so many entries only.
	MaxAbove int `json:"maxAbove,omitempty"`
	// After skips the first fitting requests; Every then takes each n-th; Times ends
	// the rule after it acted so often (0: never).
	After int `json:"after,omitempty"`
	Every int `json:"every,omitempty"`
	Times int `json:"times,omitempty"`

	// Status answers with this status. The body is that of the service's own errors
	// unless Body or HTML is set.
	Status int `json:"status,omitempty"`
	// Body answers with this text, with status 200 unless Status is set.
	Body string `json:"body,omitempty"`
	// ContentType goes with Body. Default application/json;charset=UTF-8.
	ContentType string `json:"contentType,omitempty"`
	// HTML answers with a page of HTML.
	HTML bool `json:"html,omitempty"`
	// Header is set on the answer. An empty value removes a header.
	Header map[string]string `json:"header,omitempty"`
	// Delay is the time before anything happens.
	Delay time.Duration `json:"-"`
	// Drop closes the connection without an answer.
	Drop bool `json:"drop,omitempty"`
	// CutAfter ends the body after so many bytes; -1 means before the first one.
	CutAfter int `json:"cutAfter,omitempty"`
	// CutAt ends the body after this share of it, between 0 and 1.
	CutAt float64 `json:"cutAt,omitempty"`
	// Truncate makes a cut look regular: the message is complete, its body is not.
	// Without CutAfter and CutAt it cuts in the middle. Without Truncate a cut closes
	// the connection.
	Truncate bool `json:"truncate,omitempty"`
	// Malformed breaks the JSON in the middle.
	Malformed bool `json:"malformed,omitempty"`
	// Link spoils the next link.
	Link LinkFault `json:"link,omitempty"`
	// ItemErrors makes people incomplete.
	ItemErrors *ItemErrors `json:"itemErrors,omitempty"`
}

// plainRule has the fields of Rule without its methods.
type plainRule Rule

// ruleJSON adds the delay in a form that people write: "1.5s".
type ruleJSON struct {
	*plainRule
	Delay string `json:"delay,omitempty"`
}

// MarshalJSON writes the delay as a text such as "1.5s".
func (r Rule) MarshalJSON() ([]byte, error) {
	j := ruleJSON{plainRule: (*plainRule)(&r)}
	if r.Delay != 0 {
		j.Delay = r.Delay.String()
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Rule) UnmarshalJSON(b []byte) error {
	j := ruleJSON{plainRule: (*plainRule)(r)}
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	if j.Delay == "" {
		return nil
	}
	d, err := time.ParseDuration(j.Delay)
	if err != nil {
		return fmt.Errorf("delay: %w", err)
	}
	r.Delay = d
	return nil
}

// answers tells whether the rule answers in the place of the service.
func (r *Rule) answers() bool { return r.Status != 0 || r.Body != "" || r.HTML || r.Drop }

// needsWholeBody tells whether the answer has to be complete before it is spoiled.
func (r *Rule) needsWholeBody() bool {
	return r.CutAt > 0 || r.Malformed || (r.Truncate && r.CutAfter == 0)
}

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
	if r.ID == "" {
		r.ID = "rule-" + strconv.Itoa(s.rules.next)
	}
	s.rules.list = append(s.rules.list, &activeRule{Rule: r})
	return r.ID
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
	operation, organization string
	listPage, max           int
}

// match finds the rule that acts on a request. Each rule counts what fits it, also
// when another one acts.
func (r *rules) match(q request) *Rule {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found *Rule
	for _, a := range r.list {
		if !a.fits(q) || found != nil {
			continue
		}
		a.acted++
		rule := a.Rule
		found = &rule
	}
	return found
}

func (a *activeRule) fits(q request) bool {
	if a.Operation != "" && a.Operation != "*" && a.Operation != q.operation {
		return false
	}
	if a.Organization != "" && a.Organization != q.organization {
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
