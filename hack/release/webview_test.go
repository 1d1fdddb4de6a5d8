package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	sigsyaml "sigs.k8s.io/yaml"
)

// Headlamp finds in the tarball what it looks for, and in Artifact Hub where the tarball is and
// what its sum is.
func TestWebView(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	r := release{version: "v1.2.3", time: time.Unix(1_790_000_000, 0).UTC(), dir: t.TempDir(), web: t.TempDir()}
	put := func(name string, content []byte) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(r.web, name)), 0o700), os.WriteFile(filepath.Join(r.web, name), content, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	manifest, err := os.ReadFile(filepath.Join("headlamp", "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	put("package.json", manifest)
	if err := r.webView(); err == nil || !strings.Contains(err.Error(), "make headlamp/dist/main.js") {
		t.Errorf("before it is built: %v", err)
	}
	put("dist/main.js", []byte("program"))
	if err := r.webView(); err != nil {
		t.Fatal(err)
	}

	archive, err := os.ReadFile(filepath.Join(r.dir, "webex-licenses-1.2.3.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	files := unpacked(t, archive)
	var npm struct{ Name, Version string }
	if err := json.Unmarshal([]byte(files["webex-licenses/package.json"]), &npm); err != nil {
		t.Fatal(err)
	}
	if len(files) != 3 || files["webex-licenses/main.js"] != "program" || npm.Name != "webex-licenses" || npm.Version != "1.2.3" {
		t.Errorf("unexpected %v", files)
	}

	entry, err := os.ReadFile(filepath.Join(r.dir, "artifacthub-pkg.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var hub struct {
		Version, Name, DisplayName, CreatedAt, Description, License string
		Annotations                                                 map[string]string
	}
	if err := sigsyaml.Unmarshal(entry, &hub); err != nil {
		t.Fatal(err)
	}
	// The name is that of the directory, by which Headlamp's manager of plugins knows what it may remove.
	if hub.Version != "1.2.3" || hub.Name != npm.Name || hub.DisplayName == "" || hub.Description == "" || hub.License != "Apache-2.0" || hub.CreatedAt != "2026-09-21T14:13:20Z" {
		t.Errorf("unexpected %+v", hub)
	}
	if sum := hub.Annotations["headlamp/plugin/archive-checksum"]; sum != fmt.Sprintf("SHA256:%x", sha256.Sum256(archive)) {
		t.Errorf("its sum is %s", sum)
	}
	// Headlamp installs from releases of GitHub only.
	if url := hub.Annotations["headlamp/plugin/archive-url"]; !regexp.MustCompile(`^https://github\.com/[^/]+/[^/]+/releases/download/v1\.2\.3/webex-licenses-1\.2\.3\.tar\.gz$`).MatchString(url) {
		t.Errorf("it is at %s", url)
	}

	large := make([]byte, webViewLimit)
	if _, err := rand.Read(large); err != nil {
		t.Fatal(err)
	}
	put("dist/main.js", large)
	if err := r.webView(); err == nil || !strings.Contains(err.Error(), "more than 300000") {
		t.Errorf("a large one: %v", err)
	}
}

func TestWithVersion(t *testing.T) {
	t.Parallel()
	for manifest, want := range map[string]string{
		`{"name": "a", "version": "0.1.0", "b": "0.1.0"}`:               `{"name": "a", "version": "1.0.0", "b": "0.1.0"}`,
		`{"name": "a", "version": "0.1.0", "b": {"version": "0.1.0"}}`:  "",
		`{"name": "a", "version":"0.1.0"}`:                              "",
		`{"name": "a", "version": "0.1.0"`:                              "",
		`{"name": "a", "version": "0.1.0", "b": {"version": "0.1.01"}}`: `{"name": "a", "version": "1.0.0", "b": {"version": "0.1.01"}}`,
	} {
		name, got, err := withVersion([]byte(manifest), "1.0.0")
		if string(got) != want || (err == nil) != (want != "") || (want != "" && name != "a") {
			t.Errorf("%s: %s, %s, %v", manifest, name, got, err)
		}
	}
}

func unpacked(t *testing.T, archive []byte) map[string]string {
	t.Helper()
	uncompressed, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for reader := tar.NewReader(uncompressed); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		files[header.Name] = string(content)
	}
}
