package subjects

import (
	"encoding/binary"
	"slices"

	"github.com/webex-operator/webex-license-operator/internal/assign"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// notOne is the index of an address that several people have.
const notOne = -2

// Roster holds the people whom a walk has seen, by what a plan needs of them: ids, licences, and which of the addresses
// that lists name are whose. Its memory is some 200 bytes a person, and twice that where each
// holds another set of licences and ids of groups are spelled otherwise. It is not safe for concurrent use.
type Roster struct {
	// People are those seen, in their order.
	People []assign.Person
	// Addresses are their first addresses, where they were asked for.
	Addresses []string

	license  func(id string) (int, bool)
	keep     bool
	owners   map[string]int32 // of addresses that lists name; -1 while no person has it
	index    map[string]int32 // of people by id, as Webex spells it
	byKey    map[string]int32 // by what all spellings have in common; made when it is needed
	location []int32          // of each person; -1 if there is none
	sets     map[string][]int32
	scratch  []int32
	key      []byte
}

// NewRoster prepares a roster. License is the index of a licence by its id; wanted are addresses that lists name. With
// keep, the first address of each person is kept, to show the plan to the person who asked for it.
func NewRoster(license func(id string) (int, bool), wanted []Entry, keep bool) *Roster {
	r := &Roster{license: license, keep: keep, owners: make(map[string]int32, len(wanted)), index: map[string]int32{}, sets: map[string][]int32{}}
	for _, e := range wanted {
		r.owners[e.Address] = -1
	}
	return r
}

// Add notes a person. Of a person who comes twice, the later record counts.
func (r *Roster) Add(p *webex.Person) {
	i, seen := r.index[p.ID]
	if !seen {
		i = int32(len(r.People)) //nolint:gosec // a walk is bounded far below
		r.index[p.ID] = i
		r.People = append(r.People, assign.Person{ID: p.ID})
		r.location = append(r.location, -1)
		if r.keep {
			r.Addresses = append(r.Addresses, "")
		}
	}
	r.People[i].Held, r.People[i].External = r.set(p.Licenses), p.External
	for n, address := range p.Emails {
		if n == 0 && r.keep {
			r.Addresses[i] = address
		}
		address = Normal(address)
		switch owner, wanted := r.owners[address]; {
		case !wanted || owner == i:
		case owner == -1:
			r.owners[address] = i
		default:
			r.owners[address] = notOne
		}
	}
}

// Locate notes where a person is, by the number of the location.
func (r *Roster) Locate(id string, location int) {
	if i, seen := r.index[id]; seen {
		r.location[i] = int32(location) //nolint:gosec // a walk is bounded far below
	}
}

// Location is where a person is, by the number of the location; negative if that is nowhere.
func (r *Roster) Location(person int) int { return int(r.location[person]) }

// set is the one slice for all people who hold the same licences.
func (r *Roster) set(ids []string) []int32 {
	r.scratch = r.scratch[:0]
	for _, id := range ids {
		if l, listed := r.license(id); listed {
			r.scratch = append(r.scratch, int32(l)) //nolint:gosec // an index
		}
	}
	slices.Sort(r.scratch)
	r.scratch = slices.Compact(r.scratch)
	r.key = r.key[:0]
	for _, l := range r.scratch {
		r.key = binary.LittleEndian.AppendUint32(r.key, uint32(l)) //nolint:gosec // an index
	}
	set, known := r.sets[string(r.key)]
	if !known {
		set = slices.Clone(r.scratch)
		r.sets[string(r.key)] = set
	}
	return set
}

// person is the index of a person by id, however that is spelled.
func (r *Roster) person(id string) (int, bool) {
	if i, seen := r.index[id]; seen {
		return int(i), true
	}
	if r.byKey == nil {
		r.byKey = make(map[string]int32, len(r.index))
		for spelled, i := range r.index {
			r.byKey[webex.IDKey(spelled)] = i
		}
	}
	i, seen := r.byKey[webex.IDKey(id)]
	return int(i), seen
}
