package webexsim

import "sync/atomic"

// trackingIDs makes up the identifiers that support asks for.
type trackingIDs struct{ last atomic.Uint64 }

// next has the form of recorded identifiers, without their prefix.
func (t *trackingIDs) next(seed uint64) string {
	n := t.last.Add(1)
	h := mix(seed ^ n)
	b := make([]byte, 0, 36)
	b = append(appendHex(b, h>>32, 8), '-')
	b = append(appendHex(b, h>>16, 4), '-')
	b = append(appendHex(append(b, '4'), h, 3), '-')
	b = append(appendHex(append(b, '8'), mix(h), 3), '-')
	b = appendHex(b, mix(n), 12)
	return string(b)
}
