package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/internal/schedule"
	"github.com/webex-operator/webex-license-operator/internal/timetable"
)

// noSchedule is the answer of a person who wants none.
const noSchedule = "none"

// schedule plans the schedule that comes with the customer, if there is to be one.
func (w *wizard) schedule(ctx context.Context) error {
	var err error
	if w.flags.partner || w.flags.assignment {
		if w.flags.schedule != "" {
			return usagef("--schedule is for the credentials that a customer is read with; a partner has spec.template.schedule")
		}
		w.scheduled = true // or not, but this is not about it
		return nil
	}
	if w.scheduled, err = w.isScheduled(ctx); err != nil {
		return err
	}
	if line := w.flags.schedule; line != "" {
		if err := checkLine(line); err != nil {
			return usagef("--schedule: %v", err)
		}
		return w.planSchedule(ctx, line)
	}
	if !w.InLive || w.flags.yes || w.flags.given() || w.flags.secret != "" || w.flags.signIn || w.scheduled {
		return nil // flags say all that is to be said
	}
	fmt.Fprintf(w.Err.Out, "No schedule selects %s: read it at which times, in UTC?\n", w.name)
	for {
		line, err := w.ask(ctx, fmt.Sprintf("Cron line, Enter for every night (%s), or none:", nightly(w.namespace, w.name)))
		switch {
		case err != nil:
			return err
		case line == noSchedule:
			return nil
		case line == "":
			line = nightly(w.namespace, w.name)
		}
		if err := checkLine(line); err != nil {
			fmt.Fprintln(w.Err.Out, err)
			continue
		}
		return w.planSchedule(ctx, line)
	}
}

// isScheduled says whether a schedule will read the customer. Where schedules may not be seen, it is taken for read.
func (w *wizard) isScheduled(ctx context.Context) (bool, error) {
	if w.session == nil {
		return false, nil
	}
	schedules, err := cluster.Schedules(ctx, w.session)
	if apierrors.IsForbidden(err) {
		return true, nil
	}
	return slices.ContainsFunc(schedules, func(s v1alpha1.LicenseSyncSchedule) bool {
		return timetable.Runs(&s) && timetable.Selects(&s, w.plan.Customer)
	}), err
}

// nightly is a cron line in the small hours of UTC: the same for each customer whenever it is asked for, and another one
// for most others, so that they do not start at once.
func nightly(namespace, customer string) string {
	const from, hours = 1, 4
	minute := int(timetable.Offset(namespace, customer, hours*time.Hour) / time.Minute)
	return fmt.Sprintf("%d %d * * *", minute%60, from+minute/60)
}

func checkLine(line string) error {
	_, err := schedule.Parse(schedule.Spec{Cron: line, TimeZone: "Etc/UTC"})
	return err
}

// planSchedule plans the schedule of the customer's name, which reads this customer alone.
func (w *wizard) planSchedule(ctx context.Context, line string) error {
	before, err := existing(ctx, w, &v1alpha1.LicenseSyncSchedule{}, w.name)
	if err != nil {
		return err
	}
	object := &v1alpha1.LicenseSyncSchedule{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: w.name}}
	if before != nil {
		if ref := before.Spec.CustomerAccessRef; ref == nil || ref.Name != w.name {
			return fmt.Errorf("there is a LicenseSyncSchedule %s already, which reads others: leave --schedule out, and label the customer for a schedule or make one with another name", w.name)
		}
		object = before.DeepCopy()
	}
	object.TypeMeta = metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "LicenseSyncSchedule"}
	object.Spec.CustomerAccessRef = &v1alpha1.LocalCustomerReference{Name: w.name}
	object.Spec.Schedule = line
	w.plan.Schedule, w.plan.ScheduleBefore, w.scheduled = object, before, true
	return nil
}

// unscheduledNote says so if figures will grow old.
func (w *wizard) unscheduledNote() {
	if !w.scheduled {
		w.note("no schedule selects it, so that it is read by hand only: kubectl webex connect %s --schedule %q has it read every night", w.name, nightly(w.namespace, w.name))
	}
}

func shownSchedule(s *v1alpha1.LicenseSyncSchedule) any {
	spec, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&s.Spec)
	if err != nil {
		panic(err) // a spec always has this form
	}
	return map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": "LicenseSyncSchedule", "metadata": shownMeta(s), "spec": spec,
	}
}
