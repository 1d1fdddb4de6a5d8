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
	"time"

	"github.com/webex-operator/webex-license-operator/internal/webexsim"
	"github.com/webex-operator/webex-license-operator/test/operator"
)

// simulator is a simulated Webex as a process of its own, told what to do through its control endpoint.
type simulator struct {
	*operator.Process
	said          operator.Log
	url, control  string
	ca            []byte
	client        *http.Client
	organizations []string // UUIDs
}

const partnerToken = "partner-token" //nolint:gosec // the simulator's only

// startSimulator serves the organizations of a group, whose seeds count up from the first.
func startSimulator(ctx context.Context, binary, dir string, g Group, seed int) (*simulator, error) {
	urlFile, caFile := filepath.Join(dir, g.Name+".url"), filepath.Join(dir, g.Name+".crt")
	options, err := json.Marshal(g.Webex)
	if err != nil {
		return nil, err
	}
	if g.Webex == nil {
		options = []byte("{}")
	}
	s := &simulator{client: &http.Client{Timeout: time.Minute}}
	// Not with a context: the world ends it.
	cmd := exec.Command(binary, //nolint:noctx,gosec // see above; our own program
		"-org=generated", "-generated="+strconv.Itoa(g.Customers), "-seed="+strconv.Itoa(seed), "-people="+strconv.Itoa(g.People), "-licenses="+strconv.Itoa(g.Licenses),
		"-locations="+strconv.Itoa(max(g.Locations, 1)), "-latency="+g.Latency.Duration.String(), "-options="+string(options),
		"-url-file="+urlFile, "-ca-file="+caFile)
	if s.Process, err = operator.StartCommand(cmd, &s.said); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, g, urlFile, caFile); err != nil {
		s.Kill()
		return nil, err
	}
	return s, nil
}

// prepare waits for the simulator and gives its organizations tokens.
func (s *simulator) prepare(ctx context.Context, g Group, urlFile, caFile string) (err error) {
	for {
		url, err := os.ReadFile(filepath.Clean(urlFile))
		if err == nil {
			s.url = strings.TrimSpace(string(url))
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the simulator: %w", context.Cause(ctx))
		case <-s.Done():
			return fmt.Errorf("the simulator has ended: %w; it said:\n%s", errors.Join(s.Err()), s.said.Tail(10))
		case <-time.After(20 * time.Millisecond):
		}
	}
	if s.ca, err = os.ReadFile(caFile); err != nil {
		return err
	}
	s.control = strings.TrimSuffix(s.url, "/v1") + "/control"
	if s.client.Transport, err = trusting(s.ca); err != nil {
		return err
	}
	var organizations []struct{ UUID string }
	if err := s.do(ctx, http.MethodGet, "/organizations", nil, &organizations); err != nil {
		return err
	}
	for _, o := range organizations {
		s.organizations = append(s.organizations, o.UUID)
	}
	return s.issueTokens(ctx, g)
}

// issueTokens gives each organization a token, or its partner one for all.
func (s *simulator) issueTokens(ctx context.Context, g Group) error {
	if g.Partner {
		spec := webexsim.TokenSpec{Organization: s.organizations[0], Organizations: s.organizations[1:], Owner: "partner", Access: partnerToken, Partner: true}
		return s.do(ctx, http.MethodPost, "/tokens", spec, nil)
	}
	for i, uuid := range s.organizations {
		if err := s.do(ctx, http.MethodPost, "/tokens", webexsim.TokenSpec{Organization: uuid, Access: s.token(g, i)}, nil); err != nil {
			return err
		}
	}
	return nil
}

// token is that of an organization.
func (s *simulator) token(g Group, i int) string {
	if g.Partner {
		return partnerToken
	}
	return "token-" + s.organizations[i]
}

// do asks the control endpoint.
func (s *simulator) do(ctx context.Context, method, path string, body, into any) error {
	var reader io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		reader = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(ctx, method, s.control+path, reader)
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

// requests are those to the API so far.
func (s *simulator) requests(ctx context.Context) (int, error) {
	var counts struct{ Total int }
	err := s.do(ctx, http.MethodGet, "/requests", nil, &counts)
	return counts.Total, err
}

// log are the latest requests.
func (s *simulator) log(ctx context.Context) ([]webexsim.RequestRecord, error) {
	var answer webexsim.RequestLogAnswer
	err := s.do(ctx, http.MethodGet, "/log", nil, &answer)
	return answer.Records, err
}

// truth are the figures that right rows of an organization show.
func (s *simulator) truth(ctx context.Context, uuid string) (webexsim.Truth, error) {
	var truth webexsim.Truth
	err := s.do(ctx, http.MethodGet, "/truth/"+uuid, nil, &truth)
	return truth, err
}
