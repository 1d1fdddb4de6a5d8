package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// sumsCase is one command line, and what it wrote. The selection is written in the words of the web view.
type sumsCase struct {
	Selection sumsSelection   `json:"selection"`
	Level     v1alpha1.Level  `json:"level"`
	Pools     bool            `json:"pools,omitempty"`
	Document  json.RawMessage `json:"document"`
}

type sumsSelection struct {
	At       string `json:"at,omitempty"`
	Customer string `json:"customer,omitempty"`
	Partner  string `json:"partner,omitempty"`
	Location string `json:"location,omitempty"`
	Included bool   `json:"included,omitempty"`
	Below    *int   `json:"below,omitempty"`
}

func (c *sumsCase) args() []string {
	args := []string{"licenses", "-A", "-o", "json", "--level", string(c.Level)}
	for _, flag := range [][2]string{{"--at", c.Selection.At}, {"--customer", c.Selection.Customer}, {"--partner", c.Selection.Partner}, {"--location", c.Selection.Location}} {
		if flag[1] != "" {
			args = append(args, flag[0], flag[1])
		}
	}
	if c.Selection.Included {
		args = append(args, "--included")
	}
	if c.Selection.Below != nil {
		args = append(args, "--below", fmt.Sprint(*c.Selection.Below))
	}
	if c.Pools {
		args = append(args, "--pools")
	}
	return args
}

// The web view adds licences up by itself. Its tests read these files, so that its figures are those of this command.
func TestSumsOfTheWebView(t *testing.T) {
	t.Parallel()
	for name, objects := range map[string][]client.Object{
		"fleet":    fleetWithPartners(),
		"random-1": randomFleet(1),
		"random-2": randomFleet(2),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, objects...)
			var cases []any
			for _, c := range sumsCases(objects) {
				got := w.run(c.args()...)
				if got.code != ExitOK {
					t.Fatalf("%s: %s", strings.Join(c.args(), " "), got.err)
				}
				c.Document = json.RawMessage(got.out)
				cases = append(cases, c)
			}
			customers, rows := inputsOf(objects)
			text := "{\"customers\": " + linesOf(t, customers) + ",\n\"rows\": " + linesOf(t, rows) + ",\n\"cases\": " + linesOf(t, cases) + "}\n"
			compareGoldenFile(t, filepath.Join("..", "..", "..", "..", "headlamp", "src", "sums", "testdata", name+".json"), text)
		})
	}
}

func inputsOf(objects []client.Object) (customers, rows []any) {
	for _, o := range objects {
		switch o := o.(type) {
		case *v1alpha1.WebexCustomerAccess:
			customers = append(customers, o)
		case *v1alpha1.WebexLicense:
			rows = append(rows, o)
		}
	}
	return customers, rows
}

// linesOf is a list in JSON, each entry on a line of its own.
func linesOf(t *testing.T, list []any) string {
	t.Helper()
	lines := make([]string, len(list))
	for i, entry := range list {
		line, err := json.Marshal(entry)
		if err != nil {
			t.Fatal(err)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, line); err != nil {
			t.Fatal(err)
		}
		lines[i] = compact.String()
	}
	return "[\n" + strings.Join(lines, ",\n") + "\n]"
}

// sumsCases asks for each customer, each node above one, each partner, and some locations.
func sumsCases(objects []client.Object) []sumsCase {
	cases := []sumsCase{
		{Level: v1alpha1.LevelCustomer},
		{Level: v1alpha1.LevelCustomer, Selection: sumsSelection{Included: true}},
		{Level: v1alpha1.LevelCustomer, Selection: sumsSelection{Below: new(10)}},
		{Level: v1alpha1.LevelCustomer, Selection: sumsSelection{Included: true}, Pools: true},
		{Level: v1alpha1.LevelCustomer, Selection: sumsSelection{Below: new(25)}, Pools: true},
		{Level: v1alpha1.LevelSite},
		{Level: v1alpha1.LevelSite, Selection: sumsSelection{Included: true}},
		{Level: v1alpha1.LevelSite, Selection: sumsSelection{Below: new(10)}},
	}
	var nodes, partners, locations []string
	for _, o := range objects {
		switch o := o.(type) {
		case *v1alpha1.WebexCustomerAccess:
			path := strings.Split(o.Spec.HierarchyPath, ".")
			for i := range path {
				nodes = append(nodes, strings.Join(path[:i+1], "."))
			}
			partners = append(partners, o.Labels[v1alpha1.LabelPartner])
			if name := strings.Trim(o.Spec.HierarchyPath+"."+o.Name, "."); len(nodes)%2 == 0 {
				nodes = append(nodes, name)
			} else {
				cases = append(cases, sumsCase{Level: v1alpha1.LevelCustomer, Selection: sumsSelection{Customer: o.Name, Included: true}, Pools: true})
			}
		case *v1alpha1.WebexLicense:
			if o.Spec.LocationID != "" && len(locations) < 8 {
				locations = append(locations, strings.ToUpper(o.Status.Location), o.Spec.LocationID)
			}
		}
	}
	for _, list := range []*[]string{&nodes, &partners, &locations} {
		slices.Sort(*list)
		*list = slices.DeleteFunc(slices.Compact(*list), func(name string) bool { return name == "" })
	}
	for _, node := range nodes {
		cases = append(cases, sumsCase{Level: v1alpha1.LevelCustomer, Selection: sumsSelection{At: node}}, sumsCase{Level: v1alpha1.LevelSite, Selection: sumsSelection{At: node}})
	}
	for _, partner := range partners {
		cases = append(cases, sumsCase{Level: v1alpha1.LevelCustomer, Selection: sumsSelection{Partner: partner}})
	}
	for _, location := range locations {
		cases = append(cases, sumsCase{Level: v1alpha1.LevelSite, Selection: sumsSelection{Location: location}})
	}
	return cases
}

// random makes fleets in which all is there that makes adding up hard, and much of it at once.
type random struct{ *rand.Rand }

func randomFleet(seed uint64) []client.Object {
	r := random{rand.New(rand.NewPCG(seed, seed))} //nolint:gosec // seeded, for the same objects each time
	var objects []client.Object
	for i, name := range []string{"acme", "globex", "initech", "umbrella", "hooli", "acme"} {
		c := fleetCustomer(name, name, r.of("", "p", "p.west", "p.west.far", "p.east", "q"), func(c *v1alpha1.WebexCustomerAccess) { c.Status.Conditions = nil })
		if i == 5 {
			c.Namespace = "other"
		}
		if partner := r.of("", "one", "two"); partner != "" {
			c.Labels = map[string]string{v1alpha1.LabelPartner: partner}
		}
		if r.IntN(3) == 0 {
			c.Status.LastWalkTime = nil
		}
		objects = append(objects, c)
		for range r.IntN(7) {
			objects = append(objects, r.pool(c.Namespace, name)...)
		}
	}
	objects = append(objects, r.pool("webex", "deleted")...)
	// The fake API server sorts by name; so does a real one.
	slices.SortStableFunc(objects, func(a, b client.Object) int {
		return strings.Compare(a.GetNamespace()+"/"+a.GetName(), b.GetNamespace()+"/"+b.GetName())
	})
	return objects
}

func (r random) of(words ...string) string { return words[r.IntN(len(words))] }

// units are sometimes unknown, and often few, so that percentages have to be rounded.
func (r random) units(most int64) *int64 {
	if r.IntN(6) == 0 {
		return nil
	}
	return new(r.Int64N(most))
}

// pool is a licence of a customer: for the whole organization, for locations, or both.
func (r random) pool(namespace, customer string) []client.Object {
	name := r.of("Calling", "calling", "Éclair", "éclair", "İstanbul", "ΣΑΣ", "\U0001F4DE Phone", "\uFF21 wide", "Messaging", "Advanced Messaging")
	base := fleetRow{customer, name, r.of("", "A", "B", "MS"), 0, 0, r.of("", "s1", "s2"), ""}
	total, site := r.units(r.most()), r.of("", "a.example.com", "b.example.com")
	locations := []string{"", "Paris", "paris", "Zürich", "\U0001F4DE"}[r.IntN(2):]
	var objects []client.Object
	for _, location := range locations {
		if location != "" && r.IntN(2) == 0 {
			continue
		}
		base.location = location
		row := r.row(base, total, site)
		row.Namespace = namespace
		objects = append(objects, row)
		if r.IntN(6) == 0 {
			twin := r.row(base, r.units(20), site)
			twin.Namespace, twin.Name = namespace, row.Name+"-twin"
			objects = append(objects, twin)
		}
	}
	return objects
}

// most bounds what was bought: often less than what is in use.
func (r random) most() int64 { return []int64{3, 20, 1000}[r.IntN(3)] }

func (r random) row(base fleetRow, total *int64, site string) *v1alpha1.WebexLicense {
	row := base.object()
	row.Name += fmt.Sprintf("-%04x", r.IntN(1<<16))
	row.CreationTimestamp = *at(time.Duration(r.IntN(3)) * time.Hour)
	s := &row.Status
	s.TotalUnits, s.ConsumedUnits, s.SiteURL = total, r.units(25), site
	s.ConsumedByUsers, s.ConsumedByWorkspaces = r.units(20), r.units(5)
	if row.Spec.Level == v1alpha1.LevelCustomer {
		s.UnitsWithoutLocation, s.ResidualUnits = r.units(4), r.units(6)
		if s.ResidualUnits != nil {
			*s.ResidualUnits -= 3
		}
	}
	if s.LastChangeTime = at(time.Duration(r.IntN(4)) * time.Second); r.IntN(5) == 0 {
		s.LastChangeTime = nil
	}
	if r.IntN(8) == 0 {
		s.Superseded = new(true)
	}
	if r.IntN(10) == 0 {
		s.Class = ""
	}
	s.AssignableReason = v1alpha1.AssignableReason(r.of("Assignable", "OtherSubscription", ""))
	return row
}
