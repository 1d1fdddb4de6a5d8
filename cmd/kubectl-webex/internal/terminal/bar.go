package terminal

import "strings"

// eighths are blocks that fill a cell by one to seven eighths.
var eighths = []rune("▏▎▍▌▋▊▉")

// Bar draws a share as a bar of a fixed width. A share over one fills it; a
// share that is not nothing shows at least a trace, and one that is not all
// never looks full.
func (t Terminal) Bar(share float64, width int) string {
	if !t.Unicode {
		full := parts(share, width, 1)
		return "[" + strings.Repeat("#", full) + strings.Repeat("-", width-full) + "]"
	}
	filled := parts(share, width, 8)
	full, rest := filled/8, filled%8
	bar := strings.Repeat("█", full)
	if rest > 0 {
		bar += string(eighths[rest-1])
		full++
	}
	return bar + strings.Repeat("░", width-full)
}

// parts is how many of the parts of all cells are filled.
func parts(share float64, width, perCell int) int {
	all := width * perCell
	switch {
	case !(share > 0): // not a number, too
		return 0
	case share >= 1:
		return all
	}
	return min(max(int(share*float64(all)), 1), all-1)
}
