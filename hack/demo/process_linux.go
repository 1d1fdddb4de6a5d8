package main

import "syscall"

// sysProcAttr has the kernel kill the operator when the demo is killed. The process group
// of its own keeps a Ctrl-C in the terminal away from it: the demo stops it in its turn.
func sysProcAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
