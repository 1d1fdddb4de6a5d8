package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// stopTimeout is how long the operator may take to end; it needs well under a second.
	stopTimeout = 10 * time.Second
	// stableAfter is how long the operator must have run for its next start to be at once.
	stableAfter = time.Minute
	// restartDelay doubles up to maxRestartDelay, much as the kubelet's.
	restartDelay, maxRestartDelay = time.Second, 30 * time.Second
	// logTail is how much of the log an error shows: about the last ten lines.
	logTail = 2 << 10
)

// build compiles a program with the flags of the demo's own build, so that all share what Go
// has compiled before.
func build(ctx context.Context, root, path, source string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, source)
	cmd.Dir = root
	// Asked to end, the go command ends its compilers first.
	cmd.Cancel = func() error { return terminate(cmd.Process) }
	cmd.WaitDelay = stopTimeout
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", filepath.Base(path), err, bytes.TrimSpace(out))
	}
	return nil
}

// operatorProcess is the manager as a child process that is started again when it ends.
type operatorProcess struct {
	path, logPath string
	kubeconfig    string   // as in KUBECONFIG
	arguments     []string // besides those that launch adds

	revived atomic.Bool
	asked   chan struct{}
	ended   chan struct{}
}

// start starts the operator. If it ends before revive was called, fail gets the reason.
func (o *operatorProcess) start(fail context.CancelCauseFunc) error {
	o.asked, o.ended = make(chan struct{}), make(chan struct{})
	process, err := o.launch()
	if err != nil {
		close(o.ended)
		return fmt.Errorf("starting the operator: %w", err)
	}
	go func() {
		defer close(o.ended)
		if err := o.supervise(process); err != nil {
			fail(err)
		}
	}()
	return nil
}

// revive says that from now on an operator that ends is started again, so that a viewer
// may kill it and watch it catch up. Before, its end is a failure.
func (o *operatorProcess) revive() { o.revived.Store(true) }

// stop ends the operator and waits for it.
func (o *operatorProcess) stop() {
	close(o.asked)
	<-o.ended
}

// supervise returns nil once stop was called, and an error when the operator is lost.
func (o *operatorProcess) supervise(p *child) error {
	delay := restartDelay
	for {
		select {
		case <-o.asked:
			p.stop()
			return nil
		case <-p.done:
		}
		if !o.revived.Load() {
			return fmt.Errorf("the operator ended (%w); the end of %s:\n%s", p.err(), o.logPath, tail(o.logPath))
		}
		if time.Since(p.began) > stableAfter {
			delay = restartDelay
		}
		say("the operator ended (%v); starting it again in %s, as a Deployment would", p.err(), delay)
		select {
		case <-o.asked:
			return nil
		case <-time.After(delay):
		}
		delay = min(2*delay, maxRestartDelay)
		var err error
		if p, err = o.launch(); err != nil {
			return fmt.Errorf("starting the operator again: %w", err)
		}
	}
}

// launch starts one process. Without leader election, because there is one, and a killed
// one's lease would keep the next waiting; without ports, because nothing connects to them.
func (o *operatorProcess) launch() (*child, error) {
	log, err := os.OpenFile(o.logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644) //nolint:gosec // holds no secret
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the child has its own copy
	// Not CommandContext: it would kill where stop asks.
	cmd := exec.Command(o.path, //nolint:noctx,gosec // see above; the path is our own
		append(o.arguments, "--health-probe-bind-address=0", "--metrics-bind-address=0")...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+o.kubeconfig)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = sysProcAttr()
	return startChild(cmd)
}

// child is a running process.
type child struct {
	cmd     *exec.Cmd
	began   time.Time
	done    chan struct{}
	waitErr error // valid after done is closed
}

func startChild(cmd *exec.Cmd) (*child, error) {
	c := &child{cmd: cmd, began: time.Now(), done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// Linux sends the parent-death signal when the thread that started the child ends,
		// so that thread has to stay for as long as the child does.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			c.waitErr = cmd.Wait()
			close(c.done)
		}
	}()
	return c, <-started
}

// err is how the process ended. No error is one too: the operator has no reason to end.
func (c *child) err() error {
	if c.waitErr == nil {
		return errors.New("exit status 0")
	}
	return c.waitErr
}

// stop asks the process to end, and kills it if it takes too long.
func (c *child) stop() {
	_ = terminate(c.cmd.Process) // fails only if it has ended by itself
	select {
	case <-c.done:
	case <-time.After(stopTimeout):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
}

// terminate asks a process to end; Windows knows only the hard way.
func terminate(p *os.Process) error {
	if err := p.Signal(syscall.SIGTERM); err == nil || errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return p.Kill()
}

// tail returns the end of a file.
func tail(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	if len(content) > logTail {
		content = content[len(content)-logTail:]
		if i := bytes.IndexByte(content, '\n'); i >= 0 {
			content = content[i+1:]
		}
	}
	return string(content)
}
