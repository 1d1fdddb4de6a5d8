package cli

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

func fleetAssignment(name, customer, license string, adjust func(*v1alpha1.WebexLicenseAssignment)) *v1alpha1.WebexLicenseAssignment {
	w := &v1alpha1.WebexLicenseAssignment{}
	w.Namespace, w.Name, w.Generation, w.CreationTimestamp = "webex", name, 1, *at(30 * 24 * time.Hour)
	w.Spec.CustomerAccessRef.Name, w.Spec.License.Name, w.Spec.Mode = customer, license, v1alpha1.AssignmentModeEnforce
	w.Status.License = &v1alpha1.AssignedLicense{Name: license}
	adjust(w)
	return w
}

// verdict sets the condition Ready and the plan.
func verdict(reason string, status metav1.ConditionStatus, message string, add, remove, unchanged int64) func(*v1alpha1.WebexLicenseAssignment) {
	return func(w *v1alpha1.WebexLicenseAssignment) {
		condition(&w.Status.Conditions, v1alpha1.ConditionReady, status, reason, message)
		w.Status.Plan = &v1alpha1.AssignmentPlan{Add: &add, Remove: &remove, Unchanged: &unchanged}
	}
}

// assignments are four of acme, of which two want something, and one of globex.
func assignments() []client.Object {
	return []client.Object{
		fleetAssignment("berlin", "acme", "Webex Meetings Suite", func(w *v1alpha1.WebexLicenseAssignment) {
			verdict(v1alpha1.ReasonRemovalsHeld, metav1.ConditionFalse, "the operator's own words", 3, 40, 12)(w)
			condition(&w.Status.Conditions, v1alpha1.ConditionRemovalsHeld, metav1.ConditionTrue, v1alpha1.ReasonRemovalsHeld, "the operator's own words")
			w.Status.Subjects = &v1alpha1.SubjectCounts{Listed: new(int64(15)), Resolved: new(int64(15))}
			w.Status.Held = &v1alpha1.HeldRemovals{People: new(int64(40)), Token: "b1d5781111d8"}
		}),
		fleetAssignment("board", "acme", "Advanced Messaging", verdict(v1alpha1.ReasonInSync, metav1.ConditionTrue, "all is as it shall be", 0, 0, 12)),
		fleetAssignment("interns", "acme", "Advanced Messaging", func(w *v1alpha1.WebexLicenseAssignment) {
			w.Spec.Mode = v1alpha1.AssignmentModeReport
			verdict(v1alpha1.ReasonPlanOnly, metav1.ConditionTrue, "mode Report", 7, 0, 0)(w)
		}),
		fleetAssignment("sales", "acme", "Webex Meetings Suite", func(w *v1alpha1.WebexLicenseAssignment) {
			verdict(v1alpha1.ReasonSubjectsNotFound, metav1.ConditionFalse, "2 addresses are of no person of the organization, and no licence is taken: correct lines 3 and 9 of key emails of Secret sales-people, or take them out", 0, 0, 9)(w)
			w.Status.Subjects = &v1alpha1.SubjectCounts{Listed: new(int64(11)), Resolved: new(int64(9)), NotFound: new(int64(2))}
			w.Status.LastRun = &v1alpha1.AssignmentRun{Failed: new(int64(1))}
		}),
		fleetAssignment("london", "globex", "Messaging", func(w *v1alpha1.WebexLicenseAssignment) { w.Status = v1alpha1.WebexLicenseAssignmentStatus{} }),
	}
}

func fleetWithAssignments() []client.Object { return append(fleet(), assignments()...) }

func TestApproveRemovals(t *testing.T) {
	t.Parallel()
	approved := func(w *world) string {
		o := &v1alpha1.WebexLicenseAssignment{}
		w.fetch(o, "berlin")
		return o.Annotations[v1alpha1.AnnotationApproveRemovals]
	}
	const shown = "By assignment berlin (Webex Meetings Suite), 40 people of customer acme would lose a licence. Held since 24h.\n" +
		"Who they are: kubectl webex plan berlin. Token: b1d5781111d8."
	const done = "assignment berlin: the removals from 40 people are approved\nnote: a run takes the licences now: kubectl webex runs acme shows it"
	t.Run("asked", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, fleetWithAssignments()...)
		w.stdin, w.inLive = "y\n", true
		w.expect("approve-removals berlin", 0, shown, "Take licences from these 40 people? [y/N] y", done)
		if got := approved(w); got != "b1d5781111d8" {
			t.Errorf("approved %q", got)
		}
		w.expect("approve-removals berlin --token b1d5781111d8", 0, "assignment berlin: the removals from 40 people are approved already; a run carries them out")
	})
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, fleetWithAssignments()...)
		w.stdin, w.inLive = "\n", true
		w.expect("approve-removals berlin", 1, shown, "Take licences from these 40 people? [y/N] ", "error: not confirmed: nothing was changed")
		if got := approved(w); got != "" {
			t.Errorf("approved %q", got)
		}
	})
	t.Run("a script", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, fleetWithAssignments()...)
		w.expect("approve-removals berlin", 2, shown, "error: there is no terminal to ask on: add --yes", "See 'kubectl webex approve-removals --help'.")
		w.expect("approve-removals berlin --yes --token 0ld", 1,
			"error: what is held of assignment berlin is no longer what token 0ld stands for; it is b1d5781111d8 now: look at kubectl webex plan berlin again")
		if got := approved(w); got != "" {
			t.Errorf("approved %q", got)
		}
		w.expect("approve-removals berlin --yes --token b1d5781111d8", 0, shown, done)
	})
	t.Run("changed while a person was asked", func(t *testing.T) {
		t.Parallel()
		reads := 0
		w := newWorldWith(t, interceptor.Funcs{Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, opts ...client.GetOption) error {
			err := c.Get(ctx, key, object, opts...)
			if o, ok := object.(*v1alpha1.WebexLicenseAssignment); ok {
				if reads++; reads == 2 {
					o.Status.Held.Token = "another"
				}
			}
			return err
		}}, fleetWithAssignments()...)
		w.expect("approve-removals berlin --yes", 1, shown, "error: what is held of assignment berlin has changed meanwhile, and nothing was approved: look at kubectl webex plan berlin again")
		if got := approved(w); got != "" {
			t.Errorf("approved %q", got)
		}
	})
	t.Run("nothing held", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, fleetWithAssignments()...)
		w.expect("approve-removals board", 1, "error: no removal of assignment board is held: there is nothing to approve")
		w.expect("approve-removals none", 1, `error: there is no assignment "none" in namespace webex: kubectl get webexlicenseassignments lists them, or look elsewhere with -n or -A`)
		if got := w.run("__complete", "approve-removals", ""); got.out != "berlin\n:4\n" {
			t.Errorf("offered %q", got.out)
		}
	})
	t.Run("golden", func(t *testing.T) {
		t.Parallel()
		newWorld(t, fleetWithAssignments()...).golden("approve-removals", "approve-removals", "berlin", "--yes")
	})
}

func TestStatusCountsWhatWaits(t *testing.T) {
	t.Parallel()
	for name, args := range map[string]string{
		"status-assignments":      "status acme",
		"status-assignments-csv":  "status -o csv",
		"status-assignments-json": "status acme -o json",
		"report-assignments-csv":  "report -o csv --customer acme",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newWorld(t, fleetWithAssignments()...).golden(name, strings.Fields(args)...)
		})
	}
	t.Run("page", func(t *testing.T) {
		t.Parallel()
		page := newWorld(t, fleetWithAssignments()...).run("report", "-o", "html").out
		for _, want := range []string{"Assignments", "1 InSync, 1 Pending, 1 PlanOnly, 1 RemovalsHeld, 1 SubjectsNotFound, 10 to add, 40 to remove, 40 held, 1 failed, 2 not found", "kubectl webex approve-removals berlin"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
	})
}

// Assignments need a role of their own, and a definition that older clusters lack: all else is shown without.
func TestStatusWithoutAssignments(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		note string
	}{
		"no role": {
			apierrors.NewForbidden(schema.GroupResource{Group: v1alpha1.GroupName, Resource: "webexlicenseassignments"}, "", errors.New("no")),
			"note: assignments of licences are not shown: you may not read them (webexlicenseassignment-viewer-role)",
		},
		"no kind": {err: &apierrors.StatusError{ErrStatus: metav1.Status{Reason: metav1.StatusReasonNotFound, Code: 404}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldWith(t, interceptor.Funcs{List: func(ctx context.Context, cl client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
				if _, ok := list.(*v1alpha1.WebexLicenseAssignmentList); ok {
					return c.err
				}
				return cl.List(ctx, list, opts...)
			}}, fleetWithAssignments()...)
			got := w.run("status")
			if plain := newWorld(t, fleet()...).run("status"); got.code != 0 || got.out != plain.out || strings.Contains(got.err, "assignments") != (c.note != "") || !strings.Contains(got.err, c.note) {
				t.Errorf("code %d\n%s", got.code, got.screen)
			}
		})
	}
}
