package wire

import (
	"errors"
	"io"
	"math"
	"mime"
	"slices"
	"strings"
)

// MaxErrorBody bounds what is read of an answer that is no success: its use is who gave it, and the tracking id.
const MaxErrorBody = 64 << 10

// JSONContent reports whether a media type is JSON. None at all is given the benefit of the doubt.
func JSONContent(header string) bool {
	if header == "" {
		return true
	}
	media, _, err := mime.ParseMediaType(header)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return false
	}
	return media == "application/json" || strings.HasSuffix(media, "+json")
}

// Speech is what the body of an error tells.
type Speech struct {
	// Own says that it has a form of the API's own, OAuth that it is an error of a token endpoint by RFC 6749.
	Own, OAuth bool
	// First is the first byte of the body that is no blank; 0 if there is none.
	First byte
	// TrackingID identifies the request; empty if the body has none.
	TrackingID string
	// Code is the first code among its errors; 0 if there is none.
	Code int
}

// Hear reads the body of an error, given the headers Content-Type and Trackingid that came with it. Forms of Webex' own,
// as documented and seen (https://developer.webex.com/docs/basics):
//
//	{"message": "…", "errors": [{"description": "…"}], "trackingId": "…"}, the usual one, from which errors may be missing
//	{"error": [{"key": "…", "message": […]}], "errorCode": …, "trackingId": "…"}, of calling services
//	{"error": "…", "error_description": "…", "trackingID": "…"}, of the identity service
//
// A message alone is no sign: gateways of all makers write {"message": "Forbidden"}. The tracking id is one, in the body
// or in the header, and so is a description among errors.
func Hear(body io.Reader, contentType, trackingID string) (s Speech) {
	d := NewDecoder()
	d.Reset(body, MaxErrorBody)
	var message, fault, described, tracked bool
	var word, raw string
	// Whatever is wrong with the body, the tracking id that was found before it counts.
	err := d.Document(func(name []byte) (err error) {
		switch {
		case strings.EqualFold(string(name), "trackingId"):
			err = d.ReadString(&raw)
			if tracked = tracked || raw != ""; s.TrackingID == "" {
				s.TrackingID = TrackingID(raw)
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
			described, s.Code, err = d.readDescribed()
		default:
			err = d.Skip()
		}
		return err
	})
	s.First = d.First()
	if err != nil || !JSONContent(contentType) {
		return s
	}
	tracked = tracked || message && TrackingID(trackingID) != ""
	s.Own = tracked && (message || fault || described) || message && described
	s.OAuth = slices.Contains(oauthErrors, word)
	return s
}

// oauthErrors are the codes by which a token endpoint refuses. https://www.rfc-editor.org/rfc/rfc6749#section-5.2
var oauthErrors = []string{"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope"}

// readDescribed reads the member errors of an error, and says whether it describes one and what the first code is.
func (d *Decoder) readDescribed() (described bool, code int, err error) {
	if d.json.PeekKind() != '[' {
		return false, 0, d.Skip()
	}
	err = d.Array(func() error {
		if d.json.PeekKind() != '{' {
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

// BareList reads a list that is an array with nothing around it, or else one as of [Decoder.List].
func (d *Decoder) BareList(begin func(), item func() error) error {
	if d.json.PeekKind() != '[' {
		return d.List(begin, item)
	}
	begin()
	if err := d.records(item); err != nil {
		return err
	}
	return d.end()
}
