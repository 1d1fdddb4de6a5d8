package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

const fleet = "title: t\nfleet: [{name: msp, customers: 1, people: 1, licenses: 1, locations: 1}]\n"

func TestScenariosAreReadStrictly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"a good one", fleet + "steps: [{do: cold}, {do: sync, as: no-op, groups: [msp]}]", ""},
		{"an unknown field", fleet + "step: []", `unknown field "step"`},
		{"an unknown field of a step", fleet + "steps: [{do: cold, percents: 1}]", `unknown field "percents"`},
		{"an unknown field of a group", "fleet: [{nam: msp}]", `unknown field "nam"`},
		{"an unknown action", fleet + "steps: [{do: colds}]", `a step does "colds"; it can do `},
		{"an unknown group", fleet + "steps: [{do: cold, groups: [smb]}]", `step cold: no group is called "smb"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := parseScenario("s", []byte(c.text))
			switch {
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want == "" && (s.Steps[0].As != "cold" || s.Steps[1].As != "no-op"):
				t.Errorf("steps are called %+v", s.Steps)
			}
		})
	}
}

func TestScenariosAreChosen(t *testing.T) {
	t.Parallel()
	all := []Scenario{{Name: "a"}, {Name: "b", OnlyIfNamed: true}, {Name: "c"}}
	for names, want := range map[string]string{"": "a c", "b": "b", "c,b": "c b"} {
		chosen, err := choose(all, names)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range chosen {
			got = append(got, s.Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q chooses %v, want %s", names, got, want)
		}
	}
	if _, err := choose(all, "a,d"); err == nil || !strings.Contains(err.Error(), `no scenario is called "d"; there are a, b, c`) {
		t.Errorf("an unknown name: %v", err)
	}
}

func TestProcfsIsParsed(t *testing.T) {
	t.Parallel()
	p, err := parseStat("4711 (a) (b c) S 42 4711 4711 0 -1 4194304 100 0 0 0 250 50 7 9 20 0 8 0 12345 1000000 500 18446744073709551615")
	if want := (process{name: "a) (b c", pid: 4711, parent: 42, cpu: 3 * time.Second}); err != nil || p != want {
		t.Errorf("got %+v, %v, want %+v", p, err, want)
	}
	for _, line := range []string{"", "4711", "4711 (manager", "4711 (manager) S 42", "4711 (manager) S 42 1 1 0 1 1 1 0 0 0 many 50"} {
		if p, err := parseStat(line); err == nil {
			t.Errorf("%q is %+v", line, p)
		}
	}
	var u usage
	if err := u.parseStatus("Name:\tmanager\nVmHWM:\t  143360 kB\nVmRSS:\t  124928 kB\nThreads:\t9\n"); err != nil || u.peak != 140<<20 || u.resident != 122<<20 {
		t.Errorf("got %+v, %v", u, err)
	}
	if err := u.parseStatus("VmRSS:\tmuch\n"); err == nil {
		t.Error("a line that is no number was read")
	}
	if gib, err := parseMemory("24684096 kB"); err != nil || gib != 24 {
		t.Errorf("the memory is %d GiB, %v", gib, err)
	}
}

// What is parsed is what Linux writes: this process has a parent, which has this child.
func TestThisProcessIsMeasured(t *testing.T) {
	t.Parallel()
	needProc(t)
	u, err := usageOf(os.Getpid())
	if err != nil || u.resident < 1<<20 || u.peak < u.resident/2 {
		t.Errorf("this process uses %+v, %v", u, err)
	}
	p, err := readStat(os.Getpid())
	if err != nil || p.parent != os.Getppid() {
		t.Errorf("this process is %+v, %v; its parent is %d", p, err, os.Getppid())
	}
}

func needProc(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("measuring processes needs Linux' /proc:", err)
	}
}

func TestMetricsAreAddedUp(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/metrics" {
			http.Error(w, "no such page", http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte(`# TYPE requests_total counter
requests_total{verb="GET",resource="pods"} 5
requests_total{verb="GET",resource="leases"} 2
requests_total{verb="PUT",resource="pods"} 1
# TYPE size_bytes gauge
size_bytes 12
`))
	}))
	defer server.Close()
	before, err := scrape(t.Context(), server.Client(), server.URL+"/metrics")
	if err != nil {
		t.Fatal(err)
	}
	verbs := before.sumBy("requests_total", func(label map[string]string) string { return label["verb"] })
	if want := map[string]float64{"GET": 7, "PUT": 1}; !reflect.DeepEqual(verbs, want) || total(verbs) != 8 {
		t.Errorf("got %v, want %v", verbs, want)
	}
	if got := total(before.sumBy("size_bytes", func(map[string]string) string { return "" })); got != 12 {
		t.Errorf("the gauge is %v", got)
	}
	if got := before.sumBy("other", func(map[string]string) string { return "" }); len(got) != 0 {
		t.Errorf("a family that is not there has %v", got)
	}
	if got := since(map[string]float64{"GET": 3, "PUT": 1}, verbs); !reflect.DeepEqual(got, map[string]float64{"GET": 4}) {
		t.Errorf("grew by %v", got)
	}
	if _, err := scrape(t.Context(), server.Client(), server.URL); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a page that is not there: %v", err)
	}
}

func TestLogsAreReadable(t *testing.T) {
	t.Parallel()
	log := `{"level":"error","ts":"2026-09-01T12:00:00Z","logger":"licensesync","msg":"run failed","controllerKind":"LicenseSync","LicenseSync":{"name":"acme","namespace":"msp"},"name":"acme","namespace":"msp","attempt":3,"error":"` + strings.Repeat("x", 500) + `","stacktrace":"a\nb"}
panic: at the disco
`
	want := `  2026-09-01T12:00:00Z error licensesync run failed attempt=3 error=` + strings.Repeat("x", longest) + `… name=acme namespace=msp
  panic: at the disco`
	if got := readable(log); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
