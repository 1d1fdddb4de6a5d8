package main

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const chartDir = "charts/webex-license-operator"

// chart packs the chart, with this version and image as its defaults. Helm notes the times of
// files, which are those of the checkout, so it gets a copy in which they are the commit's.
func (r release) chart(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "release-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	repository, digest := imageParts(r.image)
	replace := strings.NewReplacer("repository: webex-license-operator", "repository: "+repository, `digest: ""`, `digest: "`+digest+`"`)
	if err := copyTree(filepath.FromSlash(chartDir), dir, r.time, func(name string, content []byte) []byte {
		if name != "values.yaml" {
			return content
		}
		return []byte(replace.Replace(string(content)))
	}); err != nil {
		return err
	}
	_, err = run(ctx, ".", nil, r.helm, "package", dir, "--version", strings.TrimPrefix(r.version, "v"), "--app-version", r.version, "--destination", r.dir)
	return err
}

// imageParts takes repository:tag@digest apart; the tag of the chart is its version.
func imageParts(image string) (repository, digest string) {
	repository, digest, _ = strings.Cut(image, "@")
	if colon := strings.LastIndexByte(repository, ':'); colon > strings.LastIndexByte(repository, '/') {
		repository = repository[:colon]
	}
	return repository, digest
}

// copyTree copies a directory, with one time for all of it.
func copyTree(from, to string, at time.Time, change func(name string, content []byte) []byte) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		if entry.IsDir() {
			return os.MkdirAll(target, 0o755) //nolint:gosec // for all to read
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(target, change(filepath.ToSlash(name), content), 0o644); err != nil { //nolint:gosec // for all to read
			return err
		}
		return os.Chtimes(target, at, at)
	})
}
