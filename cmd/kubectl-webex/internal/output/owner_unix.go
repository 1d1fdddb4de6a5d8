//go:build unix

package output

import (
	"io/fs"
	"os"
	"syscall"
)

// sole says whether a file has no other name.
func sole(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Nlink == 1
}

// own gives a file the owner of the one whose place it takes.
func own(name string, before fs.FileInfo) error {
	stat, ok := before.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if now, ok := info.Sys().(*syscall.Stat_t); ok && now.Uid == stat.Uid && now.Gid == stat.Gid {
		return nil
	}
	return os.Chown(name, int(stat.Uid), int(stat.Gid))
}
