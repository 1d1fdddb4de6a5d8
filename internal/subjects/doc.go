// Package subjects finds out who is meant by lists of people: it reads addresses from specs, Secrets and ConfigMaps, asks
// Webex for the members of groups, and finds them among the people whom a walk has seen.
//
// Absence is not emptiness: what is missing, empty, or cannot be read whole is a [Fault], by which no licence is taken
// from any person. A fault names source and line, never an address.
package subjects
