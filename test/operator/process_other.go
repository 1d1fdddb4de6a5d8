//go:build !linux

package operator

import "syscall"

// sysProcAttr has nothing to offer here.
func sysProcAttr() *syscall.SysProcAttr { return nil }
