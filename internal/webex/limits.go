package webex

// Defaults of [Limits], each with its arithmetic.
const (
	// defaultPeoplePage: the documented ceiling with callingData=true; more is lowered by the server in silence.
	// https://developer.webex.com/docs/api/v1/people/list-people
	defaultPeoplePage = 100
	// PeopleAtPage: the documented ceiling with a locationId.
	// https://developer.webex.com/docs/api/v1/people/list-people
	PeopleAtPage = 50
	// EverybodyPage: no ceiling is documented without both; 1,000 is in common use, and the server lowers what is
	// too much in silence.
	EverybodyPage = 1000
	// defaultLocationsPage: the documented default. https://developer.webex.com/docs/api/v1/locations/list-locations
	defaultLocationsPage = 500
	// defaultWorkspacesPage: none is documented; 100 workspaces of about 2 kB are 200 kB, a page like those of people.
	// https://developer.webex.com/docs/api/v1/workspaces/list-workspaces
	defaultWorkspacesPage = 100
	// minPage is where halving a page after HTTP 504 ends.
	minPage = 10
	// defaultPages: 1,000,000 people at the smallest page of 10.
	defaultPages = 100_000
	// defaultBodyBytes: the largest bodies are unpaged: 20,000 managed organizations of about 300 bytes are 6 MiB, and
	// 500 locations of 2 kB are 1 MiB; a factor of two and more for what they may grow to.
	defaultBodyBytes = 16 << 20
	// defaultResults: 1,000,000 people, the largest organization this is built for, and as many again.
	defaultResults = 2_000_000
)

// Limits bounds what a list may ask for and what it accepts. Exceeding a bound ends the walk with [ErrLimit], class
// [ClassPartial]. Zero fields take their defaults.
type Limits struct {
	// PeoplePage, LocationsPage and WorkspacesPage are the records asked for in a page; 100, 500, 100 by default.
	PeoplePage, LocationsPage, WorkspacesPage int
	// PeopleAtPage and EverybodyPage are those of the lists of the same names; 50 and 1,000 by default.
	PeopleAtPage, EverybodyPage int
	// Pages is the largest number of pages in one walk; 100,000 by default.
	Pages int
	// BodyBytes is the largest size of one page in bytes, after decompression; 16 MiB by default.
	BodyBytes int64
	// Results is the largest number of records in one walk; 2,000,000 by default.
	Results int
}

func (l Limits) withDefaults() Limits {
	orInt := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	orInt(&l.PeoplePage, defaultPeoplePage)
	orInt(&l.PeopleAtPage, PeopleAtPage)
	orInt(&l.EverybodyPage, EverybodyPage)
	orInt(&l.LocationsPage, defaultLocationsPage)
	orInt(&l.WorkspacesPage, defaultWorkspacesPage)
	orInt(&l.Pages, defaultPages)
	orInt(&l.Results, defaultResults)
	if l.BodyBytes <= 0 {
		l.BodyBytes = defaultBodyBytes
	}
	return l
}
