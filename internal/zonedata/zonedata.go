// Package zonedata says which time zone data this process computes with. Rules change several times a year, often weeks
// before they hold, and two programs with data of different versions tell different times for the same slot.
package zonedata

import (
	"archive/zip"
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	_ "time/tzdata" // where the machine has none
)

// Data is the data in use.
type Data struct {
	// Version is that of the IANA database, such as 2026f; Unknown if the source does not say.
	Version string
	// Source is the directory or archive that it is in, or Embedded.
	Source string
}

const (
	// Unknown stands for a version that a source does not name.
	Unknown = "unknown"
	// Embedded is the data in the program itself.
	Embedded = "embedded"
	// embeddedVersion is that of the Go toolchain that go.mod names; a test compares them.
	embeddedVersion = "2025c"
	// probe is a zone that every source has.
	probe = "Europe/Berlin"
)

// paths are where Go's library looks, in this order, when ZONEINFO names nothing.
var paths = []string{"/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/usr/lib/locale/TZ", "/etc/zoneinfo"}

// InUse finds the data that the library takes: that of the environment variable ZONEINFO, then the machine's, then the
// embedded.
func InUse() Data { return find(os.Getenv("ZONEINFO"), paths) }

func find(variable string, paths []string) Data {
	if variable != "" {
		paths = append([]string{variable}, paths...)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, ".zip") {
			if inArchive(path) {
				return Data{Version: Unknown, Source: path}
			}
			continue
		}
		if info, err := os.Stat(filepath.Join(path, probe)); err == nil && info.Mode().IsRegular() {
			return Data{Version: versionIn(path), Source: path}
		}
	}
	return Data{Version: embeddedVersion, Source: Embedded}
}

func inArchive(path string) bool {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return false
	}
	defer func() { _ = archive.Close() }()
	_, err = archive.Open(probe)
	return err == nil
}

// version is how IANA names its releases.
var version = regexp.MustCompile(`\b[12][0-9]{3}[a-z]{1,2}\b`)

// versionIn reads the version from the files that have it: Debian's and IANA's own, macOS' and the BSDs'.
func versionIn(directory string) string {
	for _, name := range []string{"tzdata.zi", "+VERSION", "version"} {
		file, err := os.Open(filepath.Join(directory, name))
		if err != nil {
			continue
		}
		line, _ := bufio.NewReaderSize(file, 256).ReadSlice('\n')
		_ = file.Close()
		if found := version.Find(line); found != nil {
			return string(found)
		}
	}
	return Unknown
}

// Older says whether data are known to be older than a version. Versions of two letters come after those of one.
func (d Data) Older(than string) bool {
	if d.Version == Unknown {
		return false
	}
	pad := func(v string) string {
		if len(v) == len("2026a") {
			return v[:4] + " " + v[4:]
		}
		return v
	}
	return pad(d.Version) < pad(than)
}
