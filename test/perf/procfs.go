package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is USER_HZ, in which Linux tells processor time on every architecture that Go runs on.
const ticksPerSecond = 100

// usage is what a process has used so far, as Linux tells it (proc_pid_stat(5), proc_pid_status(5)).
type usage struct {
	cpu time.Duration
	// resident is the memory in use, peak the most of it since the last reset, in bytes.
	resident, peak int64
}

func usageOf(pid int) (usage, error) {
	var u usage
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return u, fmt.Errorf("measuring a process, which needs Linux: %w", err)
	}
	// The name of the program is in parentheses, and may hold any of what separates the others.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	const utime, stime = 14 - 3, 15 - 3 // counted from 1 in the manual, and from the third one here
	for _, field := range fields[utime : stime+1] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return u, err
		}
		u.cpu += time.Duration(ticks) * time.Second / ticksPerSecond
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return u, err
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		into := map[string]*int64{"VmRSS": &u.resident, "VmHWM": &u.peak}[name]
		if into == nil {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			return u, err
		}
		*into = kib << 10
	}
	return u, nil
}

// resetPeak lets the peak of a process' memory begin again at what is in use.
func resetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0o600) // see proc_pid_clear_refs(5)
}
