package zonedata

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, directory string, files map[string]string) string {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(directory, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return directory
}

func TestFind(t *testing.T) {
	t.Parallel()
	debian := write(t, t.TempDir(), map[string]string{probe: "TZif", "tzdata.zi": "# version 2026f-Debian\n# more\n"})
	bsd := write(t, t.TempDir(), map[string]string{probe: "TZif", "+VERSION": "2026b"})
	silent := write(t, t.TempDir(), map[string]string{probe: "TZif", "tzdata.zi": ""})
	empty := write(t, t.TempDir(), map[string]string{"tzdata.zi": "# version 2030a\n"})
	archive := filepath.Join(t.TempDir(), "zoneinfo.zip")
	file, err := os.Create(archive)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(file)
	if _, err := w.Create(probe); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		variable string
		paths    []string
		want     Data
	}{
		"the variable goes first":          {debian, []string{bsd}, Data{"2026f", debian}},
		"one that names nothing is passed": {empty, []string{bsd, debian}, Data{"2026b", bsd}},
		"an archive":                       {archive, []string{bsd}, Data{Unknown, archive}},
		"an archive that is none":          {"none.zip", []string{bsd}, Data{"2026b", bsd}},
		"a source that does not say":       {"", []string{silent, debian}, Data{Unknown, silent}},
		"the machine has none":             {"", []string{empty, "none"}, Data{embeddedVersion, Embedded}},
	} {
		if got := find(c.variable, c.paths); got != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestOlder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version, than string
		want          bool
	}{{"2025c", "2026a", true}, {"2026a", "2026a", false}, {"2026f", "2026b", false}, {"2026aa", "2026z", false}, {"2026z", "2026aa", true}, {Unknown, "2026a", false}} {
		if got := (Data{Version: c.version}).Older(c.than); got != c.want {
			t.Errorf("%s older than %s: %v", c.version, c.than, got)
		}
	}
}

// The version of what the toolchain embeds is written in the script that makes it.
func TestEmbeddedVersion(t *testing.T) {
	t.Parallel()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "update.bash"))
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`(?m)^DATA=(\w+)$`).FindSubmatch(script); found == nil || string(found[1]) != embeddedVersion {
		t.Errorf("the toolchain embeds %s, not %s", found, embeddedVersion)
	}
}

// changes are rules that a release of the database brought, each with what the clock shows since.
var changes = []struct {
	since, zone string
	at          time.Time
	offset      time.Duration
}{
	{"2020a", "Africa/Juba", time.Date(2026, time.December, 1, 0, 0, 0, 0, time.UTC), 2 * time.Hour},
	{"2024b", "America/Mexico_City", time.Date(2026, time.July, 1, 0, 0, 0, 0, time.UTC), -6 * time.Hour},
	{"2025b", "America/Coyhaique", time.Date(2026, time.July, 1, 0, 0, 0, 0, time.UTC), -3 * time.Hour},
	{"2026b", "America/Vancouver", time.Date(2026, time.December, 1, 0, 0, 0, 0, time.UTC), -7 * time.Hour},
	{"2026f", "Africa/Casablanca", time.Date(2026, time.October, 1, 0, 0, 0, 0, time.UTC), 0},
	{"1996a", "Europe/Berlin", time.Date(2026, time.July, 1, 0, 0, 0, 0, time.UTC), 2 * time.Hour},
	{"1996a", "Asia/Kathmandu", time.Date(2026, time.July, 1, 0, 0, 0, 0, time.UTC), 5*time.Hour + 45*time.Minute},
}

// The data in use know each rule of their version, and of none later: that a program says which data it has means what
// it says. On a machine with data of before a rule the test holds that this is said.
func TestDataInUseAreOfTheirVersion(t *testing.T) {
	t.Parallel()
	data := InUse()
	t.Logf("time zone data %s from %s", data.Version, data.Source)
	for _, c := range changes {
		location, err := time.LoadLocation(c.zone)
		if err != nil {
			if !data.Older(c.since) {
				t.Errorf("%s: %v", c.zone, err)
			}
			continue
		}
		_, offset := c.at.In(location).Zone()
		right := time.Duration(offset)*time.Second == c.offset
		if !right && data.Version != Unknown && !data.Older(c.since) {
			t.Errorf("%s: the clock is at %ds, wrong for data of %s", c.zone, offset, data.Version)
		}
	}
}
