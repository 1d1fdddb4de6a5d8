package access

import (
	"cmp"
	"errors"
	"net"
	"net/url"
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
