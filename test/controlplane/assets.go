package controlplane

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// tempPrefix begins the name of a temporary data directory; the process id of its owner follows.
const tempPrefix = "controlplane-"

// AssetsDir returns the directory with etcd, kube-apiserver, kube-controller-manager and
// kubectl: KUBEBUILDER_ASSETS if set, else bin/controlplane of the repository that the
// working directory is in. It fails with the remedy if they have not been built.
func AssetsDir() (string, error) {
	dir := os.Getenv("KUBEBUILDER_ASSETS")
	if dir == "" {
		root, err := repositoryRoot()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(root, "bin", "controlplane")
	}
	for _, name := range []string{"etcd", "kube-apiserver"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return "", fmt.Errorf("no %s in %s: run \"make controlplane\", "+
				"or set KUBEBUILDER_ASSETS to a directory that has it (%w)", name, dir, err)
		}
	}
	return filepath.Abs(dir)
}

// repositoryRoot walks up from the working directory to the module's go.mod. The modules
// in hack/ have a go.mod of their own, so that the topmost one is meant.
func repositoryRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	const module = "module github.com/webex-operator/webex-license-operator\n"
	for {
		content, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.Contains(string(content), module) {
			return dir, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("the working directory is not inside the repository: " +
				"set KUBEBUILDER_ASSETS to the directory with etcd and kube-apiserver")
		}
		dir = parent
	}
}

// removeAbandoned removes temporary directories of processes that are gone. A process that
// was killed could not do so, and each such directory holds 130 MiB and more.
func removeAbandoned(parent string) {
	dirs, _ := filepath.Glob(filepath.Join(parent, tempPrefix+"*-*"))
	for _, dir := range dirs {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), tempPrefix), "-")
		if pid, err := strconv.Atoi(owner); err == nil && !processExists(pid) {
			_ = os.RemoveAll(dir)
		}
	}
}

// freePort returns a TCP port of 127.0.0.1 that nothing listens on now.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // Opening a local port does not block.
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port), nil
}

// withDiskRemedy says what to do when the disk is full or not writable.
func withDiskRemedy(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w; free some space, or set TMPDIR to a directory with room that you can write to", err)
	}
	return err
}
