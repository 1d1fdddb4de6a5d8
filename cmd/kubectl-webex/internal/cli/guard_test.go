package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// Whatever servers, objects and files say, nothing of it acts on the terminal.
func TestNothingActsOnTheTerminal(t *testing.T) {
	const hostile = "\x1b]0;title\x07\x1b[2J\u009b31m\u202egnp\x9b\r"
	file := filepath.Join(t.TempDir(), "hostile.yaml")
	content := "apiVersion: licensing.webex-operator.io/v1alpha1\nkind: LicenseSync\nmetadata: {name: \"\\e[2J\\u202e\"}\nspec: {\"\\e[31m\": \"\\a\"}\n"
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	refuse := interceptor.Funcs{
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return errors.New("the server says " + hostile)
		},
		Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			return errors.New("the server says " + hostile)
		},
	}
	objects := fleet()
	for _, o := range objects {
		switch o := o.(type) {
		case *v1alpha1.WebexCustomerAccess:
			o.Spec.CustomerName = hostile
			for i := range o.Status.Conditions {
				o.Status.Conditions[i].Message = hostile
			}
		case *v1alpha1.WebexLicense:
			o.Status.Name, o.Status.SiteURL, o.Status.Location = hostile, hostile, hostile
		case *v1alpha1.LicenseSync:
			o.Status.Message = hostile
		}
	}
	for _, line := range []string{
		"licenses", "licenses --level Site", "licenses -o json", "licenses -o yaml", "licenses -o csv", "licenses --pools -o wide", "status", "status acme", "status -o csv",
		"runs", "runs -o wide", "runs -o yaml", "schedules", "schedules --next 24h", "report -o json", "report -o csv", "sync acme", "retry acme", "cancel acme",
		"suspend customer acme", "resume customer acme", "approve-prune acme", "lint " + file, "lint " + hostile, "licenses --customer " + hostile, hostile, "-o " + hostile,
		"__complete licenses --location ",
	} {
		for name, w := range map[string]*world{"refused": newWorldWith(t, refuse, fleet()...), "answered": newWorld(t, objects...)} {
			w.live = true
			got := w.run(strings.Split(line, " ")...)
			for _, r := range got.screen {
				if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e {
					t.Errorf("%s, %s: U+%04X on the terminal: %q", line, name, r, got.screen)
					break
				}
			}
		}
	}
}
