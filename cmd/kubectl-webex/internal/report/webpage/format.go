package webpage

import (
	"fmt"
	"html/template"
	"math"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/rollup"
)

type htmlText = template.HTML

const purchased = v1alpha1.ClassPurchased

const unknown = "?"

func urgency(percent *int32) part {
	switch {
	case percent == nil:
		return partLeft
	case *percent >= rollup.CriticalPercent:
		return partBad
	case *percent >= rollup.WarningPercent:
		return partWarn
	}
	return partUsed
}

func percent(p *int32) string {
	switch {
	case p == nil:
		return "–"
	case *p == math.MaxInt32:
		return "over 100%"
	}
	return humanize.Comma(int64(*p)) + "%"
}

func units(n *int64) string {
	if n == nil {
		return unknown
	}
	return minus(*n)
}

// minus writes a number with the sign that lines up with digits.
func minus(n int64) string {
	if n < 0 {
		return "−" + humanize.Comma(n)[1:]
	}
	return humanize.Comma(n)
}

// signed writes by how much something moved.
func signed(n int64) string {
	if n > 0 {
		return "+" + humanize.Comma(n)
	}
	return minus(n)
}

func count(n int, noun string) string {
	return humanize.Comma(int64(n)) + " " + english.PluralWord(n, noun, "")
}

// age is how old figures are, in words that do not depend on the reader's day.
func age(t *time.Time, now time.Time) string {
	if t == nil {
		return "never"
	}
	switch d := now.Sub(*t); {
	case d < time.Minute:
		return "just now"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days ago", int(d.Hours()/24))
	}
}

// consumed marks a lower bound as one.
func consumed(f rollup.Figures) string {
	if f.AtLeast && f.ConsumedUnits != nil {
		return "≥ " + units(f.ConsumedUnits)
	}
	return units(f.ConsumedUnits)
}
