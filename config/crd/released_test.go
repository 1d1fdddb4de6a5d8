package crd

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/util/version"
	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/test/crdcompat"
)

// Nothing that works with the CRDs of the last release stops working with those of today.
// docs/upgrades.md says what may change.
func TestNothingBreaks(t *testing.T) {
	t.Parallel()
	last := lastRelease(t)
	released, accepted := definitions(t, last), accepted(t, filepath.Join(last, "accepted.txt"))
	today := definitions(t, "bases")
	for kind, was := range released {
		is, ok := today[kind]
		if !ok {
			t.Errorf("%s is gone", kind)
			continue
		}
		for _, found := range crdcompat.Compare(was, is) {
			line := kind + " " + found.String()
			at := slices.Index(accepted, line)
			switch {
			case at < 0:
				t.Errorf("since %s: %s", filepath.Base(last), line)
			case !found.Ratchets:
				t.Errorf("accepted.txt of %s cannot accept what stored objects do not survive: %s", filepath.Base(last), line)
			default:
				accepted = slices.Delete(accepted, at, at+1)
			}
		}
	}
	for _, line := range accepted {
		t.Errorf("accepted.txt of %s accepts what does not happen: %s", filepath.Base(last), line)
	}
}

// lastRelease is the directory of the latest version.
func lastRelease(t *testing.T) string {
	t.Helper()
	directories, err := filepath.Glob(filepath.Join("released", "v*"))
	if err != nil || len(directories) == 0 {
		t.Fatalf("no released version (%v)", err)
	}
	return slices.MaxFunc(directories, func(a, b string) int {
		order, err := version.MustParseSemantic(filepath.Base(a)).Compare(filepath.Base(b))
		if err != nil {
			t.Fatal(err)
		}
		return order
	})
}

// accepted are the breaks that a release accepts, each with a reason behind a #.
func accepted(t *testing.T, path string) []string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var breaks []string
	for line := range strings.Lines(string(content)) {
		what, reason, found := strings.Cut(strings.TrimSpace(line), " # ")
		if what == "" || strings.HasPrefix(what, "#") {
			continue
		}
		if !found || len(reason) < 10 {
			t.Errorf("%s gives no reason: %s", path, line)
		}
		breaks = append(breaks, what)
	}
	return breaks
}

// definitions are the CRDs of a directory, by kind.
func definitions(t *testing.T, directory string) map[string]*apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(directory, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*apiextensionsv1.CustomResourceDefinition{}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		definition := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(content, definition); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[definition.Spec.Names.Kind] = definition
	}
	if len(all) < 4 {
		t.Fatalf("%s has %d definitions, want at least 4", directory, len(all))
	}
	return all
}
