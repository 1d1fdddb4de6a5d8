// Package simulator runs the simulated Webex of hack/webexsim as a process of its own, for what must not share its
// processor time and memory with it, and tells it what to do through its control endpoint.
package simulator

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/webex-operator/webex-license-operator/test/operator"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// Simulator is a simulated Webex that runs.
type Simulator struct {
	*operator.Process
	// URL is where its API is, CAFile the file with the authority of its certificate.
	URL, CAFile string
	// Organizations are the UUIDs of those that it began with.
	Organizations []string

	said   operator.Log
	client *http.Client
}

// Start runs a binary of hack/webexsim with these arguments and returns when it serves. Files whose names begin with the
// given one, in a directory of the caller's, are written on the way.
func Start(ctx context.Context, binary, directory, name string, arguments ...string) (*Simulator, error) {
	urlFile := filepath.Join(directory, name+".url")
	s := &Simulator{CAFile: filepath.Join(directory, name+".crt")}
	// Not with a context, whose end would kill it before those who ask it.
	cmd := exec.Command(binary, append([]string{"-url-file=" + urlFile, "-ca-file=" + s.CAFile}, arguments...)...) //nolint:noctx,gosec // see above; our own program
	var err error
	if s.Process, err = operator.StartCommand(cmd, &s.said); err != nil {
		return nil, fmt.Errorf("starting the simulator: %w", err)
	}
	if err := s.connect(ctx, urlFile); err != nil {
		s.Kill()
		return nil, err
	}
	return s, nil
}

// connect waits until the simulator serves, and asks what.
func (s *Simulator) connect(ctx context.Context, urlFile string) error {
	if err := s.await(ctx, urlFile); err != nil {
		return err
	}
	authority, err := s.Authority()
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return errors.New("the simulator's certificate authority is not PEM")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	s.client = &http.Client{Transport: transport, Timeout: time.Minute}
	var organizations []struct{ UUID string }
	if err := s.Do(ctx, http.MethodGet, "/organizations", nil, &organizations); err != nil {
		return err
	}
	for _, o := range organizations {
		s.Organizations = append(s.Organizations, o.UUID)
	}
	return nil
}

// await waits for the file that the simulator writes last.
func (s *Simulator) await(ctx context.Context, urlFile string) error {
	for {
		if url, err := os.ReadFile(filepath.Clean(urlFile)); err == nil {
			s.URL = strings.TrimSpace(string(url))
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the simulator: %w", context.Cause(ctx))
		case <-s.Done():
			return fmt.Errorf("the simulator has ended: %w; it said:\n%s", errors.Join(s.Err()), s.said.Tail(10))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Authority is that of its certificate, as PEM.
func (s *Simulator) Authority() ([]byte, error) { return os.ReadFile(s.CAFile) }

// Do asks the control endpoint. A body that is not nil is sent as JSON, and the answer decoded, unless into is nil.
func (s *Simulator) Do(ctx context.Context, method, path string, body, into any) error {
	var reader io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.URL, "/v1")+"/control"+path, reader)
	if err != nil {
		return err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 500))
		return fmt.Errorf("%s %s of the simulator: %s: %s", method, path, response.Status, text)
	}
	if into == nil {
		_, err = io.Copy(io.Discard, response.Body)
		return err
	}
	return json.NewDecoder(response.Body).Decode(into)
}

// Requests are those to the API since it began, or since they were forgotten.
type Requests struct {
	Total      int
	Operations map[string]int64
}

// Requests counts them.
func (s *Simulator) Requests(ctx context.Context) (counted Requests, err error) {
	return counted, s.Do(ctx, http.MethodGet, "/requests", nil, &counted)
}

// Log are the latest requests.
func (s *Simulator) Log(ctx context.Context) ([]webexsim.RequestRecord, error) {
	var answer webexsim.RequestLogAnswer
	err := s.Do(ctx, http.MethodGet, "/log", nil, &answer)
	return answer.Records, err
}

// Truth are the figures that right rows of an organization show.
func (s *Simulator) Truth(ctx context.Context, uuid string) (truth webexsim.Truth, err error) {
	return truth, s.Do(ctx, http.MethodGet, "/truth/"+uuid, nil, &truth)
}
