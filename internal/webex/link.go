package webex

import (
	"net/url"
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
	if u.User != nil || u.Opaque != "" || !wire.SameOrigin(u, c.base) || !wire.CleanPath(u.Path) ||
		!strings.HasPrefix(u.Path, c.base.Path+"/") {
		return nil, ErrForeignLink
	}
	return u, nil
}
