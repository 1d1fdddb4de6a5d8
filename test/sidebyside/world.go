package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/webex-operator/webex-license-operator/internal/webexsim"
	"github.com/webex-operator/webex-license-operator/test/sidebyside/walk"
)

const accessToken = "side-by-side"

// world is the simulator, and how to start the walkers.
type world struct {
	config
	directory, authority string
	base, control        string
	http                 *http.Client
	simulator            *exec.Cmd
	truth                webexsim.Truth
}

// start runs the simulator with one organization.
func start(ctx context.Context, c config) (_ *world, err error) {
	w := &world{config: c}
	if w.directory, err = os.MkdirTemp("", "side-by-side-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.stop()
		}
	}()
	w.authority = filepath.Join(w.directory, "ca.crt")
	urlFile := filepath.Join(w.directory, "url")
	w.simulator = exec.CommandContext(ctx, c.sim, //nolint:gosec // a program that make built
		"-ca-file", w.authority, "-url-file", urlFile, "-org", "generated", "-token", "generated="+accessToken,
		"-people", strconv.Itoa(c.people), "-locations", "200")
	w.simulator.Stderr = os.Stderr
	if err := w.simulator.Start(); err != nil {
		return nil, fmt.Errorf("starting the simulator: %w", err)
	}
	if w.base, err = w.waitFor(ctx, urlFile); err != nil {
		return nil, err
	}
	w.control = strings.TrimSuffix(w.base, "/v1") + "/control"
	authority, err := os.ReadFile(w.authority)
	if err != nil {
		return nil, err
	}
	transport, err := walk.Transport(authority)
	if err != nil {
		return nil, err
	}
	w.http = &http.Client{Transport: transport, Timeout: time.Minute}
	var organizations []struct {
		UUID string `json:"uuid"`
	}
	if err := w.ask(ctx, http.MethodGet, "/organizations", nil, &organizations); err != nil {
		return nil, err
	}
	if len(organizations) != 1 {
		return nil, fmt.Errorf("the simulator serves %d organizations, want one", len(organizations))
	}
	return w, w.ask(ctx, http.MethodGet, "/truth/"+organizations[0].UUID, nil, &w.truth)
}

// waitFor reads the file that the simulator writes last.
func (w *world) waitFor(ctx context.Context, file string) (string, error) {
	for range 300 {
		if content, err := os.ReadFile(file); err == nil {
			return strings.TrimSpace(string(content)), nil
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return "", errors.New("the simulator did not start within 30 seconds")
}

func (w *world) stop() {
	if w.simulator != nil && w.simulator.Process != nil {
		_ = w.simulator.Process.Signal(syscall.SIGTERM) // it may have ended already
		_ = w.simulator.Wait()
	}
	_ = os.RemoveAll(w.directory)
}

// ask sends a request to the control endpoint.
func (w *world) ask(ctx context.Context, method, path string, body, answer any) error {
	sent, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, w.control+path, bytes.NewReader(sent))
	if err != nil {
		return err
	}
	got, err := w.http.Do(request)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	if got.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: the simulator answered %d", method, path, got.StatusCode)
	}
	if answer == nil {
		_, err = io.Copy(io.Discard, got.Body)
		return err
	}
	return json.NewDecoder(got.Body).Decode(answer)
}

func (w *world) latency(ctx context.Context, d time.Duration) error {
	return w.ask(ctx, http.MethodPost, "/latency", map[string]string{"latency": d.String()}, nil)
}

// rounds lets each walker take its turn so many times. Who was first is last in the next round.
func (w *world) rounds(ctx context.Context, way walk.Way, rounds int, who []walkerName) (map[walkerName][]measured, error) {
	all := map[walkerName][]measured{}
	for round := range rounds {
		for i := range who {
			name := who[(round+i)%len(who)]
			m, err := w.measure(ctx, name, way)
			if err != nil {
				return nil, fmt.Errorf("%s, %s, round %d: %w", name, way, round+1, err)
			}
			all[name] = append(all[name], m)
		}
	}
	return all, nil
}

// measure runs one walker to its end.
func (w *world) measure(ctx context.Context, name walkerName, way walk.Way) (measured, error) {
	if err := w.ask(ctx, http.MethodDelete, "/requests", nil, nil); err != nil {
		return measured{}, err
	}
	command := w.command(ctx, name, way)
	var out, complaints bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaints
	began := time.Now()
	if err := command.Run(); err != nil {
		return measured{}, fmt.Errorf("%w\n%s", err, complaints.String())
	}
	m := measured{
		wall: time.Since(began),
		cpu:  command.ProcessState.UserTime() + command.ProcessState.SystemTime(),
	}
	if err := json.Unmarshal(out.Bytes(), &m.Result); err != nil {
		return m, fmt.Errorf("its output: %w", err)
	}
	if m.PeakKiB == 0 {
		return m, errors.New("the kernel did not tell its memory: this comparison needs Linux")
	}
	var requests struct {
		Operations map[string]int64 `json:"operations"`
	}
	if err := w.ask(ctx, http.MethodGet, "/requests", nil, &requests); err != nil {
		return m, err
	}
	m.calls = requests.Operations["GET /people"]
	if name == reader || way == walk.Nobody {
		return m, nil
	}
	return m, m.Check(w.truth)
}

func (w *world) command(ctx context.Context, name walkerName, way walk.Way) *exec.Cmd {
	if name == sdk {
		command := exec.CommandContext(ctx, "node", w.script, string(way)) //nolint:gosec // our own script
		command.Env = append(os.Environ(), "NODE_PATH="+w.modules, "NODE_ENV=production", "NODE_EXTRA_CA_CERTS="+w.authority,
			"WEBEX_BASE="+w.base, "WEBEX_TOKEN="+accessToken)
		return command
	}
	return exec.CommandContext(ctx, w.walker, "-as", string(name), "-way", string(way), //nolint:gosec // a program that make built
		"-base", w.base, "-token", accessToken, "-ca-file", w.authority)
}
