package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The tests that reliability.md names exist, with the cases that it names.
func TestReliabilityNamesTests(t *testing.T) {
	t.Parallel()
	sources := map[string]string{} // by the name of a test
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	for _, root := range []string{"controllers", "internal"} {
		err := filepath.WalkDir(filepath.Join("..", root), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			for _, match := range declared.FindAllStringSubmatch(string(source), -1) {
				sources[match[1]] = string(source)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	named := regexp.MustCompile("`(Test\\w+)(?:/([^`\n]+))?`").FindAllStringSubmatch(read(t, "reliability.md"), -1)
	if len(named) < 15 {
		t.Errorf("found %d tests: the test looks for the wrong thing", len(named))
	}
	for _, test := range named {
		switch source, exists := sources[test[1]]; {
		case !exists:
			t.Errorf("there is no %s", test[1])
		case !strings.Contains(source, `"`+test[2]+`"`) && test[2] != "":
			t.Errorf("%s has no case %q", test[1], test[2])
		}
	}
}
