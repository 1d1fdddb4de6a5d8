//go:build !linux

package controlplane

import (
	"os"
	"syscall"
)

// sysProcAttr has nothing to offer here: standard input does it (see run).
func sysProcAttr() *syscall.SysProcAttr { return nil }

// terminate interrupts where that exists; Windows knows only the hard way.
func terminate(p *os.Process) error {
	if err := p.Signal(os.Interrupt); err == nil {
		return nil
	}
	return p.Kill()
}

// processExists errs on the side of keeping a directory.
func processExists(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	return p.Signal(syscall.Signal(0)) != os.ErrProcessDone
}

// freeMiB is not known here; etcd then says itself that the disk is full.
func freeMiB(string) (free uint64, ok bool) { return 0, false }
