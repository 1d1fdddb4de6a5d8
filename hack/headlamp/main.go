// Command headlamp serves the web view on loopback to one person: the one of a kubeconfig. The
// demo does the same for its own cluster; this is for any other, and for tests that look at the
// page as several people.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/webex-operator/webex-license-operator/test/headlamp"
)

func main() {
	kubeconfig := flag.String("kubeconfig", os.Getenv("KUBECONFIG"), "file with the cluster and the person")
	as := flag.String("as", "", "another user to impersonate, to see what that person sees")
	page := flag.String("page", "bin/headlamp/host", "directory of the host page, which make headlamp builds")
	plugin := flag.String("plugin", "headlamp", "directory with package.json and dist/main.js of the plugin")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *kubeconfig, *as, *page, *plugin); err != nil {
		fmt.Fprintln(os.Stderr, "headlamp:", err)
		stop()
		os.Exit(1)
	}
}

// serve prints the address, and returns when ctx ends.
func serve(ctx context.Context, kubeconfig, as, page, plugin string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.Impersonate.UserName = as
	server, err := headlamp.Start(ctx, headlamp.Options{Page: page, Plugin: plugin, Config: config})
	if err != nil {
		return err
	}
	fmt.Println(server.Home())
	<-ctx.Done()
	return server.Close()
}
