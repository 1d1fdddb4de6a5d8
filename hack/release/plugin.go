package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"text/template"
)

// target is a machine that the plugin is built for.
type target struct{ OS, Arch string }

var targets = []target{
	{"linux", "amd64"},
	{"linux", "arm64"},
	{"darwin", "amd64"},
	{"darwin", "arm64"},
	{"windows", "amd64"},
	{"windows", "arm64"},
}

func (t target) environment() []string {
	return []string{"GOOS=" + t.OS, "GOARCH=" + t.Arch, "CGO_ENABLED=0", "GOWORK=off"}
}

// program is the plugin's file.
func (t target) program() string {
	if t.OS == "windows" {
		return "kubectl-webex.exe"
	}
	return "kubectl-webex"
}

// archive is the name of the plugin's archive.
func (t target) archive(version string) string {
	extension := "tar.gz"
	if t.OS == "windows" {
		extension = "zip"
	}
	return fmt.Sprintf("kubectl-webex_%s_%s_%s.%s", version, t.OS, t.Arch, extension)
}

// completion is the script that kubectl asks for words. It is for shells of Unix.
const completion = "kubectl_complete-webex"

// published is an archive of the plugin, as krew wants to know it.
type published struct {
	target

	Program, URI, SHA256 string
	// Unix is false on Windows, whose archive has no script for completion.
	Unix bool
}

// plugin builds the plugin for all targets, and writes archives and krew's manifest.
func (r release) plugin(ctx context.Context) error {
	license, err := os.ReadFile("LICENSE")
	if err != nil {
		return err
	}
	script, err := os.ReadFile(filepath.Join("cmd", "kubectl-webex", completion))
	if err != nil {
		return err
	}
	var all []published
	for _, t := range targets {
		binary, err := r.build(ctx, t)
		if err != nil {
			return err
		}
		files := []file{{"LICENSE", license, false}, {t.program(), binary, true}}
		pack := zipped
		if t.OS != "windows" {
			files, pack = append(files, file{completion, script, true}), tarGz
		}
		archive, err := pack(files, r.time)
		if err != nil {
			return err
		}
		if err := r.put(t.archive(r.version), archive); err != nil {
			return err
		}
		all = append(all, published{
			target: t, Program: t.program(), Unix: t.OS != "windows",
			URI:    repository + "/releases/download/" + r.version + "/" + t.archive(r.version),
			SHA256: fmt.Sprintf("%x", sha256.Sum256(archive)),
		})
	}
	manifest, err := krewManifest(r.version, all)
	if err != nil {
		return err
	}
	return r.put("webex.yaml", manifest)
}

// build builds the plugin. Neither the directory nor the state of the checkout is in it.
func (r release) build(ctx context.Context, t target) ([]byte, error) {
	dir, err := os.MkdirTemp("", "release-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary := filepath.Join(dir, t.program())
	if _, err := run(ctx, ".", t.environment(), "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -X main.version="+r.version, "-o", binary, "./cmd/kubectl-webex"); err != nil {
		return nil, err
	}
	return os.ReadFile(binary)
}

//go:embed krew.yaml.tmpl
var krewTemplate string

// krewManifest is what a pull request to krew-index consists of.
func krewManifest(version string, archives []published) ([]byte, error) {
	parsed, err := template.New("krew").Option("missingkey=error").Parse(krewTemplate)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = parsed.Execute(&out, map[string]any{"Version": version, "Repository": repository, "Archives": archives})
	return out.Bytes(), err
}
