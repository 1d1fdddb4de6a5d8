package webex

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

// Hint is what the audit log of an organization says about its people, locations and licences. It is no proof: events
// come late, or never.
type Hint int

const (
	// HintUnknown says that the log could not be read, or not to its end.
	HintUnknown Hint = iota
	// HintNone says that there was no event.
	HintNone
	// HintSeen says that there was one.
	HintSeen
)

const auditOperation = "list audit events"

// auditTime is the form of times that the audit log asks for, in UTC.
const auditTime = "2006-01-02T15:04:05.000Z"

// hintTimeout is how long the audit log may take to answer: a run that knows nothing of it goes on as well.
const hintTimeout = 15 * time.Second

// auditPrefix stands before a category in the published example, and not in recorded answers.
const auditPrefix = "EVENTCATEGORY."

// auditCategories are those of events after which people, locations or licences may not be what they were. A change of
// a person comes as one of identity.
var auditCategories = []string{"USERS", "LOCATIONS", "LICENSE", "WEBEX_IDENTITY"}

// AuditEvents asks the audit log of an organization for events from one time to another that are about people, locations
// or licences. With [HintUnknown], and only with it, comes an error that says why. As the answer can be done without, it
// takes one page and one try, but for the replay after a refreshed token, and no wait for the budget.
// https://developer.webex.com/docs/api/v1/admin-audit-events/list-admin-audit-events
func (c *Client) AuditEvents(ctx context.Context, org OrganizationID, from, to time.Time) (Hint, error) {
	if !org.IsUUID() {
		return HintUnknown, &Error{Class: ClassTerminal, Operation: auditOperation, Err: ErrOrganizationID}
	}
	ctx, cancel := context.WithTimeout(ctx, hintTimeout)
	defer cancel()
	u := c.endpoint("/adminAudit/events", []param{
		{"orgId", org.API()},
		{"from", from.UTC().Format(auditTime)},
		{"to", to.UTC().Format(auditTime)},
		{"eventCategories", strings.Join(auditCategories, ",")},
		{"max", strconv.Itoa(auditPageSize)},
	})
	d := wire.NewDecoder()
	var page auditPage
	err := c.run(ctx, &exchange{op: auditOperation, hint: true, url: func() *url.URL { return u }, handle: func(resp *http.Response) *Error {
		d.Reset(resp.Body, c.cfg.Limits.BodyBytes)
		page = auditPage{more: wire.NextLink(resp.Header.Values("Link")) != ""}
		if err := page.read(d); err != nil && !page.seen {
			return decodingError(ctx, auditOperation, resp, d, err)
		}
		return nil
	}})
	switch {
	case err != nil:
		return HintUnknown, err
	case page.seen:
		return HintSeen, nil
	case page.more || page.events >= auditPageSize:
		return HintUnknown, &Error{Class: ClassPartial, Operation: auditOperation, Err: ErrFull}
	}
	return HintNone, nil
}

// auditPage is a page of events.
type auditPage struct {
	events int
	seen   bool // one of auditCategories
	more   bool // another page follows
}

// read reads of events their categories. One without any is an error, since it may be of those asked for, but does not
// keep others from being seen.
func (p *auditPage) read(d *wire.Decoder) error {
	nameless := false
	err := d.List(func() { p.events = 0 }, func() error {
		p.events++
		var category string
		err := d.Member("data", func() error {
			return d.Member("eventCategory", func() error { return d.ReadInterned(&category) })
		})
		nameless = nameless || category == ""
		p.seen = p.seen || ofInterest(category)
		return err
	})
	if err == nil && nameless {
		return wire.ErrMissing
	}
	return err
}

// ofInterest says whether a category is one of auditCategories. The service may ignore that only those are asked for.
func ofInterest(category string) bool {
	return slices.Contains(auditCategories, strings.TrimPrefix(strings.ToUpper(category), auditPrefix))
}
