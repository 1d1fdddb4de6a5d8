package webex

import (
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

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
		if wire.JSONContent(resp.Header.Get("Content-Type")) {
			return nil
		}
		e.Class, e.Err, e.again, e.Content = ClassPartial, ErrNotJSON, true, contentOf(resp, 0)
		return e
	}
	said := wire.Hear(resp.Body, resp.Header.Get("Content-Type"), resp.Header.Get("Trackingid"))
	if e.TrackingID == "" {
		e.TrackingID = said.TrackingID
	}
	e.Class, e.again = classOfStatus(resp.StatusCode)
	e.oauth = said.OAuth
	if said.Own {
		e.Code = said.Code
	}
	final := e.Class == ClassTerminal || e.Class == ClassAuth
	switch {
	case resp.StatusCode/100 == 3:
		e.Class, e.Err, e.again = ClassTransient, ErrRedirect, true
	case final && !said.Own:
		e.Class, e.Err, e.again = ClassTransient, ErrNotJSON, true
		if e.Content = contentOf(resp, said.First); e.Content == ContentJSON || e.Content == ContentNone {
			e.Err = ErrNotWebex
		}
	case e.Class == ClassTransient && said.First != 0 && !said.Own: // it may be the service's own gateway
		e.Content = contentOf(resp, said.First)
	}
	if h := resp.Header.Get("Retry-After"); e.Class == ClassRateLimited || e.Class == ClassTransient && h != "" {
		e.RetryAfter = ParseRetryAfter(h, now)
	}
	// A short rest is read, so that the connection can be used again.
	_, _ = io.CopyN(io.Discard, resp.Body, maxDrain)
	return e
}

// contentOf names what came in the place of an answer of the API's own, by its header, and by how its body begins.
func contentOf(resp *http.Response, first byte) Content {
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case first == 0 && resp.StatusCode != http.StatusOK:
		return ContentNone
	case media == "text/html", media == "application/xhtml+xml", first == '<' && wire.JSONContent(media):
		return ContentMarkup
	case media == "text/plain":
		return ContentText
	case strings.HasSuffix(media, "/xml"), strings.HasSuffix(media, "+xml"):
		return ContentXML
	case wire.JSONContent(resp.Header.Get("Content-Type")):
		return ContentJSON
	}
	return ContentOther
}
