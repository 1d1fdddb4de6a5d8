package e2e

import (
	"os/exec"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
)

// kubectl calls kubectl_complete-webex with what was typed after "webex".
func TestCompletionOfKubectl(t *testing.T) {
	w := newWorld(t, 1)
	namespace := w.namespaces[0]
	script, err := filepath.Abs("../kubectl_complete-webex")
	if err != nil {
		t.Fatal(err)
	}
	w.Expect(exec.CommandContext(w.ctx, "cp", script, shared.bin).Run()).To(Succeed())
	w.create(customerWithoutSecret(namespace, "acme"))
	w.create(customerWithoutSecret(namespace, "globex"))
	out, _, _ := w.kubectl("__complete", "webex", "licenses", "-n", namespace, "--customer", "")
	if want := "acme\nglobex\n:4\n"; out != want {
		t.Errorf("kubectl offers %q, want %q", out, want)
	}
}
