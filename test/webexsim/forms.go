package webexsim

import (
	"fmt"
	"slices"
	"strings"
)

// RefreshMode says what the token endpoint does with the refresh token. Public
// sources disagree, so a client has to live with each.
type RefreshMode string

// What a refresh answers.
const (
	// RefreshKeep answers the refresh token that was sent. The default.
	RefreshKeep RefreshMode = "keep"
	// RefreshRotate answers a new refresh token; the old one is dead.
	RefreshRotate RefreshMode = "rotate"
	// RefreshOmit answers no refresh token; the old one stays good.
	RefreshOmit RefreshMode = "omit"
)

// TokenErrorStyle is the form of error bodies of the token endpoint.
type TokenErrorStyle string

// Both forms have been recorded.
const (
	// TokenErrorIdentity is {"error", "error_description", "trackingID"}. The default.
	TokenErrorIdentity TokenErrorStyle = "identity"
	// TokenErrorREST is {"message", "errors", "trackingId"}.
	TokenErrorREST TokenErrorStyle = "rest"
)

// LinkFault is a defect of next links.
type LinkFault string

// Defects of next links; all but the last two are known from issue threads of
// public clients.
const (
	// LinkGood is a correct next link.
	LinkGood LinkFault = ""
	// LinkLoop points to the page that carries it.
	LinkLoop LinkFault = "loop"
	// LinkDropMax loses the page size.
	LinkDropMax LinkFault = "drop-max"
	// LinkMaxNull carries max=null.
	LinkMaxNull LinkFault = "max-null"
	// LinkDropParams loses every parameter but the cursor.
	LinkDropParams LinkFault = "drop-params"
	// LinkForeign points to another host.
	LinkForeign LinkFault = "foreign"
	// LinkPlainHTTP points to the same host without TLS.
	LinkPlainHTTP LinkFault = "plain-http"
)

// The values of each form, and "" for the usual one.
var (
	refreshModes     = []string{"", string(RefreshKeep), string(RefreshRotate), string(RefreshOmit)}
	tokenErrorStyles = []string{"", string(TokenErrorIdentity), string(TokenErrorREST)}
	linkFaults       = []string{
		string(LinkGood), string(LinkLoop), string(LinkDropMax), string(LinkMaxNull),
		string(LinkDropParams), string(LinkForeign), string(LinkPlainHTTP),
	}
	retryAfters = []string{
		"", string(RetryAfterSeconds), string(RetryAfterDate), string(RetryAfterMissing),
		string(RetryAfterZero), string(RetryAfterGarbage), string(RetryAfterHuge),
	}
)

// form is a value that has to be one of a few.
type form struct {
	name, value string
	allowed     []string
}

func checkForms(forms ...form) error {
	for _, f := range forms {
		if !slices.Contains(f.allowed, f.value) {
			return fmt.Errorf("%s: %q is unknown; want one of %s, or nothing", f.name, f.value, strings.Join(f.allowed[1:], ", "))
		}
	}
	return nil
}
