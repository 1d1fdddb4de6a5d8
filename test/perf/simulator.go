package main

import (
	"bytes"
	"context"
	"encoding/json"
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
)

// simulator is a simulated Webex as a process of its own, told what to do through its control endpoint.
type simulator struct {
	cmd           *exec.Cmd
	url, control  string
	ca            []byte
	client        *http.Client
	organizations []string // UUIDs
}

const partnerToken = "partner-token" //nolint:gosec // the simulator's only

// startSimulator serves the organizations of a group, whose seeds count up from the first.
func startSimulator(ctx context.Context, binary, dir string, g Group, seed int) (*simulator, error) {
	urlFile, caFile := filepath.Join(dir, g.Name+".url"), filepath.Join(dir, g.Name+".crt")
	if err := os.RemoveAll(urlFile); err != nil { // of an earlier run
		return nil, err
	}
	options, err := json.Marshal(g.Webex)
	if err != nil {
		return nil, err
	}
	if g.Webex == nil {
		options = []byte("{}")
	}
	s := &simulator{client: &http.Client{Timeout: time.Minute}}
	s.cmd = exec.CommandContext(ctx, binary, //nolint:gosec // our own program
		"-org=generated", "-generated="+strconv.Itoa(g.Customers), "-seed="+strconv.Itoa(seed), "-people="+strconv.Itoa(g.People), "-licenses="+strconv.Itoa(g.Licenses),
		"-locations="+strconv.Itoa(max(g.Locations, 1)), "-latency="+g.Latency.Duration.String(), "-options="+string(options),
		"-url-file="+urlFile, "-ca-file="+caFile)
	s.cmd.Stderr = os.Stderr
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for {
		url, err := os.ReadFile(urlFile)
		if err == nil {
			s.url = strings.TrimSpace(string(url))
			break
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the simulator: %w", context.Cause(ctx))
		case <-time.After(20 * time.Millisecond):
		}
	}
	if s.ca, err = os.ReadFile(caFile); err != nil {
		return nil, err
	}
	s.control = strings.TrimSuffix(s.url, "/v1") + "/control"
	if s.client.Transport, err = trusting(s.ca); err != nil {
		return nil, err
	}
	var organizations []struct{ UUID string }
	if err := s.do(ctx, http.MethodGet, "/organizations", nil, &organizations); err != nil {
		return nil, err
	}
	for _, o := range organizations {
		s.organizations = append(s.organizations, o.UUID)
	}
	return s, s.issueTokens(ctx, g)
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
