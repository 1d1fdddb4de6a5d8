package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/webex-operator/webex-license-operator/test/sidebyside/walk"
)

// walkerName is one of those that are compared.
type walkerName string

const (
	sdk      walkerName = "sdk"
	operator walkerName = "operator"
	reader   walkerName = "reader"
)

var everyone = []walkerName{sdk, operator, reader}

// titles are the names in tables.
var titles = map[walkerName]string{sdk: "JavaScript SDK", operator: "operator's client", reader: "bare reader"}

// measured is one walk.
type measured struct {
	walk.Result
	// cpu is the time of user and system that the kernel charged to the process. Its peak of memory comes from the
	// process itself, since the kernel's account of a child begins with the peak of its parent.
	wall, cpu time.Duration
	calls     int64
}

// figure is one of the things that are compared.
type figure struct {
	name string
	of   func(measured) float64
	// walkOnly takes away what the same walker took for no people, by the median.
	walkOnly bool
}

var (
	cpu       = figure{"CPU time", func(m measured) float64 { return m.cpu.Seconds() }, false}
	cpuOfWalk = figure{"CPU time without the start", cpu.of, true}
	wall      = figure{"wall time", func(m measured) float64 { return m.wall.Seconds() }, false}
	memory    = figure{"peak memory", func(m measured) float64 { return float64(m.PeakKiB) / 1024 }, false}
	calls     = figure{"calls for people", func(m measured) float64 { return float64(m.calls) }, false}
)

// section is a table: one list of people, walked in several rounds.
type section struct {
	title   string
	way     walk.Way
	rounds  int
	who     []walkerName
	latency time.Duration
	runs    map[walkerName][]measured
	starts  map[walkerName][]measured
}

// spread is the median of several figures, the smallest and the largest.
type spread struct{ middle, least, most float64 }

func spreadOf(figures []float64) spread {
	sorted := slices.Sorted(slices.Values(figures))
	n := len(sorted)
	return spread{(sorted[(n-1)/2] + sorted[n/2]) / 2, sorted[0], sorted[n-1]}
}

// all are a walker's figures, by round.
func (s *section) all(name walkerName, f figure) (figures []float64) {
	start := 0.0
	if f.walkOnly {
		start = spreadOf(each(s.starts[name], f.of)).middle
	}
	return each(s.runs[name], func(m measured) float64 { return f.of(m) - start })
}

func each(walks []measured, of func(measured) float64) (figures []float64) {
	for _, m := range walks {
		figures = append(figures, of(m))
	}
	return figures
}

// ratio compares a walker with the operator's client in the same round.
func (s *section) ratio(name walkerName, f figure) spread {
	ours, ratios := s.all(operator, f), []float64{}
	for round, theirs := range s.all(name, f) {
		ratios = append(ratios, theirs/ours[round])
	}
	return spreadOf(ratios)
}

// print writes the section as Markdown: ratios first, then what they are of.
func (s *section) print(to io.Writer) {
	people := s.runs[operator][0].People
	fmt.Fprintf(to, "\n%s: %d people, %d rounds\n\n| as a ratio to the operator's client |", s.title, people, s.rounds)
	others := slices.DeleteFunc(slices.Clone(s.who), func(n walkerName) bool { return n == operator })
	for _, name := range others {
		fmt.Fprintf(to, " %s |", titles[name])
	}
	fmt.Fprint(to, "\n| --- |")
	for range others {
		fmt.Fprint(to, " --- |")
	}
	for _, f := range []figure{cpu, cpuOfWalk, memory, wall, calls} {
		fmt.Fprintf(to, "\n| %s |", f.name)
		for _, name := range others {
			r := s.ratio(name, f)
			fmt.Fprintf(to, " %.2f (%.2f to %.2f) |", r.middle, r.least, r.most)
		}
	}
	fmt.Fprint(to, "\n\n| median | CPU time | for a person | its start alone | peak memory | wall time | calls for people |\n")
	fmt.Fprint(to, "| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, name := range s.who {
		middle := func(f figure) float64 { return spreadOf(s.all(name, f)).middle }
		start := spreadOf(each(s.starts[name], cpu.of))
		fmt.Fprintf(to, "| %s | %.2f s | %.1f µs | %.2f s | %.0f MiB | %.2f s | %.0f |\n", titles[name],
			middle(cpu), middle(cpu)*1e6/float64(people), start.middle, middle(memory), middle(wall), middle(calls))
	}
}
