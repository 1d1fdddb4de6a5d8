package usage

// License is one entry of an organization's licence list
// (https://developer.webex.com/docs/api/v1/licenses/list-licenses).
//
// Figures are whole units. Nil means unknown: Webex leaves out a figure that does not apply, and sends null for
// some. A negative figure has no documented meaning and counts as unknown.
type License struct {
	// ID identifies the licence within the organization. Names repeat and change; ids do not.
	ID string
	// Name is the marketing name.
	Name string
	// OfferCode is the short product code within the id, for example BCSTD. Empty if unknown.
	OfferCode string
	// SubscriptionID is the subscription that pays for the licence. Empty for free and hybrid licences.
	SubscriptionID string
	// SiteURL is the host name of the Webex Meetings site that the licence is bound to. Empty for any other licence.
	SiteURL string
	// SiteType says how that Meetings site is managed, in Webex's words. Empty without a site.
	SiteType string
	// Total is the number of units allocated to the organization.
	Total *int64
	// Consumed is the number of units in use. It can exceed Total: Webex allows over-assignment.
	Consumed *int64
	// ByUsers is the part of Consumed that people hold.
	ByUsers *int64
	// ByWorkspaces is the part of Consumed that workspaces hold.
	ByWorkspaces *int64
}

// Location is a physical place of the organization
// (https://developer.webex.com/docs/api/v1/locations/list-locations). It is not a Meetings site.
type Location struct {
	// ID identifies the location.
	ID string
	// Name is its display name. Nothing promises that it is unique.
	Name string
}

// Level says what a row is about.
type Level string

const (
	// LevelCustomer marks a row about the whole organization.
	LevelCustomer Level = "Customer"
	// LevelSite marks a row about one location of the organization.
	LevelSite Level = "Site"
)

// Class says whether the units of a licence were bought.
type Class string

const (
	// ClassPurchased marks a licence that belongs to a subscription.
	ClassPurchased Class = "Purchased"
	// ClassIncluded marks a licence without a subscription: free and hybrid services. Its total says nothing about
	// capacity: Webex documents 1 for hybrid services and reports the number of users in practice.
	ClassIncluded Class = "Included"
)

// ClassOf classifies a licence by its subscription. The name is no help: Cisco renames licences.
func ClassOf(subscriptionID string) Class {
	if subscriptionID == "" {
		return ClassIncluded
	}
	return ClassPurchased
}

// Key identifies a row within one organization. It is comparable, so it can be the key of a map.
type Key struct {
	Level     Level
	LicenseID string
	// LocationID is empty at LevelCustomer and only there.
	LocationID string
}

// Row is the usage of one licence at one level and location. All figures are whole units unless said otherwise;
// nil means unknown, or not applicable at this level. A row shares no memory with the aggregator or another row.
type Row struct {
	Key
	// Name, OfferCode, SubscriptionID, SiteURL and SiteType are those of the licence.
	Name, OfferCode                   string
	SubscriptionID, SiteURL, SiteType string
	// Class is derived from SubscriptionID.
	Class Class
	// LocationName is the display name of the location, empty at LevelCustomer.
	LocationName string

	// Total is the number of units of the organization, at either level: Webex allocates no units to a location.
	// Never add up the totals of Site rows.
	Total *int64
	// Consumed is the number of units in use. At LevelCustomer it is what Webex reports or, if it reports none, the
	// sum of its two parts. At LevelSite it is what the people and workspaces of the location were seen to hold.
	Consumed *int64
	// Available is Total − Consumed of this very row, negative when more is in use than there is. At LevelSite it is
	// thus what the location leaves of the pool, before what other locations use: the number of units that can
	// still be assigned is Available of the Customer row.
	Available *int64
	// UtilizationPercent is 100 × Consumed / Total in percent, rounded down, at most the largest int32; over 100 when
	// over-assigned. A total of zero with units in use counts as a total of one (3 units are 300 percent), so that
	// taking away the last unit never lowers the figure and a crossed threshold stays crossed. It is nil when
	// either figure is unknown and when both are zero. At LevelSite it is the location's share of the pool.
	UtilizationPercent *int32
	// ByUsers and ByWorkspaces split Consumed, reported at LevelCustomer and counted at LevelSite.
	ByUsers, ByWorkspaces *int64

	// UnitsWithoutLocation are units of people and workspaces that have no location, or one that is not in the
	// location list. Only at LevelCustomer, and only if Site rows were asked for.
	UnitsWithoutLocation *int64
	// ResidualUnits are the units that no person and no workspace explains: Consumed − Σ Consumed of the Site rows −
	// UnitsWithoutLocation. Negative when more was counted than Webex reports. Only at LevelCustomer, and only if
	// Site rows were asked for and Consumed is known.
	ResidualUnits *int64
	// Holders is the number of people who were seen to hold the licence. Only at LevelCustomer, and only if people were
	// walked.
	Holders *int64
}

// Stats says what an Aggregator has seen. None of the figures is tied to a person.
type Stats struct {
	// People and Workspaces are the numbers counted, duplicates left out.
	People, Workspaces int64
	// Duplicates is the number of people and workspaces that came a second time and were dropped.
	Duplicates int64
	// UnlistedLicenseUnits is the number of times that a person or workspace named a licence that is not in the
	// licence list. They are in no row.
	UnlistedLicenseUnits int64
	// UnlistedLocationUnits is the number of units held at a location that is not in the location list. They are
	// counted as units without location.
	UnlistedLocationUnits int64
	// WorkspacesUnknown is the number of workspaces whose licences Webex did not tell. Their units end in the residual.
	WorkspacesUnknown int64
}
