package wire

import "strings"

const (
	// maxInterned bounds the strings that are kept for reuse in one walk: an organization has some hundred licences
	// and at most some thousand locations. 8192 ids of 200 bytes are below 2 MiB.
	maxInterned = 8192
	// maxInternedLength keeps odd texts out of the table; a licence id has some 150 bytes.
	maxInternedLength = 512
	// maxSets bounds the different sets of licences that are remembered, and maxSetLength one of them: ten ids or so.
	// 1024 sets of 2 kB are 2 MiB.
	maxSets      = 1024
	maxSetLength = 2 << 10
	// arenaChunk is the memory for ids that is taken at a time; about 200 ids of a person.
	arenaChunk = 16 << 10
)

// interner keeps one copy of each text that repeats from record to record.
type interner map[string]string

func (n interner) intern(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if s, ok := n[string(b)]; ok { // no allocation: the compiler looks b up as it is
		return s
	}
	s := strings.ToValidUTF8(string(b), "\uFFFD")
	if len(n) < maxInterned && len(s) <= maxInternedLength && len(s) == len(b) {
		n[s] = s
	}
	return s
}

// arena makes many short strings with few allocations. They share a chunk of memory, which stays as long as one of
// them is kept; nothing is ever written over.
type arena struct{ chunk *strings.Builder }

func (a *arena) keep(b []byte) string {
	if len(b) > arenaChunk/8 {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	if a.chunk == nil || a.chunk.Len()+len(b) > a.chunk.Cap() {
		a.chunk = new(strings.Builder)
		a.chunk.Grow(arenaChunk)
	}
	start := a.chunk.Len()
	a.chunk.Write(b)
	return strings.ToValidUTF8(a.chunk.String()[start:], "\uFFFD")
}
