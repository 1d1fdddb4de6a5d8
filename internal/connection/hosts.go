package connection

import (
	"net"
	"net/url"
	"slices"
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
