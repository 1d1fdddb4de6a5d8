package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestServe(t *testing.T) {
	dir := t.TempDir()
	ca, url := filepath.Join(dir, "ca.crt"), filepath.Join(dir, "url")
	ctx, stop := context.WithCancel(context.Background())
	var stdout bytes.Buffer
	done := make(chan error)
	go func() {
		done <- run(ctx, []string{
			"-org", "standard,over-assigned", "-org", "generated", "-org", "generated", "-people", "10",
			"-token", "standard=fixed", "-ca-file", ca, "-url-file", url, "-refresh",
			"-partner", "standard", "-customers", "40", "-integration", "http://127.0.0.1:8914/callback", "-service-app", "-token-seed", "5", "-options", `{"peopleCeiling": 7}`,
		}, &stdout, io.Discard)
	}()
	base := waitFor(t, url)
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	r, err := http.NewRequest(http.MethodGet, base+"/licenses", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer fixed")
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, want := range []string{base, "/control", "fixed", "over-assigned (Initech Example, 25 people)", "generated-2 (Generated 2, 10 people)", "refresh token", "partner standard, with 43 customers", "/v1/authorize", "\n  application   "} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, stdout.String())
		}
	}
}

func waitFor(t *testing.T, file string) string {
	t.Helper()
	for range 1000 {
		if b, err := os.ReadFile(file); err == nil {
			return strings.TrimSpace(string(b))
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the simulator does not start")
	return ""
}

func TestWrongFlags(t *testing.T) {
	for _, args := range [][]string{
		{"-org", "none"},
		{"-org", "standard,standard"},
		{"-token", "standard"},
		{"-token", "generated=x"},
		{"-insecure-http", "-ca-file", "x"},
		{"-addr", "nowhere:x"},
		{"extra"},
		{"-none"},
		{"-partner", "generated"},
		{"-customers", "3"},
		{"-options", `{"peopleCeilin": 7}`},
		{"-options", `{"refreshMode": "x"}`},
		{"-h"},
	} {
		if err := run(context.Background(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
