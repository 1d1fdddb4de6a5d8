// Package usage turns what Webex reports about one organization into licence rows: units bought and in use,
// for the organization and for each of its locations, and whether a licence may be assigned.
//
// Webex counts units per licence for the whole organization only ([licences]). It binds no licence to a location,
// so the figures of a location are computed here from the people ([people]) and workspaces ([workspaces]) that
// hold the licence. The two sources never agree completely (external users, changes during the walk, workspaces
// whose licences are not told), so the organization's figure stays authoritative and the difference is published
// as the residual:
//
//	consumed = Σ consumed of the Site rows + units without location + residual
//
// Everything in this package is a pure function of its input. It knows no HTTP and no Kubernetes, and it keeps
// no personal data: of a person's id it remembers a hash, for a short while.
//
// [licences]: https://developer.webex.com/docs/api/v1/licenses
// [people]: https://developer.webex.com/docs/api/v1/people
// [workspaces]: https://developer.webex.com/docs/api/v1/workspaces
package usage
