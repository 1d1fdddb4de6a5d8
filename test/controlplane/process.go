package controlplane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// stopTimeout is how long a program may take to end when asked politely. Its data is
	// thrown away or was synced by etcd before, so nothing is lost when it is then killed.
	stopTimeout = 5 * time.Second
	// readyInterval is how often a starting program is asked whether it is ready: often
	// enough not to add to a start of about 5 s.
	readyInterval = 50 * time.Millisecond
	// logTail is how much of a log an error shows: about the last 20 lines.
	logTail = 4 << 10
)

// errPortTaken tells a lost race for a port from other failures.
var errPortTaken = errors.New("the port was taken by another program meanwhile")

// spec is how to start a program and how to tell that it is ready.
type spec struct {
	name  string
	args  []string
	ready func(ctx context.Context) error
}

// process is a running program.
type process struct {
	name    string
	logPath string
	cmd     *exec.Cmd
	stdin   *os.File // our end of the program's standard input; see run
	asked   atomic.Bool
	done    chan struct{}
	exitErr error // valid after done is closed
}

// run starts a program so that it cannot outlive this process.
//
// On Linux the kernel sees to that (see sysProcAttr). The program made by hack/controlplane
// also ends with its standard input, a pipe that the kernel closes when this process is
// gone. That is for all other systems; programs from elsewhere ignore the variable.
func run(path, logPath string, s spec) (*process, error) {
	// Append, so that the log of a failed attempt is still there after the next one.
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the child has its own copy
	stdin, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = stdin.Close() }()

	// Not CommandContext: the end of the context must run Stop, which ends the programs in
	// their order, and not kill all of them at once.
	cmd := exec.Command(path, s.args...) //nolint:noctx,gosec // See above; the path is one of our own programs.
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, log, log
	cmd.Env = append(os.Environ(), "CONTROLPLANE_EXIT_WITH_STDIN=1")
	cmd.SysProcAttr = sysProcAttr()
	p := &process{name: s.name, logPath: logPath, cmd: cmd, stdin: ours, done: make(chan struct{})}

	started := make(chan error)
	go func() {
		// Linux sends the parent-death signal when the thread that started the child ends,
		// so that thread has to stay for as long as the child does.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.exitErr = cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		_ = ours.Close()
		return nil, err
	}
	return p, nil
}

// waitReady returns once the program is ready, or an error with the end of its log.
func (p *process) waitReady(ctx context.Context, ready func(ctx context.Context) error) error {
	tick := time.NewTicker(readyInterval)
	defer tick.Stop()
	for {
		last := ready(ctx)
		if last == nil {
			return nil
		}
		select {
		case <-p.done:
			return p.exitError()
		case <-ctx.Done():
			return fmt.Errorf("%w (last answer: %w)\n%s", context.Cause(ctx), last, p.tail())
		case <-tick.C:
		}
	}
}

// exitError describes the end of the program and, where the log shows it, the remedy.
func (p *process) exitError() error {
	tail := p.tail()
	switch {
	case strings.Contains(tail, "address already in use"):
		return errPortTaken
	case strings.Contains(tail, "no space left on device"):
		return fmt.Errorf("%w; free some space, or set TMPDIR to a directory with room", syscall.ENOSPC)
	}
	return fmt.Errorf("%s ended (%w); the end of %s:\n%s", p.name, p.exitErr, p.logPath, tail)
}

// unexpectedExit returns an error if the program has ended and stop was not called.
func (p *process) unexpectedExit() error {
	select {
	case <-p.done:
		if !p.asked.Load() {
			return p.exitError()
		}
	default:
	}
	return nil
}

// stop asks the program to end, waits, and kills it if it takes too long.
func (p *process) stop() error {
	p.asked.Store(true)
	defer func() { _ = p.stdin.Close() }()
	if err := terminate(p.cmd.Process); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stopping %s: %w", p.name, err)
	}
	timer := time.NewTimer(stopTimeout)
	defer timer.Stop()
	select {
	case <-p.done:
		return nil
	case <-timer.C:
	}
	return p.kill()
}

// kill ends the program at once, and returns when it is gone.
func (p *process) kill() error {
	p.asked.Store(true)
	defer func() { _ = p.stdin.Close() }()
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("killing %s: %w", p.name, err)
	}
	<-p.done
	return nil
}

// tail returns the end of the program's log.
func (p *process) tail() string {
	content, err := os.ReadFile(filepath.Clean(p.logPath))
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
