package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// reading is what the counters of all processes say at a moment.
type reading struct {
	at time.Time
	// writes are those to the API server by resource, requests all to it by verb.
	writes, requests map[string]float64
	// own are the writes of the measurement itself, among writes.
	own int64
	// webex are requests to the simulators.
	webex int
	// storage is the size of etcd's file in bytes.
	storage float64
	manager usage
	// cpu is that of the control plane's programs, by name.
	cpu map[string]time.Duration
}

// writing are the verbs, as the API server's metrics have them, that change something.
var writing = []string{"POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"}

func (w *world) read(ctx context.Context) (reading, error) {
	r := reading{at: time.Now(), own: w.written.Load(), cpu: map[string]time.Duration{}}
	server, err := scrape(ctx, w.http, w.cluster.Config.Host+"/metrics")
	if err != nil {
		return r, err
	}
	const family = "apiserver_request_total"
	r.requests = server.sumBy(family, func(label map[string]string) string { return label["verb"] })
	r.writes = server.sumBy(family, func(label map[string]string) string {
		if !slices.Contains(writing, label["verb"]) {
			return "reads"
		}
		return strings.TrimSuffix(label["resource"]+"/"+label["subresource"], "/")
	})
	delete(r.writes, "reads")
	r.storage = total(server.sumBy("apiserver_storage_size_bytes", func(map[string]string) string { return "" }))
	if r.webex, err = w.asked(ctx); err != nil {
		return r, err
	}
	if w.manager != nil {
		if r.manager, err = usageOf(w.manager.Pid()); err != nil {
			return r, err
		}
	}
	return r, addChildren(r.cpu)
}

// asked are the requests to all simulators so far.
func (w *world) asked(ctx context.Context) (total int, err error) {
	for _, g := range w.groups {
		requests, err := g.sim.Requests(ctx)
		if err != nil {
			return 0, err
		}
		total += requests.Total
	}
	return total, nil
}

// addChildren adds the processor time of this process' children, by their names.
func addChildren(cpu map[string]time.Duration) error {
	children, err := childrenOf(os.Getpid())
	if err != nil {
		return err
	}
	for _, child := range children {
		if u, err := usageOf(child.pid); err == nil { // else it has ended
			cpu[child.name] += u.cpu
		}
	}
	return nil
}

// measured does something and adds what it took to the figures.
func (w *world) measured(ctx context.Context, step Step, act func() error) (*reading, *reading, error) {
	if w.manager != nil {
		if err := resetPeak(w.manager.Pid()); err != nil {
			return nil, nil, err
		}
	}
	before, err := w.read(ctx)
	if err != nil {
		return nil, nil, err
	}
	if err := act(); err != nil {
		return nil, nil, fmt.Errorf("step %s: %w", step.As, err)
	}
	after, err := w.read(ctx)
	if err != nil {
		return nil, nil, err
	}
	writes := since(before.writes, after.writes)
	// Events say what happened, and leases that a process is there: neither is a part of the state.
	events := writes["events"]
	delete(writes, "events")
	delete(writes, "leases")
	w.figures.add(step.As, "Webex requests", float64(after.webex-before.webex))
	w.figures.add(step.As, "row writes", writes["webexlicenses"]+writes["webexlicenses/status"])
	w.figures.add(step.As, "writes", total(writes)-float64(after.own-before.own))
	if w.verbose {
		fmt.Fprintf(os.Stderr, "  %s: %d own writes among %v\n", step.As, after.own-before.own, writes)
	}
	w.figures.add(step.As, "event writes", events)
	peak := float64(after.manager.peak) / (1 << 20)
	w.figures.add(step.As, "manager peak MiB", peak)
	if step.Beside != "" {
		w.figures.add(step.As, "peak MiB more than "+step.Beside, peak-w.figures.value(step.Beside, "manager peak MiB"))
	}
	return &before, &after, nil
}

// quiet waits until nothing was written for a while: what follows a run has been done.
func (w *world) quiet(ctx context.Context) error {
	const silence = 3 * time.Second
	var last float64
	for since := time.Now(); time.Since(since) < silence; {
		server, err := scrape(ctx, w.http, w.cluster.Config.Host+"/metrics")
		if err != nil {
			return err
		}
		writes := server.sumBy("apiserver_request_total", func(label map[string]string) string {
			if slices.Contains(writing, label["verb"]) && label["group"] == v1alpha1.GroupName {
				return "writes"
			}
			return ""
		})["writes"]
		if writes != last {
			last, since = writes, time.Now()
		}
		if err := w.manager.pause(ctx, 500*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}
