// Command release writes what a release consists of, beside the image and the chart, into a
// directory that holds crds.yaml and install.yaml already; make release-artifacts calls it.
// All of it follows from the commit, the version and the time that are given: one
// commit gives the same bytes wherever it is built.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r := release{}
	var epoch int64
	flag.StringVar(&r.version, "version", "", "the version, such as v0.1.0")
	flag.StringVar(&r.dir, "dist", "dist", "the directory")
	flag.StringVar(&r.sbom, "cyclonedx", "bin/tools/cyclonedx-gomod", "the program that writes software bills of materials")
	flag.StringVar(&r.helm, "helm", "bin/tools/helm", "the program that packs the chart")
	flag.StringVar(&r.web, "web", "", "the directory of the web view, built; if it is not given, the web view is left out")
	flag.StringVar(&r.govulncheck, "govulncheck", "", "the program that looks for vulnerabilities; if it is given, only the OpenVEX document is written")
	flag.StringVar(&r.database, "database", "", "its database; default: https://vuln.go.dev")
	flag.StringVar(&r.image, "image", "", "the image: repository:tag@digest")
	flag.Int64Var(&epoch, "epoch", 0, "the time of all files, in seconds since 1970: that of the commit")
	flag.Parse()
	r.time = time.Unix(epoch, 0).UTC()
	if err := r.write(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		stop()
		os.Exit(1)
	}
}

// release is one release.
type release struct {
	version   string
	time      time.Time
	dir, sbom string
	helm, web string

	govulncheck, database, image string
}

const (
	repository = "https://github.com/webex-operator/webex-license-operator"
	// checksums is the name of the file that lists all others, as sha256sum does.
	checksums = "checksums.txt"
)

// What git describe says of a commit that is not tagged is a name, too, but no version.
var versions = regexp.MustCompile(`^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$`)

func (r release) write(ctx context.Context) error {
	if !versions.MatchString(r.version) {
		return fmt.Errorf("-version is %q: want one such as v0.1.0", r.version)
	}
	if r.time.Unix() <= 0 {
		return errors.New("-epoch is missing: the time of the commit, as of git log -1 --format=%ct")
	}
	if r.govulncheck != "" {
		return r.vex(ctx)
	}
	for _, manifest := range []string{"crds.yaml", "install.yaml"} {
		if _, err := os.Stat(filepath.Join(r.dir, manifest)); err != nil {
			return fmt.Errorf("%w: make manifests writes it", err)
		}
	}
	schemas, err := schemaFiles()
	if err != nil {
		return err
	}
	archive, err := tarGz(schemas, r.time)
	if err != nil {
		return err
	}
	if err := r.put("crd-schemas.tar.gz", archive); err != nil {
		return err
	}
	if err := r.chart(ctx); err != nil {
		return err
	}
	if err := r.plugin(ctx); err != nil {
		return err
	}
	if err := r.webView(); err != nil {
		return err
	}
	if err := r.bills(ctx); err != nil {
		return err
	}
	return r.sum()
}

func (r release) put(name string, content []byte) error {
	return os.WriteFile(filepath.Join(r.dir, name), content, 0o644) //nolint:gosec // for all to read
}

// bills writes a software bill of materials for each program: its modules, their versions,
// checksums and licences. It is made from a clone, in which the version is a tag: that is
// where the tool looks for it.
func (r release) bills(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "release-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	tool, err := filepath.Abs(r.sbom)
	if err != nil {
		return err
	}
	if _, err := run(ctx, ".", nil, "git", "clone", "--quiet", "--depth=1", "--no-tags", "file://"+filepath.ToSlash(here), dir); err != nil {
		return err
	}
	if _, err := run(ctx, dir, nil, "git", "tag", "--force", r.version); err != nil {
		return err
	}
	for name, program := range map[string]string{"webex-license-operator": ".", "kubectl-webex": "cmd/kubectl-webex"} {
		bill, err := run(ctx, dir, target{"linux", "amd64"}.environment(), tool, "app", "-json", "-licenses", "-std", "-noserial", "-notimestamp", "-main", program, dir)
		if err != nil {
			return err
		}
		if bill, err = withoutTool(bill); err != nil {
			return err
		}
		if err := r.put(name+".cdx.json", bill); err != nil {
			return err
		}
	}
	return nil
}

// withoutTool takes the checksums of the tool's own binary out of a bill: they are others on
// another machine.
func withoutTool(bill []byte) ([]byte, error) {
	var document map[string]any
	if err := json.Unmarshal(bill, &document); err != nil {
		return nil, fmt.Errorf("the bill of materials: %w", err)
	}
	metadata, _ := document["metadata"].(map[string]any)
	tools, _ := metadata["tools"].([]any)
	if len(tools) == 0 {
		return nil, errors.New("the bill of materials names no tool in metadata.tools")
	}
	for _, tool := range tools {
		if fields, ok := tool.(map[string]any); ok {
			delete(fields, "hashes")
		}
	}
	out, err := json.MarshalIndent(document, "", "  ")
	return append(out, '\n'), err
}

// sum writes the checksums of all files.
func (r release) sum() error {
	entries, err := os.ReadDir(r.dir) // sorted
	if err != nil {
		return err
	}
	var list bytes.Buffer
	for _, entry := range entries {
		if entry.IsDir() || entry.Name() == checksums {
			continue
		}
		content, err := os.ReadFile(filepath.Join(r.dir, entry.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "%x  %s\n", sha256.Sum256(content), entry.Name())
	}
	return r.put(checksums, list.Bytes())
}

// run runs a program and returns what it printed.
func run(ctx context.Context, dir string, environment []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), environment...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, stderr.Bytes())
	}
	return out, nil
}
