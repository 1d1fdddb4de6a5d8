package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"k8s.io/client-go/discovery"
)

// Machine is what figures were measured on.
type Machine struct {
	Cores      int    `json:"cores"`
	Processor  string `json:"processor"`
	MemoryGiB  int    `json:"memoryGiB"`
	Kernel     string `json:"kernel"`
	Go         string `json:"go"`
	Kubernetes string `json:"kubernetes"`
	// EtcdSyncs is whether etcd waits until what it wrote is on the disk.
	EtcdSyncs bool `json:"etcdSyncs"`
}

// String is the machine in one sentence.
func (m Machine) String() string {
	kernel, _, _ := strings.Cut(m.Kernel, "-") // what follows is the distribution's
	if m.Kubernetes == "" {
		return fmt.Sprintf("%d cores (%s), %d GiB of memory, Linux %s; Go %s.", m.Cores, m.Processor, m.MemoryGiB, kernel, strings.TrimPrefix(m.Go, "go"))
	}
	etcd := "etcd does not wait for the disk (`--unsafe-no-fsync`)"
	if m.EtcdSyncs {
		etcd = "etcd waits for the disk"
	}
	return fmt.Sprintf("%d cores (%s), %d GiB of memory, Linux %s; Go %s, Kubernetes %s, %s.",
		m.Cores, m.Processor, m.MemoryGiB, kernel, strings.TrimPrefix(m.Go, "go"), strings.TrimPrefix(m.Kubernetes, "v"), etcd)
}

// machine is the one that this world is in.
func (w *world) machine() (Machine, error) {
	m := Machine{Cores: runtime.NumCPU(), Go: runtime.Version()}
	if err := w.describeCluster(&m); err != nil {
		return m, err
	}
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return m, err
	}
	m.Kernel = strings.TrimSpace(string(kernel))
	if m.Processor, err = procField("/proc/cpuinfo", "model name"); err != nil {
		m.Processor = runtime.GOARCH // not all architectures say more
	}
	memory, err := procField("/proc/meminfo", "MemTotal")
	if err != nil {
		return m, err
	}
	m.MemoryGiB, err = parseMemory(memory)
	return m, err
}

// describeCluster adds what only a control plane can tell, if there is one.
func (w *world) describeCluster(m *Machine) error {
	if w.cluster == nil {
		return nil
	}
	client, err := discovery.NewDiscoveryClientForConfig(w.cluster.Config)
	if err != nil {
		return err
	}
	version, err := client.ServerVersion()
	if err != nil {
		return err
	}
	m.Kubernetes = version.GitVersion
	m.EtcdSyncs, err = etcdSyncs()
	return err
}

// procField is the value of the first line with a name in one of the kernel's files of such lines.
func procField(path, name string) (string, error) {
	data, err := os.ReadFile(path) //nolint:gosec // one of the kernel's
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value), nil
		}
	}
	return "", fmt.Errorf("%s has no line %q", path, name)
}

// parseMemory is a size like "24684096 kB" in GiB.
func parseMemory(text string) (int, error) {
	kib, err := strconv.ParseInt(strings.TrimSuffix(text, " kB"), 10, 64)
	return int(math.Round(float64(kib) / (1 << 20))), err
}

// etcdSyncs is whether the etcd of this process was not told to leave out fsync.
func etcdSyncs() (bool, error) {
	children, err := childrenOf(os.Getpid())
	if err != nil {
		return false, err
	}
	for _, child := range children {
		if child.name != "etcd" {
			continue
		}
		arguments, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", child.pid))
		return !slices.Contains(strings.Split(string(arguments), "\x00"), "--unsafe-no-fsync"), err
	}
	return false, errors.New("no etcd is a child of this process")
}

// versionOf is that of a repository, if git knows it.
func versionOf(ctx context.Context, repository string) string {
	cmd := exec.CommandContext(ctx, "git", "describe", "--tags", "--always", "--dirty")
	cmd.Dir = repository
	output, err := cmd.Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(output))
}
