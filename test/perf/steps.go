package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// actions are what steps may do.
var actions = map[string]func(ctx context.Context, w *world, step Step) error{
	"floor": floor, "cold": cold, "sync": syncAgain, "change": change, "restart": restart, "idle": idle,
	"due": due, "copies": copies, "bare-delete": bareDelete, "delete": deleteNamespaces, "day": day, "price": price,
	"bare-runs": bareRuns, "storm": storm,
}

// pollInterval is how often is looked whether runs have ended, at most. Each look collects the manager's metrics, which
// takes it some microseconds for a row: with many rows it was a sixth of the manager's processor time. pollShare is how
// many times as long as the last look took passes before the next.
const (
	pollInterval = 500 * time.Millisecond
	pollShare    = 10
)

// cold reads customers for the first time. The first such step also starts the manager, which finds them there.
func cold(ctx context.Context, w *world, step Step) error {
	groups := w.of(step)
	create := func() error {
		for _, g := range groups {
			if err := w.createCustomers(ctx, g); err != nil {
				return err
			}
		}
		return nil
	}
	if w.manager != nil {
		return w.runs(ctx, step, groups, create)
	}
	if err := create(); err != nil {
		return err
	}
	return w.runs(ctx, step, groups, func() error { return w.startManager(ctx) })
}

// syncAgain runs each customer once.
func syncAgain(ctx context.Context, w *world, step Step) error {
	groups := w.of(step)
	return w.runs(ctx, step, groups, func() error { return w.askForRuns(ctx, groups) })
}

// change has Webex sell one more unit of some percent of all licences, and runs each customer once.
func change(ctx context.Context, w *world, step Step) error {
	if err := w.sell(ctx, step); err != nil {
		return err
	}
	return syncAgain(ctx, w, step)
}

// sell adds one unit to some percent of all licences in Webex.
func (w *world) sell(ctx context.Context, step Step) error {
	for _, g := range w.of(step) {
		n := g.Licenses * step.Percent / 100
		err := w.parallel(ctx, len(g.customers), func(i int) error {
			truth, err := g.sim.Truth(ctx, g.sim.Organizations[i])
			if err != nil {
				return err
			}
			for _, l := range truth.Licenses[len(truth.Licenses)-n:] {
				path := "/organizations/" + g.sim.Organizations[i] + "/licenses/" + url.PathEscape(l.Key)
				if err := g.sim.Do(ctx, http.MethodPut, path, map[string]int{"total": l.Total + 1}, nil); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// runs causes a run of each customer of some groups, and measures what they take together.
func (w *world) runs(ctx context.Context, step Step, groups []*group, cause func() error) error {
	var ended float64
	if w.manager != nil {
		results, err := w.manager.runs(ctx)
		if err != nil {
			return err
		}
		ended = total(results)
	}
	var took time.Duration
	before, after, err := w.measured(ctx, step, func() error {
		began := time.Now()
		if err := cause(); err != nil {
			return err
		}
		if err := w.awaitRuns(ctx, ended+float64(customers(groups))); err != nil {
			return err
		}
		took = time.Since(began)
		return w.quiet(ctx)
	})
	if err != nil {
		return err
	}
	if err := w.verify(ctx, groups); err != nil {
		return err
	}
	if step.Budget {
		if err := w.budget(ctx, step, groups, before.at); err != nil {
			return err
		}
	}
	n := float64(customers(groups))
	w.figures.add(step.As, "seconds", took.Seconds())
	w.figures.add(step.As, "manager CPU ms per run", float64((after.manager.cpu-before.manager.cpu).Milliseconds())/n)
	w.figures.add(step.As, "API server CPU ms per run", float64((after.cpu["kube-apiserver"]-before.cpu["kube-apiserver"]).Milliseconds())/n)
	w.figures.add(step.As, "manager CPU, times the API server's",
		(after.manager.cpu-before.manager.cpu).Seconds()/(after.cpu["kube-apiserver"]-before.cpu["kube-apiserver"]).Seconds())
	w.figures.add(step.As, "etcd CPU ms per run", float64((after.cpu["etcd"]-before.cpu["etcd"]).Milliseconds())/n)
	return w.storage(ctx, step, groups, after.storage-before.storage, took)
}

// awaitRuns waits until so many runs have ended since the manager began, all of them well.
func (w *world) awaitRuns(ctx context.Context, n float64) error {
	if err := w.manager.ready(ctx); err != nil {
		return err
	}
	for {
		began := time.Now()
		results, err := w.manager.runs(ctx)
		took := time.Since(began)
		if err != nil {
			return err
		}
		if bad := since(map[string]float64{"Succeeded": results["Succeeded"]}, results); len(bad) > 0 {
			return fmt.Errorf("runs failed: %v; the manager's log ends:\n%s", bad, w.manager.tail())
		}
		if results["Succeeded"] >= n {
			return nil
		}
		if err := w.manager.pause(ctx, max(pollInterval, pollShare*took)); err != nil {
			return fmt.Errorf("%v of %v runs have ended: %w", results["Succeeded"], n, err)
		}
	}
}

// restart ends the manager and starts it again.
func restart(ctx context.Context, w *world, step Step) error {
	if err := w.manager.stop(); err != nil {
		return err
	}
	w.manager = nil
	list, err := w.listFloor(ctx)
	if err != nil {
		return err
	}
	var ready time.Duration
	_, after, err := w.measured(ctx, step, func() error {
		began := time.Now()
		if err := w.startManager(ctx); err != nil {
			return err
		}
		if err := w.manager.ready(ctx); err != nil {
			return err
		}
		ready = time.Since(began)
		return w.quiet(ctx)
	})
	if err != nil {
		return err
	}
	w.figures.add(step.As, "seconds to ready", ready.Seconds())
	w.figures.add(step.As, "seconds to ready, times a bare list", ready.Seconds()/list.Seconds())
	w.figures.add(step.As, "manager resident MiB", float64(after.manager.resident)/(1<<20))
	w.figures.add(step.As, "manager CPU ms", float64(after.manager.cpu.Milliseconds()))
	return nil
}
