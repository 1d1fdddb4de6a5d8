package webex

import (
	"errors"
	"io"
	"math"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

// maxErrorBody bounds what is read of an answer that is no success: its use is who gave it, and the tracking id.
const maxErrorBody = 64 << 10

// maxDrain is how much of an unwanted body is read for the sake of the connection: less than a new TLS handshake costs.
const maxDrain = 4 << 10

// Content is what kind of thing came in the place of an answer of the API's own, as far as it can be named without
// repeating what a stranger wrote.
type Content string

// Kinds of [Content].
const (
	ContentMarkup Content = "text/html"
	ContentXML    Content = "XML"
	ContentText   Content = "text/plain"
	ContentJSON   Content = "JSON of another form"
	ContentNone   Content = "empty"
	ContentOther  Content = "another type of content"
)

// checkResponse returns nil if the response is a success with JSON in it: of status 200, or of the one that also is one.
// Else it finds out who speaks.
//
// Only an error of the API's own form says something about token, rights and organization. Between the API and its
// client are proxies, filters, gateways and login pages, which answer with the same statuses and mean themselves: what
// they say is trouble on the way, and passes.
func checkResponse(op string, resp *http.Response, now time.Time, also ...int) *Error {
	e := &Error{Operation: op, Status: resp.StatusCode, TrackingID: wire.TrackingID(resp.Header.Get("Trackingid"))}
	if resp.StatusCode == http.StatusOK || slices.Contains(also, resp.StatusCode) {
		if jsonContent(resp.Header.Get("Content-Type")) {
			return nil
		}
		e.Class, e.Err, e.again, e.Content = ClassPartial, ErrNotJSON, true, contentOf(resp, 0)
		return e
	}
	said := hear(resp)
	if e.TrackingID == "" {
		e.TrackingID = said.trackingID
	}
	e.Class, e.again = classOfStatus(resp.StatusCode)
	e.oauth = said.oauth
	if said.own {
		e.Code = said.code
	}
	final := e.Class == ClassTerminal || e.Class == ClassAuth
	switch {
	case resp.StatusCode/100 == 3:
		e.Class, e.Err, e.again = ClassTransient, ErrRedirect, true
	case final && !said.own:
		e.Class, e.Err, e.again = ClassTransient, ErrNotJSON, true
		if e.Content = contentOf(resp, said.first); e.Content == ContentJSON || e.Content == ContentNone {
			e.Err = ErrNotWebex
		}
	case e.Class == ClassTransient && said.first != 0 && !said.own: // it may be the service's own gateway
		e.Content = contentOf(resp, said.first)
	}
	if h := resp.Header.Get("Retry-After"); e.Class == ClassRateLimited || e.Class == ClassTransient && h != "" {
		e.RetryAfter = ParseRetryAfter(h, now)
	}
	// A short rest is read, so that the connection can be used again.
	_, _ = io.CopyN(io.Discard, resp.Body, maxDrain)
	return e
}

// speech is what the body of an error tells.
type speech struct {
	// own says that it has a form of the API's own, oauth that it is an error of a token endpoint by RFC 6749.
	own, oauth bool
	// first is the first byte of the body that is no blank; 0 if there is none.
	first      byte
	trackingID string
	// code is the first code among its errors; 0 if there is none.
	code int
}

// hear reads the body of an error. Forms of Webex' own, as documented and seen (https://developer.webex.com/docs/basics):
//
//	{"message": "…", "errors": [{"description": "…"}], "trackingId": "…"}, the usual one, from which errors may be missing
//	{"error": [{"key": "…", "message": […]}], "errorCode": …, "trackingId": "…"}, of calling services
//	{"error": "…", "error_description": "…", "trackingID": "…"}, of the identity service
//
// A message alone is no sign: gateways of all makers write {"message": "Forbidden"}. The tracking id is one, in the body
// or in the header, and so is a description among errors.
func hear(resp *http.Response) (s speech) {
	d := wire.NewDecoder()
	d.Reset(resp.Body, maxErrorBody)
	var message, fault, described, tracked bool
	var word, raw string
	// Whatever is wrong with the body, the tracking id that was found before it counts.
	err := d.Document(func(name []byte) (err error) {
		switch {
		case strings.EqualFold(string(name), "trackingId"):
			err = d.ReadString(&raw)
			if tracked = tracked || raw != ""; s.trackingID == "" {
				s.trackingID = wire.TrackingID(raw)
			}
		case string(name) == "message":
			err = d.ReadString(&raw)
			message = raw != ""
		case string(name) == "error":
			if d.Kind() == '"' {
				err = d.ReadString(&word)
				fault = word != ""
				break
			}
			fault = d.Kind() == '['
			err = d.Skip()
		case string(name) == "errors":
			described, s.code, err = readDescribed(d)
		default:
			err = d.Skip()
		}
		return err
	})
	s.first = d.First()
	if err != nil || !jsonContent(resp.Header.Get("Content-Type")) {
		return s
	}
	tracked = tracked || message && wire.TrackingID(resp.Header.Get("Trackingid")) != ""
	s.own = tracked && (message || fault || described) || message && described
	s.oauth = slices.Contains(oauthErrors, word)
	return s
}

// oauthErrors are the codes by which a token endpoint refuses. https://www.rfc-editor.org/rfc/rfc6749#section-5.2
var oauthErrors = []string{"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope"}

// readDescribed reads the member errors of an error, and says whether it describes one and what the first code is.
func readDescribed(d *wire.Decoder) (described bool, code int, err error) {
	if d.Kind() != '[' {
		return false, 0, d.Skip()
	}
	err = d.Array(func() error {
		if d.Kind() != '{' {
			return d.Skip()
		}
		return d.Object(func(name []byte) error {
			switch string(name) {
			case "description":
				var text string
				err := d.ReadString(&text)
				described = described || text != ""
				return err
			case "errorCode":
				var n Units
				err := d.ReadUnits(&n)
				if v, ok := n.Value(); ok && code == 0 && v <= math.MaxInt32 {
					code = int(v)
				}
				return err
			}
			return d.Skip()
		})
	})
	return described, code, err
}

// contentOf names what came in the place of an answer of the API's own, by its header, and by how its body begins.
func contentOf(resp *http.Response, first byte) Content {
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case first == 0 && resp.StatusCode != http.StatusOK:
		return ContentNone
	case media == "text/html", media == "application/xhtml+xml", first == '<' && jsonContent(media):
		return ContentMarkup
	case media == "text/plain":
		return ContentText
	case strings.HasSuffix(media, "/xml"), strings.HasSuffix(media, "+xml"):
		return ContentXML
	case jsonContent(resp.Header.Get("Content-Type")):
		return ContentJSON
	}
	return ContentOther
}

// jsonContent reports whether a media type is JSON. None at all is given the benefit of the doubt.
func jsonContent(header string) bool {
	if header == "" {
		return true
	}
	media, _, err := mime.ParseMediaType(header)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return false
	}
	return media == "application/json" || strings.HasSuffix(media, "+json")
}
