package browser

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

const (
	repository   = "../.."
	clientID     = "C0ffee"
	clientSecret = "the-client-secret-of-a-test"
)

// A person signs in: the plugin opens the browser, Webex' page asks, and the plugin goes on.
// What passes through the browser is in no output and in no arguments.
func TestSignIn(t *testing.T) {
	w := newSimulator(t)
	browser := start(t, chromedp.Flag("ignore-certificate-errors", true))
	for _, c := range []struct {
		button, title, says string
		works               bool
	}{
		{"#accept", "kubectl webex: Webex has answered", "Organization  Acme Example", true},
		{"#deny", "kubectl webex: Not signed in", "consent was denied in the browser", false},
	} {
		t.Run(c.button, func(t *testing.T) {
			p := w.connect(t)
			tab, cancel := chromedp.NewContext(browser)
			defer cancel()
			tab, cancel = context.WithTimeout(tab, time.Minute)
			defer cancel()
			secrets, arrived := watch(t, tab)
			opened := p.opened(t)
			arguments, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.command.Process.Pid))
			if err != nil {
				t.Fatal(err)
			}
			if want := "http://127.0.0.1:" + p.port + "/start"; opened != want {
				t.Errorf("opened %q, want %q", opened, want)
			}
			if err := chromedp.Do(tab, chromedp.Navigate(opened), chromedp.Click(c.button)); err != nil {
				t.Fatal(err)
			}
			select {
			case <-arrived:
			case <-tab.Done():
				t.Fatal("the browser does not come to the last page")
			}
			failed := p.command.Wait()
			output := p.out.String()
			if (failed == nil) != c.works || !strings.Contains(output, c.says) {
				t.Errorf("%v\n%s", failed, output)
			}
			title, err := chromedp.Run(tab, chromedp.Title())
			if err != nil || title != c.title {
				t.Errorf("the tab shows %q, %v", title, err)
			}
			history, err := chromedp.Run(tab, chromedp.NavigationEntries())
			if err != nil {
				t.Fatal(err)
			}
			var addresses []string
			for _, e := range history.Entries {
				if strings.HasPrefix(e.URL, "http://127.0.0.1") {
					addresses = append(addresses, e.URL)
				}
			}
			if last := "http://127.0.0.1:" + p.port + "/done"; strings.Join(addresses, " ") != last {
				t.Errorf("the history of the tab has %q, want %q", addresses, last)
			}
			found := secrets()
			if len(found) == 0 || c.works && len(found) < 2 {
				t.Fatalf("the browser saw %d values of state and code", len(found))
			}
			for _, secret := range found {
				if strings.Contains(output+opened+string(arguments), secret) {
					t.Error("a state or code was shown")
				}
			}
			if connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp4", "127.0.0.1:"+p.port); err == nil {
				_ = connection.Close()
				t.Error("something listens after the end")
			}
		})
	}
}

// watch collects the states and codes that pass through a tab, and tells when its last page
// is there.
func watch(t *testing.T, tab context.Context) (secrets func() []string, arrived chan struct{}) {
	t.Helper()
	var mu sync.Mutex
	var found []string
	last := false
	arrived = make(chan struct{})
	err := chromedp.Listen(tab, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			u, err := url.Parse(e.Request.URL)
			if err != nil {
				return
			}
			for _, name := range []string{"code", "state"} {
				if value := u.Query().Get(name); value != "" {
					found = append(found, value)
				}
			}
		case *page.EventFrameNavigated:
			last = last || strings.HasSuffix(e.Frame.URL, "/done")
		case *page.EventLoadEventFired:
			if last {
				last = false
				close(arrived)
			}
		}
	})
	if err == nil {
		err = chromedp.Do(tab, chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
			return err
		}))
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return found
	}, arrived
}

// simulator is Webex, and a directory with the plugin.
type simulator struct {
	dir, url, redirect string
}

func newSimulator(t *testing.T) *simulator {
	t.Helper()
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", dir, "./cmd/kubectl-webex", "./hack/webexsim")
	build.Dir = repository
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &simulator{dir: dir, redirect: "http://" + listener.Addr().String() + "/callback"}
	_ = listener.Close()
	sim := exec.CommandContext(t.Context(), filepath.Join(dir, "webexsim"), "-ca-file", filepath.Join(dir, "ca.crt"), "-url-file", filepath.Join(dir, "url"))
	if err := sim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Process.Kill(); _ = sim.Wait() })
	address := awaited(t, filepath.Join(dir, "url"))
	w.url = strings.TrimSpace(address)
	w.register(t)
	if err := errors.Join(
		os.WriteFile(filepath.Join(dir, "secret"), []byte(clientSecret), 0o600),
		os.WriteFile(filepath.Join(dir, "xdg-open"), []byte("#!/bin/sh\necho \"$@\" > \"$OPENED\"\n"), 0o700), //nolint:gosec // a program
		syscall.Mkfifo(filepath.Join(dir, "opened"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	return w
}

// awaited is the content of a file that another program writes.
func awaited(t *testing.T, file string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if content, err := os.ReadFile(file); err == nil { //nolint:gosec // of the test's directory
			return string(content)
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s does not come", filepath.Base(file))
		case <-tick.C:
		}
	}
}

// register adds the integration to the simulator.
func (w *simulator) register(t *testing.T) {
	t.Helper()
	ca, err := os.ReadFile(filepath.Join(w.dir, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	body, err := json.Marshal(map[string]any{
		"clientID": clientID, "clientSecret": clientSecret, "redirectURIs": []string{w.redirect}, "organization": "11111111-2222-4333-8444-555555555555",
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, strings.TrimSuffix(w.url, "/v1")+"/control/integrations", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	defer client.CloseIdleConnections()
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if _ = resp.Body.Close(); resp.StatusCode != http.StatusOK {
		t.Fatalf("registering the integration: %s", resp.Status)
	}
}

// plugin is a run of kubectl webex connect.
type plugin struct {
	command *exec.Cmd
	out     bytes.Buffer // both streams
	port    string
	fifo    *os.File
}

func (w *simulator) connect(t *testing.T) *plugin {
	t.Helper()
	redirect, err := url.Parse(w.redirect)
	if err != nil {
		t.Fatal(err)
	}
	p := &plugin{port: redirect.Port()}
	if p.fifo, err = os.OpenFile(filepath.Join(w.dir, "opened"), os.O_RDWR, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.fifo.Close() })
	p.command = exec.CommandContext(t.Context(), filepath.Join(w.dir, "kubectl-webex"), "connect", "acme", "--sign-in", "--client-id", clientID,
		"--client-secret-file", filepath.Join(w.dir, "secret"), "--callback-port", p.port, "--base-url", w.url, "--ca-bundle-file", filepath.Join(w.dir, "ca.crt"), "--dry-run=client")
	p.command.Env = []string{"PATH=" + w.dir + ":" + os.Getenv("PATH"), "HOME=" + w.dir, "DISPLAY=:0", "OPENED=" + p.fifo.Name(), "KUBECONFIG=" + filepath.Join(w.dir, "none")}
	p.command.Stdout, p.command.Stderr = &p.out, &p.out
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// opened is what the plugin gave the browser's program as arguments.
func (p *plugin) opened(t *testing.T) string {
	t.Helper()
	if err := p.fifo.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(p.fifo).ReadString('\n')
	if err != nil {
		_ = p.command.Process.Kill()
		_ = p.command.Wait()
		t.Fatalf("no browser was opened: %v\n%s", err, p.out.String())
	}
	return strings.TrimSpace(line)
}
