// Package assign decides who gets and who loses licences. It is pure: a [World] goes in, a [Plan] comes out, and what
// is planned does not depend on anything else.
//
// A plan is made whole before anything is sent. Its removals are held together if a guard trips, never cut to a size that
// the guard would take; additions go on. Every change names the assignment that it is for and why.
package assign
