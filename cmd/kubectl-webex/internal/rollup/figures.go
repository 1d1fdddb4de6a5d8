package rollup

import (
	"math"
	"math/bits"
)

// The defaults of a customer's thresholds, which lines over several customers
// are coloured by.
const (
	WarningPercent  = 80
	CriticalPercent = 95
)

// Figures are units bought and in use. Nil is unknown.
type Figures struct {
	// TotalUnits were bought, ConsumedUnits are in use.
	TotalUnits    *int64 `json:"totalUnits,omitempty"`
	ConsumedUnits *int64 `json:"consumedUnits,omitempty"`
	// AvailableUnits is total minus consumed; negative when over-assigned.
	AvailableUnits *int64 `json:"availableUnits,omitempty"`
	// UtilizationPercent is consumed by total, rounded down.
	UtilizationPercent *int32 `json:"utilizationPercent,omitempty"`
	// ConsumedByUsers and ConsumedByWorkspaces split ConsumedUnits.
	ConsumedByUsers      *int64 `json:"consumedByUsers,omitempty"`
	ConsumedByWorkspaces *int64 `json:"consumedByWorkspaces,omitempty"`
	// AtLeast says that more may be in use: of some pool only the units at locations
	// are known.
	AtLeast bool `json:"atLeast,omitempty"`
}

func figures(total, consumed, users, workspaces *int64) Figures {
	f := Figures{TotalUnits: total, ConsumedUnits: consumed, ConsumedByUsers: users, ConsumedByWorkspaces: workspaces}
	if total != nil && consumed != nil {
		f.AvailableUnits = new(minus(*total, *consumed))
		f.UtilizationPercent = percent(*consumed, *total)
	}
	return f
}

// Share is consumed by total; false if it is unknown, or both are nothing.
func (f Figures) Share() (share float64, known bool) {
	switch {
	case f.TotalUnits == nil || f.ConsumedUnits == nil || *f.TotalUnits == 0 && *f.ConsumedUnits == 0:
		return 0, false
	case *f.TotalUnits <= 0:
		return math.Inf(1), true
	}
	return float64(*f.ConsumedUnits) / float64(*f.TotalUnits), true
}

// leavesLess says whether less than so many percent of the units are left.
func (f Figures) leavesLess(percent int) bool {
	if f.TotalUnits == nil || f.AvailableUnits == nil {
		return false
	}
	return float64(*f.AvailableUnits)*100 < float64(percent)*float64(*f.TotalUnits)
}

// percent is 100 × consumed / total, rounded down, as on the rows: of a total of
// nothing each unit is 100 percent, and nothing of nothing is unknown.
func percent(consumed, total int64) *int32 {
	if total <= 0 && consumed == 0 || consumed < 0 {
		return nil
	}
	high, low := bits.Mul64(100, uint64(consumed))
	divisor := uint64(max(total, 1)) //nolint:gosec // at least 1
	if high >= divisor {
		return new(int32(math.MaxInt32))
	}
	quotient, _ := bits.Div64(high, low, divisor)
	return new(int32(min(quotient, math.MaxInt32))) //nolint:gosec // bounded
}

// plus adds what is known; two unknowns stay unknown.
func plus(a, b *int64) *int64 {
	switch {
	case a == nil && b == nil:
		return nil
	case a == nil:
		return new(*b)
	case b == nil:
		return new(*a)
	}
	return new(add(*a, *b))
}

// add stays at the largest or smallest number instead of wrapping around.
func add(a, b int64) int64 {
	sum := a + b
	switch {
	case a > 0 && b > 0 && sum < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && sum >= 0:
		return math.MinInt64
	}
	return sum
}

func minus(a, b int64) int64 {
	if b == math.MinInt64 {
		return add(add(a, math.MaxInt64), 1)
	}
	return add(a, -b)
}

// FiguresOf are the figures that follow from what was bought and what is in use.
func FiguresOf(total, consumed *int64) Figures { return figures(total, consumed, nil, nil) }
