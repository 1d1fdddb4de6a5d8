package headlamp

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// aPage is a page, and how to know that it is there.
type aPage struct {
	name    string // of pictures, and of the sidebar's entry in small letters
	path    string // below the first page
	heading string
	shows   string // once all is read
}

var allPages = []aPage{
	{"overview", "/overview", "Overview", "Advanced Messaging"},
	{"licences", "/licences", "Licences", "Advanced Messaging"},
	{"customers", "/customers", "Customers", "acme"},
	{"customer", "/customers/webex-demo/acme", "Acme Corporation", "By licence"},
	{"runs", "/runs", "Runs", "acme"},
	{"schedules", "/schedules", "Schedules", "every-minute"},
	{"schedule", "/schedules/webex-demo/every-minute", "Schedule every-minute", "Plan"},
	{"assignments", "/assignments", "Assignments", "messaging"},
	{"assignment", "/assignments/webex-demo/messaging", "Assignment messaging", "The three locks"},
	{"partners", "/partners", "Partners", "provider"},
	{"partner", "/partners/webex-demo/provider", "Partner provider", "Organizations"},
}

// looks sees each page at each width, light and dark: nothing sticks out, axe-core finds nothing.
func looks(t *testing.T, w *world, browser context.Context) {
	axe, err := os.ReadFile(filepath.Join(*root, "headlamp", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []look{wide, {1200, "dark"}, narrow, {360, "dark"}} {
		t.Run(l.String(), func(t *testing.T) {
			p := open(t, browser, w.editor, allPages[0].path, l)
			p.do(chromedp.Evaluate[chromedp.Void](string(axe)))
			for _, a := range allPages {
				p.goTo(a)
				if dark := value[bool](p, `getComputedStyle(document.body).colorScheme.includes('dark') || getComputedStyle(document.documentElement).colorScheme === 'dark'`); dark != (l.scheme == "dark") {
					t.Errorf("%s: dark is %v", a.name, dark)
				}
				if over := value[float64](p, `overflow()`); over > 0 {
					t.Errorf("%s: the page sticks out by %g", a.name, over)
				}
				seen := value[struct {
					Passes int
					Found  []string
				}](p, `violations()`)
				if len(seen.Found) > 0 || seen.Passes == 0 {
					t.Errorf("%s: axe-core passes %d rules, and finds\n%s", a.name, seen.Passes, strings.Join(seen.Found, "\n"))
				}
				p.picture(a.name + "-" + l.String())
			}
		})
	}
}

// goTo goes to a page as a link on the page would, and waits until it is there.
func (p *tab) goTo(a aPage) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](`history.pushState(null, '', '/c/main/webex` + a.path + `'); dispatchEvent(new PopStateEvent('popstate', {state: null}))`))
	p.find("heading", a.heading)
	p.sees(a.shows)
}

// picture writes what the page shows, all of its length.
func (p *tab) picture(name string) {
	p.t.Helper()
	if *pictures == "" {
		return
	}
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		sizes, err := chromedp.Call(ctx, page.GetLayoutMetrics, cdp.Empty{})
		if err != nil {
			return err
		}
		quality, all := int64(80), true
		shot, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{
			Format: page.CaptureScreenshotFormatWebp, Quality: &quality, CaptureBeyondViewport: &all,
			Clip: &page.Viewport{Width: sizes.CSSContentSize.Width, Height: sizes.CSSContentSize.Height, Scale: 1},
		})
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(*pictures, name+".webp"), shot.Data, 0o600)
	}))
}
