package day

import (
	"encoding/json"
	"os"
	"testing"
	"time"
)

// figure is one that test/perf shows, in the form that it reads.
type figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

// report writes the figures of days. Those that were not played have none.
func report(t *testing.T, days map[string]*figures) {
	t.Helper()
	var list []figure
	add := func(name string, value float64) { list = append(list, figure{name, value}) }
	good := days["good"]
	add("good day: calls", float64(good.count(nil)))
	add("good day: runs", float64(len(good.runs)))
	if bad := days["bad"]; bad != nil && len(bad.runs) > 0 {
		untroubled := map[string]bool{}
		for _, c := range bad.customers {
			untroubled[c.name] = c.trouble == healthy
		}
		was, is := good.durations(untroubled), bad.durations(untroubled)
		add("bad day: calls, times those of the good day", ratio(bad.count(nil), good.count(nil)))
		add("bad day: runs of healthy customers that do not succeed", float64(was.n-is.n))
		add("bad day: 99 percent of healthy runs, times those of the good day", ratio(int(is.p99), int(was.p99)))
	}
	if bad := days["outage"]; bad != nil && len(bad.runs) > 0 {
		from := bad.begin.Add(outageAfter)
		add("outage: calls, times those of the good day", ratio(bad.count(nil), good.count(nil)))
		add("outage: calls in it for each customer and run",
			ratio(bad.within(from, from.Add(outageLength)), len(bad.customers)*int(outageLength/time.Hour)))
		add("outage: customers not ready with fresh figures", float64(bad.early()))
	}
	writeFigures(t, list)
}

// writeFigures writes to the file that DAY_FIGURES names, if it does.
func writeFigures(t *testing.T, list []figure) {
	t.Helper()
	path := os.Getenv("DAY_FIGURES")
	if path == "" {
		return
	}
	data, err := json.Marshal(list)
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		t.Error(err)
	}
}

func ratio(a, b int) float64 { return float64(a) / float64(b) }

// early counts the customers that were not ready although their figures were fresh.
func (f *figures) early() (n int) {
	for _, c := range f.customers {
		for _, v := range f.verdicts[c.name] {
			if v.at.After(f.begin) && v.ready != "True" && v.at.Before(v.synced.Add(c.staleAfter)) {
				n++
				break
			}
		}
	}
	return n
}
