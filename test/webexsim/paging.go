package webexsim

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Ceilings of people that the documents give.
const (
	peopleDefault         = 100
	ceilingCallingData    = 100
	ceilingLocation       = 50
	locationsDefault      = 500
	licenseUsersPerPage   = 300
	auditDefault          = 100
	auditCeiling          = 200
	errBadMax             = "The max parameter must be a positive number."
	errBadCursor          = "The cursor is invalid."
	foreignHost           = "https://elsewhere.example.com"
	cursorParameter       = "cursor"
	emptyPageInCursor     = "empty"
	startIndexInCursor    = "startIndex"
	limitInCursor         = "limit"
	licenseUsersParameter = "includeAssignedTo"
	operationWorkspaces   = "GET /workspaces"
	operationAudit        = "GET /adminAudit/events"
)

// window is the page that a request asks for, before its parameters are checked: the
// size that it gets (0 if there are no pages) and its number, counted from 1.
func (c *call) window(operation string) (size, page int) {
	size, start := c.place(operation)
	if size <= 0 {
		return size, 1
	}
	return size, start/size + 1
}

// place is the size of the page that a request asks for, and the place of its first
// entry.
func (c *call) place(operation string) (size, start int) {
	switch operation {
	case "GET /people":
		size = c.size("max", peopleDefault, c.peopleCeiling())
	case "GET /locations":
		size = c.size("max", locationsDefault, c.o.LocationsCeiling)
	case operationWorkspaces:
		start, _ = strconv.Atoi(c.q.Get("start"))
		return c.size("max", c.o.WorkspacesDefault, c.o.WorkspacesCeiling), max(start, 0)
	case operationAudit:
		start, _ = strconv.Atoi(c.q.Get("offset"))
		return c.size("max", auditDefault, auditCeiling), max(start, 0)
	case operationGroups, operationGroupMembers:
		return c.counted()
	case operationTags:
		size = c.size("max", tagsCeiling, tagsCeiling)
	case "GET /licenses/{id}":
		size = c.size("limit", licenseUsersPerPage, licenseUsersPerPage)
	default:
		return 0, 0
	}
	start, _, _ = c.cursor()
	return size, start
}

func (c *call) peopleCeiling() int {
	ceiling := c.o.PeopleCeiling
	if c.q.Get("callingData") == "true" {
		ceiling = min(ceiling, ceilingCallingData)
	}
	if c.q.Get("locationId") != "" {
		ceiling = min(ceiling, ceilingLocation)
	}
	return ceiling
}

// size is the page size that a wish gets: above the ceiling it is lowered in
// silence, and what is no number counts as no wish (next links with max=null were
// seen, and worked). Negative means that the wish is refused.
func (c *call) size(parameter string, fallback, ceiling int) int {
	n, err := strconv.Atoi(c.q.Get(parameter))
	switch {
	case err != nil:
		return min(fallback, ceiling)
	case n < 1:
		return -1
	}
	return min(n, ceiling)
}

// cursor is the place where a page starts, counted from 0, and whether the page is
// to be an empty one in the middle of the list.
func (c *call) cursor() (start int, empty, ok bool) {
	text := c.q.Get(cursorParameter)
	if text == "" {
		return 0, false, true
	}
	raw, err := base64.RawURLEncoding.DecodeString(canonicalID(text))
	if err != nil {
		return 0, false, false
	}
	values, err := url.ParseQuery(string(raw))
	if err != nil {
		return 0, false, false
	}
	n, err := strconv.Atoi(values.Get(startIndexInCursor))
	if err != nil || n < 1 {
		return 0, false, false
	}
	return n - 1, values.Has(emptyPageInCursor), true
}

// encodeCursor has the recorded form limit=100&startIndex=101.
func encodeCursor(limit, start int, empty bool) string {
	s := limitInCursor + "=" + strconv.Itoa(limit) + "&" + startIndexInCursor + "=" + strconv.Itoa(start+1)
	if empty {
		s += "&" + emptyPageInCursor + "=1"
	}
	return base64.RawURLEncoding.EncodeToString([]byte(s))
}

// page is one page of a list.
type page struct {
	size, start int
	empty       bool // an empty page in the middle
}

// parsePage reads a page's parameters. It answers the request if they are wrong.
func (c *call) parsePage(operation string) (p page, ok bool) {
	if p.size, p.start = c.place(operation); p.size < 0 {
		_ = c.fail(http.StatusBadRequest, errBadMax) // the client may be gone
		return p, false
	}
	if _, p.empty, ok = c.cursor(); !ok {
		_ = c.fail(http.StatusBadRequest, errBadCursor)
		return p, false
	}
	return p, true
}

// link sets the Link header of a page. next is the place where the following page
// starts, and more tells whether there is anything; shown is the number of entries.
func (c *call) link(p page, next, shown int, more bool) {
	if p.empty { // the same place again, and this time with entries
		c.setLink(p, p.start, false)
		return
	}
	emptyNext := c.rule != nil && c.rule.EmptyNext
	switch {
	case more:
		c.setLink(p, next, emptyNext || c.o.EmptyPageAfter > 0 && p.start/p.size+1 == c.o.EmptyPageAfter)
	case (c.o.TrailingEmptyPage || emptyNext) && shown > 0:
		c.setLink(p, next, false)
	}
}

func (c *call) setLink(p page, next int, empty bool) {
	fault := c.o.LinkFault
	if c.rule != nil && c.rule.Link != LinkGood {
		fault = c.rule.Link
	}
	query := c.r.URL.Query()
	cursor, at := cursorParameter, func(start int, empty bool) string { return encodeCursor(p.size, start, empty) }
	if open, ok := map[string]string{operationWorkspaces: "start", operationAudit: "offset"}[c.operation]; ok { // whose pages are counted in the open
		cursor, at = open, func(start int, _ bool) string { return strconv.Itoa(start) }
		query.Set("max", strconv.Itoa(p.size))
	}
	query.Set(cursor, at(next, empty))
	// The host that the caller used: behind a Service or a proxy no other one works.
	base := c.callerBase()
	switch fault {
	case LinkGood:
	case LinkLoop:
		query.Set(cursor, at(p.start, false))
	case LinkDropMax:
		query.Del("max")
	case LinkMaxNull:
		query.Set("max", "null")
	case LinkDropParams:
		query = url.Values{cursor: query[cursor]}
	case LinkForeign:
		base = foreignHost
	case LinkPlainHTTP:
		base = "http://" + c.r.Host
	}
	target := func(q url.Values) string { return "<" + base + c.r.URL.Path + "?" + q.Encode() + ">" }
	value := target(query) + `; rel="next"`
	if c.o.ExtraRels {
		first := c.r.URL.Query()
		first.Del(cursor)
		rels := []string{target(first) + `; rel="first"`}
		if p.start > 0 {
			previous := c.r.URL.Query()
			previous.Set(cursor, at(max(0, p.start-p.size), false))
			rels = append(rels, target(previous)+`; rel="prev"`)
		}
		value = strings.Join(append(rels, value), ", ")
	}
	c.header("Link", value)
}

func (c *call) callerBase() string {
	scheme := "http"
	if c.r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + c.r.Host
}
