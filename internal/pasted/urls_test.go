package pasted

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBaseURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://webexapis.com/v1": "https://webexapis.com/v1", " https://WebexAPIs.com/v1/ ": "https://webexapis.com/v1",
		"https://127.0.0.1:8443/v1": "https://127.0.0.1:8443/v1", "https://[::1]:8443": "https://[::1]:8443", "https://host/": "https://host",
	} {
		if got, err := BaseURL(raw); err != nil || got.String() != want {
			t.Errorf("%q: %v, %v", raw, got, err)
		}
	}
	for raw, want := range map[string]string{
		"": "is empty", "http://webexapis.com/v1": "not https", "webexapis.com/v1": "not https", "ftp://x/v1": "not https",
		"https://user:s3cret@webexapis.com/v1": "credentials", "https://user@webexapis.com/v1": "credentials",
		"https://webexapis.com/v1?a=s3cret": "query", "https://webexapis.com/v1?": "query", "https://webexapis.com/v1#": "fragment",
		"https://webexapis.com/v1#f": "fragment", "https:///v1": "no host", "https://:443/v1": "no host", "https:webexapis.com": "no host",
		"https://h:0/v1": "bad port", "https://h:99999/v1": "bad port", "https://h:/v1": "bad port", "https://user:s3cret@h:port/v1": "parsed",
		"https://h/v1/../v2": "path", "https://h//v1": "path", "https://h/%2e%2e/v1": "path", "https://s3cret h/": "parsed",
		"https://h/" + strings.Repeat("x", 3000): "longer",
	} {
		_, err := BaseURL(raw)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%.60q: error %v, want %q", raw, err, want)
		}
	}
}

// A base URL is good in one way only, however it is written.
func FuzzBaseURL(f *testing.F) {
	for _, s := range []string{
		"https://webexapis.com/v1", " https://WEBEXAPIS.com:443/v1/ ", "https://[::1]:8443/v1", "https://a@b/v1", "https://a\\@b/v1", "https://a%2eb/v1",
		"https:///v1", "https://a:0/v1", "https://a/v1/../x", "https://a/%2e%2e/v1", "https://a?", "https://a#",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := BaseURL(raw)
		if err != nil {
			if len(raw) > 8 && strings.Contains(err.Error(), raw) {
				t.Fatalf("error %q repeats what may hold a password", err)
			}
			return
		}
		if u.Scheme != "https" || u.User != nil || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(u.Path, "/") {
			t.Fatalf("%q is %v", raw, u)
		}
		again, err := BaseURL(u.String())
		if err != nil {
			t.Fatalf("%q is %v, which is %v", raw, u, err)
		}
		if diff := cmp.Diff(u.String(), again.String()); diff != "" {
			t.Fatal(diff)
		}
	})
}
