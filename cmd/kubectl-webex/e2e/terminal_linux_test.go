package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// sync --all --wait on 200 customers keeps one steady screen, on a real terminal
// with a real operator at work.
func TestSteadyScreenOf200Customers(t *testing.T) {
	const customers, columns, height = 200, 100, 24
	w := newWorld(t, 1)
	namespace := w.namespaces[0]
	for i := range customers {
		w.customer(namespace, fmt.Sprintf("customer-%03d", i), "", webexsim.Generate(webexsim.GeneratorOptions{
			Seed: int64(i + 1), People: 3, Licenses: 5, Locations: 1, Workspaces: -1,
		}))
	}
	for i := range customers {
		w.synced(namespace, fmt.Sprintf("customer-%03d", i))
	}
	command := w.command("webex", "sync", "--all", "--wait", "-n", namespace)
	command.Env = append(command.Env, "TERM=xterm-256color")
	screen, code := onTerminal(t, command, columns, height)
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, fault := range screen.Faults() {
		t.Error(fault)
	}
	lines := screen.Lines()
	if len(lines) != height {
		t.Errorf("%d lines were left on a terminal of %d:\n%s", len(lines), height, screen.Text())
	}
	for _, want := range []string{`(?m)^200 of 200 done, \d+m?\d*s$`, `(?m)^200 of 200 runs succeeded: rows \+0 ~0 -0, \d+ requests to Webex$`} {
		if !regexp.MustCompile(want).MatchString(screen.Text()) {
			t.Errorf("no %s in\n%s", want, screen.Text())
		}
	}
	if bars := strings.Count(screen.Text(), "████████████████  done in "); bars != height-2 {
		t.Errorf("%d bars in\n%s", bars, screen.Text())
	}
}

// On a terminal there are bars and colours, with NO_COLOR bars alone.
func TestLicensesOnATerminal(t *testing.T) {
	w := newWorld(t, 1)
	namespace := w.namespaces[0]
	w.customer(namespace, "acme", "", webexsim.StandardOrganization())
	w.synced(namespace, "acme")
	for _, environment := range []string{"TERM=xterm", "NO_COLOR=1"} {
		command := w.command("webex", "licenses", "-n", namespace)
		command.Env = append(command.Env, "TERM=xterm", environment)
		screen, _ := onTerminal(t, command, 100, 24)
		if !strings.Contains(screen.Text(), "Webex Calling - Professional                        100          3          97   ▎░░░░░░░░░   3%") {
			t.Errorf("%s:\n%s", environment, screen.Text())
		}
		if coloured := screen.Colours() > 0; coloured == (environment == "NO_COLOR=1") {
			t.Errorf("%s: colours %v", environment, coloured)
		}
	}
}
