package e2e

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/screentest"
)

// onTerminal runs a command on a pseudo-terminal of a size, and returns what it
// shows at the end.
func onTerminal(t *testing.T, command *exec.Cmd, columns, height int) (*screentest.Screen, int) {
	t.Helper()
	master, slave := openTerminal(t, columns, height)
	command.Stdin, command.Stdout, command.Stderr = slave, slave, slave
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	_ = slave.Close() // the child has its own
	screen := &screentest.Screen{Columns: columns, Height: height}
	_, _ = io.Copy(screen, master) // ends with EIO when the child has gone
	_ = command.Wait()             // its exit code is what counts
	return screen, command.ProcessState.ExitCode()
}

// openTerminal opens a pseudo-terminal, see pty(7).
func openTerminal(t *testing.T, columns, height int) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here:", err)
	}
	t.Cleanup(func() { _ = master.Close() })
	fd := int(master.Fd()) //nolint:gosec // a file descriptor is a small number
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: uint16(height), Col: uint16(columns)}); err != nil { //nolint:gosec // small numbers
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}
