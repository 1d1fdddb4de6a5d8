package webex

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

// auditEvents is a page of events of these categories.
func auditEvents(categories ...string) string {
	var items []string
	for _, category := range categories {
		items = append(items, `{"data":{"actorName":"`+marker+`","actorIp":null,"eventCategory":"`+category+`"},"created":"2026-09-01T11:59:00.000Z","id":"e"}`)
	}
	return `{"items":[` + strings.Join(items, ",") + `]}`
}

func TestAuditEvents(t *testing.T) {
	t.Parallel()
	others := slices.Repeat([]string{"LOGINS"}, 199)
	for name, test := range map[string]struct {
		answer *http.Response
		want   Hint
		class  Class // of the error of HintUnknown
	}{
		"none":                                    {answer: answer(200, `{"items":[]}`), want: HintNone},
		"a licence":                               {answer: answer(200, auditEvents("LICENSE")), want: HintSeen},
		"with a prefix":                           {answer: answer(200, auditEvents("EventCategory.USERS")), want: HintSeen},
		"in small letters":                        {answer: answer(200, auditEvents("eventcategory.locations", "logins")), want: HintSeen},
		"identity, after others":                  {answer: answer(200, auditEvents("LOGINS", "webex_identity")), want: HintSeen},
		"others only: the filter is ignored":      {answer: answer(200, auditEvents("LOGINS", "EventCategory.LOGOUT", "LICENSES")), want: HintNone},
		"as many others as a page may have":       {answer: answer(200, auditEvents(append(others, "LOGOUT")...)), class: ClassPartial},
		"as many, but one":                        {answer: answer(200, auditEvents(others...)), want: HintNone},
		"seen on a full page":                     {answer: answer(200, auditEvents(append(others, "USERS")...)), want: HintSeen},
		"others, and a next page":                 {answer: answer(200, auditEvents("LOGINS"), next("/adminAudit/events?offset=200")), class: ClassPartial},
		"nothing, and a next page":                {answer: answer(200, `{"items":[]}`, next("/adminAudit/events?offset=200")), class: ClassPartial},
		"seen, and a next page":                   {answer: answer(200, auditEvents("USERS"), next("/adminAudit/events?offset=200")), want: HintSeen},
		"a link that leads to no next page":       {answer: answer(200, auditEvents("LOGINS"), strings.Replace(next("/x"), "next", "first", 1)), want: HintNone},
		"no items":                                {answer: answer(200, `{}`), class: ClassPartial},
		"null":                                    {answer: answer(200, `{"items":null}`), class: ClassPartial},
		"an array":                                {answer: answer(200, `[]`), class: ClassPartial},
		"an item that is no event":                {answer: answer(200, `{"items":["USERS"]}`), class: ClassPartial},
		"an event without data":                   {answer: answer(200, `{"items":[{"id":"e"}]}`), class: ClassPartial},
		"an event whose data is null":             {answer: answer(200, `{"items":[{"data":null}]}`), class: ClassPartial},
		"an event without category":               {answer: answer(200, `{"items":[{"data":{"eventCategory":null}}]}`), class: ClassPartial},
		"a category that is a list":               {answer: answer(200, `{"items":[{"data":{"eventCategory":["USERS"]}}]}`), class: ClassPartial},
		"one without category, and one seen":      {answer: answer(200, `{"items":[{"data":null},{"data":{"eventCategory":"USERS"}}]}`), want: HintSeen},
		"cut off":                                 {answer: answer(200, `{"items":[`), class: ClassPartial},
		"cut off after others":                    {answer: cut(auditEvents("LOGINS", "LOGINS"), 200), class: ClassTransient},
		"seen before it was cut off":              {answer: cut(auditEvents("USERS", "LOGINS"), 200), want: HintSeen},
		"a page of HTML":                          {answer: answer(200, `<html>`, "Content-Type: text/html"), class: ClassPartial},
		"longer than is read":                     {answer: answer(200, `{"items":[],"x":"`+strings.Repeat("x", 1<<17)+`"}`), class: ClassPartial},
		"missing scope":                           {answer: answer(403, webexNo), class: ClassTerminal},
		"a proxy's no":                            {answer: answer(403, `<html>`, "Content-Type: text/html"), class: ClassTransient},
		"bad request":                             {answer: answer(400, webexNo), class: ClassTerminal},
		"trouble, which is not tried again":       {answer: answer(503, ``), class: ClassTransient},
		"too slow for a gateway":                  {answer: answer(504, ``), class: ClassTransient},
		"too many requests, which are not waited": {answer: answer(429, ``, "Retry-After: 1"), class: ClassRateLimited},
		"an answer without body":                  {answer: answer(204, ``), class: ClassPartial},
		"no answer":                               {class: ClassTransient},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &limiter{tries: 9}
			c, in := newTestClient(t, func(*http.Request) *http.Response { return test.answer }, func(c *Config) {
				c.Limiter, c.Limits.BodyBytes = l, 1<<16
			})
			got, err := c.AuditEvents(t.Context(), theOrg, noon.Add(-time.Hour), noon)
			if got != test.want || (err == nil) != (got != HintUnknown) {
				t.Errorf("hint %v, error %v", got, err)
			}
			if err != nil {
				wantClass(t, err, test.class)
			}
			if in.count() != 1 || len(in.sleeps) != 0 || len(in.calls) != 1 || len(l.asked) != 2 || l.asked[0] != "at once list audit events" {
				t.Errorf("%d requests, waits %v, asked of the budget %q", in.count(), in.sleeps, l.asked)
			}
		})
	}
}

// What is asked for, and that the times are those of UTC.
func TestAuditRequest(t *testing.T) {
	t.Parallel()
	c, in := newTestClient(t, inTurn(one(200, `{"items":[]}`)))
	oslo := time.FixedZone("", 2*3600)
	if hint, err := c.AuditEvents(t.Context(), theOrg, noon.Add(-time.Hour).In(oslo), noon.Add(1234567)); hint != HintNone || err != nil {
		t.Fatal(hint, err)
	}
	want := []string{"/v1/adminAudit/events?orgId=" + theOrg.API() + "&from=2026-09-01T11%3A00%3A00.000Z&to=2026-09-01T12%3A00%3A00.001Z" +
		"&eventCategories=USERS%2CLOCATIONS%2CLICENSE%2CWEBEX_IDENTITY&max=200"}
	if diff := cmp.Diff(want, in.urls()); diff != "" {
		t.Error(diff)
	}
	hint, err := c.AuditEvents(t.Context(), OrganizationID{}, noon, noon)
	if wantClass(t, err, ClassTerminal); hint != HintUnknown || in.count() != 1 {
		t.Errorf("hint %v after %d requests without an organization", hint, in.count())
	}
}

// A refused token is replaced, as everywhere; where that does not help, the credentials are refused.
func TestAuditAfterRefusedToken(t *testing.T) {
	t.Parallel()
	source := &rotating{tokens: []string{"old", "new"}}
	c, in := newTestClient(t, inTurn(one(401, webexNo), one(200, auditEvents("USERS"))), func(c *Config) { c.Tokens = source })
	if hint, err := c.AuditEvents(t.Context(), theOrg, noon, noon); hint != HintSeen || err != nil || in.count() != 2 {
		t.Errorf("hint %v, error %v after %d requests", hint, err, in.count())
	}
	c, _ = newTestClient(t, inTurn(one(401, webexNo)))
	hint, err := c.AuditEvents(t.Context(), theOrg, noon, noon)
	if wantClass(t, err, ClassAuth); hint != HintUnknown {
		t.Errorf("hint %v", hint)
	}
}

// Without budget nothing is sent, and a run that ends ends the question.
func TestAuditIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	l := &limiter{err: &Error{Class: ClassRateLimited, Operation: auditOperation, RetryAfter: time.Minute}}
	c, in := newTestClient(t, nil, func(c *Config) { c.Limiter = l })
	hint, err := c.AuditEvents(t.Context(), theOrg, noon, noon)
	if wantClass(t, err, ClassRateLimited); hint != HintUnknown || in.count() != 0 || len(in.sleeps) != 0 {
		t.Errorf("hint %v after %d requests and waits %v", hint, in.count(), in.sleeps)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c, _ = newTestClient(t, inTurn(one(200, `{"items":[]}`)))
	if hint, err := c.AuditEvents(ctx, theOrg, noon, noon); hint != HintUnknown || !errors.Is(err, context.Canceled) {
		t.Errorf("hint %v, error %v", hint, err)
	}
}

// FuzzDecodeAudit: a page of events says the same however it comes in, and what is no page is a failure that repeats
// nothing of it. An event is seen only where a category is named.
func FuzzDecodeAudit(f *testing.F) {
	f.Add([]byte(auditEvents("EventCategory.LOGINS", "users")))
	f.Add([]byte(`{"items":[{"data":{"eventCategory":"LOGINS","eventCategory":"LICENSE"}}],"items":[{"data":null}]}`))
	f.Add([]byte(`{"items":[{"data":{"eventCategory":7}},{"data":[]},{}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var pages [2]auditPage
		var errs [2]error
		for i, r := range []io.Reader{strings.NewReader(string(body)), iotest.OneByteReader(strings.NewReader(string(body)))} {
			d := wire.NewDecoder()
			d.Reset(r, 1<<20)
			errs[i] = pages[i].read(d)
		}
		if pages[0] != pages[1] || (errs[0] == nil) != (errs[1] == nil) {
			t.Fatalf("%+v, %v at once, %+v, %v byte by byte", pages[0], errs[0], pages[1], errs[1])
		}
		if errs[0] != nil {
			checkFailure(t, errs[0])
		}
		text := strings.ToUpper(string(body))
		if pages[0].seen && !strings.Contains(text, `\`) && !slices.ContainsFunc(auditCategories, func(c string) bool { return strings.Contains(text, c) }) {
			t.Fatalf("seen in %q", body)
		}
	})
}
