package headlamp

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// row is what the tests read of a licence row.
type row struct {
	Metadata struct{ Name, Namespace string }
	Spec     struct {
		CustomerAccessRef struct{ Name string }
		Level             string
	}
	Status struct {
		Name, Location                            string
		TotalUnits, ConsumedUnits, AvailableUnits *int64
	}
}

// listOf are the addresses of the list, by level.
var listOf = map[string]string{"Customer": "/licences", "Site": "/licences?level=Site"}

// figure is how the page writes a number of units.
func figure(units *int64) string {
	if units == nil {
		return "unlimited"
	}
	return fmt.Sprint(*units)
}

// theList: a viewer's list has all rows and figures of kubectl get.
func theList(t *testing.T, w *world, browser context.Context) {
	var rows struct{ Items []row }
	if err := json.Unmarshal([]byte(w.kubectl(t, "get", "webexlicenses", "-A", "-o", "json")), &rows); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, r := range rows.Items {
		total, available := figure(r.Status.TotalUnits), figure(r.Status.AvailableUnits)
		if r.Spec.Level == "Site" { // units are bought by whole organizations: the page has them there
			total, available = "", ""
		}
		want = append(want, fmt.Sprintln(r.Spec.CustomerAccessRef.Name, r.Status.Name, r.Status.Location, total, figure(r.Status.ConsumedUnits), available))
	}
	var got []string
	for _, level := range []string{"Customer", "Site"} {
		p := open(t, browser, w.viewer, listOf[level], wide)
		p.find("table", "Licences")
		within(t, patience, "all rows are read", func() bool { return value[bool](p, `!document.body.innerText.includes('Reading ')`) })
		for _, r := range value[[]map[string]string](p, `readTable('Licences')`) {
			got = append(got, fmt.Sprintln(r["Customer"], r["Licence"], r["Location"], r["Total"], r["Consumed"], r["Available"]))
		}
	}
	if len(want) < 70 {
		t.Fatalf("the demo has %d rows", len(want))
	}
	if missing, more := without(want, got), without(got, want); len(missing)+len(more) > 0 {
		t.Errorf("of %d rows the page lacks %d:\n%sand has %d others:\n%s", len(want), len(missing), strings.Join(missing, ""), len(more), strings.Join(more, ""))
	}
}

// without are the lines of one that the other does not have, as often as it has them.
func without(one, other []string) (missing []string) {
	count := map[string]int{}
	for _, line := range other {
		count[line]++
	}
	for _, line := range one {
		if count[line]--; count[line] < 0 {
			missing = append(missing, line)
		}
	}
	return missing
}

// calls counts what a tab asked the API server for, by kind: lists, of which further pages are no
// others, watches, and the rest.
func calls(requests []request) (lists, watches map[string]int, others []string) {
	lists, watches = map[string]int{}, map[string]int{}
	for _, r := range requests {
		path, query, _ := strings.Cut(strings.TrimPrefix(r.path, "/clusters/main"), "?")
		kind, ours := strings.CutPrefix(path, group+"/")
		switch {
		case ours && r.socket:
			watches[kind]++
		case ours && r.method == "GET" && strings.Contains(query, "continue="):
		case ours && r.method == "GET":
			lists[kind]++
		case path == "/version", strings.Contains(path, "/customresourcedefinitions"): // Headlamp's own
		default:
			others = append(others, r.method+" "+r.path)
		}
	}
	return lists, watches, others
}

// once fails if a kind was listed or watched more than once.
func once(t *testing.T, requests []request) {
	t.Helper()
	lists, watches, _ := calls(requests)
	for kind := range maps.Keys(lists) {
		if lists[kind] != 1 || watches[kind] != 1 {
			t.Errorf("%s: %d lists and %d watches", kind, lists[kind], watches[kind])
		}
	}
	if !slices.Contains(slices.Collect(maps.Keys(lists)), "webexlicenses") {
		t.Errorf("rows were not listed: %v", lists)
	}
}
