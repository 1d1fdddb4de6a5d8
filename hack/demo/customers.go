package main

import (
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// namespace is where the customers of config/samples/demo are. One for all of them, because
// the names of licence rows begin with the customer's anyway.
const namespace = "webex-demo"

// caConfigMap is the ConfigMap that those customers name in caBundleRef.
const caConfigMap = "webexsim-ca"

// customer is one of config/samples/demo, and the organization that it reads.
type customer struct {
	name         string
	organization func() webexsim.OrganizationSpec
	// credentials are the content of the customer's Secret. Each of the three shows another
	// kind.
	credentials func(webexsim.Token) map[string]string
}

var customers = []customer{
	{"acme", webexsim.StandardOrganization, accessToken},
	{"globex", webexsim.TwoSubscriptionOrganization, integration},
	{"initech", webexsim.OverAssignedOrganization, serviceApp},
}

func accessToken(t webexsim.Token) map[string]string {
	return map[string]string{access.KeyAccessToken: t.Access}
}

func integration(t webexsim.Token) map[string]string {
	return map[string]string{
		access.KeyClientID: t.ClientID, access.KeyClientSecret: t.ClientSecret, access.KeyRefreshToken: t.Refresh,
	}
}

func serviceApp(t webexsim.Token) map[string]string {
	keys := integration(t)
	keys[access.KeyApplicationID] = "demo"
	return keys
}
