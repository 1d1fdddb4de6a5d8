package partner_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/partner"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

func numbered(t *testing.T, numbers ...int) (all []partner.Organization) {
	t.Helper()
	for _, n := range numbers {
		all = append(all, organization(t, idOf(n), fmt.Sprintf("Org %03d", n)))
	}
	return all
}

func upTo(n int) (numbers []int) {
	for i := range n {
		numbers = append(numbers, i+1)
	}
	return numbers
}

// crowd is a partner with so many customers, all of them as they shall be.
func crowd(t *testing.T, customers int) *partner.World {
	t.Helper()
	w := &partner.World{Partner: &v1alpha1.WebexPartner{ObjectMeta: metav1.ObjectMeta{Name: "reseller", Namespace: "customers", UID: "uid-1"}}}
	w.Partner.Spec.CredentialsSecretRef.Name, w.Partner.Spec.Mode, w.Partner.Spec.MaxNewPerPass = "one", v1alpha1.PartnerModeCreate, 100
	w.Organizations = numbered(t, upTo(customers)...)
	written(t, w, w.Decide())
	if d := w.Decide(); len(w.Customers) != customers || len(d.Writes) > 0 {
		t.Fatalf("%d customers, and then %v", len(w.Customers), d.Writes)
	}
	return w
}

// written is the world with so many of the writes done, all if there is no number.
func written(t *testing.T, w *partner.World, d partner.Decision, most ...int) {
	t.Helper()
	for i, write := range d.Writes {
		if len(most) > 0 && i >= most[0] {
			return
		}
		r := &record{name: write.Name, values: map[string]any{}, owners: map[string][]string{}}
		must(t, r.apply(ours, flatten(write.Fields), false))
		w.Customers = slices.DeleteFunc(w.Customers, func(c v1alpha1.WebexCustomerAccess) bool { return c.Name == write.Name })
		w.Customers = append(w.Customers, r.customer())
	}
}

func suspends(d partner.Decision) (n int) {
	for _, w := range d.Writes {
		if flatten(w.Fields)["spec|suspend"] == true {
			n++
		}
	}
	return n
}

func approve(w *partner.World, token string) {
	w.Partner.Annotations = map[string]string{v1alpha1.AnnotationApproveRemovals: token}
}

// At most 20 percent of the customers that run are suspended without approval, and none by an empty list.
func TestGuard(t *testing.T) {
	t.Parallel()
	own := organization(t, idOf(0), "Partner")
	for name, test := range map[string]struct {
		customers      int
		change         func(w *partner.World)
		suspends, held int
	}{
		"none gone":         {10, func(*partner.World) {}, 0, 0},
		"20 percent":        {10, func(w *partner.World) { w.Organizations = w.Organizations[2:] }, 2, 0},
		"above":             {10, func(w *partner.World) { w.Organizations = w.Organizations[3:] }, 0, 3},
		"a little above":    {14, func(w *partner.World) { w.Organizations = w.Organizations[3:] }, 0, 3},
		"just not above":    {15, func(w *partner.World) { w.Organizations = w.Organizations[3:] }, 3, 0},
		"a hundredth above": {100, func(w *partner.World) { w.Organizations = w.Organizations[21:] }, 0, 21},
		"an empty list, and people let most run": {10, func(w *partner.World) {
			for n := range 9 {
				suspend(w, n, false)
			}
			w.Organizations = nil
		}, 0, 1},
		"the only one":      {1, func(w *partner.World) { w.Organizations = numbered(t, 2) }, 0, 1},
		"an empty list":     {10, func(w *partner.World) { w.Organizations = nil }, 0, 10},
		"only the partner":  {10, func(w *partner.World) { w.Organizations, w.Own = []partner.Organization{own}, own.ID }, 0, 10},
		"no longer wanted":  {10, func(w *partner.World) { w.Selector = selector(t, "Org 00[1-8]") }, 2, 0},
		"much less wanted":  {10, func(w *partner.World) { w.Selector = selector(t, "Org 00[1-7]") }, 0, 3},
		"a wrong approval":  {10, func(w *partner.World) { w.Organizations = w.Organizations[3:]; approve(w, "0123456789abcdef") }, 0, 3},
		"an empty approval": {10, func(w *partner.World) { w.Organizations = w.Organizations[3:]; approve(w, "") }, 0, 3},
		"stands still already": {10, func(w *partner.World) { // 8 run, and one of them is more than a tenth
			suspend(w, 0, true)
			suspend(w, 1, true)
			w.Organizations = w.Organizations[3:]
		}, 1, 0},
		"stands still, and 2 of 8 are too many": {10, func(w *partner.World) {
			suspend(w, 0, true)
			suspend(w, 1, true)
			w.Organizations = w.Organizations[4:]
		}, 0, 2},
		"people let some run": {10, func(w *partner.World) {
			suspend(w, 0, false)
			w.Organizations = w.Organizations[3:]
		}, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := crowd(t, test.customers)
			test.change(w)
			if len(w.Organizations) > 1 {
				w.Organizations = append(w.Organizations, organization(t, idOf(900), "Org 001 New"))
			}
			d := w.Decide()
			held := 0
			if d.Held != nil {
				held = int(*d.Held.Customers)
			}
			if suspends(d) != test.suspends || held != test.held {
				t.Errorf("%d are suspended and %d held, want %d and %d", suspends(d), held, test.suspends, test.held)
			}
			if news := slices.ContainsFunc(d.Writes, func(w partner.Write) bool { return w.New }); news != (*d.Counts().Waiting > 0) || news != (len(w.Organizations) > 0 && w.Own != own.ID) {
				t.Errorf("additions do not go on: %v", d.Writes)
			}
			w.Partner.Spec.Mode = v1alpha1.PartnerModeReport
			report := w.Decide()
			if len(report.Writes) > 0 || (report.Held == nil) != (d.Held == nil) || !slices.Equal(report.Listed(), d.Listed()) {
				t.Errorf("Report writes %v, and holds %v", report.Writes, report.Held)
			}
		})
	}
}

// suspend is what a person says of a customer.
func suspend(w *partner.World, n int, value bool) {
	c := &w.Customers[n]
	c.Spec.Suspend = &value
	c.ManagedFields = append(c.ManagedFields, metav1.ManagedFieldsEntry{Manager: "kubectl-edit", Operation: "Update", FieldsV1: metav1.NewFieldsV1(`{"f:spec":{"f:suspend":{}}}`)})
}

func selector(t *testing.T, names ...string) partner.Selector {
	t.Helper()
	s, err := partner.Compile(&v1alpha1.OrganizationSelector{OrganizationMatch: v1alpha1.OrganizationMatch{Names: names}})
	must(t, err)
	return s
}

// A token approves one set of organizations, whole or what a crash left of it, and no other.
func TestApproval(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change   func(w *partner.World)
		suspends int
	}{
		"the same":        {func(*partner.World) {}, 5},
		"another order":   {func(w *partner.World) { slices.Reverse(w.Organizations); slices.Reverse(w.Customers) }, 5},
		"a new one":       {func(w *partner.World) { w.Organizations = append(w.Organizations, numbered(t, 99)...) }, 5},
		"renamed":         {func(w *partner.World) { w.Organizations[0].Name = "Another" }, 5},
		"after a crash":   {func(w *partner.World) { written(t, w, w.Decide(), 2) }, 3},
		"one more":        {func(w *partner.World) { w.Organizations = w.Organizations[1:] }, 0},
		"one came back":   {func(w *partner.World) { w.Organizations = append(w.Organizations, numbered(t, 1)...) }, 0},
		"another instead": {func(w *partner.World) { w.Organizations = append(w.Organizations[1:], numbered(t, 1)...) }, 0},
		"no approval":     {func(w *partner.World) { approve(w, "") }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := crowd(t, 10)
			w.Organizations = w.Organizations[5:]
			token := w.Decide().Held.Token
			approve(w, token)
			test.change(w)
			d := w.Decide()
			if suspends(d) != test.suspends || (d.Held == nil) != (test.suspends > 0) {
				t.Errorf("%d suspensions, held %v", suspends(d), d.Held)
			}
			if w.Partner.Annotations[v1alpha1.AnnotationApproveRemovals] != "" && d.Held != nil && d.Held.Token == token {
				t.Error("another set has the same token")
			}
			written(t, w, d)
			if d := w.Decide(); len(d.Writes) > 0 {
				t.Errorf("then %v", d.Writes)
			}
		})
	}
}

func states(d partner.Decision) (all []string) {
	for _, o := range d.Listed() {
		all = append(all, fmt.Sprintf("%s %s %s", o.DisplayName, o.State, o.Customer))
	}
	return all
}

// Organizations become customers a few at a time, without the partner's own and those that others read.
func TestNewCustomers(t *testing.T) {
	t.Parallel()
	w := crowd(t, 2)
	w.Partner.Spec.MaxNewPerPass = 3
	w.Organizations = numbered(t, upTo(70)...)
	w.Own = w.Organizations[69].ID
	w.Readers = map[webex.OrganizationID]string{w.Organizations[68].ID: "elsewhere/acme", w.Organizations[0].ID: "acme"}
	w.Organizations = append(w.Organizations, w.Organizations[3]) // twice
	d := w.Decide()
	if c := d.Counts(); *c.Found != 69 || *c.Selected != 69 || *c.Created != 2 || *c.Waiting != 66 || *c.ReadElsewhere != 1 || *c.Vanished != 0 || *c.Refused != 0 {
		t.Errorf("counts: %d found, %d selected, %d created, %d waiting, %d elsewhere", *c.Found, *c.Selected, *c.Created, *c.Waiting, *c.ReadElsewhere)
	}
	if listed := d.Listed(); len(listed) != 50 || listed[0].DisplayName != "Org 003" || listed[49].DisplayName != "Org 052" {
		t.Errorf("%d listed: %v", len(listed), listed)
	}
	passes := 0
	for ; len(d.Writes) > 0; passes++ {
		if len(d.Writes) != min(3, 66-3*passes) || !d.Writes[0].New {
			t.Fatalf("pass %d writes %d", passes, len(d.Writes))
		}
		for _, write := range d.Writes {
			d.Wrote(write)
		}
		if *d.Counts().Created != int32(2+3*passes+len(d.Writes)) { //nolint:gosec // small
			t.Errorf("created %d", *d.Counts().Created)
		}
		written(t, w, d)
		d = w.Decide()
	}
	if passes != 22 || len(w.Customers) != 68 {
		t.Errorf("%d customers after %d passes", len(w.Customers), passes)
	}
	if got := states(d); !slices.Equal(got, []string{"Org 069 ReadElsewhere elsewhere/acme"}) {
		t.Errorf("listed %q", got)
	}
	w.Partner.Spec.MaxNewPerPass, w.Customers = 0, nil // as before the default
	if d := w.Decide(); len(d.Writes) != 20 {
		t.Errorf("%d writes by default", len(d.Writes))
	}
}

// What persons label by mistake is left alone.
func TestOddCustomers(t *testing.T) {
	t.Parallel()
	w := crowd(t, 2)
	none := w.Customers[0].DeepCopy()
	none.Name, none.Spec.OrganizationID = "a-none", ""
	twice := w.Customers[1].DeepCopy()
	twice.Name, twice.Spec.CredentialsSecretRef.Name = "z-twice", "another"
	w.Customers = append([]v1alpha1.WebexCustomerAccess{*twice, *none}, w.Customers...)
	if d := w.Decide(); len(d.Writes) > 0 || *d.Counts().Created != 2 || len(d.Listed()) > 0 {
		t.Errorf("writes %v, created %d, listed %v", d.Writes, *d.Counts().Created, d.Listed())
	}
}

// A name is one for Kubernetes, tells of the organization, and is unique to it.
func TestCustomerName(t *testing.T) {
	t.Parallel()
	valid := regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$|^[0-9][a-z0-9-]*[a-z0-9]$`)
	known := map[string]bool{}
	for i, test := range []struct{ name, want string }{
		{"Acme", "acme-"},
		{"Acme", "acme-"},
		{"Müller & Söhne GmbH", "muller-sohne-gmbh-"},
		{"株式会社", "org-"},
		{"", "org-"},
		{"---", "org-"},
		{strings.Repeat("long ", 60), "long-long-long-long-long-long-long-long-long-long-"},
		{strings.Repeat("x", 256), strings.Repeat("x", 50) + "-"},
		{"1 & 1", "1-1-"},
	} {
		o := organization(t, idOf(i), test.name)
		name := partner.CustomerName(o)
		if !strings.HasPrefix(name, test.want) || len(name) != len(test.want)+12 || len(name) > 63 || !valid.MatchString(name) || known[name] {
			t.Errorf("%q has the name %s", test.name, name)
		}
		known[name] = true
		o.Name = "Renamed"
		if renamed := partner.CustomerName(o); renamed[len(renamed)-12:] != name[len(name)-12:] {
			t.Errorf("%s and %s", name, renamed)
		}
	}
}
