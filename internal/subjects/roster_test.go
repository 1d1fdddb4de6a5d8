package subjects

import (
	"encoding/base64"
	"fmt"
	"runtime"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/internal/assign"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// numbered knows 21 licences by number.
func numbered(id string) (n int, ok bool) {
	_, err := fmt.Sscanf(id, "license-%d", &n)
	return n, err == nil
}

// crowd are people as Webex spells them, who hold 7 licences each, and the first addresses of some of them in a list.
func crowd(people, listed int) (all []webex.Person, wanted []Entry) {
	for i := range people {
		p := webex.Person{
			ID:     base64.RawStdEncoding.EncodeToString(fmt.Appendf(nil, "ciscospark://us/PEOPLE/%08x-2222-4333-8444-555555555555", i)),
			Emails: []string{fmt.Sprintf("person-%d@acme.example.com", i)},
		}
		for n := range 7 {
			p.Licenses = append(p.Licenses, fmt.Sprintf("license-%d", (i%17+n*3)%21))
		}
		all = append(all, p)
		if i < listed {
			wanted = append(wanted, Entry{Address: p.Emails[0], Source: "s", Line: i})
		}
	}
	return all, wanted
}

// Of a person who comes twice, as lists by location and the one of all bring it, the later record counts; an address that
// two people have means neither.
func TestRosterKeepsOneRecordOfAPerson(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	r := NewRoster(numbered, []Entry{{Address: "ada@example.com"}, {Address: "two@example.com"}}, true)
	r.Add(&webex.Person{ID: "ada", Emails: []string{"Ada@Example.com"}, Licenses: []string{"license-1", "unknown"}})
	r.Add(&webex.Person{ID: "ada", Emails: []string{"ada@example.com"}, Licenses: []string{"license-3", "license-2", "license-3"}})
	r.Add(&webex.Person{ID: "ben", Emails: []string{"two@example.com"}})
	r.Add(&webex.Person{ID: "eve", Emails: []string{"x@example.com", "two@example.com"}})
	r.Locate("ada", 4)
	r.Locate("unknown", 4)
	g.Expect(r.People).To(Equal([]assign.Person{{ID: "ada", Held: []int32{2, 3}}, {ID: "ben", Held: []int32{}}, {ID: "eve", Held: []int32{}}}))
	g.Expect(r.Addresses).To(Equal([]string{"ada@example.com", "two@example.com", "x@example.com"}))
	g.Expect(r.Location(0)).To(Equal(4))
	found := r.Resolve(&List{Entries: []Entry{{Address: "ada@example.com"}, {Address: "two@example.com", Source: "list", Line: 2}}}, nil, nil)
	g.Expect(found.People).To(Equal([]int{0}))
	g.Expect(found.NotFound).To(HaveLen(1))
	g.Expect(found.NotFound[0].Where()).To(Equal("list line 2"))
}

// BenchmarkRoster is what a walk of 100,000 people keeps for assignments of 30,000 addresses, in bytes a person, beside
// what the ids alone take, which is the floor.
func BenchmarkRoster(b *testing.B) {
	const people = 100_000
	all, wanted := crowd(people, 30_000)
	kept := func(fill func() any) float64 {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		held := fill()
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(held)
		return (float64(after.HeapAlloc) - float64(before.HeapAlloc)) / people
	}
	floor := kept(func() any {
		ids := make([]string, people)
		for i := range all {
			ids[i] = string([]byte(all[i].ID))
		}
		return ids
	})
	var roster float64
	b.ReportAllocs()
	for b.Loop() {
		roster = kept(func() any {
			r := NewRoster(numbered, wanted, false)
			for i := range all {
				p := all[i]
				p.ID = string([]byte(p.ID)) // as a decoder hands it out
				r.Add(&p)
			}
			return r
		})
	}
	b.ReportMetric(roster, "B/person")
	b.ReportMetric(floor, "B/person-ids")
	b.ReportMetric(roster/floor, "x-floor")
}
