package cli

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

func (w *world) fetch(object client.Object, name string) {
	w.t.Helper()
	if err := w.client.Get(w.ctx, client.ObjectKey{Namespace: "webex", Name: name}, object); err != nil {
		w.t.Fatal(err)
	}
}

// expect runs a command line and compares code and screen.
func (w *world) expect(args string, code int, screen ...string) {
	w.t.Helper()
	got := w.run(strings.Fields(args)...)
	want := strings.Join(screen, "\n") + "\n"
	if got.code != code || got.screen != want {
		w.t.Errorf("%s: code %d\n%swant code %d\n%s", args, got.code, got.screen, code, want)
	}
}

func TestSuspendAndResume(t *testing.T) {
	w := newWorld(t, fleet()...)
	customer, schedule := &v1alpha1.WebexCustomerAccess{}, &v1alpha1.LicenseSyncSchedule{}
	w.expect("suspend customer initech globex", 0, "customer initech suspended", "customer globex suspended")
	if w.fetch(customer, "initech"); !ptr.Deref(customer.Spec.Suspend, false) {
		t.Error("the customer is not suspended")
	}
	w.expect("suspend customer initech", 0, "customer initech is suspended already")
	w.expect("resume customers initech", 0, "customer initech resumed")
	if w.fetch(customer, "initech"); ptr.Deref(customer.Spec.Suspend, true) {
		t.Error("the customer is not resumed")
	}
	w.expect("resume customer initech", 0, "customer initech is not suspended")
	w.expect("suspend schedule nightly", 0, "schedule nightly suspended")
	if w.fetch(schedule, "nightly"); !ptr.Deref(schedule.Spec.Suspend, false) {
		t.Error("the schedule is not suspended")
	}
	w.expect("resume schedule nightly", 0, "schedule nightly resumed")

	// Of a slot that passed meanwhile a run starts now, but for a customer that is suspended,
	// or one that would be too late.
	passed := func(deadline int64) {
		w.fetch(schedule, "nightly")
		schedule.Spec.Suspend, schedule.Spec.StartingDeadlineSeconds = new(true), deadline
		if err := w.client.Update(w.ctx, schedule); err != nil {
			t.Fatal(err)
		}
		schedule.Status.LastScheduleTime = at(50 * time.Hour)
		if err := w.client.Status().Update(w.ctx, schedule); err != nil {
			t.Fatal(err)
		}
	}
	passed(0)
	w.expect("resume schedule nightly", 0, "schedule nightly resumed",
		"note: a run starts now, for the slot of Tue 10 Mar 02:30 CET, the latest that passed meanwhile: acme")
	w.expect("resume schedule nightly", 0, "schedule nightly is not suspended")
	w.expect("resume customer globex", 0, "customer globex resumed")
	passed(0)
	w.expect("resume schedule nightly", 0, "schedule nightly resumed",
		"note: 2 runs start now, for the slot of Tue 10 Mar 02:30 CET, the latest that passed meanwhile: acme, globex")
	passed(60)
	w.expect("resume schedule nightly", 0, "schedule nightly resumed")
	w.expect("suspend customer acme", 0, "customer acme suspended",
		"note: run acme-9dm4w has been created already: if it has begun it is finished; kubectl webex cancel acme-9dm4w ends it",
		"note: run acme-x7k2p has been created already: if it has begun it is finished; kubectl webex cancel acme-x7k2p ends it")

	w.expect("suspend", 2, "error: suspend what? Use suspend customer NAME, suspend schedule NAME or suspend partner NAME", "See 'kubectl webex suspend --help'.")
	w.expect("suspend acme", 2, "error: suspend acme what? Use suspend customer NAME, suspend schedule NAME or suspend partner NAME", "See 'kubectl webex suspend --help'.")
	w.expect("resume schedule", 2, "error: requires at least 1 arg(s), only received 0", "See 'kubectl webex resume schedule --help'.")
	w.expect("suspend schedule weekly", 1, `error: there is no schedule "weekly" in namespace webex: kubectl webex schedules lists them, or look elsewhere with -n or -A`)
}

func TestApprovePrune(t *testing.T) {
	held := func(w *world) string {
		customer := &v1alpha1.WebexCustomerAccess{}
		w.fetch(customer, "globex")
		return customer.Annotations[v1alpha1.AnnotationApprovePrune]
	}
	const shown = "Customer globex has 6 rows. Webex no longer has what 9 of them show. Held since 24h.\n" +
		"That is everything. A token of another organization, or one that lost its rights, looks the same:\n" +
		"see kubectl webex status globex and Control Hub before you approve."
	const done = "customer globex: the removal of 9 rows is approved\nnote: a run removes them now: kubectl webex runs globex shows it"
	t.Run("asked", func(t *testing.T) {
		w := newWorld(t, fleet()...)
		w.stdin, w.inLive = "y\n", true
		w.expect("approve-prune globex", 0, shown, "Remove these 9 rows of globex? [y/N] y", done)
		if held(w) != "5f0c3a9be412" {
			t.Errorf("approved %q", held(w))
		}
		w.expect("approve-prune globex", 0, "customer globex: the removal of 9 rows is approved already; a run carries it out")
	})
	t.Run("refused", func(t *testing.T) {
		w := newWorld(t, fleet()...)
		w.stdin, w.inLive = "\n", true
		w.expect("approve-prune globex", 1, shown, "Remove these 9 rows of globex? [y/N] ", "error: not confirmed: nothing was changed")
		if held(w) != "" {
			t.Errorf("approved %q", held(w))
		}
	})
	t.Run("a script", func(t *testing.T) {
		w := newWorld(t, fleet()...)
		w.expect("approve-prune globex", 2, shown, "error: there is no terminal to ask on: add --yes", "See 'kubectl webex approve-prune --help'.")
		w.expect("approve-prune globex --yes", 0, shown, done)
	})
	t.Run("nothing held", func(t *testing.T) {
		newWorld(t, fleet()...).expect("approve-prune acme", 1, "error: nothing of customer acme is held: there is nothing to approve")
	})
	t.Run("completion", func(t *testing.T) {
		if got := newWorld(t, fleet()...).run("__complete", "approve-prune", ""); got.out != "globex\n:4\n" {
			t.Errorf("offered %q", got.out)
		}
	})
}

func TestCancel(t *testing.T) {
	w := newWorld(t, fleet()...)
	w.expect("cancel acme-x7k2p acme-9dm4w", 0, "run acme-x7k2p canceled", "run acme-9dm4w canceled")
	run := &v1alpha1.LicenseSync{}
	if w.fetch(run, "acme-x7k2p"); !ptr.Deref(run.Spec.Cancel, false) {
		t.Error("the run is not canceled")
	}
	w.expect("cancel acme-x7k2p", 0, "run acme-x7k2p is being canceled already")
	w.expect("cancel nightly-acme-0eb633d7-29552790", 1, "error: run nightly-acme-0eb633d7-29552790 has ended (Succeeded): there is nothing to cancel")
	w.expect("cancel acme", 1, `error: there is no run "acme" in namespace webex: kubectl webex runs --active lists those that have not ended, or look elsewhere with -n or -A`)
	w.expect("cancel", 2, "error: requires at least 1 arg(s), only received 0", "See 'kubectl webex cancel --help'.")
	if got := w.run("__complete", "cancel", "acme-x7k2p", ""); got.out != "acme-9dm4w\n:4\n" {
		t.Errorf("offered %q", got.out)
	}
}

func TestOtherOwner(t *testing.T) {
	fields := func(manager, operation, raw string) metav1.ManagedFieldsEntry {
		return metav1.ManagedFieldsEntry{Manager: manager, Operation: metav1.ManagedFieldsOperationType(operation), FieldsV1: metav1.NewFieldsV1(raw)}
	}
	const suspend, other = `{"f:spec":{"f:suspend":{}}}`, `{"f:spec":{"f:schedule":{}}}`
	for _, c := range []struct {
		entries []metav1.ManagedFieldsEntry
		want    string
	}{
		{nil, ""},
		{[]metav1.ManagedFieldsEntry{fields("kustomize-controller", "Apply", suspend)}, "kustomize-controller"},
		{[]metav1.ManagedFieldsEntry{fields("kustomize-controller", "Apply", other)}, ""},
		{[]metav1.ManagedFieldsEntry{fields("webex-license-operator/partner/provider", "Apply", suspend)}, ""}, // which gives way
		{[]metav1.ManagedFieldsEntry{fields("kubectl-edit", "Update", suspend), fields("kubectl-webex", "Apply", suspend)}, ""},
	} {
		object := &v1alpha1.LicenseSyncSchedule{ObjectMeta: metav1.ObjectMeta{ManagedFields: c.entries}}
		if got := otherOwner(object, "suspend"); got != c.want {
			t.Errorf("%v: %q, want %q", c.entries, got, c.want)
		}
	}
}

func TestActGolden(t *testing.T) {
	for name, args := range map[string]string{
		"suspend":       "suspend customer acme",
		"resume":        "resume customer umbrella",
		"cancel":        "cancel acme-x7k2p",
		"approve-prune": "approve-prune globex --yes",
	} {
		t.Run(name, func(t *testing.T) { newWorld(t, fleet()...).golden(name, strings.Fields(args)...) })
	}
}
