package headlamp

import (
	"context"
	"slices"
	"testing"
	"time"
)

// acting are the pages that have buttons for those who may.
var acting = []string{"customers", "customer", "schedules", "schedule"}

// rightsOf: a viewer sees no button that would fail.
func rightsOf(t *testing.T, w *world, browser context.Context) {
	editor, viewer := open(t, browser, w.editor, "/licences", wide), open(t, browser, w.viewer, "/licences", wide)
	for _, a := range allPages {
		editor.goTo(a)
		viewer.goTo(a)
		var more []string
		find := func() bool {
			more = nil
			may := viewer.names("button")
			for _, name := range editor.names("button") {
				if !slices.Contains(may, name) && name != "" {
					more = append(more, name)
				}
			}
			return len(more) > 0
		}
		if slices.Contains(acting, a.name) {
			within(t, patience, "an editor has more buttons on "+a.name, find)
		} else {
			find()
		}
		t.Logf("%s: only the editor has %q", a.name, more)
		for _, name := range []string{"Sync Licenses", "Sync all shown", "Suspend", "Resume", "Cancel", "Retry", "Approve…", "Create schedule", "Run now", "Edit"} {
			if viewer.has("button", name) {
				t.Errorf("%s: a viewer has a button %q", a.name, name)
			}
		}
	}
}

// quiet opens all pages in one tab, and lets it be.
func quiet(t *testing.T, w *world, browser context.Context) (check func(t *testing.T)) {
	p := open(t, browser, w.viewer, "/licences", wide)
	for _, a := range allPages {
		p.goTo(a)
	}
	first := len(p.seen(0))
	began := time.Now()
	return func(t *testing.T) {
		// Long enough for what asks each ten seconds, or each half minute.
		if left := 31*time.Second - time.Since(began); left > 0 {
			select {
			case <-time.After(left):
			case <-t.Context().Done():
			}
		}
		once(t, p.seen(0))
		lists, watches, others := calls(p.seen(first))
		t.Logf("%s after the last page: lists %v, watches %v, others %v", time.Since(began).Round(time.Second), lists, watches, others)
		if len(lists)+len(watches)+len(others) > 0 {
			t.Error("a page that is let be asks for something")
		}
	}
}
