package webex

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

// Class says what a failure means for the caller. It is decided once, here.
type Class string

const (
	// ClassNone is the class of no error.
	ClassNone Class = ""
	// ClassTerminal is a no of the API's own: HTTP 400, 403, 404, 405 and the like; or a malformed organization id.
	ClassTerminal Class = "Terminal"
	// ClassAuth needs new credentials: the API's own HTTP 401 after one refresh, or a refused refresh.
	ClassAuth Class = "Auth"
	// ClassRateLimited asks for patience: HTTP 429 and 423. See [Error.RetryAfter].
	ClassRateLimited Class = "RateLimited"
	// ClassTransient is trouble on the way or in the service: HTTP 5xx, time-outs, cut connections, and whatever a proxy,
	// a gateway or a login page answers in the place of the API.
	ClassTransient Class = "Transient"
	// ClassPartial is an answer that cannot be taken for the whole truth: malformed, truncated, incomplete, endless.
	ClassPartial Class = "Partial"
)

// Error is a failed call. All its text is the client's own: no token, no URL, no server text, no personal data.
type Error struct {
	// Class decides what to do about it.
	Class Class
	// Operation is the name of the call, such as "list people".
	Operation string
	// Status is the HTTP status, or 0 if there was no response.
	Status int
	// Code is the first errors[].errorCode that the API gave for its refusal, such as 400000; 0 if it gave none.
	Code int
	// TrackingID identifies the response for Cisco support; "" if the server sent none.
	TrackingID string
	// Content is what came in the place of an answer of the API's own; "" if it was one.
	Content Content
	// RetryAfter is how long the server asked to wait, from 1 second to 1 hour; 0 if it did not ask.
	RetryAfter time.Duration
	// Err is the cause: one of the Err… constants, a redacted network error, or that of the context.
	Err error

	again bool // another attempt may mend it
	left  bool // there was no response, but the request may have left
	oauth bool // it is what RFC 6749 lets a token endpoint answer
}

// cause is what went wrong and what to do about it, by default to try again later. Its text is stable and fit for a
// condition.
type cause struct{ what, remedy string }

func (c cause) Error() string { return c.what }

// Causes of an [Error], for [errors.Is].
var (
	// ErrForeignLink: the next page lies on another scheme, host, port or outside the API's path. The token stays here.
	ErrForeignLink = cause{what: "the next link leads out of the API"}
	// ErrLoop: the next page was seen before in the same walk.
	ErrLoop = cause{what: "the next link leads in a circle"}
	// ErrLimit: a bound of [Limits] was exceeded.
	ErrLimit = cause{"the answer is larger than this client accepts", "report this with the size of the organization"}
	// ErrFull: the list has as many records as a page may have, and nothing says whether there are more.
	ErrFull = cause{"the answer is as long as one may be, and may have been cut off", "ask for fewer"}
	// ErrMissingField: the answer lacks a field that it cannot do without, such as items or an id.
	ErrMissingField = cause{what: "a required field is missing in the answer"}
	// ErrMalformed: the answer is not well-formed JSON.
	ErrMalformed = cause{what: "the answer is malformed JSON"}
	// ErrNotJSON: the answer is something else than JSON, such as HTML, and so not the API's.
	ErrNotJSON = cause{"something between here and Webex answered, and not in JSON", remedyStranger}
	// ErrNotWebex: the answer is empty, or JSON of another form than that of the API's errors.
	ErrNotWebex = cause{"something between here and Webex answered, and not in Webex's form", remedyStranger}
	// ErrCut: the body ended before its end.
	ErrCut = cause{what: "the answer was cut off"}
	// ErrRedirect: the answer redirects to another host, such as that of a login page. The token stays here.
	ErrRedirect = cause{"something between here and Webex answered, by a redirect that is not followed", remedyStranger}
	// ErrProxyAuthentication: the proxy wants a user name and password, or other ones.
	ErrProxyAuthentication = cause{"the proxy refused the user name and password", "supply those that it knows"}
	// ErrTokenUnusable: there is no access token, or it has characters that no header may carry.
	ErrTokenUnusable = cause{"the access token is empty or malformed", "supply an access token"}
	// ErrRefreshRefused: the token endpoint refused the refresh token or the client credentials.
	ErrRefreshRefused = cause{"the refresh token or the client credentials were refused", "authorize again and supply the new refresh token"}
	// ErrServiceAppRefused: no token of the service app is to be had with these credentials.
	ErrServiceAppRefused = cause{"the token of the service app was refused", "check the app's id, client and authorization, and the scope of the token that asks"}
	// ErrAssignment: an assignment that names no person by id, or changes nothing.
	ErrAssignment = cause{"the assignment names no person by id, or no licence", "report this"}
	// ErrOrganizationID: the organization id has a shape that the API does not know.
	ErrOrganizationID = cause{"the organization id is malformed", "use a UUID or the id as the API writes it"}
)

// Causes without an answer.
var (
	errCancelled   = cause{what: "cancelled"}
	errDeadline    = cause{what: "out of time"}
	errTimeout     = cause{what: "no answer in time"}
	errRefused     = cause{what: "connection refused"}
	errUnknownHost = cause{"host name not found", "check the host of the base URL and of the proxy"}
	errConnection  = cause{what: "connection failed"}
	errProxy       = cause{"the proxy refused the connection", "see that it lets the host of the base URL through"}
	errBudget      = cause{what: "no request budget in time"}
)

const (
	remedyBackOff  = "try again later"
	remedyStranger = "check the base URL, the proxy, and whether a login page stands in the way"
)

// redacted keeps the identity of an inner error for [errors.Is] and [errors.As], and shows only the cause.
type redacted struct {
	cause
	inner error
}

func (r redacted) Unwrap() []error { return []error{r.cause, r.inner} }

// Error says operation, cause, status and remedy in lower case. It is stable: equal failures have equal text.
func (e *Error) Error() string {
	what, remedy := e.describe()
	op := cmp.Or(e.Operation, "webex")
	switch {
	case e.Status != 0 && e.Content != "":
		return fmt.Sprintf("%s: %s (HTTP %d, %s): %s", op, what, e.Status, e.Content, remedy)
	case e.Status != 0:
		return fmt.Sprintf("%s: %s (HTTP %d): %s", op, what, e.Status, remedy)
	}
	return op + ": " + what + ": " + remedy
}

// String is Error with the particulars of this one occurrence, for logs and support.
func (e *Error) String() string {
	s := e.Error()
	if e.Code != 0 {
		s += "; code " + strconv.Itoa(e.Code)
	}
	if e.RetryAfter > 0 {
		s += "; retry after " + e.RetryAfter.String()
	}
	if e.TrackingID != "" {
		s += "; tracking id " + e.TrackingID
	}
	return s
}

// Unsure says that a change may have been made although the request failed: what it should have changed has to be read
// before it is asked for again. It is false where the change was refused, or its request never left, as where the token
// or the grant that it needs is not to be had; and for requests that change nothing.
func (e *Error) Unsure() bool {
	switch {
	case e.Operation != assignOperation:
		return false
	case e.Status == 0:
		return e.left
	}
	return e.Status < 400 || e.Status == http.StatusRequestTimeout || e.Status >= 500
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func (e *Error) describe() (what, remedy string) {
	c, known := errors.AsType[cause](e.Err)
	if !known {
		return describeStatus(e.Class, e.Status)
	}
	return c.what, cmp.Or(c.remedy, remedyBackOff)
}

func describeStatus(class Class, status int) (what, remedy string) {
	switch status {
	case 400:
		return "the request was refused", "check the organization id"
	case 401:
		return "the access token was refused", "supply a valid token"
	case 403:
		return "not allowed", "give the token the scopes and the role it needs, and access to this organization"
	case 404:
		return "not found", "check the organization id and the base URL"
	case 451:
		return "the organization is served by another region", "use the base URL of its region"
	}
	switch class {
	case ClassRateLimited:
		return "too many requests", "wait as long as the server asks"
	case ClassTransient:
		return "the service is in trouble", remedyBackOff
	case ClassPartial:
		return "the answer is incomplete", remedyBackOff
	case ClassAuth:
		return "the credentials were refused", "supply valid ones"
	case ClassNone, ClassTerminal:
	}
	return "the request was refused", "check the base URL"
}

// AsError finds the [*Error] in err's chain.
func AsError(err error) (*Error, bool) { return errors.AsType[*Error](err) }

// ClassOf returns the class of the [*Error] in err's chain; [ClassNone] for nil; and [ClassTransient] for any other
// error, such as that of a context or a [TokenSource], because another try is the safe answer to the unknown.
func ClassOf(err error) Class {
	if err == nil {
		return ClassNone
	}
	if e, ok := AsError(err); ok {
		return e.Class
	}
	return ClassTransient
}

// classOfStatus classifies a response of the API's own that is no success. See "Response codes" in
// https://developer.webex.com/docs/basics.
func classOfStatus(status int) (class Class, again bool) {
	switch {
	case status == 401:
		return ClassAuth, false
	case status == 423, status == 429:
		return ClassRateLimited, true
	case status == 408, status == 425, status >= 500:
		return ClassTransient, true
	case status < 300: // a success that carries no list, such as 204
		return ClassPartial, true
	}
	return ClassTerminal, false
}

// networkError turns the error of a transport, a body or a limiter into a classified one without URL and addresses.
func networkError(ctx context.Context, op string, err error) *Error {
	e := &Error{Class: ClassTransient, Operation: op}
	if ctxErr := ctx.Err(); ctxErr != nil {
		c := errCancelled
		if errors.Is(ctxErr, context.DeadlineExceeded) {
			c = errDeadline
		}
		e.Err = redacted{c, ctxErr}
		return e
	}
	for {
		urlErr, ok := errors.AsType[*url.Error](err)
		if !ok {
			break
		}
		err = urlErr.Err
	}
	c := causeOf(err)
	e.Err, e.again = redacted{c, err}, !strings.HasPrefix(c.what, errCertificate.what)
	if c == ErrProxyAuthentication { // asking again may lock the account
		e.Class, e.again = ClassTerminal, false
	}
	return e
}

// decodingError classifies an error of reading and decoding resp.
func decodingError(ctx context.Context, op string, resp *http.Response, d *wire.Decoder, err error) *Error {
	e := &Error{Class: ClassPartial, Operation: op}
	readErr := d.ReadError()
	switch {
	case errors.Is(err, wire.ErrLimit) || errors.Is(readErr, wire.ErrLimit):
		e.Err = ErrLimit
	case d.First() == '<': // a page, whatever its header says
		e.Err, e.Content, e.again = ErrNotJSON, ContentMarkup, true
	case readErr != nil && !errors.Is(readErr, io.EOF):
		e = networkError(ctx, op, readErr)
		if c, ok := errors.AsType[cause](e.Err); ok && c == errConnection {
			e.Err = redacted{ErrCut, readErr}
		}
	case errors.Is(err, wire.ErrMissing):
		e.Err = ErrMissingField
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		e.Err, e.again = redacted{ErrCut, io.ErrUnexpectedEOF}, true
	default:
		e.Err, e.again = ErrMalformed, true // the decoder's own error may repeat a piece of the body
	}
	e.Status, e.TrackingID = resp.StatusCode, wire.TrackingID(resp.Header.Get("Trackingid"))
	return e
}

// CheckProxyResponse turns the answer of a proxy to CONNECT into an error of this package. It is meant for
// [http.Transport.OnProxyConnectResponse], which knows the answer's text only.
func CheckProxyResponse(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	switch {
	case answer.StatusCode == http.StatusProxyAuthRequired:
		return ErrProxyAuthentication
	case answer.StatusCode != http.StatusOK:
		return errProxy
	}
	return nil
}

func causeOf(err error) cause {
	var timeout interface{ Timeout() bool }
	if c, ok := errors.AsType[cause](err); ok {
		return c
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && !dns.Timeout() {
		return errUnknownHost
	}
	if c, ok := certificateCause(err); ok {
		return c
	}
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return errTimeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return errRefused
	}
	return errConnection
}

// neverConnected reports whether a transport failed before there was a connection to write to.
func neverConnected(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "dial" || op.Op == "proxyconnect") {
		return true
	}
	switch c := causeOf(err); c {
	case errRefused, errUnknownHost, errProxy, ErrProxyAuthentication:
		return true
	default:
		return strings.HasPrefix(c.what, errCertificate.what)
	}
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
