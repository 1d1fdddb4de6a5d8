package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The scenario small, by the same code as the large ones and judged by the same rules, in a world that is interrupted in
// the end: nothing that it started is left then.
func TestSmall(t *testing.T) {
	t.Parallel()
	needProc(t)
	limits, all, _ := committed(t)
	chosen, err := choose(all, "small")
	if err != nil {
		t.Fatal(err)
	}
	repository, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	programs, err := build(t.Context(), repository, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithTimeout(t.Context(), 5*time.Minute)
	defer interrupt()
	w := &world{scenario: chosen[0], programs: programs, repository: repository, dir: t.TempDir()}
	if err := w.start(ctx); err != nil {
		t.Fatal(errors.Join(err, w.end()))
	}
	run, err := w.perform(ctx)
	if err != nil {
		t.Fatal(errors.Join(err, w.end()))
	}
	for _, complaint := range judge("small", limits["small"], run) {
		t.Error(complaint)
	}
	if m := run.Machine; m.Cores < 1 || m.MemoryGiB < 1 || m.Kernel == "" || m.Processor == "" || m.Kubernetes == "" || m.EtcdSyncs {
		t.Errorf("the machine is %+v", m)
	}
	interrupted(ctx, t, w, interrupt)
}

func interrupted(ctx context.Context, t *testing.T, w *world, interrupt func()) {
	t.Helper()
	children, err := childrenOf(os.Getpid())
	if err != nil || len(children) != 4 { // etcd, the API server, the manager, the simulator
		t.Errorf("while it lives, the world's programs are %+v, %v", children, err)
	}
	done := make(chan error)
	go func() { done <- idle(ctx, w, Step{As: "interrupted", For: metav1.Duration{Duration: time.Hour}}) }()
	interrupt()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupted step ends with %v", err)
	}
	if err := w.end(); err != nil {
		t.Errorf("the interrupted world ends with: %v", err)
	}
	if children, err := childrenOf(os.Getpid()); err != nil || len(children) > 0 {
		t.Errorf("after its end, programs of the world are left: %+v, %v", children, err)
	}
	for _, directory := range []string{w.temporary, w.cluster.Dir} {
		if _, err := os.Stat(directory); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left: %v", directory, err)
		}
	}
}
