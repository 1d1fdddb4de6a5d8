package schedule

import (
	"math"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // an image without zone data must not turn every zone into an unknown one
)

// zones holds the zones in use. Thousands of plans share a few of them, and reading one costs more than the rest of
// Parse. Only names that exist get in, so it cannot grow beyond the zone data.
var zones sync.Map // of string to *time.Location

func loadZone(name string) (*time.Location, error) {
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	if name == "" {
		return nil, invalid(FieldTimeZone, ReasonUnknownTimeZone, "the zone is empty: write an IANA name such as Europe/Oslo, or Etc/UTC")
	}
	loc, err := time.LoadLocation(name)
	if err != nil || !portable(name) {
		return nil, invalid(FieldTimeZone, ReasonUnknownTimeZone, "%.60q is not a time zone: write an IANA name such as Europe/Oslo, or Etc/UTC", name)
	}
	zones.Store(name, loc)
	return loc, nil
}

// portable tells zones from files that lie beside them on some machines: the machine's own zone, and the whole data
// again with other rules (right/ counts leap seconds, which a time.Time does not).
func portable(name string) bool {
	switch name {
	case "Local", "localtime", "posixrules":
		return false
	}
	return !strings.HasPrefix(name, "right/") && !strings.HasPrefix(name, "posix/")
}

// stretch is a time during which the clock of a zone runs evenly: with the offset, in seconds, up to end, itself
// excluded. The clock need not change at the end.
type stretch struct{ end, offset int64 }

// open stands for a bound that does not exist; sums of it with offsets do not overflow.
const open = math.MaxInt64 / 2

// stretchAt returns the stretch around an instant. It leaves its beginning alone: that of ZoneBounds is not exact.
func stretchAt(loc *time.Location, instant int64) stretch {
	t := time.Unix(instant, 0).In(loc)
	_, offset := t.Zone()
	s := stretch{end: open, offset: int64(offset)}
	if _, end := t.ZoneBounds(); !end.IsZero() {
		s.end = end.Unix()
	}
	if s.end <= instant {
		// Where the zone data ends in a rule, ZoneBounds takes every year for one of 365 days, so on 31 December of
		// a leap year the end that it returns is the beginning of that day (https://go.dev/issue/81583). The year ends
		// with the day.
		s.end = (floorDiv(instant, day) + 1) * day
	}
	return s
}

// maxShift is more than any clock was ever put forward or back: 24 hours, to change the side of the date line.
const maxShift = 2 * day

// clockAt returns the stretch around an instant and the time that the wall clock had come to before it, itself
// excluded. That is what the clock shows at the instant, unless it has just been put forward (then it is earlier), or
// was put back and repeats what it has shown (then it is later).
func clockAt(loc *time.Location, instant int64) (s stretch, shown int64) {
	shown = -open
	for at := instant - maxShift; at <= instant; at = s.end {
		s = stretchAt(loc, at)
		if at < instant {
			shown = max(shown, min(s.end, instant)+s.offset)
		}
	}
	return s, shown
}
