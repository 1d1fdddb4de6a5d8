package main

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/test/sidebyside/walk"
)

// walked is one walk that took so much CPU time.
func walked(cpu time.Duration, mib int64) measured {
	return measured{Result: walk.Result{People: 1000, PeakKiB: mib * 1024}, cpu: cpu, wall: 2 * cpu, calls: 10}
}

func example(sdkTakes ...time.Duration) section {
	s := section{
		title: "A list", rounds: len(sdkTakes), who: everyone, runs: map[walkerName][]measured{},
		starts: map[walkerName][]measured{
			sdk: {walked(500*time.Millisecond, 80)}, operator: {walked(10*time.Millisecond, 9)}, reader: {walked(10*time.Millisecond, 8)},
		},
	}
	for _, took := range sdkTakes {
		s.runs[sdk] = append(s.runs[sdk], walked(took, 200))
		s.runs[operator] = append(s.runs[operator], walked(time.Second, 20))
		s.runs[reader] = append(s.runs[reader], walked(200*time.Millisecond, 10))
	}
	return s
}

// The aim counts with and without the start of a process, and by the median.
func TestJudge(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	g.Expect(judge([]section{example(5*time.Second, 3*time.Second, 6*time.Second)}, 4)).To(Succeed())
	g.Expect(judge([]section{example(5 * time.Second), example(3 * time.Second)}, 4)).To(
		MatchError(ContainSubstring("the SDK takes 3.00 times the operator's CPU time; the aim is 4")))
	g.Expect(judge([]section{example(4400 * time.Millisecond)}, 4)).To(
		MatchError(ContainSubstring("the SDK takes 3.94 times the operator's CPU time without the start")))
	slow := example(3 * time.Second)
	slow.latency = time.Millisecond
	g.Expect(judge([]section{slow}, 4)).To(Succeed())
}

func TestReport(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var out strings.Builder
	s := example(5*time.Second, 3*time.Second, 6*time.Second)
	s.print(&out)
	g.Expect(out.String()).To(Equal(`
A list: 1000 people, 3 rounds

| as a ratio to the operator's client | JavaScript SDK | bare reader |
| --- | --- | --- |
| CPU time | 5.00 (3.00 to 6.00) | 0.20 (0.20 to 0.20) |
| CPU time without the start | 4.55 (2.53 to 5.56) | 0.19 (0.19 to 0.19) |
| peak memory | 10.00 (10.00 to 10.00) | 0.50 (0.50 to 0.50) |
| wall time | 5.00 (3.00 to 6.00) | 0.20 (0.20 to 0.20) |
| calls for people | 1.00 (1.00 to 1.00) | 1.00 (1.00 to 1.00) |

| median | CPU time | for a person | its start alone | peak memory | wall time | calls for people |
| --- | --- | --- | --- | --- | --- | --- |
| JavaScript SDK | 5.00 s | 5000.0 µs | 0.50 s | 200 MiB | 10.00 s | 10 |
| operator's client | 1.00 s | 1000.0 µs | 0.01 s | 20 MiB | 2.00 s | 10 |
| bare reader | 0.20 s | 200.0 µs | 0.01 s | 10 MiB | 0.40 s | 10 |
`))
}
