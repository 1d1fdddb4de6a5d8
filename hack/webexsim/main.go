// Command webexsim runs the Webex simulator for the demo, or for any other client
// of the Webex REST API.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	default:
		fmt.Fprintln(os.Stderr, "webexsim:", err)
		os.Exit(1) //nolint:gocritic // the signal handler dies with the process
	}
}

// config is the command line.
type config struct {
	options         webexsim.Options
	insecureHTTP    bool
	caFile, urlFile string
	organizations   list
	tokens          pairs
	refresh         bool
	partner         string
	customers       int
	redirectURI     string
	serviceApp      bool
	generated       webexsim.GeneratorOptions
	generatedCount  int
}

// list is a flag that may be repeated, or hold several values with commas.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

// Set adds values.
func (l *list) Set(s string) error {
	*l = append(*l, strings.Split(s, ",")...)
	return nil
}

// pairs is a flag of name=value that may be repeated.
type pairs map[string]string

func (p pairs) String() string { return "" }

// Set adds a pair.
func (p pairs) Set(s string) error {
	name, value, ok := strings.Cut(s, "=")
	if !ok || name == "" || value == "" {
		return errors.New("want name=value")
	}
	p[name] = value
	return nil
}

func parse(args []string, stderr io.Writer) (*config, error) {
	c := &config{tokens: pairs{}}
	f := flag.NewFlagSet("webexsim", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&c.options.Addr, "addr", "127.0.0.1:0", "address to listen on; port 0 is a free one")
	f.BoolVar(&c.options.TLS, "tls", true, "serve https with a throwaway certificate authority")
	f.BoolVar(&c.insecureHTTP, "insecure-http", false, "serve plain http, for clients that are not the operator; same as -tls=false")
	f.Var((*list)(&c.options.Hosts), "host", "further `names` in the certificate, for example that of a Service")
	f.StringVar(&c.caFile, "ca-file", "", "write the certificate authority to this `file`")
	f.StringVar(&c.urlFile, "url-file", "", "write the base URL to this `file`, last of all")
	f.Var(&c.organizations, "org", "organizations to serve: standard, two-subscriptions, over-assigned, generated (default standard); repeat generated for several")
	f.Var(c.tokens, "token", "access token of an organization, as `org=token`; others are made up")
	f.BoolVar(&c.refresh, "refresh", false, "also issue refresh tokens, and print them with their clients")
	f.StringVar(&c.partner, "partner", "", "also issue a token of a partner: an administrator of this `organization`, whose customers are all others")
	f.IntVar(&c.customers, "customers", 0, "further customers of -partner to make, with a name and nothing else")
	f.StringVar(&c.redirectURI, "integration", "", "also register an integration with this redirect `URI`, to whose page of consent the partner's administrator is signed in, or one of the first organization")
	f.BoolVar(&c.serviceApp, "service-app", false, "also register a service app that all organizations have authorized, and print it with a token that may call for its tokens")
	f.Func("options", "how the service behaves, as `JSON` like {\"rateLimit\": 300}; what PATCH /control/options takes", func(text string) error {
		return json.Unmarshal([]byte(text), &c.options)
	})
	f.Uint64Var(&c.options.Seed, "token-seed", 0, "make up the same tokens each time; 0 makes them up at random")
	f.DurationVar(&c.options.Latency, "latency", 0, "time that each API request takes")
	f.IntVar(&c.generatedCount, "generated", 1, "how many organizations each -org generated stands for")
	f.IntVar(&c.generated.People, "people", 1000, "people of a generated organization")
	f.IntVar(&c.generated.Licenses, "licenses", 15, "licences of a generated organization")
	f.IntVar(&c.generated.Locations, "locations", 10, "locations of a generated organization")
	f.IntVar(&c.generated.Subscriptions, "subscriptions", 1, "subscriptions of a generated organization")
	f.IntVar(&c.generated.Groups, "groups", 0, "groups that share the people of a generated organization")
	f.Int64Var(&c.generated.Seed, "seed", 1, "seed of the generated organization; further ones count up")
	f.Usage = func() {
		fmt.Fprint(stderr, "webexsim simulates the part of the Webex REST API that licence reports need.\n\nFlags:\n")
		f.PrintDefaults()
		fmt.Fprint(stderr, "\n", webexsim.ControlHelp)
	}
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if c.insecureHTTP {
		c.options.TLS = false
	}
	if c.caFile != "" && !c.options.TLS {
		return nil, errors.New("-ca-file needs TLS")
	}
	if len(c.organizations) == 0 {
		c.organizations = list{"standard"}
	}
	if c.customers != 0 && c.partner == "" {
		return nil, errors.New("-customers needs -partner")
	}
	if c.generatedCount < 1 {
		return nil, fmt.Errorf("-generated is %d, want 1 or more", c.generatedCount)
	}
	return c, nil
}

// seeded is an organization to serve and the name that the command line gives it.
type seeded struct {
	name string
	spec webexsim.OrganizationSpec
}

// named are the organizations of the command line, one by one.
func (c *config) named() []string {
	var names []string
	for _, name := range c.organizations {
		names = append(names, name)
		if name == "generated" {
			names = append(names, slices.Repeat([]string{name}, c.generatedCount-1)...)
		}
	}
	return names
}

func (c *config) seeds() ([]seeded, error) {
	var seeds []seeded
	used := map[string]bool{}
	generated := c.generated
	for _, name := range c.named() {
		s := seeded{name: name}
		switch name {
		case "standard":
			s.spec = webexsim.StandardOrganization()
		case "two-subscriptions":
			s.spec = webexsim.TwoSubscriptionOrganization()
		case "over-assigned":
			s.spec = webexsim.OverAssignedOrganization()
		case "generated":
			if used[name] {
				s.name = fmt.Sprintf("generated-%d", generated.Seed)
			}
			s.spec = webexsim.Generate(generated)
			generated.Seed++
		default:
			return nil, fmt.Errorf("no organization %q: want standard, two-subscriptions, over-assigned or generated", name)
		}
		if used[s.name] {
			return nil, fmt.Errorf("organization %q is named twice", s.name)
		}
		used[s.name] = true
		seeds = append(seeds, s)
	}
	for name := range c.tokens {
		if !used[name] {
			return nil, fmt.Errorf("-token names organization %q, which is not served", name)
		}
	}
	if c.partner != "" && !used[c.partner] {
		return nil, fmt.Errorf("-partner names organization %q, which is not served", c.partner)
	}
	return seeds, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	c, err := parse(args, stderr)
	if err != nil {
		return err
	}
	seeds, err := c.seeds()
	if err != nil {
		return err
	}
	server, err := webexsim.New(c.options)
	if err != nil {
		return err
	}
	defer server.Close()
	fmt.Fprintf(stdout, "base URL     %s\ncontrol URL  %s\n", server.URL(), server.ControlURL())
	for _, s := range seeds {
		org := server.AddOrganization(s.spec)
		token := server.IssueToken(webexsim.TokenSpec{Organization: org.UUID(), Access: c.tokens[s.name], WithRefresh: c.refresh})
		fmt.Fprintf(stdout, "\n%s (%s, %d people)\n", s.name, org.Name(), org.People())
		fmt.Fprintf(stdout, "  organization  %s\n  orgId         %s\n", org.UUID(), org.ID())
		c.printToken(token, stdout)
	}
	partner := c.printPartner(server, seeds, stdout)
	c.printIntegration(server, seeds, partner, stdout)
	c.printServiceApp(server, seeds, stdout)
	if err := c.writeFiles(server); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// printPartner adds a partner, if one is wanted.
func (c *config) printPartner(server *webexsim.Server, seeds []seeded, stdout io.Writer) *webexsim.Partner {
	if c.partner == "" {
		return nil
	}
	spec := webexsim.PartnerSpec{Customers: c.customers, Token: webexsim.TokenSpec{WithRefresh: c.refresh}}
	for _, s := range seeds {
		if s.name == c.partner {
			spec.UUID = s.spec.UUID
		} else {
			spec.Organizations = append(spec.Organizations, s.spec.UUID)
		}
	}
	partner := server.AddPartner(spec)
	fmt.Fprintf(stdout, "\npartner %s, with %d customers\n  owner         %s\n", c.partner, len(partner.Customers), partner.Owner)
	c.printToken(partner.Token, stdout)
	return &partner
}

// printIntegration registers an integration.
func (c *config) printIntegration(server *webexsim.Server, seeds []seeded, partner *webexsim.Partner, stdout io.Writer) {
	if c.redirectURI == "" {
		return
	}
	spec := webexsim.IntegrationSpec{Name: "webexsim", RedirectURIs: []string{c.redirectURI}, Organization: seeds[0].spec.UUID, Scopes: webexsim.AllScopes()}
	if partner != nil {
		spec.Organization, spec.Organizations, spec.Owner, spec.Partner = partner.Organization, partner.Customers, partner.Owner, true
	}
	app := server.AddIntegration(spec)
	fmt.Fprintf(stdout, "\nintegration\n  authorize     %s/authorize\n  client id     %s\n  client secret %s\n", server.URL(), app.ClientID, app.ClientSecret)
}

// printServiceApp registers a service app and issues a token to call for its tokens.
func (c *config) printServiceApp(server *webexsim.Server, seeds []seeded, stdout io.Writer) {
	if !c.serviceApp {
		return
	}
	var spec webexsim.ServiceAppSpec
	for _, s := range seeds {
		spec.Organizations = append(spec.Organizations, s.spec.UUID)
	}
	app := server.AddServiceApp(spec)
	caller := server.IssueToken(webexsim.TokenSpec{
		Organization: seeds[0].spec.UUID, Owner: "service-app-developer", Scopes: []string{webexsim.ScopeApplicationsToken}, WithRefresh: c.refresh,
	})
	fmt.Fprintf(stdout, "\nservice app\n  application   %s\n  client id     %s\n  client secret %s\nwho may call for its tokens\n", app.ID, app.ClientID, app.ClientSecret)
	c.printToken(caller, stdout)
}

func (c *config) printToken(token webexsim.Token, stdout io.Writer) {
	fmt.Fprintf(stdout, "  access token  %s\n", token.Access)
	if c.refresh {
		fmt.Fprintf(stdout, "  client id     %s\n  client secret %s\n  refresh token %s\n", token.ClientID, token.ClientSecret, token.Refresh)
	}
}

// writeFiles writes the URL last: a program that waits for it finds all other files.
func (c *config) writeFiles(server *webexsim.Server) error {
	for _, file := range []struct {
		path string
		data []byte
	}{
		{c.caFile, server.CACertificate()},
		{c.urlFile, []byte(server.URL() + "\n")},
	} {
		if file.path == "" {
			continue
		}
		// A reader never sees half a file.
		temporary := file.path + ".tmp"
		if err := os.WriteFile(temporary, file.data, 0o644); err != nil { //nolint:gosec // nothing secret
			return err
		}
		if err := os.Rename(temporary, file.path); err != nil {
			return err
		}
	}
	return nil
}
