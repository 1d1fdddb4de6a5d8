package cli

import (
	"context"
	"strings"
	"testing"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

func TestApproveSuspensions(t *testing.T) {
	t.Parallel()
	approved := func(w *world) string {
		p := &v1alpha1.WebexPartner{}
		w.fetch(p, "provider")
		return p.Annotations[v1alpha1.AnnotationApproveRemovals]
	}
	const shown = "By partner provider, 3 customers would be suspended, since their organization is no longer listed or selected: hooli-5f2c9a01, soylent-77e0b3d2, vandelay-industries-09ab44f1. Held since 24h.\n" +
		"An administrator who lost a role, or a narrower spec.select, looks the same: see Partner Hub before you approve.\n" +
		"Which they are: kubectl webex partners provider. Token: b1d5781111d8a0c4."
	const done = "partner provider: the suspension of 3 customers is approved\nnote: they are suspended now, and their rows stay: kubectl webex partners provider shows it"
	t.Run("asked", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, fleetWithPartners()...)
		w.stdin, w.inLive = "n\n", true
		w.expect("approve-removals partner provider", 1, shown, "Suspend 3 customers? [y/N] n", "error: not confirmed: nothing was changed")
		if got := approved(w); got != "" {
			t.Errorf("approved %q", got)
		}
		w.stdin = "y\n"
		w.expect("approve-removals partner provider", 0, shown, "Suspend 3 customers? [y/N] y", done)
		if got := approved(w); got != "b1d5781111d8a0c4" {
			t.Errorf("approved %q", got)
		}
		w.expect("approve-removals partner provider", 0, "partner provider: the suspension of 3 customers is approved already; the next pass carries it out")
		if got := w.run("partners", "provider").out; strings.Contains(got, "approve-removals") {
			t.Errorf("what is approved is asked for again:\n%s", got)
		}
	})
	t.Run("a script", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, fleetWithPartners()...)
		w.expect("approve-removals partner provider", 2, shown, "error: there is no terminal to ask on: add --yes", "See 'kubectl webex approve-removals --help'.")
		w.expect("approve-removals partner provider --yes --token 0ld", 1,
			"error: what is held of partner provider is no longer what token 0ld stands for; it is b1d5781111d8a0c4 now: look at kubectl webex partners provider again")
		if got := approved(w); got != "" {
			t.Errorf("approved %q", got)
		}
		w.expect("approve-removals partner provider --yes --token b1d5781111d8a0c4", 0, shown, done)
	})
	t.Run("changed while a person was asked", func(t *testing.T) {
		t.Parallel()
		reads := 0
		w := newWorldWith(t, interceptor.Funcs{Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, opts ...client.GetOption) error {
			err := c.Get(ctx, key, object, opts...)
			if p, ok := object.(*v1alpha1.WebexPartner); ok {
				if reads++; reads == 2 {
					p.Status.Held.Token = "another"
				}
			}
			return err
		}}, fleetWithPartners()...)
		w.expect("approve-removals partner provider --yes", 1, shown, "error: what is held of partner provider has changed meanwhile, and nothing was approved: look at kubectl webex partners provider again")
		if got := approved(w); got != "" {
			t.Errorf("approved %q", got)
		}
	})
	t.Run("what comes next", func(t *testing.T) {
		t.Parallel()
		objects := fleetWithPartners()
		for _, object := range objects {
			if p, ok := object.(*v1alpha1.WebexPartner); ok && p.Name == "provider" {
				p.Spec.Mode, p.Status.Held.Customers, p.Status.OrganizationCounts.Found = v1alpha1.PartnerModeReport, new(int32(60)), new(int32(0))
			}
		}
		got := newWorld(t, objects...).run("approve-removals", "partner", "provider", "--yes")
		for _, want := range []string{"vandelay-industries-09ab44f1 and 57 more.", "No organization is listed at all.", "note: spec.mode of provider is Report: the customers are suspended once it is Create"} {
			if got.code != 0 || !strings.Contains(got.screen, want) {
				t.Errorf("code %d, no %q in\n%s", got.code, want, got.screen)
			}
		}
	})
	t.Run("mistakes", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, append(fleetWithPartners(), assignments()...)...)
		w.expect("approve-removals partner reseller", 1, "error: no suspension of partner reseller is held: there is nothing to approve")
		w.expect("approve-removals partner none", 1, `error: there is no partner "none" in namespace webex: kubectl webex partners lists them, or look elsewhere with -n or -A`)
		w.expect("approve-removals customer acme", 2, `error: "customer" is no kind: use the name of an assignment alone, or partner and the name of a partner`, "See 'kubectl webex approve-removals --help'.")
		w.expect("approve-removals", 2, "error: accepts between 1 and 2 arg(s), received 0", "See 'kubectl webex approve-removals --help'.")
		for args, want := range map[string]string{"": "berlin\npartner\n:4\n", "partner ": "provider\n:4\n", "berlin ": ":4\n"} {
			if got := w.run(append([]string{"__complete", "approve-removals"}, strings.Split(args, " ")...)...); got.out != want {
				t.Errorf("after %q offered %q", args, got.out)
			}
		}
	})
	t.Run("golden", func(t *testing.T) {
		t.Parallel()
		newWorld(t, fleetWithPartners()...).golden("approve-removals-partner", "approve-removals", "partner", "provider", "--yes")
	})
}

func TestSuspendPartner(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleetWithPartners()...)
	p := &v1alpha1.WebexPartner{}
	w.expect("suspend partner provider", 0, "partner provider suspended", "note: its customers run on: kubectl webex suspend customer stops one")
	if w.fetch(p, "provider"); !ptr.Deref(p.Spec.Suspend, false) {
		t.Error("the partner is not suspended")
	}
	w.expect("suspend partner provider", 0, "partner provider is suspended already")
	w.expect("resume partners provider", 0, "partner provider resumed")
	if w.fetch(p, "provider"); ptr.Deref(p.Spec.Suspend, true) {
		t.Error("the partner is not resumed")
	}
	w.expect("resume partner none", 1, `error: there is no partner "none" in namespace webex: kubectl webex partners lists them, or look elsewhere with -n or -A`)
}
