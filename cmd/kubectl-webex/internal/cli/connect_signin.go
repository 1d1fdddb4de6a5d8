package cli

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/connect"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/signin"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/connection"
	"github.com/webex-operator/webex-license-operator/internal/syncrun"
)

// signInPatience is how long a person may take in the browser.
const signInPatience = 10 * time.Minute

// signInKeys are what a person has to give; the rest comes from Webex.
var signInKeys = []string{access.KeyClientID, access.KeyClientSecret}

func (f *connectFlags) checkSignIn() error {
	if !f.signIn {
		return nil
	}
	for _, e := range connect.Entries {
		if e.OfWebex() && !slices.Contains(signInKeys, e.Key) && *f.values[e.Key] != "" {
			return usagef("--sign-in brings the tokens of an integration: leave --%s away", e.Flag)
		}
	}
	if f.callbackPort < 1 || f.callbackPort > 65535 {
		return usagef("--callback-port is a port, such as %d", signin.DefaultPort)
	}
	return nil
}

// integration finds the client id and secret to sign in with: from flags, from the Secret
// that is written anew, or by asking.
func (w *wizard) integration(ctx context.Context, secret string, values connect.Credentials) error {
	before, err := existing(ctx, w, &corev1.Secret{}, secret)
	if err != nil {
		return err
	}
	if before != nil && w.owns(secret) && values[access.KeyClientID] == "" && values[access.KeyClientSecret] == "" {
		for _, key := range signInKeys {
			values[key] = strings.TrimSpace(string(before.Data[key]))
		}
	}
	return w.askFor(ctx, signInKeys, values)
}

// scopes are what the integration is asked to be allowed.
func (w *wizard) scopes(ctx context.Context) ([]string, error) {
	if w.flags.assignment {
		return writeScopes, nil
	}
	scopes := syncrun.Scopes(w.plan.Customer)
	if w.plan.CustomerBefore == nil {
		return scopes, nil
	}
	var list v1alpha1.WebexLicenseAssignmentList
	if err := w.session.Client.List(ctx, &list, client.InNamespace(w.namespace)); err != nil {
		return nil, cluster.Explain(err)
	}
	for i := range list.Items {
		if s := list.Items[i].Spec; s.CustomerAccessRef.Name == w.name && len(s.Subjects.Groups) > 0 {
			return append(scopes, "identity:groups_read"), nil
		}
	}
	return scopes, nil
}

// signIn gets tokens in a browser, and plans them.
func (w *wizard) signIn(ctx context.Context) error {
	if !w.flags.signIn {
		return nil
	}
	scopes, err := w.scopes(ctx)
	if err != nil {
		return err
	}
	way, err := w.way(ctx)
	if err != nil {
		return connect.Explain(err)
	}
	defer way.CloseIdleConnections()
	base, err := w.policy.Endpoint(w.plan.Customer.Spec.Connection)
	if err != nil {
		return connect.Explain(err)
	}
	data := w.plan.Secret.Data
	flow, err := signin.Listen(ctx, signin.Config{
		BaseURL: base.String(), ClientID: string(data[access.KeyClientID]), ClientSecret: string(data[access.KeyClientSecret]),
		Scopes: scopes, Port: w.flags.callbackPort, HTTP: way, Now: w.Now,
	})
	if err != nil {
		return err
	}
	defer flow.Close() //nolint:contextcheck // the browser gets its last page also after Ctrl-C
	tokens, err := w.consent(ctx, flow, scopes)
	if err != nil {
		return err
	}
	values := map[string]string{access.KeyAccessToken: tokens.Access, access.KeyRefreshToken: tokens.Refresh}
	if !tokens.ExpiresAt.IsZero() {
		values[access.KeyAccessTokenExpiresAt] = tokens.ExpiresAt.UTC().Format(time.RFC3339)
	}
	w.plan.Put(values)
	if w.isDry() {
		w.note("a dry run keeps no tokens: the same command without --dry-run signs in again")
	}
	if missing := lacking(scopes, tokens.Scopes); len(missing) > 0 {
		return fmt.Errorf("the integration was not allowed %s: register these scopes for it at developer.webex.com, and sign in again with a person who may give them", enumerate(missing))
	}
	_, err = access.CheckSecret(w.plan.Secret)
	return err
}

// lacking are the scopes that were asked for and not granted, if Webex says which were.
func lacking(asked, granted []string) []string {
	if len(granted) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(asked), func(scope string) bool { return slices.Contains(granted, scope) })
}

// way is how requests for tokens get to Webex.
func (w *wizard) way(ctx context.Context) (*http.Client, error) {
	network := connection.Network{Live: w.planned(), Hosts: w.policy}
	data := w.plan.Secret.Data
	way, _, err := network.Client(ctx, w.namespace, w.plan.Customer.Spec.Connection, connection.Login{
		Username: string(data[access.KeyProxyUsername]), Password: string(data[access.KeyProxyPassword]), Secret: w.plan.Secret.Name,
	})
	return way, err
}

// consent has a person consent, in a browser of this machine or of another one.
func (w *wizard) consent(ctx context.Context, flow *signin.Flow, scopes []string) (signin.Tokens, error) {
	redirect := signin.RedirectURI(w.flags.callbackPort)
	timed, cancel := context.WithTimeoutCause(ctx, signInPatience, fmt.Errorf("the browser did not come back within %s: sign in again; if Webex showed an error, register %s as a redirect URI of the integration, exactly so", signInPatience, redirect))
	defer cancel()
	fmt.Fprintf(w.Err.Out, "Sign in as an administrator, and consent. The integration needs the redirect URI\n  %s\nregistered at developer.webex.com, exactly so, and the scopes\n  %s\n", redirect, strings.Join(scopes, "\n  "))
	err := w.browse(timed, flow)
	var tokens signin.Tokens
	if err == nil {
		tokens, err = flow.Tokens(timed)
	}
	switch {
	case ctx.Err() != nil:
		return tokens, errInterrupted
	case timed.Err() != nil:
		return tokens, context.Cause(timed)
	}
	return tokens, err
}

// browse returns once Webex has answered.
func (w *wizard) browse(ctx context.Context, flow *signin.Flow) error {
	var opened <-chan error
	if signin.HasBrowser(w.Getenv) {
		fmt.Fprintf(w.Err.Out, "Opening a browser at %s ... Ctrl-C ends the waiting.\n", flow.StartURL())
		opened = w.OpenBrowser(flow.StartURL())
	} else if !w.InLive {
		fmt.Fprintf(w.Err.Out, "Open %s in a browser of this machine.\n", flow.StartURL())
	} else {
		return w.paste(ctx, flow)
	}
	for {
		select {
		case <-flow.Answered():
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case err := <-opened:
			if opened = nil; err != nil && w.InLive {
				return w.paste(ctx, flow)
			} else if err != nil {
				fmt.Fprintf(w.Err.Out, "No browser could be opened: open %s in one of this machine.\n", flow.StartURL())
			}
		}
	}
}

// paste shows the link and takes the address that Webex sends the browser to. Both are on
// a screen of their own, which no scrollback keeps: the link has the state in it.
func (w *wizard) paste(ctx context.Context, flow *signin.Flow) error {
	defer terminal.Aside(w.Err)()
	fmt.Fprintf(w.Err.Out, `Open this link in a browser of any machine, sign in there, and consent:

%s

Webex then sends the browser to an address that begins with %s
and may not load. Copy all of it from the address bar and paste it here; it is not shown.
`, flow.Link(), signin.RedirectURI(w.flags.callbackPort))
	var pasting atomic.Bool
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-flow.Answered():
			if !pasting.Load() {
				fmt.Fprint(w.Err.Out, "\nThe browser has come back by itself: press Enter.\n")
			}
		case <-over:
		}
	}()
	for {
		text, err := w.askSecret(ctx, "Address:")
		select {
		case <-flow.Answered():
			return nil
		default:
		}
		if err != nil {
			return err
		}
		pasting.Store(true)
		if err = flow.Paste(text); err == nil {
			return nil
		}
		pasting.Store(false)
		fmt.Fprintln(w.Err.Out, err)
	}
}
