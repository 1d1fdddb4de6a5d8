package webexsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// Rule makes some requests go wrong. Its first part says which requests, its second
// part when, its third part what happens to them. Of several matching rules the first
// one added acts.
//
// A rule with Status, Body, HTML, Drop or Code answers in the place of the service. One
// without lets the request be answered as usual, and spoils the answer.
type Rule struct {
	// ID is chosen by AddRule if empty.
	ID string `json:"id,omitempty"`
	// Operation is for example "GET /people"; empty or "*" means any.
	Operation string `json:"operation,omitempty"`
	// Organization is the UUID of an organization; empty means any.
	Organization string `json:"organization,omitempty"`
	// Owner is the owner of the request's token (of the refresh token, at the token
	// endpoint); empty means any.
	Owner string `json:"owner,omitempty"`

	// People fits requests about these people, by index: PATCH /licenses/users and
	// GET /people/{id}.
	People []int `json:"people,omitempty"`

	// From and Until bound the time in which the rule acts and counts, by the
	// simulator's clock: from From on, before Until. Zero means no bound.
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// In and For are another way to say it: From is so long after the rule was added,
	// and Until so long after From. AddRule turns them into From and Until.
	In  time.Duration `json:"-"`
	For time.Duration `json:"-"`

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
	// Body answers with this text, with status 200 unless Status is set. Like HTML, it comes
	// from something in front of the service: without the header Trackingid.
	Body string `json:"body,omitempty"`
	// ContentType goes with Body. Default application/json;charset=UTF-8.
	ContentType string `json:"contentType,omitempty"`
	// HTML answers with a page of HTML.
	HTML bool `json:"html,omitempty"`
	// Drop closes the connection without an answer.
	Drop bool `json:"drop,omitempty"`
	// Code answers PATCH /licenses/users with status 400 and this code of the documents, or
	// another one. With Assign it is the code in the errors of a 206.
	Code int `json:"code,omitempty"`
	// Assign is what becomes of PATCH /licenses/users.
	Assign AssignFault `json:"assign,omitempty"`
	// AfterService lets the service carry out the request first: it then has happened,
	// whatever Status, Body, HTML or Drop make of the answer.
	AfterService bool `json:"afterService,omitempty"`
	// RetryAfter adds that header to an answer of the rule. The right value is the time
	// until Until, or 5 seconds.
	RetryAfter RetryAfter `json:"retryAfter,omitempty"`
	// Header is set on the answer. An empty value removes a header.
	Header map[string]string `json:"header,omitempty"`
	// Delay is the time before anything happens; Stall is the time in the middle of the
	// body. Both are real time, not the simulator's.
	Delay time.Duration `json:"-"`
	Stall time.Duration `json:"-"`
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
	// EmptyNext makes the page be followed by an empty one, also if it is the last.
	EmptyNext bool `json:"emptyNext,omitempty"`
	// ItemErrors makes people incomplete.
	ItemErrors *ItemErrors `json:"itemErrors,omitempty"`
	// RefreshMode and TokenErrorStyle replace those of the options, for the token
	// endpoint.
	RefreshMode     RefreshMode     `json:"refreshMode,omitempty"`
	TokenErrorStyle TokenErrorStyle `json:"tokenErrorStyle,omitempty"`
}

// plainRule has the fields of Rule without its methods.
type plainRule Rule

// ruleJSON adds the durations in a form that people write: "1.5s".
type ruleJSON struct {
	*plainRule
	In    duration `json:"in,omitzero"`
	For   duration `json:"for,omitzero"`
	Delay duration `json:"delay,omitzero"`
	Stall duration `json:"stall,omitzero"`
}

func (r *Rule) json() ruleJSON {
	return ruleJSON{(*plainRule)(r), duration(r.In), duration(r.For), duration(r.Delay), duration(r.Stall)}
}

// MarshalJSON writes durations as texts such as "1.5s".
func (r Rule) MarshalJSON() ([]byte, error) { return json.Marshal(r.json()) }

// UnmarshalJSON reads what MarshalJSON writes. A misspelt member is an error.
func (r *Rule) UnmarshalJSON(b []byte) error {
	j := r.json()
	decoder := json.NewDecoder(bytes.NewReader(b))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&j); err != nil {
		return err
	}
	r.In, r.For = time.Duration(j.In), time.Duration(j.For)
	r.Delay, r.Stall = time.Duration(j.Delay), time.Duration(j.Stall)
	return nil
}

// check finds what can only be a slip of the pen.
func (r *Rule) check() error {
	switch {
	case r.Operation != "" && r.Operation != "*" && r.Operation != operationUnknown && !knownOperation(r.Operation):
		return fmt.Errorf("operation: %w", errOperation(r.Operation))
	case r.Status != 0 && (r.Status < 200 || r.Status > 599):
		return fmt.Errorf("status: %d is none that ends a request; want 200 to 599", r.Status)
	case r.CutAt < 0 || r.CutAt > 1:
		return fmt.Errorf("cutAt: %g is no share; want 0 to 1", r.CutAt)
	}
	return checkForms(
		form{"link", string(r.Link), linkFaults},
		form{"assign", string(r.Assign), assignFaults},
		form{"retryAfter", string(r.RetryAfter), retryAfters},
		form{"refreshMode", string(r.RefreshMode), refreshModes},
		form{"tokenErrorStyle", string(r.TokenErrorStyle), tokenErrorStyles},
	)
}

// answers tells whether the rule answers in the place of the service.
func (r *Rule) answers() bool {
	return r.Status != 0 || r.Body != "" || r.HTML || r.Drop || r.refuses()
}

// refuses tells whether the rule answers with a code.
func (r *Rule) refuses() bool { return r.Code != 0 && r.Assign == "" }

// needsWholeBody tells whether the answer has to be complete before it is spoiled.
func (r *Rule) needsWholeBody() bool {
	return r.CutAt > 0 || r.Malformed || r.Stall > 0 || (r.Truncate && r.CutAfter == 0)
}

// overrides gives the options that a request is answered by.
func (r *Rule) overrides(o *Options) *Options {
	if r.RefreshMode == "" && r.TokenErrorStyle == "" {
		return o
	}
	changed := *o
	setForm(&changed.RefreshMode, r.RefreshMode)
	setForm(&changed.TokenErrorStyle, r.TokenErrorStyle)
	return &changed
}

func setForm[T ~string](to *T, from T) {
	if from != "" {
		*to = from
	}
}

// retryAfter is the header of that name, if the rule adds it.
func (r *Rule) retryAfter(now time.Time) string {
	if r.RetryAfter == "" {
		return ""
	}
	wait := 5 * time.Second
	if !r.Until.IsZero() {
		wait = r.Until.Sub(now)
	}
	return r.RetryAfter.value(wait, now)
}
