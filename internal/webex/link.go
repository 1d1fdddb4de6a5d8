package webex

import (
	"net/url"
	"path"
	"strings"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

// param is one query parameter that the client asks for.
type param = wire.Param

// follow resolves a next link against the page it came with. It refuses a link that would carry the token to another
// scheme, host or port, or out of the API's path.
func (c *Client) follow(from *url.URL, link string) (*url.URL, error) {
	u, err := from.Parse(link)
	if err != nil {
		return nil, ErrForeignLink // the parser's error repeats the link
	}
	u.Fragment, u.RawFragment = "", ""
	if u.User != nil || u.Opaque != "" || !sameOrigin(u, c.base) || !cleanPath(u.Path) ||
		!strings.HasPrefix(u.Path, c.base.Path+"/") {
		return nil, ErrForeignLink
	}
	return u, nil
}

// sameOrigin compares scheme, host and port, with 443 as the default port.
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == "https" && a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return "443"
}

// cleanPath reports whether p is empty or absolute and has no empty, "." or ".." segment, but for a trailing slash.
func cleanPath(p string) bool {
	return p == "" || p == "/" || p[0] == '/' && p != "//" && path.Clean(p) == strings.TrimSuffix(p, "/")
}
