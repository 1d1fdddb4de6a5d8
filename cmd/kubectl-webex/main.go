// Command kubectl-webex is the kubectl plugin of webex-license-operator: on the
// PATH, kubectl runs it as kubectl webex.
package main

import (
	"context"
	"math"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // what kubeconfig files may ask for
	"k8s.io/klog/v2"
	"k8s.io/klog/v2/textlogger"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cli"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/signin"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
	"github.com/webex-operator/webex-license-operator/internal/zonedata"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second Ctrl-C ends the program at once.
	context.AfterFunc(ctx, stop)
	klog.SetLogger(textlogger.NewLogger(textlogger.NewConfig(textlogger.Verbosity(math.MaxInt8), textlogger.Output(terminal.Guard(os.Stderr)))))
	os.Exit(cli.Run(ctx, os.Args[1:], cli.Env{
		In:          os.Stdin,
		InLive:      term.IsTerminal(int(os.Stdin.Fd())),
		ReadSecret:  func(ctx context.Context) (string, error) { return terminal.ReadSecret(ctx, os.Stdin) },
		OpenBrowser: signin.Open,
		Getenv:      os.Getenv,
		Out:         terminal.Detect(os.Stdout, os.Getenv),
		Err:         terminal.Detect(os.Stderr, os.Getenv),
		Now:         time.Now,
		Zone:        time.Local,
		Zones:       zonedata.InUse(),
		Version:     version,
		Connect:     (*cluster.Flags).Connect,
	}))
}
