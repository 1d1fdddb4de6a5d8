package e2e

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// provider is a hierarchy of customers and the truth about them, counted by the
// simulator from its own people and workspaces.
type provider struct {
	customers []providerCustomer
	nodes     []string
}

type providerCustomer struct {
	namespace, name, path string
	org                   *webexsim.Organization
	// siteOnly customers collect level Site alone.
	siteOnly bool
}

func (c providerCustomer) under(node string) bool {
	path := c.path + "." + c.name
	return path == node || strings.HasPrefix(path, node+".")
}

// newProvider has all that makes adding up hard: a location name that two
// customers share, a licence that Cisco renamed for one of them, one name in two
// subscriptions, a customer without figures for the whole, and over-assignment.
func newProvider(w *world) provider {
	one, two := w.namespaces[0], w.namespaces[1]
	root := one + "." // other tests' customers are not below it
	p := provider{nodes: []string{one, root + "provider", root + "provider.west", root + "provider.west.emea", root + "provider.western", root + "provider.east"}}
	add := func(namespace, name, path string, spec webexsim.OrganizationSpec, adjust ...func(*v1alpha1.WebexCustomerAccess)) {
		org := w.customer(namespace, name, path, spec, adjust...)
		p.customers = append(p.customers, providerCustomer{namespace, name, path, org, len(adjust) > 0})
		p.nodes = append(p.nodes, path+"."+name)
	}
	add(one, "acme", root+"provider.west", webexsim.StandardOrganization())
	globex := webexsim.TwoSubscriptionOrganization()
	globex.Locations[0].Name = "Chicago Branch" // as one of Acme's
	for i, l := range globex.Licenses {
		if l.Name == "Advanced Messaging" {
			globex.Licenses[i].Name = "Messaging"
		}
	}
	add(one, "globex", root+"provider.west.emea", globex)
	add(two, "initech", root+"provider.western", webexsim.OverAssignedOrganization())
	add(two, "acme", root+"provider.east", webexsim.Generate(webexsim.GeneratorOptions{Seed: 7, People: 800, Subscriptions: 2, Licenses: 20}))
	add(two, "sites", root+"provider.east", webexsim.Generate(webexsim.GeneratorOptions{Seed: 8, People: 300}), func(c *v1alpha1.WebexCustomerAccess) {
		c.Spec.Collection = &v1alpha1.Collection{Levels: []v1alpha1.Level{v1alpha1.LevelSite}}
	})
	add(two, "alone", one, webexsim.Generate(webexsim.GeneratorOptions{Seed: 9, People: 50}))
	for _, c := range p.customers {
		w.synced(c.namespace, c.name)
	}
	return p
}

// sums is what one line of level Customer holds.
type sums struct {
	Total, Consumed, Over, Pools int
	AtLeast                      bool
}

// truth adds up what the simulator says, by class and offer code. It shares no
// code with the plugin.
func (p provider) truth(node string) map[string]sums {
	lines := map[string]sums{}
	for _, c := range p.customers {
		if !c.under(node) {
			continue
		}
		for _, l := range c.org.Truth().Licenses {
			if c.siteOnly && len(l.Locations) == 0 {
				continue // no row tells of it
			}
			consumed := l.Consumed
			if c.siteOnly {
				consumed = 0
				for _, at := range l.Locations {
					consumed += at.Units
				}
			}
			line := lines[classOf(l)+" "+l.OfferCode]
			line.Total += l.Total
			line.Consumed += consumed
			line.Over += max(0, consumed-l.Total)
			line.Pools++
			line.AtLeast = line.AtLeast || c.siteOnly
			lines[classOf(l)+" "+l.OfferCode] = line
		}
	}
	return lines
}

func classOf(l webexsim.LicenseTruth) string {
	if l.Subscription == "" {
		return "Included"
	}
	return "Purchased"
}

// places is the truth of level Site: units by licence, customer and location.
func (p provider) places(node string) map[string]int {
	units := map[string]int{}
	for _, c := range p.customers {
		if !c.under(node) {
			continue
		}
		for _, l := range c.org.Truth().Licenses {
			key := fmt.Sprintf("%s %s %s/%s", classOf(l), l.OfferCode, c.namespace, c.name)
			for _, at := range l.Locations {
				units[key+" at "+at.Name] += at.Units
			}
			if !c.siteOnly { // only the row of the whole organization tells of these
				units[key+" nowhere"] += l.WithoutLocation
				units[key+" unexplained"] += l.Residual
			}
		}
	}
	for key, n := range units {
		if n == 0 {
			delete(units, key)
		}
	}
	return units
}

// listed is what the plugin writes.
type listed struct {
	Totals struct {
		TotalUnits, ConsumedUnits, Pools, Customers int
	}
	Items []struct {
		License, OfferCode, Class, Namespace, Customer, Placing, Location string
		TotalUnits, ConsumedUnits, OverAssignedUnits, Pools               int
		OtherNames                                                        []string
		AtLeast                                                           bool
	}
}

func (w *world) licenses(args ...string) listed {
	w.t.Helper()
	var l listed
	text := w.webex(append([]string{"licenses", "-A", "--included", "-o", "json"}, args...)...)
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		w.t.Fatalf("%v in %s", err, text)
	}
	return l
}

func TestRollUpIsTheTruthAtEveryLevel(t *testing.T) {
	w := newWorld(t, 2)
	p := newProvider(w)
	for _, node := range p.nodes {
		t.Run("at "+strings.TrimPrefix(node, w.namespaces[0]), func(t *testing.T) {
			got := map[string]sums{}
			list := w.licenses("--at", node)
			for _, line := range list.Items {
				got[line.Class+" "+line.OfferCode] = sums{line.TotalUnits, line.ConsumedUnits, line.OverAssignedUnits, line.Pools, line.AtLeast}
			}
			want := p.truth(node)
			if len(got) != len(list.Items) || len(want) == 0 {
				t.Errorf("%d lines for %d products, %d expected", len(list.Items), len(got), len(want))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("level Customer (-truth +plugin):\n%s", diff)
			}
			var total, consumed int
			for key, line := range want {
				if strings.HasPrefix(key, "Purchased") {
					total, consumed = total+line.Total, consumed+line.Consumed
				}
			}
			if list.Totals.TotalUnits != total || list.Totals.ConsumedUnits != consumed {
				t.Errorf("totals %+v, truth %d of %d", list.Totals, consumed, total)
			}
			places := map[string]int{}
			for _, line := range w.licenses("--at", node, "--level", "Site").Items {
				where := map[string]string{"Location": "at " + line.Location, "WithoutLocation": "nowhere", "Unexplained": "unexplained"}[line.Placing]
				places[fmt.Sprintf("%s %s %s/%s %s", line.Class, line.OfferCode, line.Namespace, line.Customer, where)] += line.ConsumedUnits
			}
			if diff := cmp.Diff(p.places(node), places); diff != "" {
				t.Errorf("level Site (-truth +plugin):\n%s", diff)
			}
		})
	}
	t.Run("the hard cases are there", func(t *testing.T) {
		west := w.licenses("--at", w.namespaces[0]+".provider.west")
		for _, line := range west.Items {
			if line.OfferCode == "MS" && (line.License != "Messaging" || !cmp.Equal(line.OtherNames, []string{"Advanced Messaging"}) || line.Pools != 3) {
				t.Errorf("the renamed licence: %+v", line)
			}
		}
		var owners []string
		for _, line := range w.licenses("--at", w.namespaces[0], "--location", "Chicago Branch").Items {
			owners = append(owners, line.Customer)
		}
		sort.Strings(owners)
		if owners[0] != "acme" || owners[len(owners)-1] != "globex" {
			t.Errorf("customers with that location: %v", owners)
		}
	})
}
