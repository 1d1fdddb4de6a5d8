package cli

import (
	"context"
	"net/url"

	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/connection"
	"github.com/webex-operator/webex-license-operator/internal/pasted"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// reach lets the command talk to what the flags name, and says what the operator's
// administrator must allow, too.
func (w *wizard) reach(context.Context) error {
	c := ptr.Deref(w.plan.Customer.Spec.Connection, v1alpha1.Connection{})
	base := c.BaseURL
	if base == "" {
		base = webex.DefaultBaseURL
	}
	u, err := pasted.BaseURL(base)
	if err != nil {
		return usagef("--base-url: %v", err)
	}
	w.policy.API = connection.Hosts{u.Host}
	if !connection.Hosts(connection.DefaultAPIHosts()).Allow(u) && w.plan.CustomerBefore == nil {
		w.note("%s is no host of Webex: the operator needs it in --allowed-api-hosts, or its runs fail with HostNotAllowed", u.Host)
	}
	if c.ProxyURL == "" {
		return nil
	}
	var proxy *url.URL
	if proxy, err = pasted.ProxyURL(c.ProxyURL); err != nil {
		return usagef("--proxy %v", err)
	}
	w.policy.Proxies = connection.Hosts{proxy.Host}
	if w.plan.CustomerBefore == nil {
		w.note("the operator needs %s in --allowed-proxy-hosts, or its runs fail with HostNotAllowed", proxy.Host)
	}
	return nil
}
