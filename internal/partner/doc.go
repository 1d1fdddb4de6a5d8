// Package partner decides what becomes of a partner's organizations: which customers there
// shall be, how they shall look, and which of them are to be suspended. It is pure: what
// Webex listed and what there is in the cluster are parameters, and nothing is written here.
//
// Three rules make it safe. A customer is found by its organization's id, so that a renamed
// organization keeps its customer. A field that a person owns by server-side apply stays the
// person's, so that no two writers take turns. And what would suspend more customers than one
// answer of Webex can be trusted with is held until a person approves exactly this set.
package partner

import "github.com/webex-operator/webex-license-operator/internal/webex"

// Organization is one that the partner's credentials see.
type Organization struct {
	// ID is its id, a UUID; Name its name in Webex, Tags its tags in Partner Hub. Tags are
	// empty if nothing asks for them.
	ID   webex.OrganizationID
	Name string
	Tags []string
}
