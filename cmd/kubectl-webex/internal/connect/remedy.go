package connect

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/syncrun"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Page says how credentials are made.
const Page = "docs/credentials.md"

// Explain adds to what went wrong with Webex the remedy of this command.
func Explain(err error) error {
	failure, isFailure := errors.AsType[*failures.Failure](err)
	e, isAnswer := webex.AsError(err)
	switch {
	case isFailure && failure.Reason == v1alpha1.ReasonOrganizationMismatch:
		return errors.New("these credentials give no access to that organization: give --organization as Control Hub shows it (Management > Account), or use a token of the organization or of its partner")
	case isFailure && failure.Reason == v1alpha1.ReasonOrganizationRequired:
		return errors.New("a Service App that asks for its tokens needs to know for which organization: add --organization")
	case isFailure:
		return failure
	case isAnswer && e.Class == webex.ClassAuth:
		return refusal(e)
	case isAnswer:
		return trouble(e)
	}
	return err
}

// refusal is about credentials that Webex does not take.
func refusal(e *webex.Error) error {
	if errors.Is(e, webex.ErrRefreshRefused) {
		return trace(e, "Webex refused the refresh token, or the client id and secret: authorize the integration or Service App again and give the new refresh token (%s)", Page)
	}
	return trace(e, "Webex refused the access token: it is mistyped, was revoked or has ended (a personal token of the developer portal lives 12 hours); get another one (%s)", Page)
}

// trouble is about the way to Webex, and about rights.
func trouble(e *webex.Error) error {
	switch {
	case e.Class == webex.ClassTerminal && e.Status == http.StatusForbidden:
		return trace(e, "Webex does not let this token see an organization: it needs the scope spark-admin:organizations_read, and its person the role of an administrator (a full administrator, to be safe)")
	case errors.Is(e, webex.ErrProxyAuthentication):
		return errors.New("the proxy refused the user name and password: give those that it knows with --proxy-username and --proxy-password-file")
	case e.Class == webex.ClassRateLimited:
		return trace(e, "Webex asks to wait %s before the next request: try again then", e.RetryAfter)
	case e.Status == 0:
		return trace(e, "Webex was not reached: %v; see --base-url, --proxy, and --ca-bundle-file where TLS is inspected. If only the cluster gets there, --skip-check leaves the check to the first run", e)
	}
	return trace(e, "%v; see --base-url and --proxy", e)
}

// trace adds the id by which Webex support finds a request.
func trace(e *webex.Error, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	if e.TrackingID != "" {
		text += " (tracking id " + e.TrackingID + ")"
	}
	return errors.New(text)
}

// without is how to do without something.
var without = map[string]string{
	"roles": ", or --without roles", "workspaces": ", or --without workspaces",
	"people": ", or --without people: no figures by location", "locations": ", or --without people: no figures by location",
}

// Lacking is the error of a token that may not do what runs need.
func Lacking(lacks []syncrun.Lack, all bool) error {
	var lines []string
	for _, l := range lacks {
		line := fmt.Sprintf("  %-11s scope %s", l.What, l.Scope)
		if l.Optional {
			line += without[l.What]
		}
		lines = append(lines, line)
	}
	remedy := "Add the scopes to the integration or Service App and authorize it again"
	if all {
		remedy = "It may read nothing of the organization, so it probably lacks the role, not the scopes: let a full administrator authorize"
	}
	return fmt.Errorf("the token may not read what runs need:\n%s\n%s. A scope gives no more rights than the role has (%s)", strings.Join(lines, "\n"), remedy, Page)
}
