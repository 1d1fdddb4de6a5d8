package webpage

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/overview"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/report"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/rollup"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

// view is what the template shows.
type view struct {
	Style  template.CSS
	Policy string

	Title, Scope, Made, Version string
	Tiles                       []tile
	Notes                       []string
	Attention                   []issue
	MoreAttention               string
	Customers, Hierarchy        *table
	Licenses, Locations, Places *table
	LicenceChart, LocationChart *chart
	Trend                       *chart
	TrendNotes                  []string
	Changes                     changes
	Data                        template.JS
}

type tile struct {
	Name, Value, Below string
	Bad                bool
	Bar                *meter
}

type issue struct {
	Customer, Name, Message string
	Error                   bool
}

// How many lines a page shows: more is no reading, and -o json has all of it.
const (
	maxIssues    = 40
	maxCustomers = 250
	maxNodes     = 100
	maxLicenses  = 150
	maxLocations = 100
	maxPlaces    = 150
	maxChanges   = 100
)

func viewOf(r *report.Report, o Options) (*view, error) {
	css := sheet()
	v := &view{
		Style: template.CSS(css), Policy: policy(css), //nolint:gosec // the project's own style sheet
		Title: "Webex licences", Scope: terminal.Clean(r.Scope.String()), Version: o.Version,
		Made:  r.Time.In(o.Zone).Format("Monday, 2 January 2006, 15:04 MST"),
		Notes: cleaned(r.Notes), Tiles: tiles(r),
	}
	var err error
	if v.Data, err = memory(r); err != nil {
		return nil, err
	}
	names := naming{all: r.Scope.Namespace == "", now: r.Time}
	v.Attention, v.MoreAttention = names.issues(r.Items)
	v.Customers, v.Hierarchy = names.customers(r), hierarchyTable(r.Hierarchy)
	v.Locations, v.Places = names.locations(r.Locations), names.places(r.Places)
	v.Changes = names.changes(r.Changes, o.Zone)
	if len(r.Licenses) > 0 {
		v.Licenses = names.licenses(r.Licenses)
		if v.LicenceChart, err = licenceChart(r.Licenses); err != nil {
			return nil, err
		}
	}
	if v.LocationChart, err = locationChart(r.Locations); err != nil {
		return nil, err
	}
	if r.Trend != nil {
		if v.Trend, err = trendChart(r.Trend, o.Zone); err != nil {
			return nil, err
		}
	}
	v.TrendNotes = trendNotes(r, o.Zone)
	return v, nil
}

// naming names customers: with their namespaces where several are shown.
type naming struct {
	all bool
	now time.Time
}

func (n naming) of(namespace, name string) string {
	if n.all {
		return terminal.Clean(namespace + "/" + name)
	}
	return terminal.Clean(name)
}

func tiles(r *report.Report) []tile {
	if r.Totals == nil {
		p := r.PlaceTotals
		return []tile{
			{Name: "In use there", Value: minus(p.ConsumedUnits), Below: "units of purchased licences"},
			{Name: "Licences", Value: minus(int64(p.Licenses))},
			{Name: "Locations", Value: minus(int64(p.Locations)), Below: "of " + count(p.Customers, "customer")},
		}
	}
	t := r.Totals
	figures := rollup.FiguresOf(&t.TotalUnits, &t.ConsumedUnits)
	figures.AtLeast = t.AtLeast
	inUse := tile{Name: "Units in use", Value: consumed(figures), Below: "of " + minus(t.TotalUnits) + " bought"}
	if p := figures.UtilizationPercent; p != nil {
		inUse.Below += ", " + percent(p)
		inUse.Bar = &meter{Class: urgency(p), Width: min(*p, 100)}
	}
	left := tile{Name: "Units left", Value: minus(t.AvailableUnits), Bad: t.AvailableUnits < 0}
	if t.AtLeast {
		left.Value = "≤ " + left.Value
	}
	if t.OverAssignedUnits > 0 {
		left.Below = minus(t.OverAssignedUnits) + " over-assigned, taken off"
	}
	customers := tile{Name: "Customers", Value: minus(int64(len(r.Items)))}
	var below []string
	if t.StaleCustomers > 0 {
		below = append(below, fmt.Sprintf("%d with stale figures", t.StaleCustomers))
	}
	if t.UnreadCustomers > 0 {
		below = append(below, fmt.Sprintf("%d without figures", t.UnreadCustomers))
	}
	customers.Below, customers.Bad = strings.Join(below, ", "), len(below) > 0
	licences := tile{Name: "Licences", Value: minus(int64(t.Licenses)), Below: "in " + count(t.Pools, "pool")}
	if t.UnknownPools > 0 {
		licences.Below += fmt.Sprintf(", %d with unknown figures, in no sum", t.UnknownPools)
	}
	all := []tile{inUse, left, customers, licences, {Name: "Locations", Value: minus(int64(t.Locations))}}
	if a := t.Assignments; a != nil {
		_, below, _ := strings.Cut(a.String(), ": ")
		all = append(all, tile{Name: "Assignments", Value: minus(int64(a.Count)), Below: below, Bad: a.Held+a.Failed+a.NotFound > 0})
	}
	return all
}

// maxAlike is how many customers with the same issue have a line each.
const maxAlike = 2

// issues are those of all customers, errors first. What many have is one line.
func (n naming) issues(customers []report.Customer) (shown []issue, more string) {
	type kind struct {
		severity overview.Severity
		name     string
	}
	found := map[kind][]issue{}
	var kinds []kind
	for i := range customers {
		c := &customers[i]
		for _, is := range c.Issues {
			k := kind{is.Severity, terminal.Clean(is.Name())}
			if found[k] == nil {
				kinds = append(kinds, k)
			}
			found[k] = append(found[k], issue{
				Customer: n.of(c.Namespace, c.Name), Name: k.name, Message: terminal.Clean(is.Message), Error: is.Severity == overview.Error,
			})
		}
	}
	slices.SortStableFunc(kinds, func(a, b kind) int { return strings.Compare(string(a.severity), string(b.severity)) })
	for _, k := range kinds {
		alike := found[k]
		if len(alike) <= maxAlike {
			shown = append(shown, alike...)
			continue
		}
		names := make([]string, len(alike))
		for i := range alike {
			names[i] = alike[i].Customer
		}
		shown = append(shown, issue{
			Customer: count(len(alike), "customer"), Name: k.name, Error: k.severity == overview.Error,
			Message: enumerate(names) + ": kubectl webex status CUSTOMER says what to do",
		})
	}
	if len(shown) > maxIssues {
		more = count(len(shown)-maxIssues, "more issue") + ": kubectl webex status lists them."
		shown = shown[:maxIssues]
	}
	return shown, more
}

func (n naming) licenses(all []rollup.License) *table {
	t := &table{
		Caption: "Licences, added up over customers", Quiet: true,
		Columns: []column{{Title: "Licence"}, {Title: "In use", Number: true}, {Title: "Bought", Number: true, Extra: true}, {Title: "Left", Number: true}, {Title: "Used", Number: true}},
	}
	for i := range all {
		l := &all[i]
		name := text(l.License)
		name.Below = append(name.Below, count(l.Customers, "customer"))
		if l.Pools > l.Customers {
			name.Below[0] += " in " + count(l.Pools, "pool")
		}
		if p := l.Tightest; p != nil && l.Pools > 1 && p.UtilizationPercent != nil {
			name.Below = append(name.Below, "tightest: "+n.of(p.Namespace, p.Customer)+" "+percent(p.UtilizationPercent))
		}
		if l.UnknownPools > 0 {
			name.Below = append(name.Below, count(l.UnknownPools, "pool")+" with unknown figures")
		}
		if l.OverAssignedUnits > 0 {
			name.Badges = append(name.Badges, badge{"bad", minus(l.OverAssignedUnits) + " over-assigned"})
		}
		if l.Class != purchased {
			name.Badges = append(name.Badges, badge{"plain", "included"})
			t.add(name, inUse(l.Figures), figure(l.TotalUnits), text("–"), text("–"))
			continue
		}
		t.add(name, inUse(l.Figures), figure(l.TotalUnits), figure(l.AvailableUnits), used(l.UtilizationPercent))
	}
	t.limit(maxLicenses, "kubectl webex licenses lists them")
	return t
}

func (n naming) customers(r *report.Report) *table {
	t := &table{Caption: "Customers", Quiet: true, Empty: "No customers."}
	if r.Totals == nil { // a location
		t.Columns = []column{{Title: "Customer"}, {Title: "Figures"}}
		for i := range r.Items {
			t.add(n.customer(&r.Items[i]), n.read(&r.Items[i]))
		}
		t.limit(maxCustomers, "kubectl webex status lists them")
		return t
	}
	t.Columns = []column{
		{Title: "Customer"},
		{Title: "Figures", Extra: true},
		{Title: "In use", Number: true},
		{Title: "Bought", Number: true, Extra: true},
		{Title: "Left", Number: true},
		{Title: "Used", Number: true},
	}
	for i := range r.Items {
		c := &r.Items[i]
		t.add(n.customer(c), n.read(c), inUse(c.Figures), figure(c.TotalUnits), figure(c.AvailableUnits), used(c.UtilizationPercent))
	}
	t.limit(maxCustomers, "kubectl webex status lists them")
	return t
}

func (n naming) customer(c *report.Customer) cell {
	name := text(n.of(c.Namespace, c.Name))
	if c.DisplayName != "" && c.DisplayName != c.Name {
		name.Below = append(name.Below, terminal.Clean(c.DisplayName))
	}
	if c.HierarchyPath != "" {
		name.Below = append(name.Below, terminal.Clean(c.HierarchyPath))
	}
	switch {
	case c.Deleted:
		name.Badges = append(name.Badges, badge{"warn", "deleted"})
	case c.LastSuccessfulSyncTime == nil:
		name.Badges = append(name.Badges, badge{"warn", "no figures yet"})
	case c.Stale:
		name.Badges = append(name.Badges, badge{"warn", "stale: " + age(c.LastSuccessfulSyncTime, n.now)})
	}
	if c.OverAssignedUnits > 0 {
		name.Badges = append(name.Badges, badge{"bad", minus(c.OverAssignedUnits) + " over-assigned"})
	}
	return name
}

func (n naming) read(c *report.Customer) cell {
	figures := cell{Text: age(c.LastSuccessfulSyncTime, n.now), Warn: c.Stale}
	if read := overview.PeopleRead(c.LastSuccessfulSyncTime, c.LastWalkTime); read != nil {
		figures.Below = []string{"people " + age(read, n.now)}
	}
	return figures
}

func hierarchyTable(nodes []report.Node) *table {
	if len(nodes) == 0 {
		return nil
	}
	t := &table{
		Caption: "Each line holds all that is below it",
		Columns: []column{
			{Title: "Node"},
			{Title: "Customers", Number: true, Extra: true},
			{Title: "In use", Number: true},
			{Title: "Bought", Number: true, Extra: true},
			{Title: "Left", Number: true},
			{Title: "Used", Number: true},
		},
	}
	for i := range nodes {
		n := &nodes[i]
		name := text(n.Path[strings.LastIndexByte(n.Path, '.')+1:])
		if n.Depth == 0 {
			name.Text = terminal.Clean(n.Path)
		}
		name.Indent = min(n.Depth, 6)
		if n.OverAssignedUnits > 0 {
			name.Badges = append(name.Badges, badge{"bad", minus(n.OverAssignedUnits) + " over-assigned"})
		}
		t.add(name, number(int64(n.Customers)), inUse(n.Figures), figure(n.TotalUnits), figure(n.AvailableUnits), used(n.UtilizationPercent))
	}
	t.limit(maxNodes, "kubectl webex report --at NODE shows what is below one")
	return t
}

func (n naming) locations(all []report.Location) *table {
	t := &table{
		Caption: "Locations", Quiet: true, Empty: "No licence is in use at a location.",
		Columns: []column{{Title: "Location"}, {Title: "Customer"}, {Title: "Licences", Number: true, Extra: true}, {Title: "In use", Number: true}, {Title: "Of pool", Number: true}},
	}
	for i := range all {
		l := &all[i]
		name, share := text(l.Placing.Where(l.Location)), text("–")
		if p := l.Largest; p != nil {
			name.Below = []string{"most of: " + terminal.Clean(p.License)}
			share = cell{Text: percent(p.SharePercent), Bar: &meter{Class: partUsed, Width: min(max(*p.SharePercent, 0), 100)}}
		}
		customer := text(n.of(l.Namespace, l.Customer))
		customer.Below = n.counted(l.LastWalkTime)
		t.add(name, customer, number(int64(l.Licenses)), number(l.ConsumedUnits), share)
	}
	t.limit(maxLocations, "kubectl webex licenses --level Site lists them")
	return t
}

// counted says how old the walk is that counted units by location; nothing where the customer does not say.
func (n naming) counted(walked *time.Time) []string {
	if walked == nil {
		return nil
	}
	return []string{"counted " + age(walked, n.now)}
}

func (n naming) places(all []rollup.Place) *table {
	t := &table{
		Caption: "Each licence at each location", Quiet: true,
		Columns: []column{{Title: "Licence"}, {Title: "Location"}, {Title: "In use", Number: true}, {Title: "Of pool", Number: true}, {Title: "Pool left", Number: true}},
	}
	for i := range all {
		p := &all[i]
		name := text(p.License)
		if p.Class != purchased {
			name.Badges = []badge{{"plain", "included"}}
		}
		where := text(p.Placing.Where(p.Location))
		where.Below = append([]string{n.of(p.Namespace, p.Customer)}, n.counted(p.LastWalkTime)...)
		share := cell{Text: percent(p.SharePercent)}
		if p.PoolTotalUnits != nil {
			share.Below = []string{"of " + minus(*p.PoolTotalUnits)}
		}
		t.add(name, where, figure(p.ConsumedUnits), share, figure(p.PoolAvailableUnits))
	}
	t.limit(maxPlaces, "kubectl webex licenses --level Site lists them")
	return t
}

// trendNotes say how far the trend reaches, and how to make it longer.
func trendNotes(r *report.Report, zone *time.Location) []string {
	if r.Scope.Location != "" {
		return nil
	}
	const longer = "A schedule keeps 3 completed runs of each customer unless its successfulRunsHistoryLimit says more, up to 100; each is a point here."
	t := r.Trend
	if t == nil {
		return []string{"The stored runs do not tell of two times yet.", longer}
	}
	from := fmt.Sprintf("The sum over %s, from %s on: so far back reach the stored runs.", count(t.Customers, "customer"), t.Points[0].Time.In(zone).Format("2 January 2006, 15:04"))
	notes := []string{from}
	if len(t.Without) > 0 {
		notes = append(notes, "Left out, because no run of theirs is stored from then or before: "+enumerate(t.Without)+".")
	}
	if r.Totals != nil && r.Totals.StaleCustomers > 0 {
		notes = append(notes, "Of customers with stale figures the line holds the last ones.")
	}
	return append(notes, longer)
}

func cleaned(texts []string) []string {
	clean := make([]string, len(texts))
	for i, text := range texts {
		clean[i] = terminal.Clean(text)
	}
	return clean
}

func enumerate(names []string) string {
	const most = 8
	names = cleaned(names)
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
