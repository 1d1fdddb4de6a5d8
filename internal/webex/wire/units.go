package wire

import (
	"math"
	"strconv"
	"strings"
)

// Units is a number of licence units that the server may have left out. The zero value is unknown.
//
// The API documents a number; integers, null and absence have been seen, and older documents show strings.
// https://developer.webex.com/docs/api/v1/licenses/list-licenses
type Units struct {
	n     int64
	known bool
}

// maxUnits is the largest figure taken at its word: above 2^53 a JSON number is no longer exact.
const maxUnits = 1 << 53

// UnitsOf returns n units. A negative n means unknown.
func UnitsOf(n int64) Units {
	if n < 0 {
		return Units{}
	}
	return Units{n: n, known: true}
}

// Value returns the number of units, and whether it is known.
func (u Units) Value() (int64, bool) { return u.n, u.known }

// String returns the number, or "unknown".
func (u Units) String() string {
	if !u.known {
		return "unknown"
	}
	return strconv.FormatInt(u.n, 10)
}

// parseUnits reads the text of a number, or of a string that holds one. Anything that is no whole number from 0 to
// 2^53 is unknown: better no figure than a wrong one.
func parseUnits(s string) Units {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		if n > maxUnits {
			return Units{}
		}
		return UnitsOf(n)
	}
	if s == "" || len(s) > 32 || strings.Trim(s, "0123456789+-.eE") != "" { // no hexadecimal, no infinity
		return Units{}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || f < 0 || f > maxUnits {
		return Units{}
	}
	return UnitsOf(int64(f))
}
