package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	inlineWord = regexp.MustCompile("`([^`\n]+)`")
	// A path of this repository, as opposed to a command or a field.
	repositoryPath = regexp.MustCompile(`^(?:\.?[\w-]+/)+[\w.-]*$`)
	makeCommand    = regexp.MustCompile(`^make ([a-z][a-z-]*)`)
)

// The files and make targets that CONTRIBUTING.md sends people to exist.
func TestContributingNamesWhatExists(t *testing.T) {
	t.Parallel()
	makefile := read(t, filepath.Join("..", "Makefile"))
	files, targets := 0, 0
	for _, word := range inlineWord.FindAllStringSubmatch(read(t, filepath.Join("..", "CONTRIBUTING.md")), -1) {
		if repositoryPath.MatchString(word[1]) {
			files++
			if _, err := os.Stat(filepath.Join("..", filepath.FromSlash(word[1]))); err != nil {
				t.Error(err)
			}
		}
		if command := makeCommand.FindStringSubmatch(word[1]); command != nil {
			targets++
			if !strings.Contains(makefile, "\n"+command[1]+":") {
				t.Errorf("the Makefile has no target %s", command[1])
			}
		}
	}
	if files < 40 || targets < 3 {
		t.Errorf("found %d files and %d targets: the test looks for the wrong thing", files, targets)
	}
}
