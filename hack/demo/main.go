// Command demo shows the operator at work on a machine that has only Go: a real Kubernetes
// API server, a simulated Webex with three customers, and the operator as its own process.
// With -cluster=current, the cluster is that of the current kubectl context. make demo calls
// it.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

func main() { os.Exit(run()) }

// run returns the exit status, so that deferred calls happen before the process ends.
func run() int {
	once := flag.Bool("once", false, "leave after printing the licences")
	where := flag.String("cluster", "", "current: that of the current kubectl context; default: a control plane of its own")
	yes := flag.Bool("yes", false, "use the current cluster without asking")
	dir := flag.String("dir", "", "absolute path of a directory for the files of the demo; default: bin/demo of the repository")
	web := flag.String("web", "", "directory of the web view's host page, which make bin/headlamp builds: serve it on loopback")
	flag.Parse()
	if flag.NArg() > 0 || *where != "" && *where != "current" {
		fmt.Fprintf(os.Stderr, "demo: -cluster is current or empty, and there are no arguments; got -cluster=%q %q\n", *where, flag.Args())
		return 2
	}

	// Notified until the very end: an impatient second Ctrl-C must not cut the tidying up
	// short, which takes a second or two.
	ctx, stop := signal.NotifyContext(context.Background(), signals()...)
	defer stop()

	// The client wants a logger; what it has to say goes where the progress goes.
	log.SetLogger(klog.Background())

	root, err := repositoryRoot()
	if err == nil {
		d := demo{root: root, dir: cmp.Or(*dir, filepath.Join(root, "bin", "demo")), once: *once, web: *web, began: time.Now(), cluster: &ownCluster{root: root}}
		if *where == "current" {
			d.cluster = &currentCluster{yes: *yes}
		}
		err = d.run(ctx)
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errInterrupted):
		say("interrupted; everything is stopped and removed")
		return 130 // 128 + SIGINT, as shells do
	}
	say("FAILED: %v", err)
	return 1
}

// signals are those that ask the demo to end. A closed terminal is one, unless nohup made
// this process ignore it.
func signals() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

// say tells the viewer what happens. It writes to standard error; standard output is for
// what the demo is about.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "demo: "+format+"\n", args...)
}

// repositoryRoot walks up from the working directory to the module's go.mod.
func repositoryRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		content, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.Contains(string(content), "module github.com/webex-operator/webex-license-operator\n") {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("the working directory is not inside the repository of webex-license-operator")
		}
		dir = parent
	}
}
