package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/report"
)

func TestReportGolden(t *testing.T) {
	for name, args := range map[string]string{
		"report-csv":      "report -o csv",
		"report-json":     "report --at provider.reseller-east -o json",
		"report-location": "report --location headquarters -o yaml",
	} {
		t.Run(name, func(t *testing.T) {
			newWorld(t, fleet()...).golden(name, strings.Fields(args)...)
		})
	}
	// The page itself. The test in a browser looks at pages of larger fleets.
	t.Run("report.html", func(t *testing.T) {
		got := newWorld(t, fleet()...).run("report")
		compareGolden(t, "report.html", got.out)
		if again := newWorld(t, fleet()...).run("report", "-o", "html"); again.out != got.out {
			t.Error("two reports of the same fleet differ")
		}
	})
}

// A file is written whole, and the report that it replaces may be the one to
// compare with.
func TestReportFile(t *testing.T) {
	golden, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Chdir(dir)
	w := newWorld(t, fleet()...)
	screen := "$ kubectl webex report -f report.html\n" + w.run("report", "-f", "report.html").screen

	row := &v1alpha1.WebexLicense{}
	rows := &v1alpha1.WebexLicenseList{}
	if err := w.client.List(w.ctx, rows); err != nil {
		t.Fatal(err)
	}
	for i := range rows.Items {
		if r := &rows.Items[i]; r.Spec.CustomerAccessRef.Name == "acme" && r.Spec.Level == v1alpha1.LevelCustomer && r.Status.OfferCode == "EE" {
			row = r
		}
	}
	row.Status.ConsumedUnits = new(int64(44))
	if err := w.client.Status().Update(w.ctx, row); err != nil {
		t.Fatal(err)
	}
	args := []string{"report", "-f", "report.html", "--since", "report.html"}
	second := w.run(args...)
	screen += "$ kubectl webex " + shell(args) + "\n" + second.screen
	content, err := os.ReadFile("report.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Changes since 10 March 2026, 10:30", "from 41", "0 rows were added, 1 changed, 0 removed"} {
		if !strings.Contains(string(content), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if files, _ := filepath.Glob("{*,.*}"); len(files) > 0 {
		t.Errorf("left behind: %v", files)
	}
	if entries, _ := os.ReadDir("."); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
	if info, _ := os.Stat("report.html"); info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v", info.Mode())
	}
	t.Chdir(filepath.Dir(golden))
	compareGolden(t, "report", screen)
}

// Labels select customers with their rows and no others.
func TestReportSelector(t *testing.T) {
	got := newWorld(t, fleet()...).run("report", "-l", "tier=gold", "-o", "json")
	r, err := report.Former([]byte(got.out))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Items) != 2 || r.Items[0].Name != "acme" || r.Items[1].Name != "globex" || r.Totals.TotalUnits != 425 || r.Totals.ConsumedUnits != 196 {
		t.Errorf("%d customers, totals %+v", len(r.Items), r.Totals)
	}
	if want := "note: the figures of globex are older than they should be: kubectl webex status says why\n"; got.err != want {
		t.Errorf("notes: %s", got.err)
	}
}

func TestReportMistakes(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	west := newWorld(t, fleet()...).run("report", "--at", "provider.reseller-west").out
	other, cut, picture := write("west.html", west), write("cut.json", `{"apiVersion": "kube`), write("page.html", "<html><script>1</script>")
	list := write("list.json", newWorld(t, fleet()...).run("licenses", "-o", "json").out)
	for args, want := range map[string]string{
		"report -o table":           `2 error: invalid argument "table" for "-o, --output" flag: use one of html, json, yaml, csv, csv-excel`,
		"report -l tier=(gold)":     `2 error: --selector is "tier=(gold)": use labels such as tier=gold,region!=west`,
		"report --customer acmee":   `1 error: there is no customer "acmee" in namespace webex: kubectl webex status lists them, or look elsewhere with -n or -A`,
		"report --since none.html":  `1 error: --since: there is no file none.html: leave --since away the first time`,
		"report --since " + other:   `1 error: --since ` + other + `: it is about namespace webex, at provider.reseller-west, and this one about namespace webex: use the same flags for both`,
		"report --since " + cut:     `1 error: --since ` + cut + `: its data cannot be read (unexpected end of JSON input): it may have been cut off; use another report`,
		"report --since " + list:    `1 error: --since ` + list + `: it holds a LicenseList of kubectl.webex-operator.io/v1: use a LicenseReport of kubectl.webex-operator.io/v1`,
		"report --since " + picture: `1 error: --since ` + picture + `: it is no report: use a file that kubectl webex report wrote, with -o html or -o json`,
	} {
		got := newWorld(t, fleet()...).run(strings.Fields(args)...)
		first, _, _ := strings.Cut(got.err, "\n")
		if is := string(rune('0'+got.code)) + " " + first; is != want {
			t.Errorf("%s:\n%s\nwant\n%s", args, is, want)
		}
		if got.out != "" {
			t.Errorf("%s: output %s", args, got.out)
		}
	}
	w := newWorld(t, fleet()...)
	w.live = true
	if got := w.run("report"); got.code != ExitUsage || !strings.HasPrefix(got.screen, "error: a page is not for a terminal: name a file with -f report.html") {
		t.Errorf("on a terminal: code %d, %s", got.code, got.screen)
	}
	if got := w.run("report", "-f", filepath.Join(dir, "none", "report.html")); got.code != ExitFailure || !strings.Contains(got.screen, "name a file in a directory that you may write to") {
		t.Errorf("no such directory: code %d, %s", got.code, got.screen)
	}
}
