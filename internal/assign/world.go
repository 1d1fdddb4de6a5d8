package assign

import (
	"slices"
	"strings"
)

// World is what a plan is made of.
type World struct {
	// Licenses are the licences of the organization, as its rows at level Customer say.
	Licenses []License
	// People are those whom the last complete walk saw.
	People []Person
	// Assignments are those of the customer, in the order in which they go first.
	Assignments []Assignment
	// Protected are the people whom no assignment touches, by index in People.
	Protected map[int]bool
	// RemoveOthers says that licences outside of the defaults are not retained.
	RemoveOthers bool
	// KeepAll says that a source which concerns all assignments is not resolved: nothing is removed.
	KeepAll bool
}

// License is one licence of an organization.
type License struct {
	// ID is its id in Webex, Row the name of its row.
	ID, Row string
	// Name and OfferCode are how assignments select it.
	Name, OfferCode string
	// Purchased says that it belongs to a subscription.
	Purchased bool
	// Assignable says that it is inside the defaults; Outside that it belongs to another subscription or site; Reason is the row's word for either.
	Assignable, Outside bool
	Reason              string
	// Total is the number of units bought. Free is the number of units that are not in use, negative if more are in use
	// than bought; both are nil if Webex does not say.
	Total, Free *int64
}

// Person is one person of the organization.
type Person struct {
	// ID is the person's id in Webex, as Webex spells it.
	ID string
	// Held are the licences of the person, by index in World.Licenses, without repetition. The slice may be shared.
	Held []int32
	// External says that the person belongs to another organization.
	External bool
}

// holds says whether the person holds a licence.
func (p *Person) holds(license int) bool { return slices.Contains(p.Held, int32(license)) } //nolint:gosec // an index

// Assignment says who shall hold a licence.
type Assignment struct {
	// Name tells it from others.
	Name string
	// OfferCode or Name of the licence; exactly one is set.
	OfferCode, LicenseName string
	// ChosenID is the licence that it meant before, as long as its spec is the same; empty if none.
	ChosenID string
	// Enforce says that the plan is to be carried out, RemoveUnlisted that those lose the licence who are in no list.
	Enforce, RemoveUnlisted bool
	// Unresolved says that not all of its sources could be resolved: it removes nothing.
	Unresolved bool
	// Unreadable says that its spec cannot be read: no assignment removes anything.
	Unreadable bool
	// Listed are the people of its lists, by index in World.People, in the order of the lists, without repetition.
	Listed []int
	// MaxRemovals is how many people may lose licences by it within 24 hours, Removed how many have.
	MaxRemovals, Removed int64
	// KeepFree is the number of units that additions leave free.
	KeepFree int64
	// Peers are the names of the other assignments that meant the licence before, as long as the spec is the same. While
	// one of them is gone, removals are held: whom it listed is not known any more.
	Peers []string
	// Approved is the token of held removals that a person approved; empty if none.
	Approved string
}

// Managed says whether licences of an offer code are assigned and removed. Those of Webex Calling (BC…, once CO), Webex
// Calling for UCM (UCPREM…) and Contact Center (CJP…) are not: taking one destroys numbers, voicemail and settings
// (https://help.webex.com/article/fvix62). Nor are those whose code is unknown, since they may be one of these.
func Managed(offerCode string) bool {
	code := strings.ToUpper(offerCode)
	return code != "" && code != "CO" && !slices.ContainsFunc([]string{"BC", "UCPREM", "CJP"}, func(prefix string) bool { return strings.HasPrefix(code, prefix) })
}
