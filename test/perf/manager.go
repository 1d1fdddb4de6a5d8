package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/webex-operator/webex-license-operator/test/operator"
)

// manager is the operator at work.
type manager struct {
	*operator.Process
	log     operator.Log
	client  *http.Client
	metrics string // URLs
	profile string
	probes  string
}

// startManager starts it, elected as in a Deployment, with its endpoints on free ports of the loopback interface.
func startManager(_ context.Context, binary, kubeconfig string, arguments ...string) (*manager, error) {
	m := &manager{client: &http.Client{Timeout: time.Minute}}
	var addresses [3]string
	for i := range addresses {
		listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // opening a local port does not block
		if err != nil {
			return nil, err
		}
		addresses[i] = listener.Addr().String()
		if err := listener.Close(); err != nil {
			return nil, err
		}
	}
	m.metrics, m.probes, m.profile = "http://"+addresses[0]+"/metrics", "http://"+addresses[1]+"/readyz", "http://"+addresses[2]+"/debug/pprof/"
	arguments = append([]string{
		"--leader-elect", "--leader-election-namespace=default", "--metrics-secure=false",
		"--metrics-bind-address=" + addresses[0], "--health-probe-bind-address=" + addresses[1], "--pprof-bind-address=" + addresses[2],
	}, arguments...)
	var err error
	m.Process, err = operator.Start(binary, kubeconfig, &m.log, arguments...)
	return m, err
}

// ready waits for what the kubelet's readiness probe waits for.
func (m *manager) ready(ctx context.Context) error {
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, m.probes, nil)
		if err != nil {
			return err
		}
		if response, err := m.client.Do(request); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		if err := m.pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

// pause waits, unless the manager ends meanwhile.
func (m *manager) pause(ctx context.Context, d time.Duration) error {
	select {
	case <-m.Done():
		return fmt.Errorf("the manager has ended: %w; its log ends:\n%s", errors.Join(m.Err()), m.tail())
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.Canceled) { // a person interrupted it
			return context.Cause(ctx)
		}
		return fmt.Errorf("%w; the manager's log ends:\n%s", context.Cause(ctx), m.tail())
	case <-time.After(d):
		return nil
	}
}

// tail is the end of the log, for people.
func (m *manager) tail() string { return readable(m.log.Tail(20)) }

// stopTimeout is how long the manager may take to end; the kubelet gives it as long.
const stopTimeout = 30 * time.Second

// stop ends the manager as the kubelet does.
func (m *manager) stop() error {
	select {
	case <-m.Done(): // the end was noticed
		return nil
	default:
	}
	if err := m.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-m.Done():
		return m.Err()
	case <-time.After(stopTimeout):
		m.Kill()
		return fmt.Errorf("the manager did not end within %v; its log ends:\n%s", stopTimeout, m.tail())
	}
}

// runs are the runs that have ended since the manager began, by result.
func (m *manager) runs(ctx context.Context) (map[string]float64, error) {
	f, err := scrape(ctx, m.client, m.metrics)
	if err != nil {
		return nil, err
	}
	return f.sumBy("webexlicense_sync_runs_total", func(label map[string]string) string { return label["result"] }), nil
}

// asked are the requests to the API server since the manager began, as its client counts them.
func (m *manager) asked(ctx context.Context) (float64, error) {
	f, err := scrape(ctx, m.client, m.metrics)
	if err != nil {
		return 0, err
	}
	return total(f.sumBy("rest_client_requests_total", func(map[string]string) string { return "" })), nil
}

// reconcileErrors are the reconciles since the manager began that ended with an error.
func (m *manager) reconcileErrors(ctx context.Context) (float64, error) {
	f, err := scrape(ctx, m.client, m.metrics)
	if err != nil {
		return 0, err
	}
	return total(f.sumBy("controller_runtime_reconcile_errors_total", func(map[string]string) string { return "" })), nil
}
