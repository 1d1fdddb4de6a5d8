// Package browser looks at the pages of kubectl webex report in a real browser, and signs in with it.
// make browser writes the pages and runs it; it needs chromium.
package browser

import (
	"context"
	_ "embed" // the script
	"errors"
	"flag"
	"path/filepath"
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

var (
	pages   = flag.String("pages", "", "directory with the pages")
	program = flag.String("chromium", "chromium", "the browser")
)

// look is what the script of look.js finds on a page.
//
//go:embed look.js
var look string

// found is what the script returns.
type found struct {
	// Texts is how many texts were looked at, Faint those with too little contrast.
	Texts int
	Faint []string
	// Overflow is by how much the page is wider than the screen.
	Overflow float64
	Scheme   string
	// Charts are those that show; Styled says that the style sheet was taken.
	Charts int
	Styled bool
	Nav    bool
	Hidden int
}

func TestPages(t *testing.T) {
	if *pages == "" {
		t.Fatal("make browser runs this test: it writes the pages first")
	}
	files, err := filepath.Glob(filepath.Join(*pages, "*.html"))
	if err != nil || len(files) != 5 {
		t.Fatalf("pages: %v, %v", files, err)
	}
	browser := start(t)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".html")
		for _, view := range []struct {
			width  int64
			scheme string
			media  string
		}{{360, "light", "screen"}, {360, "dark", "screen"}, {1000, "light", "screen"}, {1000, "dark", "screen"}, {720, "dark", "print"}} {
			t.Run(name+" "+view.media+" "+view.scheme, func(t *testing.T) {
				got := visit(t, browser, file, view.width, view.scheme, view.media)
				print := view.media == "print"
				if len(got.Faint) > 0 || got.Texts < 20 {
					t.Errorf("of %d texts these have a contrast below 4.5: %s", got.Texts, strings.Join(got.Faint, "; "))
				}
				if got.Overflow > 0 {
					t.Errorf("%d wide, the page sticks out by %g", view.width, got.Overflow)
				}
				if !got.Styled || got.Nav == print || print && got.Hidden > 0 {
					t.Errorf("styled %v, navigation %v, %d details that are not printed", got.Styled, got.Nav, got.Hidden)
				}
				if want := map[string]int{"small": 3, "large": 3, "location": 0, "hostile": 3, "empty": 0}[name]; got.Charts != want {
					t.Errorf("%d charts show, want %d", got.Charts, want)
				}
			})
		}
	}
}

func start(t *testing.T, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(*program), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), append(options, more...)...)
	t.Cleanup(cancel)
	browser, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(browser); err != nil {
		t.Fatalf("starting %s: %v", *program, err)
	}
	return browser
}

// visit opens a page in a tab of its own, which asks for nothing else and
// complains of nothing.
func visit(t *testing.T, browser context.Context, file string, width int64, scheme, media string) found {
	t.Helper()
	tab, cancel := chromedp.NewContext(browser)
	defer cancel()
	tab, cancel = context.WithTimeout(tab, time.Minute)
	defer cancel()
	var mu sync.Mutex
	var requests, complaints []string
	err := chromedp.Listen(tab, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			requests = append(requests, e.Request.URL)
		case *log.EventEntryAdded:
			complaints = append(complaints, e.Entry.Text)
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			complaints = append(complaints, "a script wrote to the console")
		case *page.EventJavascriptDialogOpening:
			complaints = append(complaints, "a script opened a dialog: "+e.Message)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	err = chromedp.Do(tab,
		chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, noNetwork := chromedp.Call(ctx, network.Enable, network.EnableParams{})
			_, noLog := chromedp.Call(ctx, log.Enable, cdp.Empty{})
			_, noMedia := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Media: media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			return errors.Join(noNetwork, noLog, noMedia)
		}),
		chromedp.EmulateViewport(width, 900, func(p *emulation.SetDeviceMetricsOverrideParams, _ *emulation.SetTouchEmulationEnabledParams) {
			p.Mobile = width < 600
		}),
		chromedp.Navigate("file://"+file),
	)
	if err != nil {
		t.Fatal(err)
	}
	got, err := chromedp.Run(tab, chromedp.Evaluate[found](look))
	if err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(requests) != 1 || !strings.HasSuffix(requests[0], "/"+filepath.Base(file)) {
		t.Errorf("requests: %v", requests)
	}
	if len(complaints) > 0 {
		t.Errorf("the browser complains: %v", complaints)
	}
	if got.Scheme != scheme {
		t.Errorf("looked at %q", got.Scheme)
	}
	return got
}
