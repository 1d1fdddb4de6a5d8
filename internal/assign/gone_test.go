package assign_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/internal/assign"
)

// Whom an assignment listed that is gone is not known: what the others of its licence would take is held, however few
// these are. One that means another licence is gone, too; one that is new is not missed.
func TestRemovalsAreHeldWhileAPeerIsGone(t *testing.T) {
	t.Parallel()
	world := func(peers ...string) assign.World {
		return assign.World{
			Licenses: []assign.License{
				{ID: "suite", OfferCode: "EE", Purchased: true, Assignable: true, Free: new(int64(9))},
				{ID: "messaging", OfferCode: "MS", Purchased: true, Assignable: true, Free: new(int64(9))},
			},
			People: []assign.Person{{ID: "ada", Held: []int32{0}}, {ID: "ben", Held: []int32{0}}, {ID: "eve"}},
			Assignments: []assign.Assignment{
				{Name: "left", OfferCode: "EE", Enforce: true, RemoveUnlisted: true, Listed: []int{0, 2}, MaxRemovals: 10, Peers: peers},
				{Name: "other", OfferCode: "MS", Enforce: true, Listed: []int{0}},
			},
		}
	}
	for name, test := range map[string]struct {
		peers []string
		gone  bool
	}{
		"none is missed": {}, "deleted": {[]string{"deleted"}, true}, "of another licence now": {[]string{"other"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			w := world(test.peers...)
			o := assign.New(w).Outcomes[0]
			g.Expect(o.Add).To(BeEquivalentTo(1), "additions go on")
			if !test.gone {
				g.Expect(o.Held).To(BeNil())
				g.Expect(o.Removing).To(BeEquivalentTo(1))
				return
			}
			g.Expect(o.Held).NotTo(BeNil())
			g.Expect(o.Gone).To(Equal(test.peers))
			g.Expect(o.Removing).To(BeZero())
			w.Assignments[0].Approved = o.Held.Token
			o = assign.New(w).Outcomes[0]
			g.Expect(o.Approved).To(BeTrue())
			g.Expect(o.Removing).To(BeEquivalentTo(1))
		})
	}
}

// Peers are the other assignments of a licence.
func TestPeers(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	w := assign.World{
		Licenses:    []assign.License{{ID: "suite", OfferCode: "EE", Name: "Suite", Purchased: true, Assignable: true}},
		Assignments: []assign.Assignment{{Name: "a", OfferCode: "EE"}, {Name: "b", LicenseName: "Suite"}, {Name: "c", OfferCode: "XX"}},
	}
	p := assign.New(w)
	g.Expect(p.Peers(w, 0)).To(Equal([]string{"b"}))
	g.Expect(p.Peers(w, 1)).To(Equal([]string{"a"}))
	g.Expect(p.Peers(w, 2)).To(BeEmpty())
}
