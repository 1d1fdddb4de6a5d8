package pasted

import (
	"cmp"
	"errors"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// maxURLLength bounds a base URL; it is what most servers accept in a request line, less room for path and query.
const maxURLLength = 2048

// BaseURL reads the base URL of a REST API and returns it without a trailing slash. The error names what is wrong and the
// remedy, and never repeats the value, which may hold a password.
func BaseURL(raw string) (*url.URL, error) {
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

// ProxyURL reads the URL of an HTTP proxy: http or https, and nothing but a host and a port. Its error never
// repeats the value, which may hold a password.
func ProxyURL(raw string) (*url.URL, error) {
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
