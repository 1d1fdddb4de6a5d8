package webexsim

import (
	"bytes"
	"context"
	"fmt"
	pages "html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// StateFault is what becomes of the state that an authorization was asked with.
type StateFault string

// A client has to refuse all but the right one.
const (
	// StateRight brings it back as it was. The default.
	StateRight StateFault = ""
	// StateForeign brings back another one, as an attacker does who plants a code of their own.
	StateForeign StateFault = "foreign"
	// StateMissing brings back none.
	StateMissing StateFault = "missing"
)

var stateFaults = []string{string(StateRight), string(StateForeign), string(StateMissing)}

const foreignState = "state-of-another-browser"

// authorization is a request to the page of consent that may be granted.
type authorization struct {
	integration                *Integration
	redirect, state, challenge string
	scopes                     []string
	fault                      StateFault
}

// authorizeFields are the parameters of the page, which its form sends back.
var authorizeFields = []string{"client_id", "response_type", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"}

// getAuthorize is GET /authorize: the page of consent.
func (c *call) getAuthorize() error {
	a, answered, err := c.authorization(c.q)
	if answered {
		return err
	}
	page := struct {
		Integration *Integration
		Scopes      []string
		Action      string
		Fields      map[string]string
	}{a.integration, a.scopes, c.r.URL.Path, map[string]string{}}
	for _, field := range authorizeFields {
		if c.q.Has(field) {
			page.Fields[field] = c.q.Get(field)
		}
	}
	return c.show(http.StatusOK, consentPage, page)
}

// postAuthorize is what the buttons of the page send.
func (c *call) postAuthorize() error {
	a, answered, err := c.authorization(c.r.PostForm)
	if answered {
		return err
	}
	switch c.r.PostForm.Get("decision") {
	case "accept":
		return c.redirect(a, url.Values{"code": {c.s.tokens.newCode(a, c.s.Now().Add(c.o.CodeLifetime))}})
	case "deny":
		return c.refuseAuthorization(a, "access_denied", "The resource owner denied the request.")
	default:
		return c.show(http.StatusBadRequest, refusalPage, "The form has no decision.")
	}
}

// authorization reads the parameters of a request, or answers it. As long as the redirect
// URI is not known to be the client's own, nothing is sent there.
func (c *call) authorization(q url.Values) (a *authorization, answered bool, err error) {
	i := c.s.integration(q.Get("client_id"))
	switch {
	case i == nil:
		return nil, true, c.show(http.StatusBadRequest, refusalPage, "The client_id is unknown.")
	case !slices.Contains(i.RedirectURIs, q.Get("redirect_uri")):
		return nil, true, c.show(http.StatusBadRequest, refusalPage, "The redirect_uri is none of those that are registered for the client.")
	}
	a = &authorization{
		integration: i, redirect: q.Get("redirect_uri"), state: q.Get("state"), challenge: q.Get("code_challenge"), fault: c.o.AuthorizeState,
	}
	for scope := range strings.FieldsSeq(q.Get("scope")) {
		if slices.Contains(i.Scopes, scope) && !slices.Contains(a.scopes, scope) {
			a.scopes = append(a.scopes, scope)
		}
	}
	switch method := q.Get("code_challenge_method"); {
	case q.Get("response_type") != "code":
		return nil, true, c.refuseAuthorization(a, "unsupported_response_type", "The response type is not supported.")
	case len(a.scopes) == 0:
		return nil, true, c.refuseAuthorization(a, "invalid_scope", "The requested scope is invalid.")
	case a.challenge == "" && method != "", a.challenge != "" && method != "S256":
		return nil, true, c.refuseAuthorization(a, "invalid_request", "The code challenge needs the method S256.")
	}
	return a, false, nil
}

// integration finds a registered integration; nil if there is none.
func (s *Server) integration(clientID string) *Integration {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	return s.tokens.integrations[clientID]
}

func (c *call) refuseAuthorization(a *authorization, code, description string) error {
	return c.redirect(a, url.Values{"error": {code}, "error_description": {description}})
}

// redirect sends the browser back to the client.
func (c *call) redirect(a *authorization, answer url.Values) error {
	state := a.state
	switch a.fault {
	case StateRight:
	case StateForeign:
		state = foreignState
	case StateMissing:
		state = ""
	}
	if state != "" {
		answer.Set("state", state)
	}
	target, err := url.Parse(a.redirect)
	if err != nil {
		return c.show(http.StatusBadRequest, refusalPage, "The redirect_uri is not a URI.")
	}
	query := target.Query()
	maps.Copy(query, answer)
	target.RawQuery = query.Encode()
	c.header("Location", target.String())
	c.start(http.StatusFound, htmlType)
	return nil
}

// page answers a page of HTML, which needs nothing from elsewhere.
func (c *call) show(status int, page *pages.Template, data any) error {
	var b bytes.Buffer
	if err := page.Execute(&b, data); err != nil {
		return err
	}
	c.header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	c.start(status, htmlType+";charset=UTF-8")
	_, err := c.w.Write(b.Bytes())
	return err
}

var consentPage = pages.Must(pages.New("consent").Parse(`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Simulated Webex: permission</title></head>
<body>
<h1>{{.Integration.Name}} asks for access</h1>
<p>You are signed in to organization {{.Integration.Organization}} as {{.Integration.Owner}}. This is a simulator.</p>
<ul>
{{range .Scopes}}<li>{{.}}</li>
{{end}}</ul>
<form method="post" action="{{.Action}}">
{{range $name, $value := .Fields}}<input type="hidden" name="{{$name}}" value="{{$value}}">
{{end}}<button type="submit" id="accept" name="decision" value="accept">Accept</button>
<button type="submit" id="deny" name="decision" value="deny">Deny</button>
</form>
</body>
</html>
`))

var refusalPage = pages.Must(pages.New("refusal").Parse(`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Simulated Webex: error</title></head>
<body>
<h1>The integration cannot be authorized</h1>
<p id="error">{{.}}</p>
</body>
</html>
`))

// Decide does what a person does in a browser: it opens the address of an authorization and
// presses Accept or Deny. It returns the address that the browser is sent to, and opens that not.
// A page that has no such buttons is an error.
func (s *Server) Decide(ctx context.Context, authorizeURL string, accept bool) (redirect string, err error) {
	browser := *s.client
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	visit := func(method, address string, form url.Values) (status int, location string, err error) {
		r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
		if err != nil {
			return 0, "", err
		}
		if form != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		resp, err := browser.Do(r)
		if err != nil {
			return 0, "", err
		}
		return resp.StatusCode, resp.Header.Get("Location"), resp.Body.Close()
	}
	address, err := url.Parse(authorizeURL)
	if err != nil {
		return "", err
	}
	status, location, err := visit(http.MethodGet, authorizeURL, nil)
	if err != nil || location != "" {
		return location, err
	}
	form := address.Query()
	address.RawQuery = ""
	form.Set("decision", map[bool]string{true: "accept", false: "deny"}[accept])
	if status == http.StatusOK {
		status, location, err = visit(http.MethodPost, address.String(), form)
	}
	if err == nil && location == "" {
		err = fmt.Errorf("webexsim: the page of consent answers %d", status)
	}
	return location, err
}
