// Package cli holds the commands of kubectl webex. Each reads what it needs from
// the cluster, has a pure package work on it, and prints the result.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/output"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/internal/zonedata"
)

// Exit codes, for scripts.
const (
	// ExitOK is for what was done.
	ExitOK = 0
	// ExitFailure is for what was understood and did not work: a run that failed, a
	// manifest with faults, a cluster that does not answer.
	ExitFailure = 1
	// ExitUsage is for a command line that makes no sense.
	ExitUsage = 2
	// ExitDiffers is for a plan that has something to change. Mistakes in the command
	// line of plan are failures, so that a script can tell them apart.
	ExitDiffers = 2
	// ExitInterrupted is for Ctrl-C, as shells have it.
	ExitInterrupted = 130
)

// Env is the world around a command.
type Env struct {
	// In is the input; InLive says that a person types there.
	In     io.Reader
	InLive bool
	// ReadSecret reads a line from there without showing it.
	ReadSecret func(context.Context) (string, error)
	// OpenBrowser shows an address in the person's browser, and tells once that has ended.
	OpenBrowser func(url string) <-chan error
	// Getenv reads the environment.
	Getenv func(string) string
	// Out is for results, Err for everything else.
	Out terminal.Terminal
	Err terminal.Terminal
	// Now tells the time, Zone is that of the person's clock.
	Now  func() time.Time
	Zone *time.Location
	// Zones is the time zone data that starts are computed with.
	Zones zonedata.Data
	// Version is the plugin's.
	Version string
	// Retry says how patiently Webex is asked; the zero value is the usual way.
	Retry webex.RetryPolicy
	// Connect opens the cluster that the flags name.
	Connect func(*cluster.Flags) (*cluster.Session, error)
}

type app struct {
	Env
	flags  cluster.Flags
	format output.Format

	mu       sync.Mutex      // guards what follows
	warnings map[string]bool // that the API server gave
}

// warn tells what the API server warns of, once.
func (a *app) warn(text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.warnings[text] {
		a.warnings[text] = true
		fmt.Fprintf(a.Err.Out, "%s %s\n", a.Err.Paint(terminal.Warning, "Warning:"), text)
	}
}

func (a *app) warned() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.warnings)
}

// Run carries out a command line and returns the exit code.
func Run(ctx context.Context, args []string, env Env) int {
	env.Out.Out, env.Err.Out = terminal.Guard(env.Out.Out), terminal.Guard(env.Err.Out)
	a := &app{Env: env, format: output.FormatTable, warnings: map[string]bool{}}
	a.flags.UserAgent = "kubectl-webex/" + env.Version
	a.flags.Warning = a.warn
	root := a.root() //nolint:contextcheck // cobra hands the context to the commands
	root.SetArgs(args)
	root.SetIn(env.In)
	root.SetOut(env.Out.Out)
	root.SetErr(env.Err.Out)
	command, err := root.ExecuteContextC(ctx)
	if n := a.warned(); err == nil && a.flags.WarningsAsErrors && n > 0 {
		err = &failureError{fmt.Errorf("%s received", count(n, "warning"))}
	}
	if err == nil {
		return ExitOK
	}
	code := exitCode(ctx, err)
	if _, differs := errors.AsType[differsError](err); differs {
		return code
	}
	mistaken := code == ExitUsage
	if mistaken && command.Name() == planName {
		code = ExitFailure
	}
	if message := err.Error(); message != "" {
		fmt.Fprintf(env.Err.Out, "%s %s\n", env.Err.Paint(terminal.Bad, "error:"), message)
	}
	if mistaken {
		fmt.Fprintf(env.Err.Out, "See '%s --help'.\n", command.CommandPath())
	}
	return code
}

func exitCode(ctx context.Context, err error) int {
	var failure *failureError
	var differs differsError
	switch {
	case ctx.Err() != nil:
		return ExitInterrupted
	case errors.As(err, &differs):
		return ExitDiffers
	case errors.As(err, &failure):
		return ExitFailure
	}
	return ExitUsage
}

// failureError marks what went wrong after the command line was understood. All
// other errors, which come from cobra, are about the command line.
type failureError struct{ err error }

// Error is the message.
func (f *failureError) Error() string { return f.err.Error() }

// Unwrap is the cause.
func (f *failureError) Unwrap() error { return f.err }

// usageError is a mistake in the command line that is found late.
type usageError struct{ message string }

// Error is the message.
func (u *usageError) Error() string { return u.message }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// run makes cobra's function of ours, whose errors are failures.
func run(do func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := do(cmd.Context(), args)
		var usage *usageError
		if err == nil || errors.As(err, &usage) {
			return err
		}
		return &failureError{err}
	}
}

func (a *app) each(do func(ctx context.Context, session *cluster.Session, name string) error) func(*cobra.Command, []string) error {
	return run(func(ctx context.Context, names []string) error {
		session, err := a.connect()
		for i := 0; err == nil && i < len(names); i++ {
			err = do(ctx, session, names[i])
		}
		return err
	})
}

func (a *app) connect() (*cluster.Session, error) {
	session, err := a.Connect(&a.flags)
	if err == nil {
		session.Warn = a.note
	}
	return session, err
}

// note tells a person something beside the result.
func (a *app) note(format string, args ...any) {
	fmt.Fprintf(a.Err.Out, "%s %s\n", a.Err.Paint(terminal.Faint, "note:"), terminal.Clean(fmt.Sprintf(format, args...)))
}

// say writes a line of the result.
func (a *app) say(format string, args ...any) {
	fmt.Fprintln(a.Out.Out, terminal.Clean(fmt.Sprintf(format, args...)))
}

// formats adds -o.
func (a *app) formats(cmd *cobra.Command) { formats(cmd, &a.format, output.Formats) }

func formats(cmd *cobra.Command, format *output.Format, of []string) {
	cmd.Flags().VarP(output.Choice{Format: format, Of: of}, "output", "o", "Form of the output: "+strings.Join(of, ", "))
	_ = cmd.RegisterFlagCompletionFunc("output", words(of...))
}
