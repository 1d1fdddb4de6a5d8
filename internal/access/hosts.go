package access

import (
	"cmp"
	"errors"
	"net"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Hosts are hosts that may be talked to. An entry is a host name or address, which stands for its default port, or
// host:port. Names are compared as they are written, never by what they resolve to.
type Hosts []string

// Allow says whether the host of a URL is one of them.
func (h Hosts) Allow(u *url.URL) bool {
	port := u.Port()
	if port == "" {
		port = defaultPort(u)
	}
	return slices.ContainsFunc(h, func(entry string) bool {
		return strings.EqualFold(entry, net.JoinHostPort(u.Hostname(), port)) ||
			port == defaultPort(u) && (strings.EqualFold(entry, u.Hostname()) || strings.EqualFold(entry, u.Host))
	})
}

func defaultPort(u *url.URL) string {
	if u.Scheme == "http" {
		return "80"
	}
	return "443"
}

// maxURLLength bounds a base URL; it is what most servers accept in a request line, less room for path and query.
const maxURLLength = 2048

// ParseBaseURL checks a REST base URL and returns it without a trailing slash. The error names what is wrong and the
// remedy, and never repeats the value, which may hold a password.
func ParseBaseURL(raw string) (*url.URL, error) {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return nil, errors.New("base URL is empty: use https://<host>/v1")
	}
	if len(raw) > maxURLLength {
		return nil, errors.New("base URL is longer than 2048 characters: use https://<host>/v1")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("base URL cannot be parsed: use https://<host>/v1")
	}
	u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/"), ""
	switch {
	case u.Scheme != "https":
		return nil, errors.New("base URL is not https: the access token would travel in clear text; use https://<host>/v1")
	case u.User != nil:
		return nil, errors.New("base URL has credentials in it: remove the part before the @ and keep credentials in a secret")
	case u.RawQuery != "" || u.ForceQuery:
		return nil, errors.New("base URL has a query: remove the question mark and what follows")
	case strings.Contains(raw, "#"):
		return nil, errors.New("base URL has a fragment: remove the # and what follows")
	case u.Opaque != "" || u.Hostname() == "":
		return nil, errors.New("base URL has no host: use https://<host>/v1")
	case !validPort(u.Port()) || strings.HasSuffix(u.Host, ":"):
		return nil, errors.New("base URL has a bad port: use a number from 1 to 65535, or none for 443")
	case u.Path != "" && (u.Path == "/" || path.Clean(u.Path) != u.Path):
		return nil, errors.New("base URL has . or .. or // in its path: write the path out")
	}
	u.Host = strings.ToLower(u.Host)
	return u, nil
}

// ParseProxyURL checks the URL of an HTTP proxy: http or https, and nothing but a host and a port. Its error never
// repeats the value, which may hold a password.
func ParseProxyURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Opaque != "", u.Hostname() == "", strings.HasSuffix(u.Host, ":"), !validPort(u.Port()):
		return nil, errors.New("is not the URL of a proxy: write it as http://proxy.example.com:8080")
	case u.User != nil:
		return nil, errors.New("has credentials in it: keep them in a secret")
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.ForceQuery, strings.Contains(raw, "#"):
		return nil, errors.New("is more than scheme, host and port: write it as http://proxy.example.com:8080")
	}
	return &url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host)}, nil
}

func validPort(port string) bool {
	n, err := strconv.ParseUint(cmp.Or(port, "443"), 10, 16)
	return err == nil && n > 0
}
