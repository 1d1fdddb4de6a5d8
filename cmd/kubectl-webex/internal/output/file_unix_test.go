//go:build unix

package output

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What there was under the name is the same thing afterwards, and has the content.
func TestWriteFile(t *testing.T) {
	t.Parallel()
	const former, content = "a former report, which is longer", "the report"
	put := func(t *testing.T, name string, mode fs.FileMode) string {
		t.Helper()
		if err := os.WriteFile(name, []byte(former), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for name, prepare := range map[string]func(t *testing.T, name string){
		"new":           func(*testing.T, string) {},
		"regular":       func(t *testing.T, name string) { put(t, name, 0o644) },
		"private":       func(t *testing.T, name string) { put(t, name, 0o600) },
		"for the group": func(t *testing.T, name string) { put(t, name, 0o664) },
		"hard link": func(t *testing.T, name string) {
			if err := os.Link(put(t, name+".other", 0o600), name); err != nil {
				t.Fatal(err)
			}
		},
		"link": func(t *testing.T, name string) {
			if err := os.Symlink(put(t, name+".target", 0o640), name); err != nil {
				t.Fatal(err)
			}
		},
		"link to nothing": func(t *testing.T, name string) {
			if err := os.Symlink(name+".target", name); err != nil {
				t.Fatal(err)
			}
		},
		"link to a link": func(t *testing.T, name string) {
			if err := os.Symlink(put(t, name+".target", 0o600), name+".link"); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(filepath.Base(name)+".link", name); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "report.html")
			prepare(t, path)
			before, modes := names(t, path)
			if err := WriteFile(path, []byte(content)); err != nil {
				t.Fatal(err)
			}
			after, modesAfter := names(t, path)
			for file, mode := range modes {
				if modesAfter[file] != mode {
					t.Errorf("%s was %v and is %v", file, mode, modesAfter[file])
				}
				if text, _ := os.ReadFile(file); string(text) != content {
					t.Errorf("%s holds %q", file, text)
				}
			}
			if extra := len(after) - len(before); extra > 1 || extra == 1 && !strings.HasPrefix(name, "new") && !strings.HasSuffix(name, "nothing") {
				t.Errorf("there are %v, there were %v", after, before)
			}
			if text, _ := os.ReadFile(path); string(text) != content {
				t.Errorf("it holds %q", text)
			}
		})
	}
}

// names are the files beside a file, with their modes.
func names(t *testing.T, path string) (all []string, modes map[string]fs.FileMode) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	modes = map[string]fs.FileMode{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e.Name())
		modes[filepath.Join(filepath.Dir(path), e.Name())] = info.Mode()
	}
	return all, modes
}

func TestWriteToPipe(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string)
	go func() {
		defer close(read)
		if file, err := os.Open(path); err == nil {
			text, _ := io.ReadAll(file)
			read <- string(text)
		}
	}()
	if err := WriteFile(path, []byte("the report")); err != nil {
		t.Fatal(err)
	}
	if got := <-read; got != "the report" {
		t.Errorf("read %q", got)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode().Type() != fs.ModeNamedPipe {
		t.Errorf("it is %v (%v)", info, err)
	}
}

// A file that may not be written to is not replaced, and a name of the program's own
// stream is one.
func TestWriteRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := WriteFile(dir, nil); err == nil {
		t.Error("a directory was written to")
	}
	if err := WriteFile(filepath.Join(dir, "none", "report.html"), nil); err == nil || !strings.Contains(err.Error(), "directory that you may write to") {
		t.Errorf("error %v", err)
	}
	file, err := os.Create(filepath.Join(dir, "out")) //nolint:gosec // of this test
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	link := filepath.Join(dir, "stdout")
	if err := os.Symlink(file.Name(), link); err != nil {
		t.Fatal(err)
	}
	if !Names(link, file) || Names(dir, file) || Names(link, io.Discard) || Names(filepath.Join(dir, "none"), file) {
		t.Error("the stream is not known by its name")
	}
}
