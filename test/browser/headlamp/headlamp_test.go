package headlamp

import (
	_ "embed" // the scripts
	"testing"
)

// measure is run before each page.
//
//go:embed measure.js
var measure string

func TestWebView(t *testing.T) {
	w := newWorld(t)
	browser := newBrowser(t)
	t.Run("the list equals kubectl get", func(t *testing.T) { theList(t, w, browser) })
	t.Run("each page at each look", func(t *testing.T) { looks(t, w, browser) })
	t.Run("a viewer has no buttons", func(t *testing.T) { rightsOf(t, w, browser) })
	after := quiet(t, w, browser)
	for _, walk := range walks {
		t.Run(walk.voss, func(t *testing.T) { walk.do(t, w, browser) })
	}
	t.Run("one list, one watch, no polling", after)
	t.Run("10,000 rows", func(t *testing.T) { many(t, w, browser) })
}
