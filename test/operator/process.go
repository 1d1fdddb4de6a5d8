package operator

import (
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// Process is a manager that can be killed.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // valid after done is closed
}

// Start runs the manager with these arguments. What it writes goes to log.
func Start(binary, kubeconfig string, log *Log, arguments ...string) (*Process, error) {
	// Not with a context: its end would kill the process unseen, and tests say when.
	cmd := exec.Command(binary, arguments...) //nolint:noctx,gosec // see above; the path is that of our own program
	cmd.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
	return StartCommand(cmd, log)
}

// StartCommand runs any program as the manager is run. What it writes goes to log. Where the system can, it does not
// outlive this process, whatever ends that.
func StartCommand(cmd *exec.Cmd, log *Log) (*Process, error) {
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = sysProcAttr()
	p := &Process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// Linux sends the parent-death signal when the thread that started the child ends, so that thread has to stay
		// for as long as the child does.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.done)
		}
	}()
	return p, <-started
}

// Kill ends the manager by SIGKILL: it gets to tidy up nothing.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.done
}

// Stop ends the manager as Kubernetes does, by SIGTERM, and returns how it ended.
func (p *Process) Stop() error {
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.Err()
}

// Signal sends a signal to the manager.
func (p *Process) Signal(signal os.Signal) error { return p.cmd.Process.Signal(signal) }

// Pid is the process' id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Done is closed when the manager has ended, by itself or not.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is how the manager ended.
func (p *Process) Err() error {
	<-p.done
	return p.err
}

// Log takes what processes write while tests read it.
type Log struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

// Write appends to the log.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.Write(p)
}

// String is the whole log.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.String()
}

// Tail is the end of the log.
func (l *Log) Tail(lines int) string {
	all := bytes.Split([]byte(l.String()), []byte("\n"))
	return string(bytes.Join(all[max(0, len(all)-lines):], []byte("\n")))
}
