package webexsim

// Licences of included rows have the same UUID in every organization.
const (
	uuidBasicMessaging     = "9eca7814-3313-464f-9642-0239875bc9f8"
	uuidScreenShare        = "1b728ff9-7de8-4cb7-9540-29320b5a42cb"
	uuidCallOnWebex        = "a2473828-a980-472f-819d-6b9cce08e92b"
	uuidBasicSpaceMeetings = "f5fde35f-4704-460a-810f-4c5d35241e69"
	uuidExchangeCalendar   = "123e3566-5e06-4bf3-8449-1ab51a1d1ce3"
	uuidGoogleCalendar     = "5db70662-cfa2-4acd-814e-80b3b5edf3ed"
	uuidHybridMessage      = "7c8c2dea-b055-43e7-a892-cf2b50725036"
	uuidUCM                = "c3329d32-16ed-4145-9525-63acb4b31b20"
	uuidHotDesk            = "ff56f170-8ed0-3168-8ac0-df1bc4eb0083"
)

const controlHubSite = "Control Hub managed site"

func included(name, offer, uuid string) LicenseSpec {
	return LicenseSpec{Name: name, OfferCode: offer, UUID: uuid, TotalIsPeople: true}
}

// freeLicenses are held by all people, those with a pending invitation included.
func freeLicenses() []LicenseSpec {
	return []LicenseSpec{
		included("Basic Messaging", "FMS", uuidBasicMessaging),
		included("Basic Space Meetings", "FTM", uuidBasicSpaceMeetings),
		included("Free screen share", "FSS", uuidScreenShare),
		included("Call on Webex (1:1 call, non-PSTN)", "FTC", uuidCallOnWebex),
	}
}

// UUIDs of the sample organizations.
const (
	StandardUUID        = "11111111-2222-4333-8444-555555555555"
	TwoSubscriptionUUID = "22222222-3333-4444-8555-666666666666"
	OverAssignedUUID    = "33333333-4444-4555-8666-777777777777"
)

// staff makes people who all hold the licences at everyone, the last pending ones
// with an invitation that they did not accept yet.
func staff(n, pending int, everyone ...int) PeopleList {
	people := make(PeopleList, n)
	for i := range people {
		people[i] = Person{Location: NoLocation, InvitePending: i >= n-pending}
		people[i].Licenses = append(people[i].Licenses, everyone...)
	}
	people[0].Roles = []string{roleFullAdmin}
	return people
}

// give adds a licence to some people.
func (l PeopleList) give(license int, people ...int) {
	for _, i := range people {
		l[i].Licenses = append(l[i].Licenses, license)
	}
}

// StandardOrganization is a small organization with the 21 licences that a recorded
// demonstration organization had in 2026: one trial subscription, one Meetings site,
// 44 people, three locations.
func StandardOrganization() OrganizationSpec {
	const trial = "trialSub.0c7d1a52-6f0e-4b7e-9a3c-2d1f5b8e4c61"
	const site = "acme.example.webex.com"
	bought := func(name, offer string, total int) LicenseSpec {
		return LicenseSpec{Name: name, OfferCode: offer, Total: total, Subscription: trial}
	}
	suite := bought("Webex Meetings Suite", "EE", 100)
	suite.SiteURL, suite.SiteType = site, controlHubSite
	routeLists := bought("Webex Calling - Route List Calls", "BCRLC", 10)
	routeLists.Consumers = FormNull
	const professional, meetings, messaging, space, translations, agents, free = 0, 4, 5, 6, 7, 9, 13

	people := staff(44, 4, free, free+1, free+2, free+3)
	people[0].Location, people[1].Location = 0, 1
	people.give(professional, 0, 1)
	people.give(meetings, 0, 1, 2)
	people.give(messaging, 0)
	people.give(space, 0)
	people.give(translations, 3, 4, 5)
	people.give(agents, 6, 7, 8)
	people[1].Roles = []string{"id_readonly_admin"}
	people[9].Attendee = true

	licenses := []LicenseSpec{
		professional: bought("Webex Calling - Professional", "BCSTD", 100),
		1:            bought("Webex Calling - Workspaces", "BCCA", 100),
		2:            {Name: "Webex Calling - Hot desk only", OfferCode: "BCHDO", UUID: uuidHotDesk, Total: 9},
		3:            routeLists,
		meetings:     suite,
		messaging:    bought("Advanced Messaging", "MS", 100),
		space:        bought("Advanced Space Meetings", "CF", 100),
		translations: bought("Real-Time Translations", "RTT", 100),
		8:            bought("Webex Room Kit", "SD", 5),
		agents:       bought("Contact Center Premium Agent", "CJPPRM", 50),
		10:           bought("Contact center Standard Agent", "CJPSTD", 50),
		11:           bought("Epic Desktop Connector for Webex Contact Center", "EPC", 10),
		12:           bought("Salesforce Desktop Connector", "SFDK", 10),
	}
	licenses = append(licenses, freeLicenses()...)
	licenses = append(licenses,
		included("Hybrid - Exchange Calendar", "CE", uuidExchangeCalendar),
		included("Hybrid - Google Calendar", "CG", uuidGoogleCalendar),
		included("Hybrid - Message", "HM", uuidHybridMessage),
		included("Unified Communication Manager (UCM)", "UCPREM", uuidUCM),
	)
	return OrganizationSpec{
		UUID: StandardUUID, Name: "Acme Example", People: people, Licenses: licenses,
		Locations: []LocationSpec{
			{Name: "San Jose HQ", City: "San Jose", State: "CA", Country: "US", TimeZone: "America/Los_Angeles"},
			{Name: "Chicago Branch", City: "Chicago", State: "IL", Country: "US", TimeZone: "America/Chicago"},
			{Name: "Austin Lab", City: "Austin", State: "TX", Country: "US", TimeZone: "America/Chicago"},
		},
		Workspaces: []WorkspaceSpec{
			{Name: "AUS-1 Lobby Phone", Location: 2, Licenses: []int{professional}, Capacity: 1, Type: "open"},
			{Name: "SJC-3 Board Room", Location: 0, Capacity: 12, Type: "meetingRoom"},
		},
	}
}

// TwoSubscriptionOrganization has two subscriptions with licences of the same names
// and two Meetings sites, so that nothing says by itself which ones are meant. Its groups
// are of each kind: plain ones, one that holds others, two of one name, an empty one.
func TwoSubscriptionOrganization() OrganizationSpec {
	const main, other = "Sub2000001", "Sub2000002"
	const free = 7
	people := staff(30, 2, free, free+1, free+2, free+3)
	for i := range 12 { // 0-7 London, 8-11 Berlin
		people[i].Location = i / 8
	}
	people.give(0, 0, 1, 2, 3, 4, 5, 6, 7)
	people.give(4, 8, 9, 10, 11)
	people.give(1, 0, 1, 2, 3, 4, 12, 13)
	people.give(5, 8, 9, 10, 14)
	people.give(2, 0, 1, 8, 15)
	people.give(3, 9)
	people = append(people, Person{FirstName: "Reminder", LastName: "Bot", Type: TypeBot, Location: NoLocation})

	licenses := []LicenseSpec{
		{Key: "calling-main", Name: "Webex Calling - Professional", OfferCode: "BCSTD", Total: 50, Subscription: main},
		{
			Key: "meetings-main", Name: "Webex Meetings Suite", OfferCode: "EE", Total: 50, Subscription: main,
			SiteURL: "globex.example.webex.com", SiteType: controlHubSite,
		},
		{Key: "messaging-main", Name: "Advanced Messaging", OfferCode: "MS", Total: 50, Subscription: main},
		{Key: "messaging-other", Name: "Advanced Messaging", OfferCode: "MS", Total: 10, Subscription: other},
		{Key: "calling-other", Name: "Webex Calling - Professional", OfferCode: "BCSTD", Total: 25, Subscription: other},
		{
			Key: "meetings-other", Name: "Webex Meetings Suite", OfferCode: "EE", Total: 25, Subscription: other,
			SiteURL: "globex-emea.example.webex.com", SiteType: "Linked site",
		},
		{Name: "Webex Calling - Workspaces", OfferCode: "BCCA", Total: 10, Subscription: other},
	}
	return OrganizationSpec{
		UUID: TwoSubscriptionUUID, Name: "Globex Example", People: people,
		Licenses: append(licenses, freeLicenses()...),
		Locations: []LocationSpec{
			{Name: "London Office", City: "London", State: "London", Country: "GB", TimeZone: "Europe/London", Language: "en_gb"},
			{Name: "Berlin Office", City: "Berlin", State: "BE", Country: "DE", TimeZone: "Europe/Berlin", Language: "de_de"},
		},
		Workspaces: []WorkspaceSpec{
			{Name: "LON Reception", Location: 0, Licenses: []int{6}, Capacity: 2, Type: "open"},
			{Name: "BER Huddle 1", Location: 1, Licenses: []int{6}, Capacity: 4, Type: "huddle"},
			{Name: "Spare phone", Location: NoLocation, Licenses: []int{6}},
		},
		// People 0 to 7 are in London, 8 to 11 in Berlin, the others nowhere; 28 and 29 are
		// invited, and 30 is a bot.
		Groups: []GroupSpec{
			{Name: "Sales", Members: []int{0, 1, 2, 8, 9, 12, 13, 14, 15, 28}},
			{Name: "Engineering", Members: []int{3, 4, 5, 10, 11, 16, 17, 18}},
			{Name: "Departments", Members: []int{6}, Groups: []string{"Sales", "Engineering"}},
			{Name: "Interns", Members: []int{20, 21}},
			{Name: "Interns", Members: []int{22}},
			{Name: "New"},
		},
	}
}

// OverAssignedOrganization uses more units than it bought, some of them for users of
// other organizations, whom no list of its people shows.
func OverAssignedOrganization() OrganizationSpec {
	const subscription = "Sub3000001"
	const professional, meetings, messaging, free = 0, 1, 2, 3
	people := staff(25, 1, free, free+1, free+2, free+3)
	for i := range 11 {
		people[i].Location = 0
		people.give(professional, i)
	}
	for i := range 18 {
		people.give(meetings, i)
	}
	people.give(messaging, 0, 1, 2, 3, 4)
	licenses := []LicenseSpec{
		{Name: "Webex Calling - Professional", OfferCode: "BCSTD", Total: 10, Subscription: subscription},
		{
			Name: "Webex Meetings Suite", OfferCode: "EE", Total: 20, Subscription: subscription,
			SiteURL: "initech.example.webex.com", SiteType: controlHubSite,
		},
		{Name: "Advanced Messaging", OfferCode: "MS", Total: 20, Subscription: subscription},
	}
	return OrganizationSpec{
		UUID: OverAssignedUUID, Name: "Initech Example", People: people,
		Licenses:      append(licenses, freeLicenses()...),
		Locations:     []LocationSpec{{Name: "Lisbon Office", City: "Lisbon", State: "Lisbon", Country: "PT", TimeZone: "Europe/Lisbon"}},
		Workspaces:    []WorkspaceSpec{{Name: "LIS Front Desk", Location: 0, Licenses: []int{professional}, Capacity: 1, Type: "desk"}},
		ExternalUsers: map[string]int{"Webex Meetings Suite": 5},
	}
}
