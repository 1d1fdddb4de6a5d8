package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/connect"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/signin"
	"github.com/webex-operator/webex-license-operator/internal/access"
)

// connectFlags are the answers that a person gives beforehand.
type connectFlags struct {
	// values are those of connect.Entries, by key.
	values map[string]*string
	secret string

	organization, subscription, siteURL, hierarchy, customerName string
	labels                                                       map[string]string
	without                                                      []string
	schedule                                                     string

	baseURL, proxyURL, bundleFile, bundle string

	// signIn gets the tokens in a browser, which comes back to callbackPort.
	signIn       bool
	callbackPort int
	// assignment says that the credentials are those that assign licences.
	assignment bool
	// partner says that they are a partner's.
	partner bool

	skipCheck, yes bool
	dryRun         string
	output         string
	waitFlags
}

// The values of --dry-run, as kubectl has them.
const (
	dryRunNone   = "none"
	dryRunClient = "client"
	dryRunServer = "server"
)

// omissions are the words of --without.
var omissions = []string{"people", "roles", "workspaces"}

const connectLong = `Add a customer: the credentials are tried, Webex is asked which organization they are for
and what it has, and a Secret and a WebexCustomerAccess are written. The first run of the
customer starts by itself.

On a terminal the command asks for what flags do not say, secrets without echo. In a
script, flags say where to read each secret: a file, - for the standard input, or env:NAME
for a variable. Secrets are never arguments, which others on the machine can see, and are
never shown.

Where Webex replaces a refresh token that is used, the new one is in the Secret before
anything else is asked. --dry-run never uses a refresh token; give an access token beside
it, and that is used for the check.

With --sign-in the tokens of an integration come from a browser: you sign in there as an
administrator and consent. Over SSH the command shows a link, and takes the address that
Webex sends the browser to.

With the name of a customer that there is, the command gives it other credentials; with
--assignment, those that assign licences, in a Secret of their own; with
--schedule alone it keeps those that it has.`

const connectExample = `  # Answer questions
  kubectl webex connect acme

  # Sign in with a browser, and consent to the integration
  kubectl webex connect acme --sign-in --client-id C0ffee --client-secret-file secret

  # An integration of a partner, which manages many organizations
  kubectl webex connect globex --organization 22222222-3333-4444-8555-666666666666 \
    --client-id C0ffee --client-secret-file secret --refresh-token-file refresh --yes --wait

  # The next customer of the same partner
  kubectl webex connect initech --secret globex-webex --organization Initech --yes

  # A partner: what its customers would be is shown, and nothing is made yet
  kubectl webex connect --partner contoso --sign-in --client-id C0ffee --client-secret-file secret

  # A manifest for Git; the Secret is left out
  kubectl webex connect acme --token-file env:WEBEX_TOKEN --dry-run=server -o yaml > acme.yaml`

func (a *app) connectCommand() *cobra.Command {
	f := &connectFlags{values: map[string]*string{}}
	cmd := &cobra.Command{
		Use: "connect [CUSTOMER]", GroupID: groupPrepare, Short: "Add a customer, or give one other credentials",
		Long: connectLong, Example: connectExample,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 { // do not repeat them: one may be a token
				return usagef("connect takes one name, of the customer; secrets are read from files, see --token-file")
			}
			return nil
		},
		ValidArgsFunction: first(a.complete(customerNames)),
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	for _, e := range connect.Entries {
		usage := "The " + e.Name
		if e.Secret {
			usage = "Where to read the " + e.Name + ": a file, - or env:NAME"
		}
		f.values[e.Key] = flags.String(e.Flag, "", usage)
	}
	flags.BoolVar(&f.signIn, "sign-in", false, "Get the tokens of an integration in a browser; its client id and client secret are asked for")
	flags.IntVar(&f.callbackPort, "callback-port", signin.DefaultPort, "With --sign-in: port of the redirect URI, "+signin.RedirectURI(signin.DefaultPort)+", as it is registered for the integration")
	flags.BoolVar(&f.assignment, "assignment", false, "The credentials are those that assign licences: Secret CUSTOMER-webex-write of a customer that there is")
	flags.BoolVar(&f.partner, "partner", false, "The credentials are a partner's: write a WebexPartner, which makes nothing before its mode is Create")
	flags.StringVar(&f.secret, "secret", "", "Secret that there is, instead of credentials; with credentials the name to write them to (default CUSTOMER-webex)")
	flags.StringVar(&f.organization, "organization", "", "Id or name of the organization, for credentials that see several")
	flags.StringVar(&f.subscription, "default-subscription", "", "Subscription whose licences may be assigned, where there are several")
	flags.StringVar(&f.siteURL, "default-site-url", "", "Meetings site whose licences may be assigned, where there are several")
	flags.StringVar(&f.customerName, "customer-name", "", "Name to show for the customer (default that of the organization)")
	flags.StringVar(&f.hierarchy, "hierarchy", "", "Place in the provider's hierarchy, such as provider.reseller-west")
	flags.StringToStringVar(&f.labels, "labels", nil, "Labels of the customer, such as sync=nightly,tier=gold")
	flags.StringVar(&f.schedule, "schedule", "", "Cron line in UTC, such as \"30 2 * * *\": adds LicenseSyncSchedule CUSTOMER, which reads the customer then")
	flags.StringSliceVar(&f.without, "without", nil, "What not to read, if the credentials may not: "+strings.Join(omissions, ", "))
	flags.StringVar(&f.baseURL, "base-url", "", "Root of the Webex API (default https://webexapis.com/v1)")
	flags.StringVar(&f.proxyURL, "proxy", "", "HTTP proxy to the API, such as http://proxy.example.com:8080")
	flags.StringVar(&f.bundleFile, "ca-bundle-file", "", "PEM file of authorities to trust; it becomes ConfigMap CUSTOMER-ca")
	flags.StringVar(&f.bundle, "ca-bundle", "", "The same, if it is in the cluster: configmap/NAME or secret/NAME, key ca.crt")
	flags.BoolVar(&f.skipCheck, "skip-check", false, "Do not ask Webex; the first run does")
	flags.BoolVar(&f.yes, "yes", false, "Do not ask")
	flags.StringVar(&f.dryRun, "dry-run", dryRunNone, "none, client or server: show what would be written; server has the cluster check it")
	flags.Lookup("dry-run").NoOptDefVal = dryRunClient
	flags.BoolVar(&f.wait, "wait", false, "Stay until the first run has ended, and fail if it did")
	flags.DurationVar(&f.timeout, "timeout", 0, "With --wait: stay no longer than this, such as 30m; the run goes on")
	flags.StringVarP(&f.output, "output", "o", "", "Write the objects, without the Secret: yaml or json")
	a.completeConnect(cmd)
	cmd.RunE = run(func(ctx context.Context, args []string) error {
		if err := f.check(a, args); err != nil {
			return err
		}
		w := &wizard{app: a, flags: f, plan: &connect.Plan{}}
		if len(args) > 0 {
			w.name = args[0]
		}
		return w.run(ctx)
	})
	return cmd
}

// completeConnect completes the flags that do not name files.
func (a *app) completeConnect(cmd *cobra.Command) {
	for flag, c := range map[string]completer{
		"secret": a.complete(secretNames), "hierarchy": a.complete(hierarchyNodes),
		"dry-run": words(dryRunNone, dryRunClient, dryRunServer), "output": words("yaml", "json"), "without": words(omissions...),
		"base-url": words("https://webexapis.com/v1", "https://api-usgov.webex.com/v1"),
	} {
		_ = cmd.RegisterFlagCompletionFunc(flag, c)
	}
	for _, flag := range []string{"organization", "default-subscription", "default-site-url", "customer-name", "labels", "schedule", "proxy", "ca-bundle", "timeout", "callback-port"} {
		_ = cmd.RegisterFlagCompletionFunc(flag, nothing)
	}
	for _, e := range connect.Entries {
		if !e.Secret {
			_ = cmd.RegisterFlagCompletionFunc(e.Flag, nothing)
		}
	}
}

func secretNames(ctx context.Context, s *cluster.Session) ([]string, error) {
	customers, err := cluster.Customers(ctx, s)
	return namesOf(customers, err, func(i int) string { return customers[i].Spec.CredentialsSecretRef.Name })
}

// hierarchyNodes are the nodes that customers hang below.
func hierarchyNodes(ctx context.Context, s *cluster.Session) ([]string, error) {
	customers, err := cluster.Customers(ctx, s)
	nodes, err := namesOf(customers, err, func(i int) string { return customers[i].Spec.HierarchyPath })
	return slices.DeleteFunc(nodes, func(node string) bool { return node == "" }), err
}

// given says whether flags bring credentials.
func (f *connectFlags) given() bool {
	return slices.ContainsFunc(connect.Entries, func(e connect.Entry) bool { return e.OfWebex() && *f.values[e.Key] != "" })
}

// check refuses what makes no sense together, before anything is read.
func (f *connectFlags) check(a *app, args []string) error {
	dry := f.dryRun != dryRunNone
	if !a.InLive {
		switch {
		case len(args) == 0:
			return usagef("connect which customer? Give it a name, such as acme")
		case !f.yes && !dry:
			return usagef("there is no terminal to ask on: add --yes, or --dry-run=server to see first what would be written")
		case !f.given() && f.secret == "" && !f.signIn && f.schedule == "":
			return usagef("with what credentials? Add --token-file, or --client-id, --client-secret-file and --refresh-token-file, or --secret with the name of a Secret")
		}
	}
	switch {
	case !slices.Contains([]string{dryRunNone, dryRunClient, dryRunServer}, f.dryRun):
		return usagef("--dry-run is none, client or server, after a =")
	case f.output != "" && f.output != "yaml" && f.output != "json":
		return usagef("-o is yaml or json here")
	case f.wait && dry:
		return usagef("--wait is about a run, and --dry-run makes none: leave one of them away")
	case f.wait && f.output != "":
		return usagef("-o writes what was made, and --wait shows its first run: leave one of them away")
	}
	return errors.Join(f.waitFlags.check(), f.checkProxy(), f.checkValues(), f.checkSignIn(), f.checkPartner())
}

func (f *connectFlags) checkProxy() error {
	username, password := *f.values[access.KeyProxyUsername], *f.values[access.KeyProxyPassword]
	switch {
	case username == "" && password != "":
		return usagef("--proxy-password-file needs --proxy-username")
	case username != "" && f.secret != "" && !f.given():
		return usagef("--proxy-username changes no Secret that there is: put keys proxyUsername and proxyPassword into it")
	case username != "" && f.proxyURL == "":
		return usagef("--proxy-username is for the proxy of --proxy: add that")
	}
	return nil
}

func (f *connectFlags) checkValues() error {
	if f.bundle != "" && f.bundleFile != "" {
		return usagef("--ca-bundle and --ca-bundle-file are two places for one thing: leave one of them away")
	}
	if kind, _, ok := strings.Cut(f.bundle, "/"); ok && kind != "configmap" && kind != "secret" {
		return usagef("--ca-bundle is configmap/NAME or secret/NAME")
	}
	for _, word := range f.without {
		if !slices.Contains(omissions, word) {
			return usagef("--without takes %s", strings.Join(omissions, ", "))
		}
	}
	if _, err := labels.ValidatedSelectorFromSet(f.labels); err != nil {
		return usagef("--labels: %v", err)
	}
	return nil
}

// collection is what --without leaves of it.
func (f *connectFlags) collection(is *v1alpha1.Collection) *v1alpha1.Collection {
	if len(f.without) == 0 {
		return is
	}
	c := &v1alpha1.Collection{}
	if is != nil {
		c = is.DeepCopy()
	}
	if slices.Contains(f.without, "people") {
		c.Levels = []v1alpha1.Level{v1alpha1.LevelCustomer}
	}
	if slices.Contains(f.without, "roles") {
		c.Roles = new(false)
	}
	if slices.Contains(f.without, "workspaces") {
		c.Workspaces = new(false)
	}
	return c
}

// connection is what flags say about the way to the API.
func (f *connectFlags) connection(is *v1alpha1.Connection, name string) *v1alpha1.Connection {
	c := &v1alpha1.Connection{}
	if is != nil {
		c = is.DeepCopy()
	}
	if f.baseURL != "" {
		c.BaseURL = f.baseURL
	}
	if f.proxyURL != "" {
		c.ProxyURL = f.proxyURL
	}
	reference := &v1alpha1.CABundleReference{Kind: v1alpha1.CABundleKindConfigMap, Key: connect.BundleKey}
	kind, bundle, ok := strings.Cut(f.bundle, "/")
	switch {
	case f.bundleFile != "":
		reference.Name = bundleName(name)
	case ok:
		reference.Name = bundle
	default:
		reference.Name = kind
	}
	if ok && kind == "secret" {
		reference.Kind = v1alpha1.CABundleKindSecret
	}
	if reference.Name != "" {
		c.CABundleRef = reference
	}
	if is == nil && c.BaseURL == "" && c.ProxyURL == "" && c.CABundleRef == nil {
		return nil
	}
	return c
}

func bundleName(customer string) string { return customer + "-ca" }
