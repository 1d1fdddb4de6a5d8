package output

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Names says whether a name stands for a stream of the program, as /dev/stdout does.
func Names(name string, stream io.Writer) bool {
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	named, err := os.Stat(name)
	if err != nil {
		return false
	}
	opened, err := file.Stat()
	return err == nil && os.SameFile(named, opened)
}

// WriteFile writes to what is there. A regular file with one name is replaced as a whole
// and keeps its mode, so that the former content stays if the disk is full; so does a
// new file come to be. All else, such as a device, a pipe, or a file of several names,
// is written to in place; a symbolic link stays one.
func WriteFile(name string, content []byte) error {
	target, err := filepath.EvalSymlinks(name)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(name); err == nil { // a link to what is not there yet
			return inPlace(name, content)
		}
		return create(name, content)
	}
	if err != nil {
		return err
	}
	info, err := os.Stat(target)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || descriptor(name) || !sole(info) {
		return inPlace(name, content)
	}
	return replace(target, info, content)
}

// descriptor says whether a name stands for an open file of a process, whose position
// belongs to others, too.
func descriptor(name string) bool {
	path, err := filepath.Abs(name)
	return err == nil && (strings.HasPrefix(path, "/dev/") || strings.HasPrefix(path, "/proc/"))
}

func inPlace(name string, content []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, newMode) //nolint:gosec // the file that the person named
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Close())
}

// newMode is that of a new file, less the umask: a report is for others to read.
const newMode = 0o644

// create makes a new file.
func create(name string, content []byte) error {
	beside, err := writeBeside(name, newMode, content)
	if err != nil {
		return fmt.Errorf("%w: name a file in a directory that you may write to", err)
	}
	return rename(beside, name)
}

// replace puts a new file in the place of one, or writes into that one where the
// directory, or its owner, lets no other take its place.
func replace(target string, before fs.FileInfo, content []byte) error {
	file, err := os.OpenFile(target, os.O_WRONLY, 0) // who may not write to the file may not replace it either
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	beside, err := writeBeside(target, before.Mode().Perm(), content)
	if errors.Is(err, fs.ErrPermission) {
		return inPlace(target, content)
	}
	if err != nil {
		return err
	}
	if err := errors.Join(os.Chmod(beside, before.Mode().Perm()), own(beside, before)); err != nil {
		_ = os.Remove(beside)
		return inPlace(target, content)
	}
	return rename(beside, target)
}

// writeBeside writes a file into the directory of another one.
func writeBeside(name string, mode fs.FileMode, content []byte) (beside string, err error) {
	beside = filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+"-"+rand.Text())
	file, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode) //nolint:gosec // beside the file that the person named
	if err != nil {
		return "", err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err != nil {
		_ = os.Remove(beside)
	}
	return beside, err
}

func rename(from, to string) error {
	err := os.Rename(from, to)
	if err != nil {
		_ = os.Remove(from)
	}
	return err
}
