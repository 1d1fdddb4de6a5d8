//go:build !linux

package main

import "syscall"

// sysProcAttr: no other system than Linux ends a child with its parent. After a kill -9 of
// the demo the operator runs on there, without an API server, until it is ended by hand.
func sysProcAttr() *syscall.SysProcAttr { return nil }
