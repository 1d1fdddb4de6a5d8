// Command webexsim runs the Webex simulator for the demo, or for any other client
// of the Webex REST API.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/webex-operator/webex-license-operator/internal/webexsim"
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
	generated       webexsim.GeneratorOptions
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
	f.DurationVar(&c.options.Latency, "latency", 0, "time that each API request takes")
	f.IntVar(&c.generated.People, "people", 1000, "people of a generated organization")
	f.IntVar(&c.generated.Licenses, "licenses", 15, "licences of a generated organization")
	f.IntVar(&c.generated.Locations, "locations", 10, "locations of a generated organization")
	f.IntVar(&c.generated.Subscriptions, "subscriptions", 1, "subscriptions of a generated organization")
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
	return c, nil
}

// seeded is an organization to serve and the name that the command line gives it.
type seeded struct {
	name string
	spec webexsim.OrganizationSpec
}

func (c *config) seeds() ([]seeded, error) {
	var seeds []seeded
	used := map[string]bool{}
	generated := c.generated
	for _, name := range c.organizations {
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
		fmt.Fprintf(stdout, "  organization  %s\n  orgId         %s\n  access token  %s\n", org.UUID(), org.ID(), token.Access)
		if c.refresh {
			fmt.Fprintf(stdout, "  client id     %s\n  client secret %s\n  refresh token %s\n", token.ClientID, token.ClientSecret, token.Refresh)
		}
	}
	if err := c.writeFiles(server); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// writeFiles writes the URL last: whoever waits for it finds everything else.
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
