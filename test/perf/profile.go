package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// profiling writes the profiles of one step.
type profiling struct {
	// base begins the names of the files.
	base string
	work errgroup.Group
}

// ofProcessor and ofBlocking look for 20 s at processor time, and at who waited for whom. A step may be shorter: then the
// profile holds what follows, too.
const (
	ofProcessor = "profile?seconds=20"
	ofBlocking  = "block?seconds=20"
)

// profiled does something and, if profiles are wanted, writes some: of processor time (the API server's and the
// manager's) and of waiting (the manager's) from the beginning, and of the manager's heap at the end.
func (w *world) profiled(ctx context.Context, step Step, act func() error) error {
	if !w.profile {
		return act()
	}
	w.profiling = &profiling{base: filepath.Join(w.dir, w.scenario.Name+"-"+step.As)}
	defer func() { w.profiling = nil }()
	w.profiling.work.Go(func() error {
		return writeProfile(ctx, w.http, w.cluster.Config.Host+"/debug/pprof/"+ofProcessor, w.profiling.base+".apiserver.prof")
	})
	if w.manager != nil && step.Do != "restart" {
		w.profiling.manager(ctx, w.manager)
	}
	err := act()
	if err == nil && w.manager != nil {
		err = writeProfile(ctx, w.manager.client, w.manager.profile+"heap", w.profiling.base+".heap.prof")
	}
	return errors.Join(err, w.profiling.work.Wait())
}

// manager begins the profiles of a manager, which may have been started a moment ago.
func (p *profiling) manager(ctx context.Context, m *manager) {
	for kind, query := range map[string]string{"cpu": ofProcessor, "block": ofBlocking} {
		p.work.Go(func() error {
			for {
				err := writeProfile(ctx, m.client, m.profile+query, p.base+"."+kind+".prof")
				if !errors.Is(err, syscall.ECONNREFUSED) {
					return err
				}
				if err := m.pause(ctx, 5*time.Millisecond); err != nil {
					return err
				}
			}
		})
	}
}

// writeProfile saves a profile.
func writeProfile(ctx context.Context, client *http.Client, url, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, response.Status)
	}
	file, err := os.Create(filepath.Clean(path))
	if err != nil {
		return err
	}
	_, err = file.ReadFrom(response.Body)
	return errors.Join(err, file.Close())
}
