package webexsim

import (
	"net/http"
	"strconv"
)

// findRule finds the rule that acts on the request, if any, and lets its delay pass.
func (c *call) findRule() error {
	c.max, c.page = c.window(c.operation)
	c.rule = c.s.rules.match(request{
		operation: c.operation, organization: c.subject, owner: c.owner, listPage: c.page, max: c.max, person: c.asked,
	}, c.s.Now)
	if c.rule == nil {
		return nil
	}
	c.w.spoil(c.rule)
	c.o = c.rule.overrides(c.o)
	return sleep(c.r.Context(), c.rule.Delay)
}

// answerRule answers in the place of the service.
func (c *call) answerRule() error {
	if c.rule.Drop {
		panic(http.ErrAbortHandler) // net/http closes the connection
	}
	if c.rule.refuses() {
		return c.refuseAssignment(refusal(c.rule.Code))
	}
	status := c.rule.Status
	setInt(&status, http.StatusOK)
	if value := c.rule.retryAfter(c.s.Now()); value != "" {
		c.header("Retry-After", value)
	}
	contentType, body := or(c.rule.ContentType, jsonType), []byte(c.rule.Body)
	switch {
	case c.rule.HTML && c.rule.Body == "":
		body, contentType = errorPage(status), or(c.rule.ContentType, htmlType)
	case c.rule.HTML:
		contentType = or(c.rule.ContentType, htmlType)
	case c.rule.Body == "" && c.rule.Status != 0:
		if refused := ruleTokenErrors[status]; refused != nil && c.operation == operationToken {
			return c.refuseToken(refused)
		}
		body = errorBody(http.StatusText(status), c.tracking, true)
	}
	if c.rule.HTML || c.rule.Body != "" { // that is how a proxy answers, which knows of no tracking id
		c.header("Content-Type", contentType)
		c.header("Date", c.s.date())
		c.w.WriteHeader(status)
	} else {
		c.start(status, contentType)
	}
	_, err := c.w.Write(body)
	return err
}

// errorPage is what a gateway answers in the place of the service.
func errorPage(status int) []byte {
	text := strconv.Itoa(status) + " " + http.StatusText(status)
	return []byte("<html><head><title>" + text + "</title></head><body><h1>" + text + "</h1></body></html>\n")
}
