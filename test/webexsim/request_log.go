package webexsim

import (
	"slices"
	"time"
)

// RequestRecord is one request to the API in the log. It holds no token, no body and
// nothing about people.
type RequestRecord struct {
	// Sequence counts the records from 1, in the order in which requests ended.
	Sequence int64 `json:"sequence"`
	// Time is when the request came, by the simulator's clock.
	Time time.Time `json:"time"`
	// Operation is for example "GET /people"; "unknown" is what the API does not have.
	Operation string `json:"operation"`
	// Organization is the UUID of the organization that the request was about.
	Organization string `json:"organization,omitempty"`
	// Owner is the owner of the token; empty if the token was not good.
	Owner string `json:"owner,omitempty"`
	// Status is that of the answer, also of one that was cut; 0 if there was none.
	Status int `json:"status"`
	// Rule is the id of the rule that acted, if one did.
	Rule string `json:"rule,omitempty"`
	// Page and Max are the number and the size of the page that was granted; 0 if the
	// operation has no pages.
	Page int `json:"page,omitempty"`
	Max  int `json:"max,omitempty"`
	// UserAgent is what the client calls itself.
	UserAgent string `json:"userAgent,omitempty"`
	// Email is true if the request named a mail address.
	Email bool `json:"email,omitempty"`
}

// requestLog is a ring of records. Its counter's lock guards it.
type requestLog struct {
	records []RequestRecord
	oldest  int // once the ring is full
	last    int64
}

func (l *requestLog) add(r RequestRecord, limit int) {
	l.last++
	r.Sequence = l.last
	if limit < 0 {
		l.records, l.oldest = nil, 0
		return
	}
	if len(l.records) > limit || (len(l.records) < limit && l.oldest > 0) { // it has another size now
		list := l.list()
		l.records, l.oldest = list[max(0, len(list)-limit):], 0
	}
	if len(l.records) < limit {
		l.records = append(l.records, r)
		return
	}
	l.records[l.oldest] = r
	l.oldest = (l.oldest + 1) % limit
}

// list is the log in the order of its records.
func (l *requestLog) list() []RequestRecord {
	return slices.Concat(l.records[l.oldest:], l.records[:l.oldest])
}

// RequestLog are the latest requests to the API, oldest first: as many as
// Options.RequestLog says. Requests to the control endpoint are not in it.
func (s *Server) RequestLog() []RequestRecord {
	s.counter.mu.Lock()
	defer s.counter.mu.Unlock()
	return s.counter.log.list()
}

// ClearRequestLog makes the log empty. Sequence numbers go on.
func (s *Server) ClearRequestLog() {
	s.counter.mu.Lock()
	defer s.counter.mu.Unlock()
	s.counter.log.records, s.counter.log.oldest = nil, 0
}

// record puts the call into the log, whatever became of it. It runs before the client
// sees the end of the answer, so that who has the answer finds the record.
func (c *call) record() {
	if c.recorded {
		return
	}
	c.recorded = true
	r := RequestRecord{
		Time: c.arrived, Operation: c.operation, Organization: c.subject, Owner: c.owner, Status: c.w.status,
		UserAgent: c.r.UserAgent(), Email: c.email,
	}
	if c.rule != nil {
		r.Rule = c.rule.ID
	}
	if c.max > 0 {
		r.Page, r.Max = c.page, c.max
	}
	c.s.counter.mu.Lock()
	defer c.s.counter.mu.Unlock()
	c.s.counter.log.add(r, c.o.RequestLog)
}
