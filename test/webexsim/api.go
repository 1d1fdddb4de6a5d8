package webexsim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	apiPrefix     = "/v1"
	controlPrefix = "/control"
	jsonType      = "application/json;charset=UTF-8"
	htmlType      = "text/html"

	// operationUnknown is what matches no path of the API.
	operationUnknown = "unknown"
)

// call is one API request on its way to an answer.
type call struct {
	s                         *Server
	w                         *reply
	r                         *http.Request
	o                         *Options
	q                         url.Values
	id                        string // the variable segment of the path
	body                      []byte // of routes that have a JSON body
	grant                     *grant
	recorded                  bool
	email                     bool // the request names an address
	arrived                   time.Time
	operation, subject, owner string // see about
	org                       *Organization
	rule                      *Rule
	max                       int // page size that the request gets, and the number of its page
	page                      int
	tracking                  string
}

// ServeHTTP serves the API and the control endpoint.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, controlPrefix+"/") {
		s.control.ServeHTTP(w, r)
		return
	}
	c := &call{s: s, r: r, o: s.options.Load(), q: r.URL.Query(), w: &reply{ResponseWriter: w, left: -1}}
	c.arrived = s.Now()
	c.w.call = c
	defer c.record()
	c.setTracking("ROUTER_")
	path, inside := strings.CutPrefix(r.URL.Path, apiPrefix)
	found, id, otherMethod := (*route)(nil), "", false
	if inside {
		found, id, otherMethod = findRoute(r.Method, path, c.o.Government)
	}
	c.id = id
	// Whatever a handler returns, the client got its answer or is gone.
	_ = c.serve(found, otherMethod) //nolint:contextcheck // a rule's delay ends with the request, whose context the call holds
	c.w.finish()                    //nolint:contextcheck // the same
}

// serve answers a request: faults first, as they come from in front of the service;
// then the checks in the order of the service.
func (c *call) serve(found *route, otherMethod bool) error {
	if err := c.about(found); err != nil {
		return err
	}
	c.email = namesEmail(c.r.URL.Path, c.q, c.body)
	c.s.counter.count(c.operation, c.subject, c.r.Method, c.email)
	if err := sleep(c.r.Context(), c.o.latency(c.operation)); err != nil {
		return err
	}
	if err := c.findRule(); err != nil {
		return err
	}
	if c.rule == nil || !c.rule.answers() {
		return c.carryOut(found, otherMethod)
	}
	if c.rule.AfterService {
		c.w.hide()
		_ = c.carryOut(found, otherMethod) // the client does not learn how it went
		c.w.show()
	}
	return c.answerRule()
}

// carryOut does what the service does.
func (c *call) carryOut(found *route, otherMethod bool) error {
	switch {
	case found == nil && otherMethod:
		return c.fail(http.StatusMethodNotAllowed, "The request was made to a resource using an HTTP request method that is not supported.")
	case found == nil:
		return c.fail(http.StatusNotFound, "The requested resource could not be found.")
	case found.scopes == nil:
		return found.handle(c)
	case c.grant == nil:
		return c.fail(http.StatusUnauthorized, messageUnauthorized)
	}
	if answered, err := c.throttle(); answered {
		return err
	}
	switch {
	case !c.grant.allows(found):
		return c.forbid()
	case found.anywhere:
		return found.handle(c)
	}
	if err := c.chooseOrganization(); err != nil {
		return err
	}
	return found.handle(c)
}

// bodyLimit bounds what the API reads.
const bodyLimit = 1 << 20

// readBody reads the body of a request that has one.
func (c *call) readBody(found *route) (err error) {
	if found == nil || !found.body {
		return nil
	}
	c.body, err = io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, bodyLimit))
	if err != nil {
		return errors.Join(err, c.fail(http.StatusBadRequest, "The request body could not be read."))
	}
	return nil
}

// bodyOrganization is the UUID of the organization that a JSON body names.
func (c *call) bodyOrganization() (uuid string, ok bool) {
	var named struct{ OrgID, TargetOrgID string }
	if len(c.body) == 0 || json.Unmarshal(c.body, &named) != nil {
		return "", false
	}
	return DecodeID(kindOrganization, or(named.TargetOrgID, named.OrgID))
}

// bearer is the token of a request.
func bearer(r *http.Request) string {
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// about finds out what rules, counts and the log want to know of a request: operation,
// UUID of the organization that it is about, owner of the token. Nothing is checked here.
func (c *call) about(found *route) error {
	c.operation = operationUnknown
	if found == nil {
		return nil
	}
	c.operation = found.operation()
	if c.grant = c.s.tokens.good(bearer(c.r), c.arrived); c.grant != nil {
		c.subject, c.owner = c.grant.spec.Organization, c.grant.spec.Owner
	}
	if err := c.readBody(found); err != nil {
		return err
	}
	if found.scopes == nil && c.r.ParseForm() == nil {
		c.subject, c.owner = c.s.tokens.formSubject(c.r.Form)
	}
	if uuid, ok := c.namedOrganization(found); ok {
		c.subject = uuid
	}
	return nil
}

// namedOrganization is the UUID of the organization that a request names.
func (c *call) namedOrganization(found *route) (uuid string, ok bool) {
	if uuid, ok = DecodeID(kindOrganization, c.q.Get("orgId")); ok {
		return uuid, true
	}
	if uuid, ok = c.bodyOrganization(); ok {
		return uuid, true
	}
	if found.path == "/organizations/{id}" {
		return DecodeID(kindOrganization, c.id)
	}
	return "", false
}

// errAnswered ends a request that was answered on the way to its handler.
var errAnswered = errors.New("webexsim: answered")

// chooseOrganization finds the organization that is meant: the one of orgId, else
// the token's own.
func (c *call) chooseOrganization() error {
	uuid := c.grant.spec.Organization
	if c.q.Has("orgId") {
		named, ok := DecodeID(kindOrganization, c.q.Get("orgId"))
		if !ok {
			return errors.Join(errAnswered, c.fail(http.StatusBadRequest, "The orgId is not a valid organization identifier."))
		}
		uuid = named
	}
	if c.org = c.s.Organization(uuid); c.org == nil || !c.reaches(uuid) {
		return errors.Join(errAnswered, c.forbid())
	}
	return nil
}

const (
	messageUnauthorized = "The request requires a valid access token set in the Authorization request header."
	messageForbidden    = "The server understood the request, but refused to fulfill it because the access token is missing required scopes or the user is missing required roles or licenses."
)

func (c *call) setTracking(prefix string) {
	c.tracking = prefix + strings.ToUpper(c.s.tracking.next(uint64(c.s.offset.Load())))
}

// forbid answers 403. Its identifier has another prefix, and "errors" is sometimes absent.
func (c *call) forbid() error {
	c.setTracking("ROUTERGW_")
	if c.o.OmitErrors {
		return c.json(http.StatusForbidden, errorBody(messageForbidden, c.tracking, false))
	}
	return c.fail(http.StatusForbidden, messageForbidden)
}

// fail answers an error in the usual form.
func (c *call) fail(status int, message string) error {
	return c.json(status, errorBody(message, c.tracking, true))
}

func errorBody(message, tracking string, withErrors bool) []byte {
	b := append([]byte(nil), `{"message":`...)
	b = appendString(b, message)
	if withErrors {
		b = append(b, `,"errors":[{"description":`...)
		b = appendString(b, message)
		b = append(b, `}]`...)
	}
	b = appendMember(b, "trackingId", tracking)
	return append(b, '}')
}

// json answers a complete body.
func (c *call) json(status int, body []byte) error {
	c.start(status, jsonType)
	_, err := c.w.Write(body)
	return err
}

// start writes status and headers.
func (c *call) start(status int, contentType string) {
	c.header("Content-Type", contentType)
	c.header("Cache-Control", "no-cache")
	c.header("Trackingid", c.tracking)
	c.header("Date", c.s.date()) // by the clock that the rest goes by
	c.w.WriteHeader(status)
}

// header sets a header in the spelling that the options ask for.
func (c *call) header(name, value string) {
	h := c.w.Header()
	if c.o.LowerCaseHeaders {
		h[name] = nil // keeps net/http from adding its own
		name = strings.ToLower(name)
	}
	h[name] = []string{value}
}
