// Command e2e installs the operator as its users do and goes through the life of a release:
// the Helm chart is installed on a real API server, a customer is added with kubectl webex
// connect, its licences are listed, the release is upgraded and uninstalled, and the rows are
// still there. make e2e calls it.
//
// Nothing runs pods there: the manager is a process that runs as the Deployment says.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// patience bounds all of it. An idle machine with two cores takes half a minute, besides
// what the compiler needs.
const patience = 10 * time.Minute

func main() { os.Exit(run()) }

// run returns the exit status, so that deferred calls happen before the process ends.
func run() int {
	log.SetLogger(klog.Background()) // the client wants a logger
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	directory, err := os.MkdirTemp("", "e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	defer func() { _ = os.RemoveAll(directory) }()

	began := time.Now()
	s := &story{directory: directory, bin: filepath.Join(directory, "bin")}
	s.tell(ctx)
	s.close()
	if s.err != nil {
		say("FAILED after %s: %v", time.Since(began).Round(time.Second), s.err)
		if log := s.log.Tail(20); log != "" {
			say("the end of the manager's log:\n%s", log)
		}
		return 1
	}
	say("passed in %s", time.Since(began).Round(time.Second))
	return 0
}

// say tells the viewer what happens. It writes to standard error; standard output is for the
// commands and what they print.
func say(format string, args ...any) { fmt.Fprintf(os.Stderr, "e2e: "+format+"\n", args...) }
