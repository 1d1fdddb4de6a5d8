package partner_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/partner"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// game is a small world that moves from day to day: Webex's list, the spec, people, and the partner's decisions.
type game struct {
	oracle
	pick func(n int) int
	// theirs are customers of other makers.
	theirs []*record
	stale  string
}

func idOf(n int) string { return fmt.Sprintf("aaaaaaaa-0000-4000-8000-%012d", n) }

func some[T any](pick func(n int) int, all ...T) T { return all[pick(len(all))] }

func subset[T any](pick func(n int) int, all ...T) (chosen []T) {
	for _, one := range all {
		if pick(3) == 0 {
			chosen = append(chosen, one)
		}
	}
	return chosen
}

func newGame(pick func(n int) int) *game {
	p := &v1alpha1.WebexPartner{ObjectMeta: metav1.ObjectMeta{Name: "reseller", Namespace: "customers", UID: "uid-1"}}
	g := &game{pick: pick, oracle: oracle{partner: p, own: idOf(0), sets: map[string]string{}, postponed: map[string]bool{}}}
	g.list()
	g.spec()
	return g
}

// list is a new answer of Webex: mostly the same organizations, sometimes many less.
func (g *game) list() {
	g.organizations = nil
	all := 2 + g.pick(10)
	few := g.pick(6) == 0
	for n := range all {
		if g.pick(12) == 0 || few && g.pick(2) == 0 {
			continue
		}
		id, _ := webex.ParseOrganizationID(idOf(n))
		g.organizations = append(g.organizations, partner.Organization{
			ID: id, Name: some(g.pick, slices.Sorted(maps.Keys(slugs))...), Tags: subset(g.pick, "gold", "silver", "lead"),
		})
	}
	if len(g.organizations) > 0 && g.pick(8) == 0 { // one twice
		g.organizations = append(g.organizations, g.organizations[len(g.organizations)-1])
	}
	if g.pick(10) == 0 {
		g.organizations = g.organizations[:min(len(g.organizations), g.pick(2))]
	}
}

func (g *game) spec() {
	pick := g.pick
	g.partner.Spec = v1alpha1.WebexPartnerSpec{
		MaxNewPerPass: int32(1 + pick(4)), Mode: some(pick, v1alpha1.PartnerModeCreate, v1alpha1.PartnerModeCreate, v1alpha1.PartnerModeCreate, v1alpha1.PartnerModeReport), //nolint:gosec // small
		DeletionPolicy: some(pick, v1alpha1.DeletionPolicyRetain, v1alpha1.DeletionPolicyDelete),
	}
	g.partner.Spec.CredentialsSecretRef.Name = some(pick, "one", "two")
	match := func() v1alpha1.OrganizationMatch {
		m := v1alpha1.OrganizationMatch{}
		switch pick(4) {
		case 0:
			m.OrganizationIDs = subset(pick, idOf(1), idOf(2), idOf(3), idOf(4))
		case 1:
			m.Names = subset(pick, "^Acme$", "(?i)^acme", "x$", "ü|本")
		case 2:
			m.Tags = subset(pick, "gold", "silver")
		default:
			m.Names, m.Tags = []string{"."}, subset(pick, "gold", "silver", "lead")
		}
		return m
	}
	if pick(5) == 0 {
		g.partner.Spec.Select = &v1alpha1.OrganizationSelector{OrganizationMatch: match()}
	}
	if pick(5) == 0 {
		not := match()
		not.Names = slices.DeleteFunc(not.Names, func(name string) bool { return name == "." })
		g.partner.Spec.Select = &v1alpha1.OrganizationSelector{Exclude: &not}
	}
	if pick(2) == 0 {
		g.partner.Spec.Connection = &v1alpha1.Connection{ProxyURL: some(pick, proxy, "https://other.example.com"), NoProxy: subset(pick, "a.example.com", "b&c", "d"), RequestsPerMinute: int32(pick(2))} //nolint:gosec // small
		if pick(2) == 0 {
			g.partner.Spec.Connection.CABundleRef = &v1alpha1.CABundleReference{Kind: "ConfigMap", Name: some(pick, "ca", "cb"), Key: "ca.crt"}
		}
	}
	if pick(4) != 0 {
		g.partner.Spec.Template = someTemplate(pick)
	}
}

func someLabels(pick func(n int) int) map[string]string {
	labels := map[string]string{}
	for _, key := range subset(pick, "tier", "zone", v1alpha1.LabelShard) {
		labels[key] = some(pick, "a", "b", "c")
	}
	return labels
}

func someTemplate(pick func(n int) int) *v1alpha1.CustomerTemplate {
	t := &v1alpha1.CustomerTemplate{
		Labels: someLabels(pick), HierarchyPath: some(pick, "", "a", "a.b"),
		DeletionPolicy: some(pick, "", v1alpha1.DeletionPolicyDelete, v1alpha1.DeletionPolicyRetain),
	}
	for _, tag := range subset(pick, "gold", "silver", "lead") {
		t.ByTag = append(t.ByTag, v1alpha1.TagTemplate{Tag: tag, HierarchyPath: some(pick, "", "x."+tag), Labels: someLabels(pick)})
	}
	if pick(2) == 0 {
		t.Thresholds = &v1alpha1.Thresholds{WarningPercent: int32(60 + pick(2))} //nolint:gosec // small
	}
	if pick(2) == 0 {
		t.Prune = &v1alpha1.Prune{MaxPercent: new(int32(pick(2)))} //nolint:gosec // small
	}
	if pick(2) == 0 {
		t.Collection = &v1alpha1.Collection{Levels: some(pick, []v1alpha1.Level{"Customer"}, []v1alpha1.Level{"Customer", "Site"}), Roles: new(pick(2) == 0)}
		if pick(2) == 0 {
			t.Collection.SiteMaxAge = hours(6 + pick(2))
		}
	}
	if pick(3) == 0 {
		t.StaleAfter = hours(24 + pick(2))
	}
	if pick(3) == 0 {
		t.Schedule = &v1alpha1.PartnerSchedule{Schedule: "@daily"}
	}
	return t
}

// people do something to a customer of the partner.
func (g *game) people() {
	if len(g.records) == 0 {
		return
	}
	at := g.pick(len(g.records))
	r := g.records[at]
	paths := map[string][]any{
		"spec|hierarchyPath": {"a", "mine"}, "spec|suspend": {true, false, true}, "spec|customerName": {"Mine"}, policyPath: {"Retain", "Delete"},
		"spec|thresholds|warningPercent": {int64(60), int64(50)}, "spec|credentialsSecretRef": {map[string]any{"name": "one"}, map[string]any{"name": "mine"}},
		"spec|connection|caBundleRef": {map[string]any{"name": "ca", "kind": "ConfigMap", "key": "mine"}}, `spec|connection|noProxy|v:"d"`: {"d"}, "spec|collection|roles": {true},
		"metadata|labels|zone": {"a", "mine"}, "metadata|labels|own": {"x"}, "spec|defaultSiteURL": {"a.webex.com"}, "spec|staleAfter": {"24h0m0s", "30h0m0s"},
	}
	path := some(g.pick, slices.Sorted(maps.Keys(paths))...)
	if g.pick(3) == 0 {
		path = "spec|suspend"
	}
	value := some(g.pick, paths[path]...)
	switch g.pick(8) {
	case 0: // takes it over
		r.update(editor, labelPath+"licensing.webex-operator.io/partner", nil)
		g.records, g.theirs = slices.Delete(g.records, at, at+1), append(g.theirs, r)
	case 1:
		if path != "spec|credentialsSecretRef" {
			r.update(editor, path, nil)
		}
	case 2, 3:
		_ = r.apply(applier, map[string]any{path: value}, true) // it forces
	case 4:
		_ = r.apply(applier, nil, true) // it gives all up
	case 5:
		r.update(twin, path, value)
	default:
		r.update(editor, path, value)
	}
}

// day changes something, or much.
func (g *game) day() {
	for range 1 + g.pick(3) {
		switch g.pick(5) {
		case 0:
			g.list()
		case 1:
			g.spec()
		case 2:
			g.theirs = append(g.theirs, &record{name: fmt.Sprintf("own-%d", len(g.theirs)), values: map[string]any{"spec|organizationID": idOf(g.pick(9))}})
		default:
			g.people()
		}
	}
	g.postponed = map[string]bool{}
}

func (g *game) world() (partner.World, error) {
	selector, err := partner.Compile(g.partner.Spec.Select)
	own, _ := webex.ParseOrganizationID(g.own)
	w := partner.World{Partner: g.partner.DeepCopy(), Selector: selector, Own: own, Organizations: slices.Clone(g.organizations), Readers: map[webex.OrganizationID]string{}, Postponed: g.postponed}
	g.readers = map[string]string{}
	for _, r := range g.theirs {
		id, _ := webex.ParseOrganizationID(r.values["spec|organizationID"].(string))
		w.Readers[id], g.readers[id.UUID()] = r.name, r.name
	}
	for _, r := range g.records {
		w.Customers = append(w.Customers, r.customer())
	}
	return w, err
}

// pass decides, and holds the decision against the rules; and once more with all in another order.
func (g *game) pass() (partner.Decision, error) {
	w, err := g.world()
	if err != nil {
		return partner.Decision{}, err
	}
	d := w.Decide()
	if err := g.check(&d); err != nil {
		return d, err
	}
	slices.Reverse(w.Customers)
	again := w.Decide()
	if !reflect.DeepEqual(again.Writes, d.Writes) || !reflect.DeepEqual(again.Held, d.Held) {
		return d, fmt.Errorf("another order of customers has another decision: %v, %v", d.Writes, again.Writes)
	}
	return d, nil
}

// carryOut writes what was decided; with faults it refuses some, or stops half-way.
func (g *game) carryOut(d *partner.Decision, faults bool) error {
	until := len(d.Writes)
	if faults && until > 0 && g.pick(3) == 0 {
		until = g.pick(until)
	}
	created, waiting, refused := *d.Counts().Created, *d.Counts().Waiting, *d.Counts().Refused
	for _, w := range d.Writes[:until] {
		at := slices.IndexFunc(g.records, func(r *record) bool { return r.name == w.Name })
		if w.New != (at < 0) {
			return fmt.Errorf("%s is new: %t", w.Name, w.New)
		}
		if faults && g.pick(6) == 0 {
			g.postponed[w.Name] = true
			d.Refused(w)
			refused++
			if w.New {
				waiting--
			}
			continue
		}
		if w.New {
			at = len(g.records)
			g.records = append(g.records, &record{name: w.Name, values: map[string]any{}, owners: map[string][]string{}})
			created++
			waiting--
		}
		if err := g.records[at].apply(ours, flatten(w.Fields), false); err != nil {
			return err
		}
		d.Wrote(w)
	}
	if c := d.Counts(); *c.Created != created || *c.Waiting != waiting || *c.Refused != refused {
		return fmt.Errorf("counts after writing %+v; want %d created, %d waiting, %d refused", c, created, waiting, refused)
	}
	return nil
}

// settle writes until there is nothing more to write.
func (g *game) settle() error {
	for round := 0; ; round++ {
		before := len(g.records) + len(g.theirs)
		kept := g.peoples()
		d, err := g.pass()
		if err != nil {
			return err
		}
		if len(d.Writes) == 0 {
			return g.fixed(&d)
		}
		if round > 14 {
			return fmt.Errorf("round %d still writes %v", round, d.Writes)
		}
		if err := g.carryOut(&d, round == 0); err != nil {
			return err
		}
		if round == 1 {
			g.postponed = map[string]bool{}
		}
		if len(g.records)+len(g.theirs) < before {
			return fmt.Errorf("a customer is gone")
		}
		if now := g.peoples(); !reflect.DeepEqual(now, kept) {
			return fmt.Errorf("what people own changed:\n%v\n%v", kept, now)
		}
	}
}

// peoples is what people own, with its values.
func (g *game) peoples() map[string]any {
	kept := map[string]any{}
	for _, r := range g.records {
		for path, owners := range r.owners {
			if slices.ContainsFunc(owners, func(name string) bool { return name != ours }) {
				kept[r.name+bar+path] = r.values[path]
			}
		}
	}
	return kept
}

// fixed: when nothing is written in mode Create, each selected organization has one customer, and those that are gone
// stand still, but for what is held, was refused, or a person wants otherwise.
func (g *game) fixed(d *partner.Decision) error {
	if g.partner.Spec.Mode == v1alpha1.PartnerModeReport || len(g.postponed) > 0 {
		return nil
	}
	for _, s := range g.all() {
		if s.selected && s.record == nil && s.reader == "" {
			return fmt.Errorf("%s has no customer", s.id)
		}
		if s.record != nil && !s.selected && s.record.leaves() && d.Held == nil {
			return fmt.Errorf("%s is gone, and its customer runs", s.id)
		}
		if s.record != nil && s.selected && s.record.values["spec|suspend"] == true && slices.Contains(s.record.owners["spec|suspend"], ours) {
			return fmt.Errorf("%s is back, and its customer stands still", s.id)
		}
	}
	return nil
}

func play(pick func(n int) int) error {
	g := newGame(pick)
	for day := range 6 {
		if err := g.settle(); err != nil {
			return fmt.Errorf("day %d: %w\n%s", day, err, g.tell())
		}
		d, err := g.pass()
		if err != nil {
			return err
		}
		g.partner.Annotations = nil
		if d.Held != nil {
			g.partner.Annotations = map[string]string{v1alpha1.AnnotationApproveRemovals: some(pick, d.Held.Token, d.Held.Token, g.stale, "wrong")}
			g.stale = d.Held.Token
			if err := g.settle(); err != nil {
				return fmt.Errorf("day %d, approved: %w\n%s", day, err, g.tell())
			}
		}
		g.day()
	}
	return nil
}

func (g *game) tell() string {
	lines := []string{fmt.Sprintf("%+v", g.partner.Spec), fmt.Sprint(g.organizations)}
	for _, r := range g.records {
		lines = append(lines, fmt.Sprintf("%s %v %v", r.name, r.values, r.owners))
	}
	return strings.Join(lines, "\n")
}

// The decisions of many small worlds, over days, are what the oracle says.
func TestManyWorlds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(150) {
		if err := play(rand.New(rand.NewPCG(seed, 18)).IntN); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// FuzzDecide plays small worlds; each byte decides one thing.
func FuzzDecide(f *testing.F) {
	for seed := range uint64(10) {
		random := rand.New(rand.NewPCG(seed, 19))
		data := make([]byte, 300)
		for n := range data {
			data[n] = byte(random.Uint32())
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rest := rand.New(rand.NewPCG(uint64(len(data)), 1)) // decides what is left
		if err := play(func(n int) int {
			if len(data) == 0 {
				return rest.IntN(n)
			}
			first := data[0]
			data = data[1:]
			return int(first) % n
		}); err != nil {
			t.Error(err)
		}
	})
}
