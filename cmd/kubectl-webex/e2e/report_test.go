package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// reported is what the plugin writes.
type reported struct {
	Totals struct{ TotalUnits, ConsumedUnits, OverAssignedUnits, Customers int }
	Items  []struct {
		Namespace, Name           string
		TotalUnits, ConsumedUnits int
		AtLeast                   bool
	}
	Hierarchy []struct {
		Path                      string
		TotalUnits, ConsumedUnits int
	}
	Trend   *struct{ Points []struct{ ConsumedUnits int } }
	Changes struct {
		Since                   string
		Added, Changed, Removed int
		Totals                  struct{ ConsumedUnits int }
	}
}

func (w *world) report(args ...string) reported {
	w.t.Helper()
	var r reported
	text := w.webex(append([]string{"report", "-A", "-o", "json"}, args...)...)
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		w.t.Fatalf("%v in %s", err, text)
	}
	return r
}

// A report says what the simulator counts, at every node that it lists; a page
// written now is what the next one compares with.
func TestReportIsTheTruth(t *testing.T) {
	w := newWorld(t, 2)
	p := newProvider(w)
	purchased := func(node string) (total, consumed int) {
		for key, line := range p.truth(node) {
			if strings.HasPrefix(key, "Purchased") {
				total, consumed = total+line.Total, consumed+line.Consumed
			}
		}
		return total, consumed
	}
	top := w.namespaces[0]
	r := w.report("--at", top)
	if total, consumed := purchased(top); r.Totals.TotalUnits != total || r.Totals.ConsumedUnits != consumed || total == 0 {
		t.Errorf("totals %+v, truth %d of %d", r.Totals, consumed, total)
	}
	if len(r.Items) != len(p.customers) || len(r.Hierarchy) < 5 {
		t.Errorf("%d customers of %d, nodes %+v", len(r.Items), len(p.customers), r.Hierarchy)
	}
	for _, n := range r.Hierarchy {
		if total, consumed := purchased(n.Path); n.TotalUnits != total || n.ConsumedUnits != consumed {
			t.Errorf("%+v, truth %d of %d", n, consumed, total)
		}
	}
	page := filepath.Join(t.TempDir(), "report.html")
	w.webex("report", "-A", "--at", top, "-f", page)
	content, err := os.ReadFile(page)
	if err != nil || !strings.HasPrefix(string(content), "<!DOCTYPE html>") {
		t.Fatalf("the page: %v, %.80s", err, content)
	}
	w.Expect(w.client.Delete(w.ctx, customerWithoutSecret(w.namespaces[0], "acme"))).To(Succeed())
	w.Eventually(func() int { return len(w.report("--at", top).Items) }).Should(BeNumerically("==", len(p.customers)-1))
	again := w.report("--at", top, "--since", page)
	if again.Changes.Since == "" || again.Changes.Totals.ConsumedUnits != again.Totals.ConsumedUnits-r.Totals.ConsumedUnits || again.Changes.Totals.ConsumedUnits >= 0 {
		t.Errorf("without acme: %+v", again.Changes)
	}
}
