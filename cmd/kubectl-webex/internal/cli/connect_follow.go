package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

// follow shows the first run, or says what comes next.
func (w *wizard) follow(ctx context.Context) error {
	switch {
	case w.isDry():
		return nil
	case w.flags.partner:
		w.followPartner()
		return nil
	case !w.flags.wait:
		w.next()
		return nil
	case ptr.Deref(w.plan.Customer.Spec.Suspend, false):
		w.note("customer %s is suspended: kubectl webex resume customer %s lets it run", w.name, w.name)
		return nil
	}
	began := w.Now()
	run, err := w.firstRun(ctx)
	if err != nil {
		return err
	}
	timeout := w.flags.timeout
	if timeout > 0 {
		timeout = max(timeout-w.Now().Sub(began), time.Second)
	}
	if err := w.app.follow(ctx, w.session, []*v1alpha1.LicenseSync{run}, timeout); err != nil {
		return err
	}
	return w.totals(ctx)
}

func (w *wizard) next() {
	what := "its first run starts by itself"
	switch {
	case w.onlySchedule:
		what = "the schedule starts its runs"
	case w.plan.CustomerBefore != nil:
		what = "the next run uses them"
	}
	for _, line := range []string{
		what + "; kubectl webex status " + w.name + " says how it is",
		"kubectl webex sync " + w.name + " --wait reads it now, and kubectl webex licenses --customer " + w.name + " shows what it has",
	} {
		w.note("%s", line)
	}
	w.unscheduledNote()
}

// firstRun is the run that the operator starts for a new customer; one that was
// there already gets one of ours.
func (w *wizard) firstRun(ctx context.Context) (*v1alpha1.LicenseSync, error) {
	if w.plan.CustomerBefore != nil {
		run := newRun(w.plan.Customer, 24*time.Hour)
		run.Namespace = w.namespace
		return run, cluster.Explain(w.session.Client.Create(ctx, run, fieldManager))
	}
	if w.flags.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, w.flags.timeout, fmt.Errorf("no run began in %s: see whether the operator is at work in this cluster and watches namespace %s", w.flags.timeout, w.namespace))
		defer cancel()
	}
	customer := &v1alpha1.WebexCustomerAccess{}
	if err := w.session.Client.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: w.name}, customer); err != nil {
		return nil, cluster.Explain(err)
	}
	tick := time.NewTicker(frame)
	defer tick.Stop()
	for told, began := false, w.Now(); ; {
		var runs v1alpha1.LicenseSyncList
		err := w.session.Client.List(ctx, &runs, client.InNamespace(w.namespace), client.MatchingLabels{v1alpha1.LabelCustomer: w.name})
		if err != nil && ctx.Err() == nil {
			return nil, cluster.Explain(err)
		}
		for i := range runs.Items {
			// An older one is that of a customer of the same name that was deleted.
			if run := &runs.Items[i]; !run.CreationTimestamp.Before(&customer.CreationTimestamp) {
				return run, nil
			}
		}
		if !told && w.Now().Sub(began) > operatorPatience {
			w.note("no run has begun: is the operator at work in this cluster, and does it watch namespace %s?", w.namespace)
			told = true
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// operatorPatience is after what time an operator seems not to be there.
const operatorPatience = 15 * time.Second

// totals is the last line: what the customer has.
func (w *wizard) totals(ctx context.Context) error {
	c := &v1alpha1.WebexCustomerAccess{}
	if err := w.session.Client.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: w.name}, c); err != nil {
		return cluster.Explain(err)
	}
	if t := c.Status.Totals; t != nil && w.flags.output == "" {
		defer w.unscheduledNote()
		w.say("%s: %s, %s: %d of %d units in use", w.name, count(int(value(t.Licenses)), "licence"), count(int(value(t.Locations)), "location"), value(t.ConsumedUnits), value(t.TotalUnits))
	}
	return nil
}

func keysOf(secret *corev1.Secret) string {
	return strings.Join(slices.Sorted(maps.Keys(secret.Data)), ", ")
}

// cleanLines makes a text of several lines fit for a terminal.
func cleanLines(text []byte) string {
	lines := strings.Split(string(text), "\n")
	for i := range lines {
		lines[i] = terminal.Clean(lines[i])
	}
	return strings.Join(lines, "\n")
}
