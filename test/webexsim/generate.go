package webexsim

import (
	"fmt"
	"math"
)

// GeneratorOptions describe a made-up organization of any size.
type GeneratorOptions struct {
	// Seed decides everything that is made up. The same options give the same bytes.
	Seed int64
	// UUID and Name are derived from the seed if empty.
	UUID, Name string
	// People is the number of people. Licenses is the number of rows (default 15):
	// the four free ones, which all people hold, then bought ones.
	People, Licenses int
	// Locations and Subscriptions default to 10 and 1. Each subscription has its own
	// Meetings site.
	Locations, Subscriptions int
	// Groups share the people of type person: person i is in group i modulo their number.
	// Default none.
	Groups int
	// Workspaces defaults to one per hundred people, at most 1000; negative means none.
	Workspaces int
	// CallingShare is the share of people with a calling licence and a location.
	// Default 0.6.
	CallingShare float64
	// PendingShare and BotShare are the shares of people with a pending invitation
	// and of bots, which hold nothing. Default 0.02 and 0.005; negative means none.
	PendingShare, BotShare float64
}

// product is one kind of bought licence of a generated organization.
type product struct {
	name, offer string
	share       float64 // of people who hold it, over all subscriptions
	calling     bool
	site        bool
}

// products is the order in which bought rows are made. The first one is always
// there, so that people with a location hold a licence for it.
var products = []product{
	{name: "Webex Calling - Professional", offer: "BCSTD", calling: true},
	{name: "Webex Meetings Suite", offer: "EE", share: 0.5, site: true},
	{name: "Advanced Messaging", offer: "MS", share: 0.7},
	{name: "Advanced Space Meetings", offer: "CF", share: 0.3},
	{name: "Webex Calling - Workspaces", offer: "BCCA"},
	{name: "Real-Time Translations", offer: "RTT", share: 0.1},
	{name: "Contact Center Premium Agent", offer: "CJPPRM", share: 0.04},
	{name: "Contact center Standard Agent", offer: "CJPSTD", share: 0.06},
	{name: "Webex Meetings Assistant", offer: "WMA", share: 0.05},
	{name: "Customer Assist", offer: "CXE", share: 0.03},
	{name: "Salesforce Desktop Connector", offer: "SFDK", share: 0.02},
	{name: "Epic Desktop Connector for Webex Contact Center", offer: "EPC", share: 0.01},
}

// generated is a PeopleSource whose person i is computed from the seed and i.
type generated struct {
	seed              uint64
	people, locations int
	callingBelow      uint64
	pendingBelow      uint64
	botBelow          uint64
	free              int
	calling           []int // rows that a person with a location holds one of
	other             []chance
}

// chance is a row that a person holds by chance.
type chance struct {
	license int
	below   uint64 // held if a 32-bit draw is below this
}

func threshold(share float64) uint64 {
	return uint64(math.Max(0, math.Min(1, share)) * (1 << 32))
}

// Generate makes an organization of any size. Its people are computed when asked
// for: memory does not grow with their number.
func Generate(g GeneratorOptions) OrganizationSpec {
	setInt(&g.Licenses, 15)
	setInt(&g.Locations, 10)
	setInt(&g.Subscriptions, 1)
	setShare(&g.CallingShare, 0.6)
	setShare(&g.PendingShare, 0.02)
	setShare(&g.BotShare, 0.005)
	if g.Workspaces == 0 {
		g.Workspaces = min(g.People/100, 1000)
	}
	seed := mix(uint64(g.Seed))
	if g.UUID == "" {
		g.UUID = indexedUUID(indexedUUIDPrefix(seed), int(seed>>20))
	}
	setString(&g.Name, fmt.Sprintf("Generated %d", g.Seed))

	source := &generated{
		seed: seed, people: g.People, locations: g.Locations,
		callingBelow: threshold(g.CallingShare), pendingBelow: threshold(g.PendingShare), botBelow: threshold(g.BotShare),
	}
	spec := OrganizationSpec{UUID: g.UUID, Name: g.Name, People: source}
	spec.Licenses = source.licenses(g)
	spec.Locations = make([]LocationSpec, g.Locations)
	for i := range spec.Locations {
		city := cities[i%len(cities)]
		spec.Locations[i] = LocationSpec{
			Name: fmt.Sprintf("%s %d", city.name, i/len(cities)+1), City: city.name,
			State: city.state, Country: city.country, TimeZone: city.zone,
		}
	}
	spec.Groups = source.groups(g.Groups)
	for i := range g.Workspaces {
		w := WorkspaceSpec{Location: int(mix(seed^uint64(i)) % uint64(g.Locations)), Capacity: 4, Type: "huddle"}
		if len(source.calling) > 0 && i%2 == 0 {
			w.Licenses = []int{source.calling[i/2%len(source.calling)]}
		}
		spec.Workspaces = append(spec.Workspaces, w)
	}
	return spec
}

func setShare(s *float64, v float64) {
	if *s == 0 {
		*s = v
	}
}

// licenses makes the rows, and notes in the source who holds them.
func (s *generated) licenses(g GeneratorOptions) []LicenseSpec {
	rows := freeLicenses()
	rows = rows[:min(len(rows), g.Licenses)]
	s.free = len(rows)
	for n := 0; len(rows) < g.Licenses; n++ {
		subscription := n % g.Subscriptions
		kind := n / g.Subscriptions
		p := products[kind%len(products)]
		share := p.share / float64(g.Subscriptions)
		row := LicenseSpec{
			Key: fmt.Sprintf("%s-%d", p.offer, n), Name: p.name, OfferCode: p.offer,
			Subscription: fmt.Sprintf("Sub%07d", (g.Seed&0xffff)*100+int64(subscription)),
		}
		if kind >= len(products) { // more rows than products: further kinds get a number
			row.Name = fmt.Sprintf("%s %d", p.name, kind/len(products)+1)
			share /= 4
		}
		if p.site {
			row.SiteURL = fmt.Sprintf("site%d-%s.example.webex.com", subscription+1, g.UUID[:8])
			row.SiteType = controlHubSite
		}
		if p.calling {
			s.calling = append(s.calling, len(rows))
			share = g.CallingShare / float64(g.Subscriptions)
		} else if share > 0 {
			s.other = append(s.other, chance{license: len(rows), below: threshold(share)})
		}
		row.Total = roundUp(float64(g.People) * share * 1.15)
		rows = append(rows, row)
	}
	return rows
}

// groups shares the people out.
func (s *generated) groups(n int) []GroupSpec {
	if n <= 0 {
		return nil
	}
	groups := make([]GroupSpec, n)
	for i := range groups {
		groups[i].Name = fmt.Sprintf("%s %d", departments[i%len(departments)], i/len(departments)+1)
	}
	var p Person
	for i := range s.people {
		p.reset()
		if s.Person(i, &p); p.Type == "" {
			groups[i%n].Members = append(groups[i%n].Members, i)
		}
	}
	return groups
}

// roundUp gives totals the look of something ordered: two leading digits.
func roundUp(units float64) int {
	n, step := int(units)+10, 10
	for n/step >= 100 {
		step *= 10
	}
	return (n + step - 1) / step * step
}

// Len is the number of people.
func (s *generated) Len() int { return s.people }

// Person computes person i.
func (s *generated) Person(i int, p *Person) {
	state := s.seed ^ uint64(i)*0xd1342543de82ef95
	draw := func() uint64 {
		state += 0x9e3779b97f4a7c15
		return mix(state)
	}
	kind := draw()
	if kind&math.MaxUint32 < s.botBelow {
		p.Type = TypeBot
		return
	}
	p.InvitePending = kind>>32 < s.pendingBelow
	for l := range s.free {
		p.Licenses = append(p.Licenses, l)
	}
	if place := draw(); place&math.MaxUint32 < s.callingBelow && len(s.calling) > 0 {
		place >>= 32
		p.Location = int(place % uint64(s.locations))
		p.Licenses = append(p.Licenses, s.calling[place/uint64(s.locations)%uint64(len(s.calling))])
	}
	for n := 0; n < len(s.other); n += 2 { // one draw decides about two rows
		d := draw()
		if d&math.MaxUint32 < s.other[n].below {
			p.Licenses = append(p.Licenses, s.other[n].license)
		}
		if n+1 < len(s.other) && d>>32 < s.other[n+1].below {
			p.Licenses = append(p.Licenses, s.other[n+1].license)
		}
	}
}
