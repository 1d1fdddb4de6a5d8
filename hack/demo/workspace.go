package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	lockFile   = "lock"
	readyFile  = "ready"
	managerLog = "manager.log"
	// kubeconfigFile is where other terminals find the cluster.
	kubeconfigFile = "kubeconfig"
)

// exeSuffix ends the names of programs.
var exeSuffix = map[bool]string{true: ".exe"}[runtime.GOOS == "windows"]

// errLocked says that another process holds the lock.
var errLocked = errors.New("locked")

// workspace is bin/demo, where other terminals find the demo. One demo has it at a time.
type workspace struct {
	dir  string
	lock *os.File
}

// openWorkspace makes the directory, takes the lock and removes what a demo that was
// killed has left behind.
func openWorkspace(dir string) (*workspace, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the directory of the demo: %w", err)
	}
	w := &workspace{dir: dir}
	var err error
	w.lock, err = takeLock(w.path(lockFile))
	if errors.Is(err, errLocked) {
		pid, _ := os.ReadFile(w.path(lockFile))
		return nil, fmt.Errorf("another demo runs already (process id %s): use it (export KUBECONFIG=%s), or end it with Ctrl-C in its terminal",
			strings.TrimSpace(string(pid)), w.path(kubeconfigFile))
	}
	if err != nil {
		return nil, fmt.Errorf("locking the directory of the demo: %w", err)
	}
	if err := w.clean(lockFile); err != nil {
		return nil, errors.Join(fmt.Errorf("removing the files of an earlier demo: %w", err), w.close())
	}
	return w, nil
}

func (w *workspace) path(name string) string { return filepath.Join(w.dir, name) }

// write lets a reader see all of a file or nothing.
func (w *workspace) write(name string, content []byte) error {
	temporary := w.path("." + name + ".tmp")
	if err := os.WriteFile(temporary, content, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, w.path(name))
}

// notReady tells those who look that the demo is about to end.
func (w *workspace) notReady() { _ = os.Remove(w.path(readyFile)) }

// clean removes all files but some.
func (w *workspace) clean(keep ...string) error {
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		return err
	}
	var errs []error
next:
	for _, entry := range entries {
		for _, name := range keep {
			if entry.Name() == name {
				continue next
			}
		}
		if err := os.Remove(w.path(entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// close removes the files and, last of all, gives the lock back. The operator's log stays:
// an error message may have named it.
func (w *workspace) close() error {
	err := w.clean(lockFile, managerLog)
	// Removed while it is still held: see takeLock.
	return errors.Join(err, os.Remove(w.path(lockFile)), w.lock.Close())
}
