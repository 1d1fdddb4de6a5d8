package webex

import (
	"context"
	"encoding/json"
	"net/http"
)

// ServiceAppGrant is what the token of a service app is asked for with. It prints as [redacted].
type ServiceAppGrant struct {
	secret
	// ApplicationID is the app's id as the developer portal shows it; required.
	ApplicationID string
	// ClientID and ClientSecret are the app's own; required.
	ClientID, ClientSecret string
	// OrganizationID is the organization that authorized the app; required.
	OrganizationID OrganizationID
	// CallerToken is an access token of another identity, with the scope spark:applications_token; required.
	CallerToken string
}

const serviceAppOperation = "get service app token"

// ServiceApp asks for the first tokens of a service app in an organization.
//
// HTTP 400, 401, 403, 404 and 405 mean that a person has to help: [ClassAuth], [ErrServiceAppRefused], and the status
// says with what. Webex for Government does not have the call.
// https://developer.webex.com/docs/service-apps, https://developer.webex.com/docs/webex-for-government.
func (t TokenEndpoints) ServiceApp(ctx context.Context, g ServiceAppGrant) (Token, error) {
	caller, err := usable(serviceAppOperation, g.CallerToken)
	if err != nil {
		return Token{}, err
	}
	body, err := json.Marshal(struct {
		ClientID     string `json:"clientId"`
		ClientSecret string `json:"clientSecret"`
		TargetOrgID  string `json:"targetOrgId"`
	}{g.ClientID, g.ClientSecret, g.OrganizationID.API()})
	if err != nil {
		return Token{}, err // strings always have a JSON form
	}
	return t.ask(ctx, tokenRequest{
		operation: serviceAppOperation, path: []string{"applications", g.ApplicationID, "token"},
		contentType: "application/json", body: string(body), bearer: caller,
		refused: []int{
			http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed,
		},
		refusal: ErrServiceAppRefused,
	})
}
