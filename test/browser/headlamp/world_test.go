// Package headlamp looks at the web view in a real browser, as several people: on the demo's
// control plane, with the operator and a simulated Webex. make headlamp builds all and runs it.
package headlamp

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

var (
	root     = flag.String("root", "../../..", "the repository, with the web view built")
	program  = flag.String("chromium", "chromium", "the browser")
	running  = flag.String("demo", "", "directory of a demo that runs already, such as bin/demo; default: one of the test's own")
	pictures = flag.String("pictures", "", "directory to write pictures of the pages into")
)

const (
	// patience bounds each wait; all of them together take a minute on a quiet machine.
	patience = 30 * time.Second
	// startPatience bounds the demo's start, which may compile.
	startPatience = 5 * time.Minute
	lookEvery     = 50 * time.Millisecond
	group         = "/apis/licensing.webex-operator.io/v1alpha1"
	rights        = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
	demo          = "webex-demo"
	prefix        = "webex-license-operator-"
)

// transport keeps a connection for each of those that create rows.
var transport = &http.Transport{MaxIdleConnsPerHost: atOnce}

// world is the demo, and the web view as three people see it.
type world struct {
	dir string // of the demo
	// Addresses of the web view's first page, by person. The administrator's is the demo's own.
	admin, editor, viewer string
	webex                 http.Client // knows the simulator
}

func newWorld(t *testing.T) *world {
	t.Helper()
	bin := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./hack/demo", "./hack/headlamp")
	build.Dir = *root
	build.Env = append(os.Environ(), "GOFLAGS=")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	top, err := filepath.Abs(*root)
	if err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(top, "bin", "headlamp", "host")
	w := &world{dir: *running}
	if w.dir == "" {
		w.dir = filepath.Join(bin, "world")
		startDemo(t, exec.CommandContext(t.Context(), filepath.Join(bin, "demo"), "-dir="+w.dir, "-web="+page), top, w.dir) //nolint:gosec // our own
	}
	w.admin = w.file(t, "web.url")
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(w.file(t, "webexsim-ca.crt")))
	w.webex.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	t.Cleanup(w.webex.CloseIdleConnections)
	serve := func(user string) string {
		return w.serve(t, filepath.Join(bin, "headlamp"), "-as="+user, "-page="+page, "-plugin="+filepath.Join(top, "headlamp"))
	}
	w.editor, w.viewer = serve("editor"), serve("viewer")
	w.bind(t, "viewer", "view", prefix+"webexlicenseassignment-viewer-role")
	w.bind(t, "editor", "edit", prefix+"webexlicenseassignment-editor-role")
	// What a person asks for is to be seen, not what the demo's schedule does each minute.
	w.api(t, http.MethodPatch, group+"/namespaces/"+demo+"/licensesyncschedules/every-minute", `{"spec":{"suspend":true}}`, nil)
	return w
}

// startDemo returns when all that the demo shows is there.
func startDemo(t *testing.T, command *exec.Cmd, top, dir string) {
	t.Helper()
	var output bytes.Buffer
	command.Dir = top
	command.Stdout, command.Stderr = &output, &output
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		command.Env = append(os.Environ(), "KUBEBUILDER_ASSETS="+filepath.Join(top, "bin", "controlplane"))
	}
	ended := start(t, command)
	within(t, startPatience, "the demo is ready", func() bool {
		select {
		case <-ended:
			t.Fatalf("the demo ended:\n%s", output.Bytes())
		default:
		}
		_, err := os.Stat(filepath.Join(dir, "ready"))
		return err == nil
	})
}

// start runs a program until the test ends; the channel is closed when it has ended by itself.
func start(t *testing.T, command *exec.Cmd) <-chan struct{} {
	t.Helper()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = command.Wait() }()
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	// The context ends before cleanups run, and must not kill what can tidy up.
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	return ended
}

// serve runs hack/headlamp and returns the address that it prints.
func (w *world) serve(t *testing.T, program string, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, append(arguments, "-kubeconfig="+filepath.Join(w.dir, "kubeconfig"))...) //nolint:gosec // our own
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = os.Stderr
	start(t, command)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

func (w *world) file(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(content))
}

// bind gives a user cluster roles, as an administrator does.
func (w *world) bind(t *testing.T, user string, roles ...string) {
	t.Helper()
	for _, role := range roles {
		name := user + "-" + role
		_ = w.call(t, http.MethodDelete, rights+"/"+name, "", nil) // of an earlier test on the same demo
		w.api(t, http.MethodPost, rights, fmt.Sprintf(`{"metadata":{"name":%q},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":%q},
			"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":%q}]}`, name, role, user), nil)
	}
}

// api asks the API server as administrator; the answer goes to into, unless that is nil.
func (w *world) api(t *testing.T, method, path, body string, into any) {
	t.Helper()
	if err := w.call(t, method, path, body, into); err != nil {
		t.Fatal(err)
	}
}

func (w *world) call(t *testing.T, method, path, body string, into any) error {
	r, err := http.NewRequestWithContext(t.Context(), method, strings.TrimSuffix(w.admin, "/c/main/webex")+"/clusters/main"+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		r.Header.Set("Content-Type", "application/merge-patch+json")
	}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %s %s %w", method, path, answer.Status, content, err)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(content, into)
}

// change changes the licences of a person in the simulated Webex: {"add": ["..."]}.
func (w *world) change(t *testing.T, path, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.file(t, "webexsim-control.url")+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := w.webex.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if _ = answer.Body.Close(); answer.StatusCode >= http.StatusBadRequest {
		t.Fatalf("%s: %s", path, answer.Status)
	}
}

// kubectl is what an engineer sees.
func (w *world) kubectl(t *testing.T, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), filepath.Join(w.dir, "kubectl"), arguments...) //nolint:gosec // the control plane's
	command.Env = append(os.Environ(), "KUBECONFIG="+filepath.Join(w.dir, "kubeconfig"))
	output, err := command.Output()
	if err != nil {
		t.Fatalf("kubectl %v: %v", arguments, err)
	}
	return string(output)
}

// within waits until something holds.
func within(t *testing.T, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(limit)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline:
			t.Fatalf("not so after %s: %s", limit, what)
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-tick.C:
		}
	}
}
