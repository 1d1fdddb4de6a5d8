package main

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"
)

// webViewLimit is far more than the web view needs, and too little for a library of graphics or
// a copy of React, which Headlamp has.
const webViewLimit = 300_000

// webView packs what make built of the plugin of Headlamp as headlamp-plugin package does, but with
// this version and time, and writes what Artifact Hub reads.
func (r release) webView() error {
	if r.web == "" {
		return nil
	}
	program, err := os.ReadFile(filepath.Join(r.web, "dist", "main.js"))
	if err != nil {
		return fmt.Errorf("%w: make headlamp/dist/main.js builds it", err)
	}
	manifest, err := os.ReadFile(filepath.Join(r.web, "package.json"))
	if err != nil {
		return err
	}
	license, err := os.ReadFile("LICENSE")
	if err != nil {
		return err
	}
	version := strings.TrimPrefix(r.version, "v")
	name, manifest, err := withVersion(manifest, version)
	if err != nil {
		return err
	}
	archive, err := tarGz([]file{
		{name + "/LICENSE", license, false},
		{name + "/main.js", program, false},
		{name + "/package.json", manifest, false},
	}, r.time)
	if err != nil {
		return err
	}
	if len(archive) > webViewLimit {
		return fmt.Errorf("the web view has %d bytes, more than %d: see what its build took in", len(archive), webViewLimit)
	}
	packed := name + "-" + version + ".tar.gz"
	if err := r.put(packed, archive); err != nil {
		return err
	}
	entry, err := artifactHub(map[string]any{
		"Name": name, "Version": version, "Created": r.time.Format(time.RFC3339), "Repository": repository,
		"URL": repository + "/releases/download/" + r.version + "/" + packed, "SHA256": fmt.Sprintf("%x", sha256.Sum256(archive)),
	})
	if err != nil {
		return err
	}
	return r.put("artifacthub-pkg.yml", entry)
}

// withVersion gives an npm package a version, and tells its name.
func withVersion(manifest []byte, version string) (name string, out []byte, err error) {
	var fields struct{ Name, Version string }
	if err := json.Unmarshal(manifest, &fields); err != nil {
		return "", nil, fmt.Errorf("package.json: %w", err)
	}
	before := fmt.Appendf(nil, `"version": %q`, fields.Version)
	if bytes.Count(manifest, before) != 1 {
		return "", nil, fmt.Errorf("package.json does not say %s once", before)
	}
	return fields.Name, bytes.Replace(manifest, before, fmt.Appendf(nil, `"version": %q`, version), 1), nil
}

//go:embed artifacthub-pkg.yml.tmpl
var artifactHubTemplate string

// artifactHub is the entry of a version in Artifact Hub, from which Headlamp installs.
func artifactHub(values map[string]any) ([]byte, error) {
	parsed, err := template.New("artifacthub").Option("missingkey=error").Parse(artifactHubTemplate)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = parsed.Execute(&out, values)
	return out.Bytes(), err
}
