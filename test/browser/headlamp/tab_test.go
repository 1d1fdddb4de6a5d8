package headlamp

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// look is a screen: how wide, and light or dark.
type look struct {
	width  int64
	scheme string
}

var (
	wide   = look{1200, "light"}
	narrow = look{360, "light"}
)

func (l look) String() string { return fmt.Sprintf("%d-%s", l.width, l.scheme) }

func newBrowser(t *testing.T) context.Context {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(*program), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	browser, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(browser); err != nil {
		t.Fatalf("starting %s: %v", *program, err)
	}
	return browser
}

// headlamps are complaints about Headlamp itself: translations that the host page has not, and
// kinds that few people may list.
var headlamps = []string{"/assets/locales/", "/customresourcedefinitions"}

// request is what a page asked for.
type request struct {
	method, path string // with the query
	socket       bool
}

// tab is a tab of the browser, and what happened in it.
type tab struct {
	t      *testing.T
	ctx    context.Context
	origin string // of the page, without scheme
	first  string // the address of the web view

	mu         sync.Mutex
	requests   []request
	elsewhere  []string // requests to other origins
	complaints []string
}

// open opens the web view of a person at a path below its first page. When the test ends, the
// tab has asked no other origin, and the browser has complained of nothing.
func open(t *testing.T, browser context.Context, first, path string, l look) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	u, err := url.Parse(first)
	if err != nil {
		t.Fatal(err)
	}
	p := &tab{t: t, ctx: ctx, origin: u.Host, first: first}
	if err := chromedp.Listen(ctx, p.heard); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, noNetwork := chromedp.Call(ctx, network.Enable, network.EnableParams{})
		_, noLog := chromedp.Call(ctx, log.Enable, cdp.Empty{})
		_, noScript := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: measure})
		return errors.Join(noNetwork, noLog, noScript)
	}))
	p.look(l)
	p.do(chromedp.Navigate(first + path))
	t.Cleanup(p.blameless)
	return p
}

// look changes the screen.
func (p *tab) look(l look) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}},
		})
		return err
	}), chromedp.EmulateViewport(l.width, 900, func(m *emulation.SetDeviceMetricsOverrideParams, _ *emulation.SetTouchEmulationEnabledParams) {
		m.Mobile = l.width < 600
	}))
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

func (p *tab) heard(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.asked(e.Request.Method, e.Request.URL)
	case *network.EventWebSocketCreated:
		p.asked("", e.URL)
	case *log.EventEntryAdded:
		// What the API server refuses is a complaint as well; pages that try get it allowed.
		if e.Entry.Level == log.EntryLevelError || e.Entry.Source == log.EntrySourceSecurity || e.Entry.Source == log.EntrySourceViolation {
			if !slices.ContainsFunc(headlamps, func(part string) bool { return strings.Contains(e.Entry.URL, part) }) {
				p.complaints = append(p.complaints, e.Entry.Text+" "+e.Entry.URL)
			}
		}
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		p.complaints = append(p.complaints, text)
	case *page.EventJavascriptDialogOpening:
		p.complaints = append(p.complaints, "a script opened a dialog: "+e.Message)
	}
}

func (p *tab) asked(method, address string) {
	u, err := url.Parse(address)
	if err != nil || u.Host != p.origin && u.Scheme != "data" && u.Scheme != "blob" && u.Scheme != "about" {
		p.elsewhere = append(p.elsewhere, address)
		return
	}
	p.requests = append(p.requests, request{method, u.RequestURI(), method == ""})
}

// seen returns what the tab asked for after the first n requests.
func (p *tab) seen(n int) []request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests[n:])
}

func (p *tab) blameless() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.elsewhere) > 0 {
		p.t.Errorf("requests left the origin: %q", p.elsewhere)
	}
	if len(p.complaints) > 0 {
		p.t.Errorf("the browser complains: %s", strings.Join(p.complaints, "\n"))
	}
}

// forgive forgets complaints that hold a text: what the test itself provoked.
func (p *tab) forgive(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.complaints = slices.DeleteFunc(p.complaints, func(c string) bool { return strings.Contains(c, text) })
}

// value evaluates an expression.
func value[T any](p *tab, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%v\n%s", err, expression)
	}
	return v
}
