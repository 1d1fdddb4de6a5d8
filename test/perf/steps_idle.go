package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/rows"
)

// idle does nothing for a while.
func idle(ctx context.Context, w *world, step Step) error {
	asked, err := w.manager.asked(ctx)
	if err != nil {
		return err
	}
	before, after, err := w.measured(ctx, step, func() error { return w.manager.pause(ctx, step.For.Duration) })
	if err != nil {
		return err
	}
	total, err := w.manager.asked(ctx)
	if err != nil {
		return err
	}
	cpu := after.manager.cpu - before.manager.cpu
	w.figures.add(step.As, "manager CPU percent of a core", 100*cpu.Seconds()/after.at.Sub(before.at).Seconds())
	w.figures.add(step.As, "manager resident MiB", float64(after.manager.resident)/(1<<20))
	// Nearly all of them renew the lease.
	w.figures.add(step.As, "API requests of the manager", total-asked)
	return nil
}

// copies makes customers that have been read, without reading each of them: the operator reads the first one of every
// namespace, and the others get what that one got. Then the operator starts anew, with a daily schedule in every
// namespace, and must take them for its own: whatever it would do otherwise is a write, or a request to Webex.
func copies(ctx context.Context, w *world, step Step) error {
	groups := w.of(step)
	var patterns, others []member
	for _, g := range groups {
		if err := w.createNamespaces(ctx, g); err != nil {
			return err
		}
		for i, key := range g.customers {
			if i == 0 || key.Namespace != g.customers[i-1].Namespace {
				patterns = append(patterns, member{g, i})
			} else {
				others = append(others, member{g, i})
			}
		}
	}
	if err := w.readPatterns(ctx, patterns); err != nil {
		return err
	}
	left := map[string]*remains{}
	for _, pattern := range patterns {
		var err error
		if left[pattern.key().Namespace], err = w.remains(ctx, pattern); err != nil {
			return err
		}
	}
	err := w.parallel(ctx, len(others), func(i int) error {
		return w.copyCustomer(ctx, left[others[i].key().Namespace], others[i])
	})
	if err != nil {
		return err
	}
	for _, g := range groups {
		for _, schedule := range schedulesOf(g, step, time.Now().Add(12*time.Hour)) {
			if err := w.client.Create(ctx, schedule); err != nil {
				return err
			}
		}
	}
	_, _, err = w.measured(ctx, step, func() error {
		if err := w.startManager(ctx); err != nil {
			return err
		}
		if err := w.manager.ready(ctx); err != nil {
			return err
		}
		return w.quiet(ctx)
	})
	return err
}

// member is a customer of a group.
type member struct {
	group *group
	i     int
}

func (m member) key() client.ObjectKey { return m.group.customers[m.i] }

func (m member) organization() string { return m.group.sim.Organizations[m.i] }

// readPatterns lets the operator read some customers, and ends it.
func (w *world) readPatterns(ctx context.Context, patterns []member) error {
	for _, pattern := range patterns {
		if err := w.createCustomer(ctx, pattern.group, pattern.i); err != nil {
			return err
		}
	}
	if err := w.startManager(ctx); err != nil {
		return err
	}
	if err := w.awaitRuns(ctx, float64(len(patterns))); err != nil {
		return err
	}
	if err := w.quiet(ctx); err != nil {
		return err
	}
	err := w.manager.stop()
	w.manager = nil
	return err
}

// remains are what there is of a customer that was read.
type remains struct {
	member
	customer v1alpha1.WebexCustomerAccess
	rows     v1alpha1.WebexLicenseList
	runs     v1alpha1.LicenseSyncList
}

func (w *world) remains(ctx context.Context, of member) (*remains, error) {
	r := &remains{member: of}
	if err := w.client.Get(ctx, of.key(), &r.customer); err != nil {
		return nil, err
	}
	for _, list := range []client.ObjectList{&r.rows, &r.runs} {
		err := w.client.List(ctx, list, client.InNamespace(of.key().Namespace), client.MatchingLabels{v1alpha1.LabelCustomer: of.key().Name})
		if err != nil {
			return nil, err
		}
	}
	if len(r.rows.Items) == 0 || len(r.runs.Items) == 0 {
		return nil, fmt.Errorf("%s has %d rows and %d runs to copy", of.key(), len(r.rows.Items), len(r.runs.Items))
	}
	return r, nil
}

// copyCustomer makes a customer with the rows and runs of another one.
func (w *world) copyCustomer(ctx context.Context, from *remains, to member) error {
	names := []string{from.key().Name, to.key().Name, from.organization(), to.organization()}
	customer := &v1alpha1.WebexCustomerAccess{}
	if err := renamed(&from.customer, customer, names...); err != nil {
		return err
	}
	status := customer.Status
	if err := w.client.Create(ctx, customer); err != nil {
		return err
	}
	customer.Status = status
	customer.Status.CollectedSpecHash = rows.CollectedSpecHash(customer)
	if err := w.client.Status().Update(ctx, customer); err != nil {
		return err
	}
	names = append(names, string(from.customer.UID), string(customer.UID)) // in owner references
	for i := range from.rows.Items {
		row := &v1alpha1.WebexLicense{}
		if err := renamed(&from.rows.Items[i], row, names...); err != nil {
			return err
		}
		status := row.Status
		if err := w.client.Create(ctx, row); err != nil {
			return err
		}
		row.Status = status
		if err := w.client.Status().Update(ctx, row); err != nil {
			return err
		}
	}
	for i := range from.runs.Items {
		run := &v1alpha1.LicenseSync{}
		if err := renamed(&from.runs.Items[i], run, names...); err != nil {
			return err
		}
		status := run.Status
		if err := w.client.Create(ctx, run); err != nil {
			return err
		}
		run.Status = status
		if err := w.client.Status().Update(ctx, run); err != nil {
			return err
		}
	}
	return nil
}

// renamed makes a new object of a stored one, with other names wherever it has them.
func renamed(from, into client.Object, oldnew ...string) error {
	data, err := json.Marshal(from)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(strings.NewReplacer(oldnew...).Replace(string(data))), into); err != nil {
		return err
	}
	into.SetUID("")
	into.SetResourceVersion("")
	into.SetGeneration(0)
	into.SetCreationTimestamp(metav1.Time{})
	into.SetManagedFields(nil)
	return nil
}
