package schedule

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"
)

// MaxCounted is the number of slots up to which Latest counts. Beyond it "more than 1000" says as much.
const MaxCounted = 1000

// Plan is a compiled Spec. It does not change, so any number of goroutines may use it at once.
//
// All slots are whole seconds. Cron slots are whole minutes in every zone of today, but an entry of At or a slot of
// Every may lie within the same minute.
type Plan struct {
	loc        *time.Location
	cron       *cron   // nil if there is none
	single     []int64 // sorted, without duplicates
	every      *interval
	start, end int64 // bounds of the slots, inclusive; always within firstSecond and lastSecond
}

type interval struct{ first, seconds int64 }

func (e *interval) next(after int64) int64 {
	if after < e.first {
		return e.first
	}
	return after + e.seconds - (after-e.first)%e.seconds
}

// Next returns the first slot strictly later than after, in the plan's zone. False means that no slot will ever come.
func (p *Plan) Next(after time.Time) (time.Time, bool) {
	s, ok := p.next(after.Unix())
	if !ok {
		return time.Time{}, false
	}
	return p.time(s), true
}

// Latest returns the latest slot with after < slot <= now, in the plan's zone, and how many slots lie there. The count
// ends at MaxCounted; capped says that there are more. The slot is exact all the same. Without a slot, ok is false.
func (p *Plan) Latest(after, now time.Time) (slot time.Time, missed int, capped, ok bool) {
	latest, until := int64(0), min(now.Unix(), p.end)
	for s := after.Unix(); missed < MaxCounted; missed++ {
		next, found := p.next(s)
		if !found || next > until {
			break
		}
		s, latest = next, next
	}
	if missed == 0 {
		return time.Time{}, 0, false, false
	}
	if missed == MaxCounted {
		exact := p.latestSince(latest, until)
		latest, capped = exact, exact > latest
	}
	return p.time(latest), missed, capped, true
}

// latestSince returns the latest slot up to until, given one that is not later. It looks back from until, twice as far
// each time, until it sees a slot, and halves that stretch until no slot is left behind the one in hand: some sixty
// steps at most, however far the two are apart and however irregular the slots are. Guessing from the gap between two
// slots, as CronJob does, is what loses runs.
func (p *Plan) latestSince(slot, until int64) int64 {
	empty := until // no slot is later than this one, up to until
	for back := int64(minute); until-back > slot; back *= 2 {
		if next, ok := p.next(until - back); ok && next <= until {
			slot = next
			break
		}
		empty = until - back
	}
	for slot < empty {
		middle := slot + (empty-slot)/2
		if next, ok := p.next(middle); ok && next <= empty {
			slot = next
		} else {
			empty = middle
		}
	}
	return slot
}

func (p *Plan) next(after int64) (int64, bool) {
	after = max(after, p.start-1)
	if after >= p.end {
		return 0, false
	}
	// Each source is asked only for slots earlier than the one in hand.
	until, ok := p.end, false
	if i, _ := slices.BinarySearch(p.single, after+1); i < len(p.single) && p.single[i] <= until {
		until, ok = p.single[i], true
	}
	if p.every != nil {
		if s := p.every.next(after); s <= until {
			until, ok = s, true
		}
	}
	if p.cron != nil {
		if s, found := p.cron.next(p.loc, after, until); found {
			until, ok = s, true
		}
	}
	return until, ok
}

func (p *Plan) time(s int64) time.Time { return time.Unix(s, 0).In(p.loc) }

// Offset returns how long to wait after a slot, for one of many that are due at it: 0 <= offset < spread, in whole
// seconds, always the same for the same key and spread. Unlike a random delay it survives restarts and can be told in
// advance.
func Offset(key string, spread time.Duration) time.Duration {
	seconds := uint64(max(spread, 0) / time.Second)
	if seconds == 0 {
		return 0
	}
	// Not a quick hash: keys differ in their last characters, and those must spread too.
	sum := sha256.Sum256([]byte(key))
	return time.Duration(binary.BigEndian.Uint64(sum[:])%seconds) * time.Second
}
