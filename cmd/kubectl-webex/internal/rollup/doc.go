// Package rollup adds up licence rows at any level of a provider's hierarchy.
// It is pure: objects in, figures out.
//
// # What is added up
//
// A pool is one licence of one customer: what was bought together, and what the
// organization's people and workspaces draw from. Its figures are those of the
// row at level Customer. Rows at level Site repeat the pool's total, one for each
// location, so that their totals are never added; where a customer collects
// level Site alone, the pool's total is taken from them once, and what is in use
// is at least what its locations use (AtLeast).
//
// Pools of one product are added up to one line. The product is told by the
// offer code, because Cisco renames licences, and not all customers get the new
// name on the same day; a row without one joins the product of its name. The
// same name in two subscriptions is two pools, and both count.
//
// Purchased and included licences are never added up: the totals of included
// ones (free and hybrid services) are no capacity.
//
// A location belongs to a customer. Two customers whose locations share a name
// have two locations.
//
// Rows that a deleted customer has left behind (deletionPolicy Retain) are in no
// sum, because their organization may be read again under another name; they
// show when that customer is asked for by name.
package rollup
