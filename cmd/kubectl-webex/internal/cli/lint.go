package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/manifest"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/output"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

func (a *app) lint() *cobra.Command {
	var strict bool
	cmd := &cobra.Command{
		Use:     "lint (FILE | DIRECTORY | -)...",
		GroupID: groupPrepare,
		Short:   "Check manifests without a cluster",
		Long: `Check manifests without a cluster: what the API server would refuse, by its own code and
the rules of this version; cron lines, time zones, selectors and addresses, which it does
not know; and whether the given files fit together. - is the standard input.

Errors make the exit code 1; warnings do so with --strict. Objects of other groups are
looked at only as far as ours refer to them.`,
		Example: `  # The files of a repository, before they are committed
  kubectl webex lint clusters/

  # What a tool puts out
  kustomize build . | kubectl webex lint -`,
		Args: cobra.MinimumNArgs(1),
	}
	cmd.Flags().BoolVar(&strict, "strict", false, "Let warnings count as errors")
	a.formats(cmd)
	cmd.RunE = run(func(ctx context.Context, names []string) error { return a.lintFiles(ctx, names, strict) })
	return cmd
}

func (a *app) lintFiles(ctx context.Context, names []string, strict bool) error {
	files, err := a.readFiles(names)
	if err != nil {
		return err
	}
	checker, err := manifest.NewChecker()
	if err != nil {
		return err
	}
	result := checker.Check(ctx, files, a.Now())
	errorCount, warnings := 0, 0
	for _, f := range result.Findings {
		if f.Severity == manifest.Error {
			errorCount++
		} else {
			warnings++
		}
	}
	if a.format.People() {
		a.sayFindings(result.Findings)
	} else if err := output.WriteList(a.Out, a.format, "FindingList", result.Findings, nil); err != nil {
		return err
	}
	sum := fmt.Sprintf("%s in %s", count(result.Objects-result.Foreign, "object"), count(result.Files, "file"))
	if result.Foreign > 0 {
		sum += fmt.Sprintf(", and %d of others", result.Foreign)
	}
	if errorCount > 0 || strict && warnings > 0 {
		return fmt.Errorf("%s: %s, %s", sum, count(errorCount, "error"), count(warnings, "warning"))
	}
	if a.format.People() {
		fmt.Fprintf(a.Err.Out, "%s: no errors, %s\n", sum, count(warnings, "warning"))
	}
	return nil
}

// sayFindings writes findings as compilers do, which editors understand.
func (a *app) sayFindings(findings []manifest.Finding) {
	for _, f := range findings {
		shade := terminal.Warning
		if f.Severity == manifest.Error {
			shade = terminal.Bad
		}
		where := ""
		if f.Field != "" {
			where = f.Field + ": "
		}
		fmt.Fprintf(a.Out.Out, "%s:%d: %s %s\n", terminal.Clean(f.File), f.Line, a.Out.Paint(shade, string(f.Severity)+":"), terminal.Clean(where+f.Message))
	}
}

func (a *app) readFiles(names []string) ([]manifest.File, error) {
	var files []manifest.File
	for _, name := range names {
		if name == "-" {
			content, err := io.ReadAll(a.In)
			if err != nil {
				return nil, fmt.Errorf("reading the standard input: %w", err)
			}
			files = append(files, manifest.File{Name: "-", Content: content})
			continue
		}
		paths, err := manifestsAt(name)
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				return nil, fmt.Errorf("%w: see its rights", err)
			}
			files = append(files, manifest.File{Name: path, Content: content})
		}
	}
	return files, nil
}

func manifestsAt(name string) ([]string, error) {
	var paths []string
	err := filepath.WalkDir(name, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
		case path == name || slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(path)):
			paths = append(paths, path)
		}
		return nil
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no file %s: name a file, a directory, or - for the standard input", name)
	case err != nil:
		return nil, err
	case len(paths) == 0:
		return nil, fmt.Errorf("directory %s has no .yaml, .yml or .json file: name another one", name)
	}
	return paths, nil
}
