package schedule

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	robfig "github.com/robfig/cron/v3"
)

// randomCron returns a valid line. Stars are frequent, so that a slot comes often enough to be looked for.
func randomCron(r *rand.Rand) string {
	words := make([]string, 0, 5)
	for _, f := range []field{minuteField, hourField, dayField, monthField, weekdayField} {
		entries := make([]string, 1+r.IntN(3))
		for i := range entries {
			entries[i] = randomEntry(r, f)
		}
		if r.IntN(3) == 0 {
			entries = []string{[]string{"*", "*", "?"}[r.IntN(3)]}
		}
		words = append(words, strings.Join(entries, ","))
	}
	return strings.Join(words, []string{" ", "  ", "\t"}[r.IntN(3)])
}

func randomEntry(r *rand.Rand, f field) string {
	low := f.min + r.IntN(f.max-f.min+1)
	text := func(v int) string {
		if f.names != nil && r.IntN(2) == 0 {
			name := f.names[v-f.min]
			return []string{name, strings.ToUpper(name), strings.ToUpper(name[:1]) + name[1:]}[r.IntN(3)]
		}
		return fmt.Sprintf([]string{"%d", "%02d"}[r.IntN(2)], v)
	}
	step := 1 + r.IntN(f.max-f.min)
	switch r.IntN(6) {
	case 0:
		return fmt.Sprintf("*/%d", step)
	case 1:
		return fmt.Sprintf("%s/%d", text(low), step)
	case 2:
		return text(low) + "-" + text(low+r.IntN(f.max-low+1))
	case 3:
		return fmt.Sprintf("%s-%s/%d", text(low), text(low+r.IntN(f.max-low+1)), step)
	}
	return text(low)
}

// CronJob parses with robfig/cron. Where no clock changes and no date is impossible, a line must mean the same here.
func TestCronMeansWhatCronJobReads(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	macro := make([]string, 0, len(macros))
	for name := range macros {
		macro = append(macro, name)
	}
	possible := 0
	for i := range 5000 {
		line := randomCron(r)
		if i < len(macro) {
			line = macro[i]
		}
		want, err := robfig.ParseStandard(line)
		if err != nil {
			t.Fatalf("robfig does not take %q, which the test made: %v", line, err)
		}
		now := time.Date(2020+r.IntN(40), time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), 0, time.UTC)
		slot := want.Next(now)
		plan, err := Parse(Spec{Cron: line, TimeZone: "UTC"})
		if err != nil {
			if !slot.IsZero() {
				t.Fatalf("%q refused: %v; robfig runs it at %v", line, err, slot)
			}
			continue
		}
		possible++
		for range 20 {
			got, ok := plan.Next(now)
			if slot.IsZero() && got.Sub(now) > 4*365*24*time.Hour {
				break // robfig gives up after five years
			}
			if !ok || !got.Equal(slot) {
				t.Fatalf("%q after %v: got %v, robfig %v", line, now, got, slot)
			}
			now, slot = slot, want.Next(slot)
		}
	}
	if possible < 4000 {
		t.Errorf("only %d lines had a date that exists: the test shows too little", possible)
	}
}

// What CronJob takes and this package does not, and the other way round, is a short list; each entry is deliberate.
func TestDeviationsFromCronJob(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		", * * * *", "1,,2 * * * *", "*-5 * * * *", "+5 * * * *", "*/60 * * * *", "*/90 * * * *", "* */24 * * *", "* * * * */7",
		"0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "@every 1h",
	} {
		if _, err := robfig.ParseStandard(line); err != nil {
			t.Errorf("robfig refuses %q as well: %v", line, err)
		}
		if _, err := parseCron(line); err == nil {
			t.Errorf("%q is accepted", line)
		}
	}
	for line, same := range map[string]string{
		"0 0 * * 7":      "0 0 * * 0",
		"0 0 * * 5-7":    "0 0 * * 5,6,0",
		"0 0 * * 1-7/2":  "0 0 * * 1,3,5,0",
		"0 0 * * 7,sun":  "0 0 * * 0",
		"0 0 13 * 7/2":   "0 0 13 * 0",
		"0 0 13 * fri-7": "0 0 13 * 5,6,0",
	} {
		if _, err := robfig.ParseStandard(line); err == nil {
			t.Errorf("robfig takes %q as well", line)
		}
		got, err := parseCron(line)
		if err != nil {
			t.Errorf("%q: %v", line, err)
			continue
		}
		if want, _ := parseCron(same); *got != *want {
			t.Errorf("%q is not %q: %+v", line, same, *got)
		}
	}
}

func TestEveryHourIsTheSetNotTheSpelling(t *testing.T) {
	t.Parallel()
	for hours, want := range map[string]bool{"*": true, "?": true, "*/1": true, "0-23": true, "0-11,12-23": true, "0-22": false, "*/2": false, "5,*": true} {
		c, err := parseCron("0 " + hours + " * * *")
		if err != nil || c.everyHour() != want {
			t.Errorf("%q: every hour %v, want %v (%v)", hours, !want, want, err)
		}
	}
}

// What a range that goes over the end of a field should be written as is one, and has the
// values that were meant.
func TestRangesOverTheEnd(t *testing.T) {
	t.Parallel()
	for _, f := range []field{minuteField, hourField, dayField, monthField, weekdayField} {
		for low := f.min; low <= f.limit; low++ {
			for high := f.min; high < low; high++ {
				_, _, err := f.parseEntry(fmt.Sprintf("%d-%d", low, high))
				if err == nil {
					t.Fatalf("%s: %d-%d is a range", f.name, low, high)
				}
				_, advice, found := strings.Cut(err.Error(), "write ")
				got, _, err := f.parse(advice)
				if !found || err != nil {
					t.Fatalf("%s: %d-%d is told as %q, which is none: %v", f.name, low, high, advice, err)
				}
				size := f.max - f.min + 1
				var want uint64
				for v := low; ; v++ {
					want |= 1 << (f.min + (v-f.min)%size)
					if (v-f.min)%size == (high-f.min)%size {
						break
					}
				}
				if f.limit > f.max && got&(1<<f.limit) != 0 {
					got = got&^(1<<f.limit) | 1<<f.min
				}
				if got != want {
					t.Errorf("%s: %d-%d is told as %s", f.name, low, high, advice)
				}
			}
		}
	}
	for span, want := range map[string]string{"FRI-SUN": "5-7", "sat-sun": "6-7", "fri-mon": "5-6,0-1", "sat-mon": "6,0-1", "7-1": "0-1"} {
		if _, _, err := weekdayField.parseEntry(span); err == nil || !strings.HasSuffix(err.Error(), "write "+want) {
			t.Errorf("%s: %v", span, err)
		}
	}
}
