package webex

import (
	"net/http"
	"strconv"
	"testing"
)

// What a walk learned about the size of pages can be handed to the next one.
func TestPageSizeIsRemembered(t *testing.T) {
	t.Parallel()
	sizes := map[string]int{}
	remember := func(c *Config) {
		c.PageSize = func(op string, usual int) int {
			if size, ok := sizes[op]; ok {
				return size
			}
			return usual
		}
		c.Shrunk = func(op string, size int) { sizes[op] = size }
	}
	slow := func(r *http.Request) *http.Response {
		if n, _ := strconv.Atoi(r.URL.Query().Get("max")); n > 30 {
			return answer(504, "")
		}
		return answer(200, peoplePage("a"))
	}
	for _, want := range []int{3, 1, 1} { // 100, 50, 25; then 25
		c, in := newTestClient(t, slow, remember)
		if _, err := collect(each(c.PeoplePages(t.Context(), OrganizationID{})), personID); err != nil || in.count() != want {
			t.Fatalf("error %v after %d requests, want %d", err, in.count(), want)
		}
	}
	for remembered, want := range map[int]string{-5: "10", 0: "10", 1_000: "100"} {
		sizes["list people"] = remembered
		c, in := newTestClient(t, slow, remember)
		_, _ = collect(each(c.PeoplePages(t.Context(), OrganizationID{})), personID)
		if got := in.requests[0].URL.Query().Get("max"); got != want {
			t.Errorf("asked for %s where %d was remembered, want %s", got, remembered, want)
		}
	}
}
