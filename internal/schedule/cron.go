package schedule

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// cron is a line as sets of values: bit n stands for the value n. It knows no zone.
type cron struct {
	minutes, hours, days, months, weekdays uint64
	// anyDay and anyWeekday say that the field is written as a star, alone or in a list. That decides how the two
	// go together, as in CronJob: 1-31 holds the same days as a star and does not mean the same.
	anyDay, anyWeekday bool
}

// everyHour tells a line that counts hours from one that names times of the day. Here the set decides, not how it is
// written: 0-23 can mean nothing but a star.
func (c *cron) everyHour() bool { return c.hours == 1<<24-1 }

// field is one of the five. A star stands for min to max; limit is the largest value that may be written.
type field struct {
	name            string
	min, max, limit int
	names           []string // of the values from min on
}

var (
	minuteField  = field{name: "minute", max: 59, limit: 59}
	hourField    = field{name: "hour", max: 23, limit: 23}
	dayField     = field{name: "day of month", min: 1, max: 31, limit: 31}
	monthField   = field{name: "month", min: 1, max: 12, limit: 12, names: strings.Fields("jan feb mar apr may jun jul aug sep oct nov dec")}
	weekdayField = field{name: "day of week", max: 6, limit: 7, names: strings.Fields("sun mon tue wed thu fri sat")}
)

var macros = map[string]string{
	"@hourly":   "0 * * * *",
	"@daily":    "0 0 * * *",
	"@midnight": "0 0 * * *",
	"@weekly":   "0 0 * * 0",
	"@monthly":  "0 0 1 * *",
	"@yearly":   "0 0 1 1 *",
	"@annually": "0 0 1 1 *",
}

func parseCron(line string) (*cron, error) {
	words := strings.Fields(line)
	if len(words) > 0 && strings.HasPrefix(words[0], "@") {
		if words[0] == "@every" {
			return nil, errors.New("@every is not supported: use the field every")
		}
		full, ok := macros[strings.Join(words, " ")]
		if !ok {
			return nil, errors.New("not a known shorthand: use @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually or five fields")
		}
		words = strings.Fields(full)
	}
	if strings.Contains(strings.ToUpper(line), "TZ=") {
		return nil, errors.New("TZ= and CRON_TZ= are not supported: use the field timeZone")
	}
	if len(words) != 5 {
		return nil, fmt.Errorf("%d fields: write five, minute, hour, day of month, month and day of week; there are no seconds", len(words))
	}
	var c cron
	for i, f := range []struct {
		field
		set  *uint64
		star *bool
	}{
		{minuteField, &c.minutes, new(bool)},
		{hourField, &c.hours, new(bool)},
		{dayField, &c.days, &c.anyDay},
		{monthField, &c.months, new(bool)},
		{weekdayField, &c.weekdays, &c.anyWeekday},
	} {
		var err error
		if *f.set, *f.star, err = f.parse(words[i]); err != nil {
			return nil, fmt.Errorf("%s %w", f.name, err)
		}
	}
	if c.weekdays&(1<<7) != 0 {
		c.weekdays = c.weekdays&^(1<<7) | 1
	}
	if !c.possible() {
		return nil, fmt.Errorf("no month of the line has a day %d: such a date never comes, choose another day or month",
			bits.TrailingZeros64(c.days))
	}
	return &c, nil
}

// possible says whether the line allows any date that exists. A restricted weekday comes in every month.
func (c *cron) possible() bool {
	if !c.anyWeekday {
		return true
	}
	longest := [...]int{1: 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	for month := 1; month <= 12; month++ {
		if c.months&(1<<month) != 0 && c.days&(1<<(longest[month]+1)-1) != 0 {
			return true
		}
	}
	return false
}

// parse reads a list of entries.
func (f field) parse(text string) (set uint64, star bool, err error) {
	for entry := range strings.SplitSeq(text, ",") {
		s, isStar, err := f.parseEntry(entry)
		if err != nil {
			return 0, false, err
		}
		set |= s
		star = star || isStar
	}
	return set, star, nil
}

// parseEntry reads a value, a range or a star, each with an optional step. A value with a step means a range to the
// field's end, as in CronJob.
func (f field) parseEntry(entry string) (set uint64, star bool, err error) {
	span, stepText, hasStep := strings.Cut(entry, "/")
	low, high := f.min, f.max
	star = span == "*" || span == "?"
	if !star {
		from, to, isRange := strings.Cut(span, "-")
		if low, err = f.value(from); err != nil {
			return 0, false, err
		}
		switch {
		case isRange:
			if high, err = f.value(to); err != nil {
				return 0, false, err
			}
		case hasStep:
			high = max(low, f.max)
		default:
			high = low
		}
	}
	if low > high {
		return 0, false, fmt.Errorf("%.20q ends before it begins: write %s", span, f.around(low, high))
	}
	step := 1
	if hasStep {
		if step, err = strconv.Atoi(digits(stepText)); err != nil || step < 1 {
			return 0, false, fmt.Errorf("%.20q has no step: write a number of 1 or more after the slash", entry)
		}
		if step > f.max-f.min {
			return 0, false, fmt.Errorf("%.20q has a step that leaves one value: write that value, or use the field every", entry)
		}
	}
	for v := low; v <= high; v += step {
		set |= 1 << v
	}
	// As in CronJob, a star with a step restricts the field.
	return set, star && step == 1, nil
}

// around writes out a range that goes over the end of the field, as Friday to Sunday does.
func (f field) around(low, high int) string {
	if f.limit > f.max && high == f.min { // the last day of the week has two numbers
		return fmt.Sprintf("%d-%d", low, f.limit)
	}
	span := func(from, to int) string {
		if from == to {
			return strconv.Itoa(from)
		}
		return fmt.Sprintf("%d-%d", from, to)
	}
	if low > f.max { // Sunday as 7
		return span(f.min, high)
	}
	return span(low, f.max) + "," + span(f.min, high)
}

func (f field) value(text string) (int, error) {
	if i := slices.Index(f.names, strings.ToLower(text)); i >= 0 {
		return f.min + i, nil
	}
	n, err := strconv.Atoi(digits(text))
	if err != nil || n < f.min || n > f.limit {
		if f.names != nil {
			return 0, fmt.Errorf("%.20q: use %d to %d or %s to %s", text, f.min, f.limit, f.names[0], f.names[len(f.names)-1])
		}
		return 0, fmt.Errorf("%.20q: use %d to %d", text, f.min, f.limit)
	}
	return n, nil
}

// digits returns the text if it is a plain number, else nothing: Atoi takes signs.
func digits(text string) string {
	if strings.Trim(text, "0123456789") != "" {
		return ""
	}
	return text
}
