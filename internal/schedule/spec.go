package schedule

import (
	"fmt"
	"slices"
	"time"
)

// Spec is a plan as the user wrote it. At least one of Cron, At and Every is set; where several are, the earliest due
// slot wins, and slots at the same instant are one.
type Spec struct {
	// Cron is a line of five fields, or @hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually. Empty
	// means none.
	Cron string
	// TimeZone is the IANA name of the zone in which Cron is read. It is never empty, whether there is a Cron or not:
	// a plan must mean the same on every machine, also after a line is added to it.
	TimeZone string
	// At are single times, in any order.
	At []time.Time
	// Every is an interval; nil means none.
	Every *Every
	// Start and End bound the slots, both inclusive. The zero time leaves that side open.
	Start, End time.Time
}

// Every has a slot at First and after each Interval from then on, in elapsed time: a day is 24 hours, also when the
// clocks change.
type Every struct {
	// Interval is a minute or longer, in whole seconds.
	Interval time.Duration
	// First is the first slot.
	First time.Time
}

// Reason is a word for the kind of a mistake, fit for a condition or an event.
type Reason string

const (
	// ReasonInvalidSchedule is for slots that cannot be computed, or of which there is none.
	ReasonInvalidSchedule Reason = "InvalidSchedule"
	// ReasonUnknownTimeZone is for a zone that does not exist.
	ReasonUnknownTimeZone Reason = "UnknownTimeZone"
	// ReasonInvalidWindow is for a window that ends before it starts, or that holds no slot.
	ReasonInvalidWindow Reason = "InvalidWindow"
)

// Names of the fields that an Error speaks of, as they are called in a LicenseSyncSchedule.
const (
	FieldSchedule = "schedule"
	FieldTimeZone = "timeZone"
	FieldAt       = "at"
	FieldEvery    = "every"
	FieldEndTime  = "endTime"
)

// Error is a mistake in a Spec. The same Spec always yields the same one, so only a changed Spec is worth a retry.
type Error struct {
	// Field is the field to repair.
	Field string
	// Reason is the kind of the mistake.
	Reason Reason
	// Message says what is wrong and what to write instead. It quotes at most a short part of the value.
	Message string
}

// Error returns the field and the message.
func (e *Error) Error() string { return e.Field + ": " + e.Message }

func invalid(field string, reason Reason, format string, args ...any) *Error {
	return &Error{Field: field, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

const minInterval = time.Minute

// The instants that a slot can have. RFC 3339, in which Kubernetes writes times, ends with the year 9999.
var (
	firstSecond = time.Time{}.Unix()
	lastSecond  = time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC).Unix()
)

// Parse compiles a Spec. Its errors are of type *Error.
func Parse(spec Spec) (*Plan, error) {
	loc, err := loadZone(spec.TimeZone)
	if err != nil {
		return nil, err
	}
	p := &Plan{loc: loc}
	if spec.Cron == "" && len(spec.At) == 0 && spec.Every == nil {
		return nil, invalid(FieldSchedule, ReasonInvalidSchedule, "the plan has no times: set schedule, at or every")
	}
	if spec.Cron != "" {
		if p.cron, err = parseCron(spec.Cron); err != nil {
			return nil, invalid(FieldSchedule, ReasonInvalidSchedule, "%.60q: %v", spec.Cron, err)
		}
	}
	if p.single, err = parseAt(spec.At); err != nil {
		return nil, err
	}
	if spec.Every != nil {
		if p.every, err = parseEvery(*spec.Every); err != nil {
			return nil, err
		}
	}
	if err := p.setWindow(spec.Start, spec.End); err != nil {
		return nil, err
	}
	return p, nil
}

// whole returns the second of a slot that the user named. Kubernetes writes times in whole seconds, so that a fraction
// would make the slot differ from the time in a run's spec.
func whole(t time.Time) (int64, error) {
	s := t.Unix()
	switch {
	case t.IsZero():
		return 0, fmt.Errorf("the time is missing: write one like 2026-03-31T22:00:00Z")
	case s < firstSecond || s > lastSecond:
		return 0, fmt.Errorf("the year is beyond the range 1 to 9999")
	case t.Nanosecond() != 0:
		return 0, fmt.Errorf("%s has a fraction of a second: use whole seconds", t.Format(time.RFC3339Nano))
	}
	return s, nil
}

func parseAt(times []time.Time) ([]int64, error) {
	at := make([]int64, 0, len(times))
	for i, t := range times {
		s, err := whole(t)
		if err != nil {
			return nil, invalid(FieldAt, ReasonInvalidSchedule, "entry %d: %v", i, err)
		}
		at = append(at, s)
	}
	slices.Sort(at)
	return slices.Compact(at), nil
}

func parseEvery(e Every) (*interval, error) {
	switch {
	case e.Interval < minInterval:
		return nil, invalid(FieldEvery, ReasonInvalidSchedule, "the interval %v is too short: use %v or more", e.Interval, minInterval)
	case e.Interval%time.Second != 0:
		return nil, invalid(FieldEvery, ReasonInvalidSchedule, "the interval %v has a fraction of a second: use whole seconds", e.Interval)
	}
	first, err := whole(e.First)
	if err != nil {
		return nil, invalid(FieldEvery, ReasonInvalidSchedule, "first time: %v", err)
	}
	return &interval{first: first, seconds: int64(e.Interval / time.Second)}, nil
}

func (p *Plan) setWindow(start, end time.Time) error {
	p.start, p.end = firstSecond, lastSecond
	if !start.IsZero() {
		s := start.Unix()
		if start.Nanosecond() > 0 {
			s++
		}
		p.start = max(s, p.start)
	}
	if !end.IsZero() {
		p.end = min(end.Unix(), p.end)
	}
	if !start.IsZero() && !end.IsZero() && end.Before(start) {
		return invalid(FieldEndTime, ReasonInvalidWindow, "%s lies before startTime %s: choose a later one, or none",
			end.Format(time.RFC3339), start.Format(time.RFC3339))
	}
	if _, ok := p.next(p.start - 1); !ok {
		return invalid(FieldEndTime, ReasonInvalidWindow,
			"no slot of the plan lies between startTime and endTime: widen the window or change the plan")
	}
	return nil
}
