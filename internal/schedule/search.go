package schedule

import (
	"math/bits"
	"time"
)

const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour
)

// horizon bounds the search for a slot, in seconds. A restricted weekday comes each week, with or without a day of
// month, because either one counts. So the rarest line is one for 29 February alone, eight years apart where a century
// year is not a leap year (2096 to 2104). No zone loses a slot; a change of its clock moves one by a day at most. The
// ninth year is for that.
const horizon = 9 * 366 * day

// next returns the first slot later than the instant after. The second result is false if there is none up to until.
//
// It goes from stretch to stretch, because within one everything is arithmetic.
func (c *cron) next(loc *time.Location, after, until int64) (int64, bool) {
	until = min(until, after+horizon)
	for instant := after + 1; instant <= until; {
		s, shown := clockAt(loc, instant)
		from := instant + s.offset
		switch {
		case shown < from: // the clock was put forward
			if _, skipped := c.nextOnClock(shown, from); skipped {
				return instant, true
			}
		case !c.everyHour(): // what comes before was shown already
			from = shown
		}
		if found, ok := c.nextOnClock(from, min(s.end, until+1)+s.offset); ok {
			return found - s.offset, true
		}
		instant = s.end
	}
	return 0, false
}

// nextOnClock returns the first time of the line in from <= time < to. Times are those of a wall clock that is never
// put forward or back, in seconds since 1970.
func (c *cron) nextOnClock(from, to int64) (int64, bool) {
	from = -floorDiv(-from, minute) * minute // up to the next full minute
	for n := floorDiv(from, day); n*day < to; {
		date := time.Unix(n*day, 0).UTC()
		y, m, d := date.Date()
		if c.months&(1<<m) == 0 {
			n = floorDiv(time.Date(y, m+1, 1, 0, 0, 0, 0, time.UTC).Unix(), day)
			continue
		}
		if c.onDay(d, date.Weekday()) {
			if s, ok := c.nextInDay(max(from-n*day, 0)); ok {
				s += n * day
				return s, s < to
			}
		}
		n++
	}
	return 0, false
}

func (c *cron) onDay(d int, weekday time.Weekday) bool {
	onDay, onWeekday := c.days&(1<<d) != 0, c.weekdays&(1<<weekday) != 0
	if c.anyDay || c.anyWeekday {
		return onDay && onWeekday
	}
	return onDay || onWeekday
}

// nextInDay returns the first time of day of the line that is not before from, both in seconds since midnight.
func (c *cron) nextInDay(from int64) (int64, bool) {
	h, m := from/hour, from%hour/minute
	if c.hours&(1<<h) != 0 {
		if left := c.minutes >> m; left != 0 {
			return h*hour + (m+int64(bits.TrailingZeros64(left)))*minute, true
		}
	}
	left := c.hours >> (h + 1)
	if left == 0 {
		return 0, false
	}
	h += 1 + int64(bits.TrailingZeros64(left))
	return h*hour + int64(bits.TrailingZeros64(c.minutes))*minute, true
}

// floorDiv rounds down, also below zero: 1969 is not nearer to 1970 than 1971 is.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
