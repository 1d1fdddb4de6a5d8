package webexsim

import (
	"slices"
	"strings"
)

// gramSize is the length of the pieces by which values are found in a text.
const gramSize = 6

// gram is such a piece, packed into a number.
type gram uint64

func gramAt(s string, i int) gram {
	g := gram(0)
	for n := range gramSize {
		g = g.next(s[i+n])
	}
	return g
}

// next is the gram one byte further on.
func (g gram) next(c byte) gram { return (g<<8 | gram(c)) & (1<<(8*gramSize) - 1) }

// filterBits is the size of a filter that keeps most grams of a text away from the map.
const filterBits = 22

func (g gram) bit() (word int, mask uint64) {
	h := uint64(g) * 0x9e3779b97f4a7c15 >> (64 - filterBits)
	return int(h / 64), 1 << (h % 64)
}

// LeakFinder finds sensitive values in texts. Searching for each by itself would take
// too long: a soak has tens of thousands of values and many megabytes of log.
type LeakFinder struct {
	short []leak          // too short to have a gram
	long  map[gram][]leak // by the gram that the fewest values have
	maybe []uint64        // a bit per gram in long
}

type leak struct {
	value Sensitive
	lower string
	at    int // place of its gram
}

// LeakFinder finds the values that are known now, of the kinds that are named, or of
// all kinds but SensitiveNamePart.
func (s *Server) LeakFinder(kinds ...SensitiveKind) *LeakFinder {
	var leaks []leak
	seen := map[Sensitive]bool{}
	for value := range s.Sensitive() {
		wanted := slices.Contains(kinds, value.Kind) || (len(kinds) == 0 && value.Kind != SensitiveNamePart)
		if wanted && !seen[value] {
			seen[value] = true
			leaks = append(leaks, leak{value: value, lower: strings.ToLower(value.Value)})
		}
	}
	frequency := map[gram]int{}
	for _, l := range leaks {
		for i := 0; i+gramSize <= len(l.lower); i++ {
			frequency[gramAt(l.lower, i)]++
		}
	}
	f := &LeakFinder{long: map[gram][]leak{}, maybe: make([]uint64, 1<<filterBits/64)}
	for _, l := range leaks {
		if len(l.lower) < gramSize {
			f.short = append(f.short, l)
			continue
		}
		for i := 1; i+gramSize <= len(l.lower); i++ {
			if frequency[gramAt(l.lower, i)] < frequency[gramAt(l.lower, l.at)] {
				l.at = i
			}
		}
		g := gramAt(l.lower, l.at)
		f.long[g] = append(f.long[g], l)
		word, mask := g.bit()
		f.maybe[word] |= mask
	}
	return f
}

// Values is the number of values that are searched for.
func (f *LeakFinder) Values() int {
	n := len(f.short)
	for _, leaks := range f.long {
		n += len(leaks)
	}
	return n
}

// Find returns the values that a text tells, whatever their case, each once.
func (f *LeakFinder) Find(text string) []Sensitive {
	text = strings.ToLower(text)
	var found []Sensitive
	for _, l := range f.short {
		if strings.Contains(text, l.lower) {
			found = append(found, l.value)
		}
	}
	seen := map[Sensitive]bool{}
	g := gram(0)
	for end := range len(text) {
		g = g.next(text[end])
		if word, mask := g.bit(); f.maybe[word]&mask == 0 {
			continue
		}
		for _, l := range f.long[g] {
			if at := end + 1 - gramSize - l.at; at >= 0 && strings.HasPrefix(text[at:], l.lower) && !seen[l.value] {
				seen[l.value] = true
				found = append(found, l.value)
			}
		}
	}
	return found
}
