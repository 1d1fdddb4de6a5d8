package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ticksPerSecond is USER_HZ, in which Linux tells processor time on every architecture that Go runs on.
const ticksPerSecond = 100

// usage is what a process has used so far, as Linux tells it.
type usage struct {
	cpu time.Duration
	// resident is the memory in use, peak the most of it since the last reset, in bytes.
	resident, peak int64
}

// usageOf is what a process has used so far.
func usageOf(pid int) (usage, error) {
	stat, err := readStat(pid)
	if err != nil {
		return usage{}, err
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return usage{}, err
	}
	u := usage{cpu: stat.cpu}
	return u, u.parseStatus(string(status))
}

// parseStatus takes the memory from proc_pid_status(5).
func (u *usage) parseStatus(status string) error {
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(line, ":")
		into := map[string]*int64{"VmRSS": &u.resident, "VmHWM": &u.peak}[name]
		if into == nil {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			return fmt.Errorf("the line %s of a process' status: %w", name, err)
		}
		*into = kib << 10
	}
	return nil
}

// process is what proc_pid_stat(5) says of one.
type process struct {
	name        string
	pid, parent int
	cpu         time.Duration
}

func readStat(pid int) (process, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return process{}, fmt.Errorf("measuring a process, which needs Linux: %w", err)
	}
	return parseStat(string(data))
}

func parseStat(line string) (process, error) {
	// The name of the program is in parentheses, and may hold any of what separates the others.
	open, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	const ppid, utime, stime = 4 - 3, 14 - 3, 15 - 3 // counted from 1 in the manual, and from the third one here
	var fields []string
	if open >= 0 && end > open {
		fields = strings.Fields(line[end+1:])
	}
	if len(fields) <= stime {
		return process{}, fmt.Errorf("%.80q says nothing of a process", line)
	}
	p := process{name: line[open+1 : end]}
	var ticks [2]int64
	var errs [4]error
	p.pid, errs[0] = strconv.Atoi(strings.TrimSpace(line[:open]))
	p.parent, errs[1] = strconv.Atoi(fields[ppid])
	ticks[0], errs[2] = strconv.ParseInt(fields[utime], 10, 64)
	ticks[1], errs[3] = strconv.ParseInt(fields[stime], 10, 64)
	p.cpu = time.Duration(ticks[0]+ticks[1]) * time.Second / ticksPerSecond
	return p, errors.Join(errs[:]...)
}

// childrenOf are the children of a process.
func childrenOf(parent int) ([]process, error) {
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	var children []process
	for _, path := range paths {
		data, err := os.ReadFile(filepath.Clean(path))
		if err != nil {
			continue // it has ended
		}
		p, err := parseStat(string(data))
		if err != nil {
			return nil, err
		}
		if p.parent == parent {
			children = append(children, p)
		}
	}
	return children, nil
}

// resetPeak lets the peak of a process' memory begin again at what is in use.
func resetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0o600) // see proc_pid_clear_refs(5)
}
