package webex

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// workspaces serves n workspaces by start and max, at most ceiling in a page.
func workspaces(n, ceiling int) func(*http.Request) *http.Response {
	return func(r *http.Request) *http.Response {
		start, size := 0, 0
		_, _ = fmt.Sscan(r.URL.Query().Get("start"), &start)
		_, _ = fmt.Sscan(r.URL.Query().Get("max"), &size)
		var items []string
		for i := start; i < min(n, start+min(size, ceiling)); i++ {
			items = append(items, fmt.Sprintf(`{"id":"w%d"}`, i))
		}
		return answer(200, `{"items":[`+strings.Join(items, ",")+`]}`)
	}
}

func TestWorkspacesByOffset(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ n, ceiling, requests int }{
		{0, 100, 1},
		{1, 100, 2},
		{99, 100, 2},
		{100, 100, 2},
		{101, 100, 3},
		{250, 100, 4},
		{250, 40, 8}, // the server makes pages smaller in silence
	} {
		c, in := newTestClient(t, workspaces(test.n, test.ceiling))
		got, err := collect(c.Workspaces(t.Context(), OrganizationID{}), func(w Workspace) string { return w.ID })
		if err != nil || len(got) != test.n || in.count() != test.requests {
			t.Errorf("%+v: %d workspaces, error %v, %d requests", test, len(got), err, in.count())
		}
		for i, id := range got {
			if id != fmt.Sprintf("w%d", i) {
				t.Fatalf("%+v: workspace %d is %s", test, i, id)
			}
		}
	}
}

func TestWorkspacesByLink(t *testing.T) {
	t.Parallel()
	c, in := newTestClient(t, inTurn(
		one(200, `{"items":[{"id":"a"}]}`, next("/workspaces?start=1&max=100")), one(200, `{"items":[{"id":"b"}]}`)))
	got, err := collect(c.Workspaces(t.Context(), OrganizationID{}), func(w Workspace) string { return w.ID })
	if err != nil || !slices.Equal(got, []string{"a", "b"}) || in.count() != 2 {
		t.Errorf("workspaces %v, error %v, %d requests", got, err, in.count())
	}
}

func TestWorkspacesOfAServerThatIgnoresStart(t *testing.T) {
	t.Parallel()
	c, in := newTestClient(t, inTurn(one(200, `{"items":[{"id":"a"},{"id":"b"}]}`)))
	got, err := collect(c.Workspaces(t.Context(), OrganizationID{}), func(w Workspace) string { return w.ID })
	if err != nil || !slices.Equal(got, []string{"a", "b"}) || in.count() != 2 {
		t.Errorf("whole list: workspaces %v, error %v, %d requests", got, err, in.count())
	}
	full := `{"items":[{"id":"a"}` + strings.Repeat(`,{"id":"b"}`, minPage-1) + `]}`
	c, _ = newTestClient(t, inTurn(one(200, full)), func(c *Config) { c.PageSize = func(string, int) int { return minPage } })
	_, err = collect(c.Workspaces(t.Context(), OrganizationID{}), func(w Workspace) string { return w.ID })
	if wantClass(t, err, ClassPartial); !errors.Is(err, ErrLoop) {
		t.Errorf("full page: error %v", err)
	}
}
