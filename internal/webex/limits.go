package webex

import "cmp"

// Records that a page of a list is asked for with.
const (
	// peoplePageSize is the documented ceiling with callingData=true; more is lowered by the server in silence.
	// https://developer.webex.com/docs/api/v1/people/list-people
	peoplePageSize = 100
	// PeopleAtPage is the documented ceiling with a locationId.
	// https://developer.webex.com/docs/api/v1/people/list-people
	PeopleAtPage = 50
	// AllPeoplePage: no ceiling is documented without both; 1,000 is in common use, and the server lowers what is
	// too much in silence.
	AllPeoplePage = 1000
	// locationsPageSize is the documented default. https://developer.webex.com/docs/api/v1/locations/list-locations
	locationsPageSize = 500
	// workspacesPageSize: none is documented; 100 workspaces of about 2 kB are 200 kB, a page like those of people.
	// https://developer.webex.com/docs/api/v1/workspaces/list-workspaces
	workspacesPageSize = 100
	// groupsPageSize is the documented ceiling of the members of a group; of groups, no other is documented.
	// https://developer.webex.com/docs/api/v1/groups/get-group-members
	groupsPageSize = 500
	// tagsPageSize is the documented ceiling.
	// https://developer.webex.com/docs/api/v1/partner-tags/fetch-all-customers-for-a-given-set-of-tags
	tagsPageSize = 100
	// auditPageSize is the documented ceiling.
	// https://developer.webex.com/docs/api/v1/admin-audit-events/list-admin-audit-events
	auditPageSize = 200
	// minPage is where halving a page after HTTP 504 ends.
	minPage = 10
)

// Limits bounds what a list may bring. Exceeding a bound ends the walk with [ErrLimit], class [ClassPartial]. Zero
// fields take their defaults.
type Limits struct {
	// Pages is the largest number of pages in one walk. By default it is 100,000: 1,000,000 people at the smallest page.
	Pages int
	// BodyBytes is the largest size of one page in bytes, after decompression; 16 MiB by default. The largest bodies
	// are unpaged: 20,000 managed organizations of about 300 bytes are 6 MiB, and 500 locations of 2 kB are 1 MiB.
	BodyBytes int64
	// Results is the largest number of records in one walk. By default it is 2,000,000: the people of the largest
	// organization that this is built for, and as many again.
	Results int
}

func (l Limits) withDefaults() Limits {
	return Limits{Pages: cmp.Or(l.Pages, 100_000), BodyBytes: cmp.Or(l.BodyBytes, 16<<20), Results: cmp.Or(l.Results, 2_000_000)}
}
