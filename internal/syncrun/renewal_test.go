package syncrun

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/rows"
	"github.com/webex-operator/webex-license-operator/internal/usage"
)

// ids are licences by their ids, "<subscription>-<number>".
type ids map[string]bool

func setOf(keys ...string) ids {
	s := ids{}
	for _, key := range keys {
		s[key] = true
	}
	return s
}

func (s ids) list() []string { return slices.Sorted(maps.Keys(s)) }

func (s ids) without(other ids) ids {
	rest := maps.Clone(s)
	maps.DeleteFunc(rest, func(id string, _ bool) bool { return other[id] })
	return rest
}

func (s ids) with(other ids) ids {
	all := maps.Clone(s)
	maps.Copy(all, other)
	return all
}

// renewals is a customer whose subscriptions are renewed, shrink and come back; the rows
// that runs and the reconciler write for it; and an oracle that knows sets of ids only.
type renewals struct {
	*testing.T
	rng      *rand.Rand
	now      time.Time
	customer *v1alpha1.WebexCustomerAccess
	rows     map[string]v1alpha1.WebexLicense // by name
	listed   map[string]usage.License         // by Webex, by id
	made     int
	log      []string

	// What the oracle knows: what is in sums and what is held since the last complete run,
	// the share that is held, and which rows each token stood for.
	counts, held ids
	percent      int
	tokens       map[string]string
}

func newRenewals(t *testing.T, seed uint64) *renewals {
	w := &renewals{
		T: t, rng: rand.New(rand.NewPCG(seed, 1)), now: at.Time, customer: testCustomer(),
		rows: map[string]v1alpha1.WebexLicense{}, listed: map[string]usage.License{},
		counts: ids{}, held: ids{}, tokens: map[string]string{},
	}
	for range 1 + w.rng.IntN(3) {
		w.subscribe(2 + w.rng.IntN(12))
	}
	return w
}

func (w *renewals) fail(format string, args ...any) {
	w.Helper()
	w.Fatalf("%s\nafter:\n%s", fmt.Sprintf(format, args...), strings.Join(w.log, "\n"))
}

// subscribe lists so many licences of a new subscription.
func (w *renewals) subscribe(licenses int) {
	w.made++
	for i := range licenses {
		total := int64(w.rng.IntN(100))
		l := usage.License{
			ID: fmt.Sprintf("S%d-%02d", w.made, i), Name: fmt.Sprintf("Licence %d", i), SubscriptionID: fmt.Sprintf("S%d", w.made),
			Total: &total, Consumed: new(w.rng.Int64N(110)),
		}
		w.listed[l.ID] = l
	}
}

func (w *renewals) subscriptions() []string {
	return usage.Subscriptions(slices.Collect(maps.Values(w.listed)))
}

// happen changes what Webex lists, or what the customer says.
func (w *renewals) happen() string {
	subscriptions, spec := w.subscriptions(), &w.customer.Spec
	any := func(of []string) string {
		if len(of) == 0 {
			return ""
		}
		return of[w.rng.IntN(len(of))]
	}
	drop := func(which func(l usage.License) bool) {
		maps.DeleteFunc(w.listed, func(_ string, l usage.License) bool { return which(l) })
	}
	switch w.rng.IntN(12) {
	case 0, 1:
		old := any(subscriptions)
		n := len(w.listed)
		drop(func(l usage.License) bool { return l.SubscriptionID == old })
		w.subscribe(max(1, n-len(w.listed)))
		return "renewed " + old
	case 2:
		n := max(1, len(w.listed))
		clear(w.listed)
		w.subscribe(n)
		return "renewed all"
	case 3:
		percent := 10 * w.rng.IntN(10)
		drop(func(usage.License) bool { return w.rng.IntN(100) < percent })
		return fmt.Sprintf("shrank by about %d percent", percent)
	case 4:
		clear(w.listed)
		return "emptied"
	case 5, 6: // part of what is held comes back, or all of it
		share := 50 * (1 + w.rng.IntN(2))
		for _, id := range w.held.list() {
			if w.rng.IntN(100) < share {
				subscription, _, _ := strings.Cut(id, "-")
				w.listed[id] = usage.License{ID: id, Name: "back", SubscriptionID: subscription, Total: new(int64(7)), Consumed: new(int64(3))}
			}
		}
		return "came back"
	case 7:
		spec.DefaultSubscription = any(append(subscriptions, "", "S1", "S2", "S3"))
		return "default " + spec.DefaultSubscription
	case 8:
		spec.Prune = &v1alpha1.Prune{MaxPercent: new([]int32{0, 10, 50, 60, 99, 100}[w.rng.IntN(6)])}
		return fmt.Sprint("maxPercent ", *spec.Prune.MaxPercent)
	case 9, 10:
		if w.customer.Status.HeldPrune == nil {
			return "nothing to approve"
		}
		metav1.SetMetaDataAnnotation(&w.customer.ObjectMeta, v1alpha1.AnnotationApprovePrune, w.customer.Status.HeldPrune.Token)
		return "approved"
	default:
		w.subscribe(1 + w.rng.IntN(12))
		return "bought"
	}
}

// reconcile does what the customer's reconciler does, and says how many rows it wrote.
func (w *renewals) reconcile() int {
	written, existing := 0, w.list()
	defaults := rows.Defaults(w.customer, existing)
	for i := range existing {
		if change, ok := rows.Refresh(&existing[i], w.customer, defaults, metav1.NewTime(w.now)); ok {
			w.write(change)
			written++
		}
	}
	return written
}

func (w *renewals) list() []v1alpha1.WebexLicense {
	return slices.SortedFunc(maps.Values(w.rows), func(a, b v1alpha1.WebexLicense) int { return cmp.Compare(a.Name, b.Name) })
}

func (w *renewals) write(change rows.Change) {
	row := *change.After.DeepCopy()
	row.Generation = 1
	if change.Kind == v1alpha1.ChangeAdded {
		w.made++
		row.UID = types.UID(fmt.Sprint(w.made))
	}
	w.rows[row.Name] = row
}

// run walks and writes, all or, if cut, a part; and says how many rows it wrote. A run that
// is cut off records no facts.
func (w *renewals) run(cut bool) (written int) {
	w.now = w.now.Add(time.Minute)
	a := &attempt{Engine: &Engine{Clock: clocktesting.NewFakePassiveClock(w.now)}, sync: &v1alpha1.LicenseSync{}, customer: w.customer.DeepCopy()}
	a.licenses = slices.SortedFunc(maps.Values(w.listed), func(a, b usage.License) int { return cmp.Compare(a.ID, b.ID) })
	a.usage = usage.NewAggregator(a.licenses, nil, usage.Options{Customer: true})
	d := a.diff(w.customer, w.list())
	a.summarise(d)
	var marks, rest []func()
	for _, mark := range d.Marks {
		marks = append(marks, func() { w.write(mark) })
	}
	for _, change := range d.Changes {
		rest = append(rest, func() { w.write(change) })
	}
	for _, row := range d.Removals {
		rest = append(rest, func() { delete(w.rows, row.Name) })
	}
	w.rng.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	writes := slices.Concat(marks, rest)
	if cut {
		writes = writes[:w.rng.IntN(len(writes)+1)]
	}
	for _, do := range writes {
		do()
	}
	if cut {
		return len(writes)
	}
	if n := w.reconcile(); n > 0 { // it has the rows before it has the facts
		w.fail("the reconciler wrote %d rows by facts that were old", n)
	}
	w.now = w.now.Add(time.Second)
	a.recordResult(&w.customer.Status, metav1.NewTime(w.now))
	if a.outcome.TotalUnits != *w.customer.Status.Totals.TotalUnits {
		w.fail("the run counts %d units, the customer %d", a.outcome.TotalUnits, *w.customer.Status.Totals.TotalUnits)
	}
	return len(writes)
}

// judge is the oracle: what is held and what was removed once a run is complete.
func (w *renewals) judge() (held ids, percent int) {
	listed := setOf(slices.Collect(maps.Keys(w.listed))...)
	still, gone := w.held.without(listed), w.counts.without(listed)
	approved, known := w.tokens[w.customer.Annotations[v1alpha1.AnnotationApprovePrune]]
	switch {
	case known && approved == w.identity(still.with(gone)):
		return ids{}, 0
	case known && approved == w.identity(still):
		still = ids{}
	}
	limit := 50
	if p := w.customer.Spec.Prune; p != nil {
		limit = int(*p.MaxPercent)
	}
	if n := len(w.counts); n > 0 {
		percent = (len(gone)*100 + n - 1) / n
	}
	if len(still) > 0 {
		percent = max(percent, w.percent)
	}
	all := still.with(gone)
	tooMany := percent > limit && (len(still) > 0 || len(w.counts) >= 10)
	if len(all) == 0 || !tooMany && len(listed) > 0 {
		return ids{}, 0
	}
	return all, percent
}

// approvesOther says whether what is approved is not what is held now.
func (w *renewals) approvesOther() bool {
	approved, held := w.customer.Annotations[v1alpha1.AnnotationApprovePrune], w.customer.Status.HeldPrune
	return approved != "" && (held == nil || approved != held.Token ||
		slices.ContainsFunc(w.held.list(), func(id string) bool { _, back := w.listed[id]; return back }))
}

// identity tells a set of rows from their successors.
func (w *renewals) identity(licenses ids) string {
	var names []string
	for _, row := range w.rows {
		if licenses[row.Spec.LicenseID] {
			names = append(names, row.Spec.LicenseID+"/"+string(row.UID))
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// check compares rows and facts with the oracle.
func (w *renewals) check(held ids, percent int, wasCut bool) {
	w.Helper()
	counts, superseded := ids{}, ids{}
	var total, consumed int64
	for _, row := range w.rows {
		if ptr.Deref(row.Status.Superseded, false) {
			superseded[row.Spec.LicenseID] = true
			if row.Status.AssignableReason != v1alpha1.AssignableSuperseded || rows.Capacity(w.customer, &row) != "" {
				w.fail("%s is superseded, and says %s and %s", row.Spec.LicenseID, row.Status.AssignableReason, rows.Capacity(w.customer, &row))
			}
			continue
		}
		counts[row.Spec.LicenseID] = true
		total, consumed = total+*row.Status.TotalUnits, consumed+*row.Status.ConsumedUnits
		if want := w.assignable(row.Status.SubscriptionID); row.Status.AssignableReason != want {
			w.fail("%s says %s, not %s", row.Spec.LicenseID, row.Status.AssignableReason, want)
		}
	}
	if listed := setOf(slices.Collect(maps.Keys(w.listed))...); !maps.Equal(counts, listed) {
		w.fail("in sums is %v, and Webex lists %v", counts.list(), listed.list())
	}
	if !maps.Equal(superseded, held) {
		w.fail("superseded is %v, and should be %v", superseded.list(), held.list())
	}
	s := w.customer.Status
	if *s.Totals.TotalUnits != total || *s.Totals.ConsumedUnits != consumed || !slices.Equal(s.Subscriptions, w.subscriptions()) {
		w.fail("the customer says %d of %d units and %v, rows %d of %d, Webex %v", *s.Totals.ConsumedUnits, *s.Totals.TotalUnits, s.Subscriptions, consumed, total, w.subscriptions())
	}
	w.counts, w.held, w.percent = counts, held, percent
	if len(held) == 0 {
		if s.HeldPrune != nil {
			w.fail("nothing is held, and the customer says %d rows", *s.HeldPrune.Rows)
		}
		return
	}
	if s.HeldPrune == nil || int(*s.HeldPrune.Rows) != len(held) {
		w.fail("held are %d rows, and the customer says %+v", len(held), s.HeldPrune)
	}
	// A run that was cut off leaves no word of the share: then it is all.
	if is := int(*s.HeldPrune.Percent); is != percent && !wasCut || is < percent {
		w.fail("held are %d percent, and the customer says %d", percent, is)
	}
	w.percent = int(*s.HeldPrune.Percent)
	w.tokens[s.HeldPrune.Token] = w.identity(held)
}

func (w *renewals) assignable(subscription string) v1alpha1.AssignableReason {
	chosen, subscriptions := w.customer.Spec.DefaultSubscription, w.subscriptions()
	switch {
	case chosen == "" && len(subscriptions) > 1:
		return v1alpha1.AssignableDefaultSubscriptionRequired
	case chosen != "" && !slices.Contains(subscriptions, chosen):
		return v1alpha1.AssignableDefaultNotFound
	case chosen != "" && chosen != subscription:
		return v1alpha1.AssignableOtherSubscription
	}
	return v1alpha1.AssignableYes
}

// Whatever is renewed, shrinks, comes back, is approved, and wherever a run is cut off: rows
// and facts say what Webex lists, what is held is what the guard holds by the rows that were
// there before, and runs and the reconciler agree.
func TestRenewals(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		w := newRenewals(t, seed)
		w.run(false)
		w.counts = setOf(slices.Collect(maps.Keys(w.listed))...)
		for round := range 15 {
			for range 1 + w.rng.IntN(2) {
				w.log = append(w.log, fmt.Sprintf("seed %d, round %d: %s", seed, round, w.happen()))
			}
			w.reconcile() // what the spec says now
			held, percent := w.judge()
			cuts := 0
			// Below 10 rows there is no share to be diluted. An approval of other rows than those
			// that are held now may become one of them, or no longer be, by a run that is cut off.
			if len(w.counts) >= 10 && !w.approvesOther() {
				cuts = w.rng.IntN(3)
			}
			for range cuts {
				w.log = append(w.log, fmt.Sprint("cut off after ", w.run(true)))
				if n := w.reconcile(); n > 0 {
					w.fail("the reconciler undid %d rows of a run that was cut off", n)
				}
			}
			w.log = append(w.log, fmt.Sprint("wrote ", w.run(false)))
			w.check(held, percent, cuts > 0)
			if again, reconciled := w.run(false), w.reconcile(); again+reconciled > 0 {
				w.fail("nothing changed, and %d rows were written by a run, %d by the reconciler", again, reconciled)
			}
			w.check(held, w.percent, false)
			if w.rng.IntN(2) == 0 {
				delete(w.customer.Annotations, v1alpha1.AnnotationApprovePrune)
			}
		}
	}
}
