package walk

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// What make side-by-side measures is what it says: the same pages, and right figures. It needs no node.
func TestWalkersSeeTheSame(t *testing.T) {
	t.Parallel()
	for way, pages := range map[Way]int{AllPeople: 3, CallingData: 21, NoPeople: 0} {
		t.Run(string(way), func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			sim, err := webexsim.New(webexsim.Options{TLS: true})
			g.Expect(err).NotTo(HaveOccurred())
			t.Cleanup(sim.Close)
			org := sim.AddOrganization(webexsim.Generate(webexsim.GeneratorOptions{Seed: 3, People: 2010, Locations: 20}))
			token := sim.IssueToken(webexsim.TokenSpec{Organization: org.UUID()})
			transport, err := Transport(sim.CACertificate())
			g.Expect(err).NotTo(HaveOccurred())
			t.Cleanup(transport.CloseIdleConnections)
			service := Service{sim.URL(), token.Access, transport}

			counted, err := Operator(t.Context(), service, way)
			g.Expect(err).NotTo(HaveOccurred())
			if way == NoPeople {
				g.Expect(counted.People).To(BeZero())
			} else {
				g.Expect(counted.Check(org.Truth())).To(Succeed())
			}
			g.Expect(sim.Requests()["GET /people"]).To(Equal(pages))

			read, err := Reader(t.Context(), service, way)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(sim.Requests()["GET /people"]).To(Equal(2*pages), "the floor reads the same pages")
			g.Expect(read.Bytes).To(BeNumerically(">=", 1500*counted.People))
		})
	}
}

func TestWrongFiguresAreNoticed(t *testing.T) {
	t.Parallel()
	truth := webexsim.Truth{People: 3, Licenses: []webexsim.LicenseTruth{
		{ID: "a", Name: "Messaging", ByUsers: 3}, {ID: "b", Name: "Calling", ByUsers: 2, ExternalUsers: 2},
	}}
	for name, test := range map[string]struct {
		result Result
		says   string // empty: right
	}{
		"right":             {Result{People: 3, Units: map[string]int64{"a": 3}}, ""},
		"zeros are right":   {Result{People: 3, Units: map[string]int64{"a": 3, "b": 0}}, ""},
		"a person too few":  {Result{People: 2, Units: map[string]int64{"a": 3}}, "2 people, there are 3"},
		"a unit too many":   {Result{People: 3, Units: map[string]int64{"a": 4}}, "4 units of Messaging, people hold 3"},
		"nothing":           {Result{}, "0 units of Messaging"},
		"a licence of ours": {Result{People: 3, Units: map[string]int64{"a": 3, "c": 1}}, "a licence that there is not"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			err := test.result.Check(truth)
			if test.says == "" {
				g.Expect(err).NotTo(HaveOccurred())
			} else {
				g.Expect(err).To(MatchError(ContainSubstring(test.says)))
			}
		})
	}
}
