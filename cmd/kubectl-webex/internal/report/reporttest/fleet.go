// Package reporttest makes up fleets to try reports with: a provider with
// resellers, customers with licences at locations, and runs over some weeks.
package reporttest

import (
	"fmt"
	"math/rand/v2"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/report"
)

// Options say how large a fleet is. The same options make the same fleet.
type Options struct {
	Seed uint64
	// Customers have so many Licenses at so many Locations each, and so many stored
	// Runs, one a day.
	Customers, Licenses, Locations, Runs int
	Now                                  time.Time
}

var products = []struct{ name, offer string }{
	{"Webex Calling - Professional", "BCSTD"},
	{"Webex Meetings Suite", "EE"},
	{"Advanced Messaging", "MS"},
	{"Webex Calling - Workspaces", "BCCA"},
	{"Webex Contact Center - Premium", "CCP"},
	{"Webex Events 3000", "EC"},
	{"Room Kit Registration", "SD"},
	{"Webex Calling - Basic", "BCBAS"},
	{"Webex Assistant for Meetings", "WA"},
	{"Slido Enterprise", "SLD"},
	{"Webex Webinars 1000", "WW"},
	{"Customer Assist", "CQ"},
	{"Cloud Connected Audio", "CCA"},
	{"Hybrid Calendar", "HC"},
	{"Webex Go", "GO"},
	{"Audio Conferencing", "AC"},
	{"Webex Vidcast", "VC"},
	{"Extended Security Pack", "ESP"},
	{"Device Management", "DM"},
	{"Webex Training", "TC"},
}

var cities = []string{
	"Amsterdam", "Austin", "Bergen", "Chicago", "Dublin", "Geneva", "Hamburg", "Lisbon", "London", "Lyon", "Madrid", "Milan",
	"Munich", "Oslo", "Paris", "Porto", "Prague", "San Jose", "Tallinn", "Toronto", "Turin", "Utrecht", "Vienna", "Zürich",
}

var companies = []string{"acme", "globex", "initech", "umbrella", "hooli", "stark", "wayne", "wonka", "cyberdyne", "tyrell"}

// Fleet makes up a fleet.
func Fleet(o Options) report.Source {
	random := rand.New(rand.NewPCG(o.Seed, 1)) //nolint:gosec // made up figures
	s := report.Source{Now: o.Now}
	for i := range o.Customers {
		name := companies[i%len(companies)]
		if o.Customers > len(companies) {
			name = fmt.Sprintf("%s-%03d", name, i/len(companies)+1)
		}
		path := []string{"provider.north", "provider.south", "provider.south.coast"}[i%3]
		s.Customers = append(s.Customers, customer(name, path, o.Now, i, o.Customers))
		total, consumed := int64(0), int64(0)
		for l := range o.Licenses {
			rows, bought, used := license(random, name, l, o.Locations)
			s.Rows = append(s.Rows, rows...)
			total, consumed = total+bought, consumed+used
		}
		c := &s.Customers[i]
		c.Status.Totals = &v1alpha1.CustomerTotals{TotalUnits: &total, ConsumedUnits: &consumed}
		s.Runs = append(s.Runs, runs(random, c, o.Runs, total, consumed)...)
	}
	return s
}

func customer(name, path string, now time.Time, i, of int) v1alpha1.WebexCustomerAccess {
	c := v1alpha1.WebexCustomerAccess{}
	c.Namespace, c.Name, c.Spec.HierarchyPath = "webex", name, path
	c.Status.LastSuccessfulSyncTime = new(metav1.NewTime(now.Add(-5 * time.Hour)))
	fresh := metav1.Condition{Type: v1alpha1.ConditionDataFresh, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonFresh}
	if i%17 == 1 && of > 1 {
		c.Status.LastSuccessfulSyncTime = new(metav1.NewTime(now.Add(-77 * time.Hour)))
		fresh.Status, fresh.Reason = metav1.ConditionFalse, v1alpha1.ReasonStale
	}
	c.Status.Conditions = []metav1.Condition{fresh}
	return c
}

// license is one licence of a customer: its row, and one for each location.
func license(random *rand.Rand, customer string, l, locations int) (rows []v1alpha1.WebexLicense, bought, used int64) {
	product := products[l%len(products)]
	bought = int64(10 * (1 + random.IntN(60)))
	used = int64(float64(bought) * (0.25 + 0.72*random.Float64()))
	if random.IntN(40) == 0 {
		used = bought + int64(1+random.IntN(12))
	}
	id := fmt.Sprintf("%s/%s/%d", customer, product.offer, l/len(products))
	row := func(level v1alpha1.Level, location string, units int64) v1alpha1.WebexLicense {
		r := v1alpha1.WebexLicense{}
		r.Namespace, r.Name = "webex", fmt.Sprintf("%s-%d-%d", customer, l, len(rows))
		r.Spec = v1alpha1.WebexLicenseSpec{CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: customer}, LicenseID: id, Level: level}
		r.Status = v1alpha1.WebexLicenseStatus{
			Name: product.name, OfferCode: product.offer, Class: v1alpha1.ClassPurchased, SubscriptionID: fmt.Sprintf("Sub%d", 100+l/len(products)),
			TotalUnits: &bought, ConsumedUnits: &units,
		}
		if level == v1alpha1.LevelSite {
			r.Spec.LocationID, r.Status.Location = customer+"/"+location, location
		}
		return r
	}
	rows = append(rows, row(v1alpha1.LevelCustomer, "", used))
	left := used
	for at := range locations {
		units := left / int64(locations-at+1)
		left -= units
		rows = append(rows, row(v1alpha1.LevelSite, place(customer, at), units))
	}
	rows[0].Status.UnitsWithoutLocation = new(left)
	return rows, bought, used
}

// place is where a customer has an office.
func place(customer string, at int) string {
	first := 0
	for _, r := range customer {
		first += int(r)
	}
	city := cities[(first+at)%len(cities)]
	if at >= len(cities) {
		return fmt.Sprintf("%s %d", city, at/len(cities)+1)
	}
	return city
}

// runs are a customer's, one a day, the last of which found the present figures.
func runs(random *rand.Rand, c *v1alpha1.WebexCustomerAccess, n int, total, consumed int64) []v1alpha1.LicenseSync {
	var all []v1alpha1.LicenseSync
	for back := range n {
		run := v1alpha1.LicenseSync{}
		run.Namespace, run.Name = c.Namespace, fmt.Sprintf("%s-%d", c.Name, n-back)
		run.Spec.CustomerAccessRef.Name = c.Name
		run.Status.CompletionTime = new(metav1.NewTime(c.Status.LastSuccessfulSyncTime.AddDate(0, 0, -back)))
		run.Status.TotalUnits, run.Status.ConsumedUnits = new(total), new(consumed)
		run.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionComplete, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonSucceeded}}
		all = append(all, run)
		consumed -= int64(random.IntN(int(consumed/40)+2)) - consumed/120
		if random.IntN(9) == 0 {
			total -= total / 25
		}
	}
	return all
}
