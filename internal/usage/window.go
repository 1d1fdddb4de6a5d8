package usage

import "hash/maphash"

// recentIDs is how many of the latest distinct ids a walk remembers at least, to recognise one that comes twice.
//
// The pages of a walk (https://developer.webex.com/docs/basics#pagination) continue at an index into the list, not
// after an id. Each person or workspace created between two page requests thus pushes the last one of the page just
// read over to the start of the next: n creations repeat the last n ids, at a distance of n ids. 4,096 is 4 pages of
// 1,000, the largest page in common use (with calling data Webex sends 100, which makes it 40 pages), rounded up to
// a power of two: far more than are created while one page is read.
//
// The memory is fixed: 2 generations × 8,192 slots × 8 bytes = 128 KiB for people, and as much for workspaces.
// The ids are kept as 64-bit hashes. Two different ids of a walk of a million are taken for one with a chance of
// 1,000,000 × 8,192 / 2^64, one in two thousand million.
const recentIDs = 4096

// window remembers the latest distinct ids, at least size and at most 2 × size of them. It keeps two generations:
// when the newer one is full, the older one is forgotten and the newer one takes its place. That needs no deletion
// and no allocation after the first id.
type window struct {
	seed     maphash.Seed
	size     int
	current  []uint64 // open addressing, zero is an empty slot
	previous []uint64
	used     int // slots taken in current
}

func newWindow(size int) *window {
	return &window{seed: maphash.MakeSeed(), size: size, current: newSlots(size), previous: newSlots(size)}
}

// newSlots returns a table for n hashes: a power of two, so that a mask finds the slot, and at most half full, so
// that a probe is short and always ends at an empty slot.
func newSlots(n int) []uint64 {
	slots := 2
	for slots < 2*n {
		slots *= 2
	}
	return make([]uint64, slots)
}

// seen reports whether the id is remembered, and remembers it.
func (w *window) seen(id string) bool {
	hash := maphash.String(w.seed, id)
	if hash == 0 {
		hash = 1 // zero marks an empty slot
	}
	at, found := find(w.current, hash)
	if found {
		return true
	}
	_, found = find(w.previous, hash)
	// One that is found only in the older generation is remembered anew: the same person may come a third time.
	if w.used == w.size {
		w.current, w.previous = w.previous, w.current
		clear(w.current)
		w.used = 0
		at, _ = find(w.current, hash)
	}
	w.current[at] = hash
	w.used++
	return found
}

// find returns the slot that holds the hash or, if there is none, the empty slot where it belongs.
func find(slots []uint64, hash uint64) (int, bool) {
	mask := uint64(len(slots) - 1)
	for at := hash & mask; ; at = (at + 1) & mask {
		switch slots[at] {
		case hash:
			return int(at), true
		case 0:
			return int(at), false
		}
	}
}
