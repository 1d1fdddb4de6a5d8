package operator

import "syscall"

// sysProcAttr has the kernel kill the child when this process dies. The process group of its own keeps a Ctrl-C in the
// terminal away from it, so that who started it also stops it.
func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
