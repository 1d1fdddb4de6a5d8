package day

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// An organization changes in its business hours only.
const (
	businessBegins = 9 * time.Hour
	businessEnds   = 17 * time.Hour
)

// changesPerHour is how many licences of 1,000 people are given or taken in a business hour: so many that counts move in 1
// of 8 hours. By the same rate they move in 3 of 4 hours for 10,000 people, and in 999 of 1,000 for 50,000.
var changesPerHour = math.Log(8.0 / 7)

// edit is something that changes in an organization: a person gets a licence, loses one, or moves to another location,
// which moves no count.
type edit struct {
	at     time.Duration // since midnight
	person int
	// license is an index, or noLicense for a move to location.
	license, location int
	added             bool
}

const noLicense = -1

// officeSpec is an organization whose changes editsOf knows.
func officeSpec(i, people int) webexsim.OrganizationSpec {
	return webexsim.Generate(webexsim.GeneratorOptions{Seed: int64(i + 1), UUID: uuidOf(i), People: people, Licenses: 8, Locations: 4})
}

// editsOf are the changes of a working day. Moves between locations are assumed to be as frequent as changes of licences.
func editsOf(spec webexsim.OrganizationSpec, seed uint64) []edit {
	rng := rand.New(rand.NewPCG(seed, uint64(spec.People.Len()))) //nolint:gosec // it must repeat itself
	perHour := 2 * changesPerHour * float64(spec.People.Len()) / 1000
	people := map[int]*webexsim.Person{} // as they are by now
	var edits []edit
	for at := businessBegins; ; {
		if at += time.Duration(rng.ExpFloat64() / perHour * float64(time.Hour)); at >= businessEnds {
			return edits
		}
		e := edit{at: at, person: rng.IntN(spec.People.Len()), license: noLicense}
		p := people[e.person]
		if p == nil {
			p = &webexsim.Person{Location: webexsim.NoLocation}
			spec.People.Person(e.person, p)
			p.Licenses = slices.Clone(p.Licenses)
			people[e.person] = p
		}
		if p.Type != "" {
			continue // a bot holds nothing
		}
		if rng.IntN(2) == 0 {
			e.location = (p.Location + 1 + rng.IntN(len(spec.Locations)-1)) % len(spec.Locations)
		} else {
			bought := len(spec.Licenses) - 3 // of those that need no location
			e.license = bought + rng.IntN(len(spec.Licenses)-bought)
			e.added = !slices.Contains(p.Licenses, e.license)
		}
		e.change(p)
		edits = append(edits, e)
	}
}

// change does the edit to its person.
func (e edit) change(p *webexsim.Person) {
	switch {
	case e.license == noLicense:
		p.Location = e.location
	case e.added:
		p.Licenses = append(p.Licenses, e.license)
	default:
		p.Licenses = slices.DeleteFunc(slices.Clone(p.Licenses), func(held int) bool { return held == e.license })
	}
}
