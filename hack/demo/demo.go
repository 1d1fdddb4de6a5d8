package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/webex-operator/webex-license-operator/test/headlamp"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// errInterrupted is for a demo that was asked to end before it had shown anything.
var errInterrupted = errors.New("interrupted")

// demo is one showing.
type demo struct {
	root  string // of the repository
	dir   string // for files that other terminals read
	once  bool   // leave after printing
	web   string // directory of the web view's host page; empty: no web view
	began time.Time

	cluster   cluster
	access    clusterAccess // to the cluster
	files     *workspace
	simulator *webexsim.Server
	issued    map[string]credentials // by the name of a customer, or of the partner
	operator  *operatorProcess
	page      *headlamp.Server // the web view
}

// run shows everything and, unless it is for once, stays until ctx ends.
func (d *demo) run(parent context.Context) (err error) {
	if d.files, err = openWorkspace(d.dir); err != nil {
		return err
	}
	// A part that ends too early ends all of them, and says why as the cause.
	ctx, cancel := context.WithCancelCause(parent)
	defer func() {
		cancel(nil)
		if parent.Err() != nil && err != nil {
			err = errInterrupted // what broke first does not matter then
		}
		if left := d.close(); left != nil {
			if parent.Err() != nil {
				err = nil // and it is not true that everything is removed
			}
			err = errors.Join(err, left)
		}
	}()

	if err := d.lookForWeb(); err != nil {
		return err
	}
	if err := d.cluster.look(ctx); err != nil {
		return err
	}
	if err := d.start(ctx, cancel); err != nil {
		return causeOr(ctx, err)
	}
	if err := d.show(ctx); err != nil {
		return causeOr(ctx, err)
	}
	if d.once {
		return nil
	}
	d.operator.revive()
	select {
	case <-ctx.Done():
	case <-d.cluster.failed():
		return d.cluster.err()
	}
	if parent.Err() == nil {
		return context.Cause(ctx)
	}
	say("stopping")
	return nil
}

// causeOr prefers what ended ctx to the errors that followed from it.
func causeOr(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && ctx.Err() != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// start brings up the cluster, the simulator and the operator, in this order, since the
// operator needs both.
func (d *demo) start(ctx context.Context, cancel context.CancelCauseFunc) error {
	if err := d.prepare(ctx, cancel); err != nil {
		return err
	}
	if err := d.startSimulator(); err != nil {
		return err
	}
	if err := d.writeFiles(); err != nil {
		return err
	}
	say("starting the operator")
	d.operator = &operatorProcess{
		path: d.managerPath(), logPath: d.files.path(managerLog), kubeconfig: d.access.operator,
		arguments: append(d.access.arguments, "--enable-assignment", "--allowed-api-hosts="+hostOf(d.simulator.URL())),
	}
	if err := d.operator.start(cancel); err != nil {
		return err
	}
	if err := d.startWeb(ctx); err != nil {
		return err
	}
	return d.applyCustomers(ctx)
}

// prepare builds the operator and the kubectl plugin while the cluster starts: together
// they keep two cores busy, one after the other they do not.
func (d *demo) prepare(ctx context.Context, cancel context.CancelCauseFunc) error {
	var built sync.WaitGroup
	var buildErr error
	say("building the operator and the kubectl plugin")
	built.Go(func() {
		buildErr = build(ctx, d.root, d.managerPath(), ".")
		if buildErr == nil {
			buildErr = build(ctx, d.root, d.files.path("kubectl-webex"+exeSuffix), "./cmd/kubectl-webex")
		}
		if buildErr != nil {
			cancel(buildErr)
		}
	})
	var startErr error
	d.access, startErr = d.cluster.start(ctx, d.files)
	if startErr != nil {
		cancel(startErr)
	}
	built.Wait()
	return errors.Join(startErr, buildErr)
}

func (d *demo) managerPath() string { return filepath.Join(filepath.Dir(d.dir), "manager"+exeSuffix) }

// startSimulator starts a Webex with all customers and the partner.
func (d *demo) startSimulator() (err error) {
	say("starting a simulated Webex with %d organizations", len(customers)+len(managed))
	if d.simulator, err = webexsim.New(webexsim.Options{TLS: true}); err != nil {
		return fmt.Errorf("starting the simulator: %w", err)
	}
	d.issued = map[string]credentials{}
	for _, c := range customers {
		d.issued[c.name] = c.issue(d.simulator)
	}
	d.issued[partnerName] = issuePartner(d.simulator)
	return nil
}

// writeFiles tells other terminals how to get at everything.
func (d *demo) writeFiles() error {
	return errors.Join(
		os.Symlink(d.access.kubectl, d.files.path("kubectl"+exeSuffix)),
		d.files.write("webexsim-ca.crt", d.simulator.CACertificate()),
		d.files.write("webexsim-control.url", []byte(d.simulator.ControlURL()+"\n")),
		d.files.write("webexsim.url", []byte(d.simulator.URL()+"\n")),
	)
}

// close stops what was started, the last first, and removes the files.
func (d *demo) close() error {
	d.files.notReady()
	if d.page != nil {
		_ = d.page.Close() // nothing is left to be written
	}
	if d.operator != nil {
		d.operator.stop()
	}
	if d.simulator != nil {
		d.simulator.Close()
	}
	return errors.Join(d.cluster.stop(), d.files.close())
}
