package rollup

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

func customer(path string) v1alpha1.WebexCustomerAccess {
	above, name := cutLast(path)
	c := v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}}
	c.Spec.HierarchyPath = above
	return c
}

// licence describes a row shortly: "customer name[/offer] consumed/total
// [subscription] [@location]"; "-" is an unknown figure.
func licence(text string) v1alpha1.WebexLicense {
	f := strings.Fields(text)
	row := v1alpha1.WebexLicense{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: strings.ReplaceAll(text, " ", "-")}}
	row.Spec.CustomerAccessRef.Name = f[0]
	name, offer, _ := strings.Cut(f[1], "/")
	row.Status.Name, row.Status.OfferCode = name, offer
	consumed, total, _ := strings.Cut(f[2], "/")
	row.Status.ConsumedUnits, row.Status.TotalUnits = number(consumed), number(total)
	row.Spec.Level, row.Status.Class = v1alpha1.LevelCustomer, v1alpha1.ClassIncluded
	row.Spec.LicenseID = name + "|" + offer
	for _, extra := range f[3:] {
		if place, ok := strings.CutPrefix(extra, "@"); ok {
			row.Spec.Level, row.Spec.LocationID, row.Status.Location = v1alpha1.LevelSite, f[0]+"/"+place, place
			continue
		}
		row.Status.SubscriptionID, row.Status.Class = extra, v1alpha1.ClassPurchased
		row.Spec.LicenseID += "|" + extra
	}
	return row
}

func number(text string) *int64 {
	var n int64
	if _, err := fmt.Sscan(text, &n); err != nil {
		return nil
	}
	return &n
}

func show(n *int64) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}

// lines describe licences as "name consumed/total left=available pools/customers".
func lines(r *Rollup) []string {
	var out []string
	for _, l := range r.Licenses() {
		text := fmt.Sprintf("%s %s/%s left=%s pools=%d customers=%d", l.License, show(l.ConsumedUnits), show(l.TotalUnits), show(l.AvailableUnits), l.Pools, l.Customers)
		for _, extra := range []struct {
			say  bool
			text string
		}{
			{l.OverAssignedUnits > 0, fmt.Sprintf("over=%d", l.OverAssignedUnits)},
			{l.UnknownPools > 0, fmt.Sprintf("unknown=%d", l.UnknownPools)},
			{len(l.OtherNames) > 0, "also=" + strings.Join(l.OtherNames, ",")},
			{l.AtLeast, "atLeast"},
			{l.Locations > 0, fmt.Sprintf("locations=%d", l.Locations)},
			{l.Class == v1alpha1.ClassIncluded, "included"},
		} {
			if extra.say {
				text += " " + extra.text
			}
		}
		out = append(out, text)
	}
	return out
}

func TestLicenses(t *testing.T) {
	hierarchy := []v1alpha1.WebexCustomerAccess{customer("p.west.acme"), customer("p.west.globex"), customer("p.western.initech"), customer("solo")}
	for _, c := range []struct {
		name string
		s    Selection
		rows []string
		want []string
	}{{
		name: "pools of customers add up, at the top",
		rows: []string{"acme Calling/A 3/10 s1", "globex Calling/A 4/20 s2", "solo Calling/A 1/5 s3"},
		want: []string{"Calling 8/35 left=27 pools=3 customers=3"},
	}, {
		name: "a node is not another one whose name starts the same",
		s:    Selection{At: "p.west"},
		rows: []string{"acme Calling/A 3/10 s1", "globex Calling/A 4/20 s2", "initech Calling/A 100/100 s4", "solo Calling/A 1/5 s3"},
		want: []string{"Calling 7/30 left=23 pools=2 customers=2"},
	}, {
		name: "a customer is the lowest node",
		s:    Selection{At: "p.west.globex"},
		rows: []string{"acme Calling/A 3/10 s1", "globex Calling/A 4/20 s2"},
		want: []string{"Calling 4/20 left=16 pools=1 customers=1"},
	}, {
		name: "rows of locations repeat the pool, they do not add to it",
		rows: []string{"acme Calling/A 9/10 s1", "acme Calling/A 3/10 s1 @HQ", "acme Calling/A 4/10 s1 @Lab"},
		want: []string{"Calling 9/10 left=1 pools=1 customers=1 locations=2"},
	}, {
		name: "with locations alone the pool counts once and the use is a lower bound",
		rows: []string{"acme Calling/A 3/10 s1 @HQ", "acme Calling/A 4/10 s1 @Lab"},
		want: []string{"Calling 7/10 left=3 pools=1 customers=1 atLeast locations=2"},
	}, {
		name: "one name in two subscriptions is two pools",
		rows: []string{"acme Calling/A 10/10 s1", "acme Calling/A 0/20 s2"},
		want: []string{"Calling 10/30 left=20 pools=2 customers=1"},
	}, {
		name: "a renamed licence is the same product, under the name that most have",
		rows: []string{"acme Messaging/MS 1/10 s1", "globex Advanced-Messaging/MS 2/10 s2", "solo Advanced-Messaging/MS 3/10 s3"},
		want: []string{"Advanced-Messaging 6/30 left=24 pools=3 customers=3 also=Messaging"},
	}, {
		name: "different products may share a name",
		rows: []string{"acme Calling/A 1/10 s1", "globex Calling/B 2/10 s2"},
		want: []string{"Calling 1/10 left=9 pools=1 customers=1", "Calling 2/10 left=8 pools=1 customers=1"},
	}, {
		name: "without an offer code the name tells the product",
		rows: []string{"acme Calling/A 1/10 s1", "globex Calling 2/10 s2", "solo Other 1/1 s3", "initech Other 1/2 s4"},
		want: []string{"Calling 3/20 left=17 pools=2 customers=2", "Other 2/3 left=1 pools=2 customers=2"},
	}, {
		name: "unless the name stands for several",
		rows: []string{"acme Calling/A 1/10 s1", "globex Calling/B 2/10 s2", "solo Calling 4/10 s3"},
		want: []string{"Calling 4/10 left=6 pools=1 customers=1", "Calling 1/10 left=9 pools=1 customers=1", "Calling 2/10 left=8 pools=1 customers=1"},
	}, {
		name: "what one pool has left does not make up for another's want",
		rows: []string{"acme Calling/A 13/10 s1", "globex Calling/A 0/20 s2"},
		want: []string{"Calling 13/30 left=17 pools=2 customers=2 over=3"},
	}, {
		name: "unknown figures stay out of both sides",
		rows: []string{"acme Calling/A -/10 s1", "globex Calling/A 5/- s2", "solo Calling/A 1/4 s3", "solo Messaging/M -/- s3"},
		want: []string{"Calling 1/4 left=3 pools=3 customers=3 unknown=2", "Messaging -/- left=- pools=1 customers=1 unknown=1"},
	}, {
		name: "included licences are left out",
		rows: []string{"acme Calling/A 1/10 s1", "acme Basic/FMS 44/44"},
		want: []string{"Calling 1/10 left=9 pools=1 customers=1"},
	}, {
		name: "or listed after the purchased ones, never added to them",
		s:    Selection{Included: true},
		rows: []string{"acme Calling/A 1/10 s1", "acme Hot-desk/A 0/9", "acme Basic/FMS 44/44"},
		want: []string{"Calling 1/10 left=9 pools=1 customers=1", "Basic 44/44 left=0 pools=1 customers=1 included", "Hot-desk 0/9 left=9 pools=1 customers=1 included"},
	}, {
		name: "rows that a deleted customer left behind are in no sum",
		rows: []string{"acme Calling/A 1/10 s1", "deleted Calling/A 1/10 s1"},
		want: []string{"Calling 1/10 left=9 pools=1 customers=1"},
	}, {
		name: "but can be asked for",
		s:    Selection{Customers: []string{"deleted"}},
		rows: []string{"acme Calling/A 1/10 s1", "deleted Calling/A 1/10 s1"},
		want: []string{"Calling 1/10 left=9 pools=1 customers=1"},
	}, {
		name: "below a mark if one pool is, however well the sum looks",
		s:    Selection{Below: new(10)},
		rows: []string{"acme Calling/A 95/100 s1", "globex Calling/A 0/100 s2", "acme Messaging/M 90/100 s1", "acme Free/F 44/44", "solo Translation/T -/5 s3"},
		want: []string{"Calling 95/200 left=105 pools=2 customers=2"},
	}, {
		name: "over-assigned and unbought is below any mark",
		s:    Selection{Below: new(0)},
		rows: []string{"acme Calling/A 3/2 s1", "acme Messaging/M 1/0 s1", "acme Exhausted/E 2/2 s1"},
		want: []string{"Calling 3/2 left=-1 pools=1 customers=1 over=1", "Messaging 1/0 left=-1 pools=1 customers=1 over=1"},
	}} {
		t.Run(c.name, func(t *testing.T) {
			var rows []v1alpha1.WebexLicense
			for _, row := range c.rows {
				rows = append(rows, licence(row))
			}
			if diff := cmp.Diff(c.want, lines(New(hierarchy, rows, c.s))); diff != "" {
				t.Error("(-want +got)\n", diff)
			}
		})
	}
}

func TestTwinRowsCountOnce(t *testing.T) {
	old, young := licence("acme Calling/A 1/10 s1"), licence("acme Calling/A 2/10 s1")
	old.CreationTimestamp, young.CreationTimestamp = metav1.Unix(1, 0), metav1.Unix(2, 0)
	for _, rows := range [][]v1alpha1.WebexLicense{{old, young}, {young, old}} {
		got := lines(New([]v1alpha1.WebexCustomerAccess{customer("acme")}, rows, Selection{}))
		if want := []string{"Calling 1/10 left=9 pools=1 customers=1"}; !cmp.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
}

func TestSameNamesInTwoNamespaces(t *testing.T) {
	a, b := licence("acme Calling/A 1/10 s1"), licence("acme Calling/A 2/10 s1")
	b.Namespace = "other"
	there := customer("acme")
	there.Namespace = "other"
	r := New([]v1alpha1.WebexCustomerAccess{customer("acme"), there}, []v1alpha1.WebexLicense{a, b}, Selection{})
	if got, want := lines(r), []string{"Calling 3/20 left=17 pools=2 customers=2"}; !cmp.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestPoolsAndTightest(t *testing.T) {
	rows := []v1alpha1.WebexLicense{licence("acme Calling/A 5/10 s1"), licence("acme Calling/A 19/20 s2"), licence("solo Calling/A -/5 s3"), licence("acme Messaging/M 1/10 s1")}
	r := New([]v1alpha1.WebexCustomerAccess{customer("p.acme"), customer("solo")}, rows, Selection{})
	var got []string
	for _, p := range r.Pools() {
		got = append(got, fmt.Sprintf("%s %s %s %s/%s", p.License, p.Customer, p.SubscriptionID, show(p.ConsumedUnits), show(p.TotalUnits)))
	}
	want := []string{"Calling solo s3 -/5", "Calling acme s1 5/10", "Calling acme s2 19/20", "Messaging acme s1 1/10"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if tightest := r.Licenses()[0].Tightest; tightest == nil || tightest.SubscriptionID != "s2" || *tightest.UtilizationPercent != 95 {
		t.Errorf("tightest pool: %+v", tightest)
	}
}

func TestTotals(t *testing.T) {
	rows := []v1alpha1.WebexLicense{
		licence("acme Calling/A 13/10 s1"), licence("acme Calling/A 4/10 s1 @HQ"), licence("acme Messaging/M 1/10 s1 @HQ"), licence("acme Messaging/M 2/10 s1"),
		licence("globex Calling/A 5/20 s2"), licence("globex Calling/A 5/20 s2 @HQ"), licence("globex Free/F 44/44"), licence("globex Odd/O -/7 s2"),
	}
	customers := []v1alpha1.WebexCustomerAccess{customer("acme"), customer("globex")}
	got := New(customers, rows, Selection{Included: true}).Totals()
	want := Totals{Customers: 2, Licenses: 4, Pools: 5, Locations: 2, TotalUnits: 40, ConsumedUnits: 20, AvailableUnits: 20, OverAssignedUnits: 3}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	got = New(customers, rows, Selection{Below: new(0)}).Totals()
	want = Totals{Customers: 1, Licenses: 1, Pools: 1, Locations: 1, TotalUnits: 10, ConsumedUnits: 13, AvailableUnits: -3, OverAssignedUnits: 3}
	if got != want {
		t.Errorf("below the mark: %+v, want %+v", got, want)
	}
}

func places(r *Rollup) []string {
	var out []string
	for _, p := range r.Places() {
		percent := "-"
		if p.SharePercent != nil {
			percent = fmt.Sprint(*p.SharePercent)
		}
		out = append(out, fmt.Sprintf("%s %s %s %s %s%% of %s left=%s pools=%d", p.License, p.Customer, strings.TrimSuffix(p.Location+" "+string(p.Placing), " Location"),
			show(p.ConsumedUnits), percent, show(p.PoolTotalUnits), show(p.PoolAvailableUnits), p.Pools))
	}
	return out
}

func TestPlaces(t *testing.T) {
	acme := licence("acme Calling/A 10/20 s1")
	acme.Status.UnitsWithoutLocation, acme.Status.ResidualUnits = new(int64(2)), new(int64(-1))
	rows := []v1alpha1.WebexLicense{
		acme, licence("acme Calling/A 4/20 s1 @HQ"), licence("acme Calling/A 3/20 s1 @Lab"),
		licence("acme Calling/A 6/8 s2"), licence("acme Calling/A 2/8 s2 @HQ"),
		licence("globex Calling/A 5/5 s3"), licence("globex Calling/A 5/5 s3 @HQ"),
		licence("solo Calling/A 1/4 s4 @HQ"),
	}
	customers := []v1alpha1.WebexCustomerAccess{customer("acme"), customer("globex"), customer("solo")}
	for _, c := range []struct {
		name string
		s    Selection
		want []string
	}{{
		name: "two customers share a location name; one draws from two pools there",
		want: []string{
			"Calling acme HQ 6 21% of 28 left=12 pools=2",
			"Calling acme Lab 3 10% of 28 left=12 pools=1",
			"Calling acme  WithoutLocation 2 7% of 28 left=12 pools=2",
			"Calling acme  Unexplained -1 -% of 28 left=12 pools=2",
			"Calling globex HQ 5 100% of 5 left=0 pools=1",
			"Calling solo HQ 1 25% of 4 left=- pools=1",
		},
	}, {
		name: "a location by name, whatever its case",
		s:    Selection{Location: "hq"},
		want: []string{"Calling acme HQ 6 21% of 28 left=12 pools=2", "Calling globex HQ 5 100% of 5 left=0 pools=1", "Calling solo HQ 1 25% of 4 left=- pools=1"},
	}, {
		name: "a location by id is one customer's",
		s:    Selection{Location: "globex/HQ"},
		want: []string{"Calling globex HQ 5 100% of 5 left=0 pools=1"},
	}, {
		name: "the mark is about pools, not about shares",
		s:    Selection{Below: new(10)},
		want: []string{"Calling globex HQ 5 100% of 5 left=0 pools=1"},
	}} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, places(New(customers, rows, c.s))); diff != "" {
				t.Error("(-want +got)\n", diff)
			}
		})
	}
}

// A place says how old its figures are: of which walk, not of which run. Of rows that a deleted customer left behind, and
// of an operator that did not say, that is not known.
func TestPlacesSayWhenTheyWereCounted(t *testing.T) {
	acme := licence("acme Calling/A 10/20 s1")
	acme.Status.UnitsWithoutLocation = new(int64(6))
	rows := []v1alpha1.WebexLicense{acme, licence("acme Calling/A 4/20 s1 @HQ"), licence("globex Calling/A 5/5 s3 @HQ"), licence("gone Calling/A 1/4 s4 @HQ")}
	customers := []v1alpha1.WebexCustomerAccess{customer("acme"), customer("globex")}
	run, walk := time.Date(2026, 3, 10, 9, 30, 0, 0, time.UTC), time.Date(2026, 3, 9, 14, 0, 0, 0, time.UTC)
	for i := range customers {
		customers[i].Status.LastSuccessfulSyncTime = new(metav1.NewTime(run))
	}
	customers[0].Status.LastWalkTime = new(metav1.NewTime(walk))
	var got []string
	for _, p := range New(customers, rows, Selection{Customers: []string{"acme", "globex", "gone"}}).Places() {
		walked := "-"
		if p.LastWalkTime != nil {
			walked = p.LastWalkTime.Format(time.DateTime)
		}
		got = append(got, p.Customer+" "+p.Placing.Where(p.Location)+" "+walked)
	}
	want := []string{"acme HQ 2026-03-09 14:00:00", "acme (no location) 2026-03-09 14:00:00", "globex HQ -", "gone HQ -"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("(-want +got)\n", diff)
	}
}

func TestPlaceTotals(t *testing.T) {
	acme := licence("acme Calling/A 10/20 s1")
	acme.Status.UnitsWithoutLocation, acme.Status.ResidualUnits = new(int64(2)), new(int64(1))
	rows := []v1alpha1.WebexLicense{
		acme, licence("acme Calling/A 4/20 s1 @HQ"), licence("acme Calling/A 3/20 s1 @Lab"), licence("acme Messaging/M 1/9 s1 @HQ"),
		licence("globex Calling/A 5/5 s3 @HQ"), licence("globex Basic/F 7/7 @HQ"),
	}
	r := New([]v1alpha1.WebexCustomerAccess{customer("acme"), customer("globex")}, rows, Selection{Included: true})
	if got, want := SumPlaces(r.Places()), (PlaceTotals{Customers: 2, Licenses: 3, Locations: 3, ConsumedUnits: 16}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestNodes(t *testing.T) {
	got := Nodes([]v1alpha1.WebexCustomerAccess{customer("p.west.acme"), customer("p.east.emea.globex"), customer("solo")})
	if want := []string{"p", "p.east", "p.east.emea", "p.west"}; !cmp.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestNewestName(t *testing.T) {
	old, renamed := licence("acme Messaging/MS 1/10 s1"), licence("globex Advanced-Messaging/MS 2/10 s2")
	old.Status.LastChangeTime = new(metav1.NewTime(time.Unix(1, 0)))
	renamed.Status.LastChangeTime = new(metav1.NewTime(time.Unix(2, 0)))
	r := New([]v1alpha1.WebexCustomerAccess{customer("acme"), customer("globex")}, []v1alpha1.WebexLicense{old, renamed}, Selection{})
	if got, want := lines(r), []string{"Advanced-Messaging 3/20 left=17 pools=2 customers=2 also=Messaging"}; !cmp.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
