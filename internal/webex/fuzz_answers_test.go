package webex

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

// The lists with few fields, each with the same body.
func FuzzDecodeLists(f *testing.F) {
	f.Add([]byte(`{"items":[{"id":"a=","displayName":"Acme","name":"Oslo","locationId":"L==","type":"meetingRoom"}]}`))
	f.Add([]byte(`{"items":[{"id":"w","calling":{"type":"webexCalling","webexCalling":{"licenses":["a","b="]}}},{"id":"v","calling":null}]}`))
	f.Add([]byte(`{"notFoundIds":null,"items":[{"id":"","name":1}],"items":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		read := func() io.Reader { return strings.NewReader(string(body)) }
		organizations, err := decodeAll(read(), decodeOrganization)
		checkIDs(t, err, organizations, func(o Organization) string { return o.ID.UUID() })
		roles, err := decodeAll(read(), decodeRole)
		checkIDs(t, err, roles, func(r Role) string { return r.ID })
		locations, err := decodeAll(read(), decodeLocation)
		checkIDs(t, err, locations, func(l Location) string { return l.ID })
		workspaces, err := decodeAll(read(), decodeWorkspace)
		checkIDs(t, err, workspaces, func(w Workspace) string { return w.ID })
		for _, w := range workspaces {
			if err == nil && len(w.Licenses) > 0 && !w.LicensesKnown {
				t.Fatalf("workspace %+v", w)
			}
		}
	})
}

// checkIDs makes sure that what was decoded has ids, as the client writes them.
func checkIDs[T any](t *testing.T, err error, items []T, id func(T) string) {
	t.Helper()
	if err != nil {
		checkFailure(t, err)
		return
	}
	for _, item := range items {
		if got := id(item); got == "" || strings.HasSuffix(got, "=") {
			t.Fatalf("%T with id %q", item, got)
		}
	}
}

// marker is in every body of FuzzErrorBody, and must be in no text of an error.
const marker = "jane.doe@example.com"

// Whatever a failing service, or a proxy before it, says: the failure has a class
// and a text that is the client's own.
func FuzzErrorBody(f *testing.F) {
	const rest, html = "application/json;charset=UTF-8", "text/html"
	f.Add(403, rest, "", `{"message":"no","errors":[{"description":"no"}],"trackingId":"ROUTER_1"}`)
	f.Add(400, rest, "", `{"error":"invalid_grant","error_description":"x","trackingID":"NA_2"}`)
	f.Add(400, rest, "", `{"error":[{"key":"400","message":[{"description":"x","code":"1"}]}],"errorCode":4,"trackingId":"a b"}`)
	f.Add(429, html, "rand(30),add(30)", `<html>`)
	f.Add(503, html, "Tue, 01 Sep 2026 12:00:30 GMT", ``)
	f.Add(200, html, "", `<html>`)
	f.Add(302, "", "", ``)
	f.Add(200, rest, "", `{"items":[`)
	f.Fuzz(func(t *testing.T, status int, contentType, retryAfter, body string) {
		if status < 100 || status > 999 {
			return // net/http takes nothing else
		}
		h := http.Header{"Content-Type": {contentType}, "Retry-After": {retryAfter}}
		resp := &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body + marker))}
		e := checkResponse("list people", resp, noon)
		if e == nil {
			if status != http.StatusOK || !wire.JSONContent(contentType) {
				t.Fatalf("status %d with %q is good", status, contentType)
			}
			return
		}
		if e.Class == ClassNone || e.RetryAfter < 0 || e.RetryAfter > maxRetryAfter || e.Class == ClassRateLimited && e.RetryAfter < minRetryAfter {
			t.Fatalf("class %v, retry after %v", e.Class, e.RetryAfter)
		}
		if len(e.TrackingID) > 128 || strings.ContainsFunc(e.TrackingID, func(r rune) bool { return r > unicode.MaxASCII || unicode.IsSpace(r) || r == '@' }) {
			t.Fatalf("tracking id %q", e.TrackingID)
		}
		told := []string{} // an answer of the service's own, and others
		for _, body := range []string{webexNo, "", "x", "<", `{"a":1}`, `{"error":"invalid_grant"}`} {
			same := &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
			told = append(told, checkResponse("list people", same, noon).Error())
		}
		if !slices.Contains(told, e.Error()) {
			t.Fatalf("the text depends on the body: %q and %q", e, told)
		}
		if strings.Contains(e.String(), marker) {
			t.Fatalf("%q", e.String())
		}
	})
}

// An answer with tokens holds one, or is a failure that shows none.
func FuzzDecodeToken(f *testing.F) {
	f.Add([]byte(`{"access_token":"a","expires_in":1209599,"refresh_token":"r","refresh_token_expires_in":7775999,"token_type":"Bearer"}`))
	f.Add([]byte(`{"access_token":"a","expires_in":"60","refresh_token":""}`))
	f.Add([]byte(`{"access_token":null,"expires_in":1e300}`))
	f.Add([]byte(`{"expires_in":-1,"access_token":"a","access_token":"b"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		resp := &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(body)))}
		token, e := (&tokenRequest{operation: "refresh token", refreshToken: "kept"}).decode(t.Context(), resp, noon)
		if e != nil {
			if token != (Token{}) || e.Class != ClassPartial && e.Class != ClassTransient {
				t.Fatalf("token %v with error %v of class %v", token.AccessToken, e, e.Class)
			}
			return
		}
		if token.AccessToken == "" || token.RefreshToken == "" {
			t.Fatal("a token is missing")
		}
		for _, at := range []time.Time{token.ExpiresAt, token.RefreshExpiresAt} {
			if !at.IsZero() && at.Before(noon) {
				t.Fatalf("a new token ended %v", at)
			}
		}
	})
}
