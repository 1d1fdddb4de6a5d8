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
	// assigns is whether there is a Secret with write credentials, too.
	assigns bool
}

var customers = []customer{
	{"acme", webexsim.StandardOrganization, accessToken, true},
	{"globex", webexsim.TwoSubscriptionOrganization, integration, false},
	{"initech", webexsim.OverAssignedOrganization, serviceApp, false},
}

// credentials are the content of a customer's Secrets, as fields of its spec name them.
type credentials struct{ read, write map[string]string }

// issue makes the tokens of a customer.
func (c customer) issue(simulator *webexsim.Server) credentials {
	organization := simulator.AddOrganization(c.organization()).UUID()
	issued := credentials{read: c.credentials(simulator.IssueToken(webexsim.TokenSpec{Organization: organization, WithRefresh: true}))}
	if c.assigns {
		writer := webexsim.TokenSpec{Organization: organization, Owner: c.name + " writer", Scopes: []string{webexsim.ScopePeopleWrite, webexsim.ScopeOrganizations}}
		issued.write = accessToken(simulator.IssueToken(writer))
	}
	return issued
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
