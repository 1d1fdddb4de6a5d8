package controllers

import (
	"sync/atomic"
	"time"
)

// rush is how many runs are being created at a time when schedules are taken to be due together. A fleet's full hour
// brings hundreds; what a person or a few schedules ask for stays below.
const rush = 8

const (
	// rushPause is after how long a run looks again whether it may begin.
	rushPause = 100 * time.Millisecond
	// rushGrace is how long a run gives way, at most.
	rushGrace = 10 * time.Second
)

// creations counts the runs that schedules are creating now. While there are many, the runs that are there do not begin:
// what they read and write would keep the API server from those that are due as well.
type creations struct{ underWay atomic.Int32 }

// begin counts a creation until its end is called.
func (c *creations) begin() (end func()) {
	c.underWay.Add(1)
	return func() { c.underWay.Add(-1) }
}

// rushing says whether schedules are creating many runs.
func (c *creations) rushing() bool { return c.underWay.Load() >= rush }
