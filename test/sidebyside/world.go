package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/webex-operator/webex-license-operator/test/sidebyside/walk"
	"github.com/webex-operator/webex-license-operator/test/simulator"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const accessToken = "side-by-side"

// world is the simulator, and how to start the walkers.
type world struct {
	config
	directory string
	simulator *simulator.Simulator
	truth     webexsim.Truth
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
	w.simulator, err = simulator.Start(ctx, c.sim, w.directory, "webex",
		"-org=generated", "-token=generated="+accessToken, "-people="+strconv.Itoa(c.people), "-locations=200")
	if err != nil {
		return nil, err
	}
	if n := len(w.simulator.Organizations); n != 1 {
		return nil, fmt.Errorf("the simulator serves %d organizations, want one", n)
	}
	w.truth, err = w.simulator.Truth(ctx, w.simulator.Organizations[0])
	return w, err
}

func (w *world) stop() {
	if w.simulator != nil {
		w.simulator.Kill() // it keeps nothing
	}
	_ = os.RemoveAll(w.directory)
}

func (w *world) latency(ctx context.Context, d time.Duration) error {
	return w.simulator.Do(ctx, http.MethodPost, "/latency", map[string]string{"latency": d.String()}, nil)
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
	if err := w.simulator.Do(ctx, http.MethodDelete, "/requests", nil, nil); err != nil {
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
	requests, err := w.simulator.Requests(ctx)
	if err != nil {
		return m, err
	}
	m.calls = requests.Operations["GET /people"]
	if name == reader || way == walk.NoPeople {
		return m, nil
	}
	return m, m.Check(w.truth)
}

func (w *world) command(ctx context.Context, name walkerName, way walk.Way) *exec.Cmd {
	if name == sdk {
		command := exec.CommandContext(ctx, "node", w.script, string(way)) //nolint:gosec // our own script
		command.Env = append(os.Environ(), "NODE_PATH="+w.modules, "NODE_ENV=production", "NODE_EXTRA_CA_CERTS="+w.simulator.CAFile,
			"WEBEX_BASE="+w.simulator.URL, "WEBEX_TOKEN="+accessToken)
		return command
	}
	return exec.CommandContext(ctx, w.walker, "-as", string(name), "-way", string(way), //nolint:gosec // a program that make built
		"-base", w.simulator.URL, "-token", accessToken, "-ca-file", w.simulator.CAFile)
}
