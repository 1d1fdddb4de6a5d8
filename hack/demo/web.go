package main

import (
	"context"
	"fmt"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/webex-operator/webex-license-operator/test/headlamp"
)

// webURLFile is where other programs find the address of the web view.
const webURLFile = "web.url"

func (d *demo) webOptions() headlamp.Options {
	return headlamp.Options{Page: d.web, Plugin: filepath.Join(d.root, "headlamp")}
}

// lookForWeb refuses to show a web view that was not built, before anything is started.
func (d *demo) lookForWeb() error {
	if d.web == "" {
		return nil
	}
	if err := d.webOptions().Built(); err != nil {
		return fmt.Errorf("the web view is not built (%w): run make bin/headlamp, which needs npm, or leave WEB=1 out", err)
	}
	return nil
}

// startWeb serves the web view with the viewer's rights.
func (d *demo) startWeb(ctx context.Context) (err error) {
	if d.web == "" {
		return nil
	}
	options := d.webOptions()
	rules := &clientcmd.ClientConfigLoadingRules{Precedence: filepath.SplitList(d.access.viewer)}
	if options.Config, err = clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig(); err != nil {
		return err
	}
	if d.page, err = headlamp.Start(ctx, options); err != nil {
		return fmt.Errorf("starting the web view: %w", err)
	}
	return d.files.write(webURLFile, []byte(d.page.Home()+"\n"))
}

// webHint says where the web view is, or how to get it.
func (d *demo) webHint() string {
	if d.page == nil {
		return "The same in a browser, as a Headlamp plugin: make demo WEB=1 (once: make bin/headlamp, which needs npm)"
	}
	return "The same in a browser, with the rights of that kubeconfig:\n\n  " + d.page.Home()
}
