package webexsim

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
)

// served is the body of a reply, without the network.
func served(s *Server, path string) string {
	r := httptest.NewRequest(http.MethodGet, "/v1"+path, nil)
	r.Header.Set("Authorization", "Bearer t")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Body.String()
}

func TestSameSeedSameBytes(t *testing.T) {
	all := func(seed int64) string {
		s, _ := start(t, Options{}, Generate(GeneratorOptions{Seed: seed, People: 350, Subscriptions: 2}))
		return served(s, "/people?callingData=true") + served(s, "/people?max=350") + served(s, "/licenses") +
			served(s, "/locations") + served(s, "/workspaces") + served(s, "/organizations")
	}
	if first, again := all(1), all(1); first != again {
		t.Error("the same seed gives other bytes")
	}
	if all(1) == all(2) {
		t.Error("another seed gives the same bytes")
	}
}

func TestGenerate(t *testing.T) {
	for _, g := range []GeneratorOptions{
		{Seed: 1, People: 20_000},
		{Seed: 2, People: 20_000, Licenses: 60, Locations: 200, Subscriptions: 4, CallingShare: 0.25, PendingShare: 0.2, BotShare: 0.1},
		{Seed: 3, Workspaces: -1, BotShare: -1, PendingShare: -1, CallingShare: 1},
	} {
		t.Run(fmt.Sprint(g.Seed), func(t *testing.T) {
			spec := Generate(g)
			calling, pending, bots := 0, 0, 0
			var p Person
			for i := range spec.People.Len() {
				p.reset()
				spec.People.Person(i, &p)
				calling += count(p.Location != NoLocation)
				pending += count(p.InvitePending)
				bots += count(p.Type == TypeBot)
			}
			near := func(name string, n int, share float64) {
				if want := share * float64(g.People); float64(n) < want*0.9-1 || float64(n) > want*1.1+1 {
					t.Errorf("%d people are %s, want about %.0f", n, name, want)
				}
			}
			if g.CallingShare == 0 {
				g.CallingShare, g.PendingShare, g.BotShare = 0.6, 0.02, 0.005
			}
			near("calling", calling, g.CallingShare*(1-g.BotShare))
			near("pending", pending, g.PendingShare*(1-g.BotShare))
			near("bots", bots, g.BotShare)
			sites := map[string]bool{}
			for _, l := range spec.Licenses {
				sites[l.SiteURL] = true
			}
			if want := max(g.Licenses, 15); len(spec.Licenses) != want || len(sites) != max(1, g.Subscriptions)+1 {
				t.Errorf("%d licences on %d sites", len(spec.Licenses), len(sites)-1)
			}
		})
	}
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestPersonSize checks that a person is as large as a real one, give or take.
func TestPersonSize(t *testing.T) {
	s, _ := start(t, Options{}, Generate(GeneratorOptions{Seed: 1, People: 1000}))
	if n := len(served(s, "/people?callingData=true")) / 100; n < 1500 || n > 2500 {
		t.Errorf("%d bytes per person", n)
	}
}

// TestMemory checks that an organization takes no memory per person.
func TestMemory(t *testing.T) {
	use := func(people int) uint64 {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s, org := start(t, Options{}, Generate(GeneratorOptions{Seed: 1, People: people, Workspaces: 100}))
		for page := range 20 {
			if body := served(s, "/people?callingData=true&cursor="+encodeCursor(100, page*people/20, false)); !strings.Contains(body, `"id"`) {
				t.Fatal(body)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(org)
		if after.HeapInuse < before.HeapInuse {
			return 0
		}
		return after.HeapInuse - before.HeapInuse
	}
	if n := use(200_000); n > 4<<20 {
		t.Errorf("200000 people take %d bytes", n)
	}
}
