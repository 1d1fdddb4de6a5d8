package prometheus

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/prometheus/client_golang/api"
	prometheusv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/test/operator"
)

// server is a running Prometheus.
type server struct {
	process *operator.Process
	log     operator.Log
	api     prometheusv1.API
}

// scrape says how Prometheus reaches the manager.
type scrape struct {
	target, tokenFile string
	// rules is a file of rules; empty for none.
	rules string
	// interval is that of scrapes, and how long one may take.
	interval time.Duration
}

// serviceMonitor is the part of config/prometheus/servicemonitor.yaml that Prometheus goes by. The Prometheus operator
// makes the same of it.
type serviceMonitor struct {
	Spec struct {
		Endpoints []struct {
			Scheme      string `json:"scheme"`
			HonorLabels bool   `json:"honorLabels"`
			TLSConfig   struct {
				InsecureSkipVerify bool `json:"insecureSkipVerify"`
			} `json:"tlsConfig"`
		} `json:"endpoints"`
	} `json:"spec"`
}

// configuration is what Prometheus is told: the ServiceMonitor's endpoint, with the target and the token of the test.
func (s scrape) configuration(repository string) ([]byte, error) {
	content, err := os.ReadFile(filepath.Join(repository, "config", "prometheus", "servicemonitor.yaml"))
	if err != nil {
		return nil, err
	}
	var monitor serviceMonitor
	if err := yaml.Unmarshal(content, &monitor); err != nil {
		return nil, err
	}
	if len(monitor.Spec.Endpoints) != 1 {
		return nil, fmt.Errorf("the ServiceMonitor has %d endpoints, not one", len(monitor.Spec.Endpoints))
	}
	endpoint := monitor.Spec.Endpoints[0]
	interval := model.Duration(s.interval)
	config := map[string]any{
		"global": map[string]any{"scrape_interval": interval, "scrape_timeout": interval, "evaluation_interval": "200ms"},
		"scrape_configs": []any{map[string]any{
			"job_name":       "webex-license-operator-controller-manager-metrics",
			"scheme":         endpoint.Scheme,
			"honor_labels":   endpoint.HonorLabels,
			"authorization":  map[string]any{"credentials_file": s.tokenFile},
			"tls_config":     map[string]any{"insecure_skip_verify": endpoint.TLSConfig.InsecureSkipVerify},
			"static_configs": []any{map[string]any{"targets": []string{s.target}}},
		}},
	}
	if s.rules != "" {
		config["rule_files"] = []string{s.rules}
	}
	return yaml.Marshal(config)
}

var listening = regexp.MustCompile(`msg="Listening on" address=(\S+)`)

// startServer starts Prometheus in a directory, and returns when it can be asked.
func startServer(ctx context.Context, directory, repository string, s scrape) (*server, error) {
	configuration, err := s.configuration(repository)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(directory, "prometheus.yml")
	if err := os.WriteFile(file, configuration, 0o600); err != nil {
		return nil, err
	}
	p := &server{}
	p.process, err = operator.Start(Binary(), "", &p.log,
		"--config.file="+file, "--storage.tsdb.path="+filepath.Join(directory, "data"), "--web.listen-address=127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address, err := p.address(ctx)
	if err != nil {
		p.process.Kill()
		return nil, fmt.Errorf("starting Prometheus: %w\n%s", err, p.log.Tail(20))
	}
	remote, err := api.NewClient(api.Config{Address: "http://" + address})
	if err != nil {
		return nil, err
	}
	p.api = prometheusv1.NewAPI(remote)
	return p, nil
}

// address waits for Prometheus to say where it listens. The port is the system's choice.
func (p *server) address(ctx context.Context) (string, error) {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		if found := listening.FindStringSubmatch(p.log.String()); found != nil {
			return found[1], nil
		}
		select {
		case <-p.process.Done():
			return "", fmt.Errorf("it ended: %w", p.process.Err())
		case <-ctx.Done():
			return "", ctx.Err()
		case <-tick.C:
		}
	}
}
