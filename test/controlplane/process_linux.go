package controlplane

import (
	"os"
	"syscall"
)

// sysProcAttr has the kernel kill the child when this process dies. The process group of
// its own keeps a Ctrl-C in the terminal away from it, so that Stop ends the programs in
// their order.
func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func terminate(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

func processExists(pid int) bool { return syscall.Kill(pid, 0) != syscall.ESRCH }

// freeMiB returns the free space of the file system that dir is on.
func freeMiB(dir string) (free uint64, ok bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return s.Bavail * uint64(s.Bsize) >> 20, true // bytes to MiB
}
