package webex

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

// webexNo is an error in the usual form of the API.
const webexNo = `{"message":"No.","errors":[{"description":"No."}],"trackingId":"ROUTER_5F2C1A9E"}`

// ownForms are the errors of the API's own, as documented and seen.
var ownForms = map[string]string{
	"usual":            webexNo,
	"without errors":   `{"message":"No.","trackingId":"ROUTERGW_5f2c1a9e"}`,
	"null errors":      `{"message":"No.","errors":null,"trackingId":"NA_5f2c1a9e"}`,
	"coded errors":     `{"message":"No.","errors":[{"errorCode":400000,"description":"No."}],"trackingId":"NA_1"}`,
	"calling service":  `{"error":[{"key":"400","message":[{"description":"No.","code":"1"}]}],"trackingId":"ROUTER_1","errorCode":4}`,
	"identity service": `{"error":"invalid_token","error_description":"No.","trackingID":"NA_1"}`,
	"other order":      ` {"trackingId":"x","message":"No."} `,
	"untracked":        `{"message":"No.","errors":[{"description":"No."}]}`,
}

// stranger is an answer that something else than the API gives.
type stranger struct {
	body, contentType string
	// says is what the error names it.
	says string
}

var strangers = map[string]stranger{
	"page of a proxy":       {"<!DOCTYPE html><html><body>Access denied</body></html>", "text/html; charset=utf-8", "text/html"},
	"page said to be JSON":  {"\n <html></html>", "application/json", "text/html"},
	"page without a type":   {"<html></html>", "", "text/html"},
	"XHTML":                 {"<html/>", "application/xhtml+xml", "text/html"},
	"SOAP":                  {"<fault/>", "text/xml", "XML"},
	"plain text":            {"Forbidden\n", "text/plain", "text/plain"},
	"nothing":               {"", "", "empty"},
	"nothing, said JSON":    {"", "application/json", "empty"},
	"blanks":                {" \r\n", "text/html", "empty"},
	"gateway":               {`{"message":"Forbidden"}`, "application/json", "JSON of another form"},
	"gateway with a code":   {`{"code":403,"reason":"policy","message":""}`, "application/json", "JSON of another form"},
	"problem details":       {`{"type":"about:blank","title":"Forbidden","status":403}`, "application/problem+json", "JSON of another form"},
	"error of an API":       {`{"error":{"code":403,"message":"No."}}`, "application/json", "JSON of another form"},
	"word of an API":        {`{"error":"forbidden"}`, "application/json", "JSON of another form"},
	"errors of an API":      {`{"errors":[{"detail":"No."}]}`, "application/json", "JSON of another form"},
	"empty tracking id":     {`{"message":"No.","trackingId":""}`, "application/json", "JSON of another form"},
	"array":                 {`[{"message":"No.","trackingId":"x"}]`, "application/json", "JSON of another form"},
	"text in JSON":          {`"no"`, "application/json", "JSON of another form"},
	"null":                  {`null`, "application/json", "JSON of another form"},
	"two documents":         {webexNo + webexNo, "application/json", "JSON of another form"},
	"cut":                   {webexNo[:30], "application/json", "JSON of another form"},
	"own form, said a page": {webexNo, "text/html", "text/html"},
	"too long":              {`{"message":"` + strings.Repeat("x", wire.MaxErrorBody) + `","trackingId":"x"}`, "application/json", "JSON of another form"},
	"a file":                {"\x89PNG\r\n", "application/octet-stream", "another type of content"},
	"broken type":           {"no", "///", "another type of content"},
}

// said is an answer of a stranger: the header that the fake service sets is missing.
func (s stranger) said(status int) *http.Response {
	return answer(status, s.body, "Trackingid: ", "Content-Type: "+s.contentType)
}

// finals are statuses that say something about the customer, if the API says them.
var finals = []int{400, 401, 402, 403, 404, 405, 406, 407, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 424, 426, 428, 431, 451, 499}

// Whatever the status: only what has the form of the API's own errors is taken for a no.
func TestOnlyTheServiceSaysNo(t *testing.T) {
	t.Parallel()
	for _, status := range finals {
		for name, body := range ownForms {
			want := ClassTerminal
			if status == 401 {
				want = ClassAuth
			}
			e := checkResponse("list people", answer(status, body, "Trackingid: "), noon)
			if e.Class != want || e.again || e.Content != "" {
				t.Errorf("%d, %s: class %v, again %v, content %q", status, name, e.Class, e.again, e.Content)
			}
		}
		for name, s := range strangers {
			e := checkResponse("list people", s.said(status), noon)
			if e.Class != ClassTransient || !e.again {
				t.Errorf("%d, %s: class %v, again %v", status, name, e.Class, e.again)
			}
			want := fmt.Sprintf("list people: something between here and Webex answered, and not in %%s (HTTP %d, %s): check the base URL, the proxy, and whether a login page stands in the way", status, s.says)
			if got := e.Error(); got != fmt.Sprintf(want, "JSON") && got != fmt.Sprintf(want, "Webex's form") {
				t.Errorf("%d, %s: %q", status, name, got)
			}
		}
	}
}

// Statuses that ask for patience or tell of trouble mean the same from any speaker; a success that is a page is none.
func TestStrangersWithOtherStatuses(t *testing.T) {
	t.Parallel()
	page := strangers["page of a proxy"]
	for status, want := range map[int]Class{
		200: ClassPartial, 204: ClassPartial, 301: ClassTransient, 302: ClassTransient, 303: ClassTransient, 304: ClassTransient,
		307: ClassTransient, 308: ClassTransient, 408: ClassTransient, 423: ClassRateLimited, 425: ClassTransient, 429: ClassRateLimited,
		500: ClassTransient, 502: ClassTransient, 503: ClassTransient, 504: ClassTransient, 511: ClassTransient, 599: ClassTransient,
	} {
		if e := checkResponse("list people", page.said(status), noon); e.Class != want || !e.again {
			t.Errorf("%d: class %v, again %v", status, e.Class, e.again)
		}
	}
	for _, test := range []stranger{page, strangers["page said to be JSON"], strangers["page without a type"]} {
		c, in := newTestClient(t, func(*http.Request) *http.Response { return test.said(200) })
		_, err := c.Organization(t.Context(), theOrg)
		e := theError(t, err, ClassPartial)
		if in.count() != 4 || !strings.Contains(e.Error(), "(HTTP 200, text/html): check the base URL, the proxy, and whether a login page") {
			t.Errorf("%d requests, %q", in.count(), e)
		}
	}
}

// A stranger's no costs no refresh, no renewed grant and no more tries than any trouble; and when it is over, nothing is
// left of it.
func TestStrangersNoIsTrouble(t *testing.T) {
	t.Parallel()
	for _, status := range []int{401, 403, 404, 407, 451} {
		for name, s := range strangers {
			source := &rotating{tokens: []string{"old", "new"}}
			c, in := newTestClient(t, func(*http.Request) *http.Response { return s.said(status) }, func(c *Config) { c.Tokens = source })
			_, err := collect(each(c.PeoplePages(t.Context(), theOrg)), personID)
			if wantClass(t, err, ClassTransient); in.count() != 4 || source.refresh != 0 {
				t.Errorf("%d, %s: %d requests, %d refreshes", status, name, in.count(), source.refresh)
			}
			c, in = newTestClient(t, inTurn(func() *http.Response { return s.said(status) }, one(200, peoplePage("a"))))
			if got, err := collect(each(c.PeoplePages(t.Context(), theOrg)), personID); err != nil || len(got) != 1 || in.count() != 2 {
				t.Errorf("%d, %s: %v, error %v", status, name, got, err)
			}
		}
	}
}

// A refresh token, or a Service App, is refused by the token endpoint alone: what a proxy says in its place would cost
// the credentials.
func TestOnlyTheTokenEndpointRefuses(t *testing.T) {
	t.Parallel()
	own := map[string]string{"OAuth": `{"error":"invalid_grant"}`, "OAuth, described": `{"error":"invalid_client","error_description":"No."}`}
	maps.Copy(own, ownForms)
	ask := func(resp *http.Response) (refresh, app error) {
		body, _ := io.ReadAll(resp.Body)
		endpoints := TokenEndpoints{Now: func() time.Time { return noon }, HTTP: &http.Client{Transport: &fake{handler: func(*http.Request) *http.Response {
			return &http.Response{StatusCode: resp.StatusCode, Header: resp.Header, Body: io.NopCloser(bytes.NewReader(body))}
		}}}}
		_, refresh = endpoints.Refresh(t.Context(), RefreshGrant{RefreshToken: "r"})
		_, app = endpoints.ServiceApp(t.Context(), ServiceAppGrant{ApplicationID: "a", CallerToken: "c"})
		return refresh, app
	}
	for _, status := range []int{400, 401, 403} {
		for name, body := range own {
			refresh, app := ask(answer(status, body, "Trackingid: "))
			if ClassOf(refresh) != ClassAuth || ClassOf(app) != ClassAuth {
				t.Errorf("%d, %s: %v; %v", status, name, refresh, app)
			}
		}
		for name, s := range strangers {
			refresh, app := ask(s.said(status))
			if ClassOf(refresh) != ClassTransient || ClassOf(app) != ClassTransient {
				t.Errorf("%d, %s: %v; %v", status, name, refresh, app)
			}
		}
	}
}

// Who speaks is heard through compression, too.
func TestCompressedErrors(t *testing.T) {
	t.Parallel()
	pack := func(text string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte(text))
		_ = w.Close()
		return b.String()
	}
	for text, want := range map[string]Class{pack(webexNo): ClassTransient, webexNo: ClassTerminal, pack("<html>"): ClassTransient} {
		// The transport takes off what it asked for; whatever else is packed was packed by a stranger.
		e := checkResponse("list people", answer(403, text, "Content-Encoding: gzip"), noon)
		if e.Class != want {
			t.Errorf("class %v, want %v", e.Class, want)
		}
	}
}
