// Command controlplane is etcd, kube-apiserver, kube-controller-manager and kubectl in one
// executable that acts as the program whose name it is called by, through a link of that
// name or as its first argument (controlplane kubectl get nodes).
//
// One executable, because the four share most of their code: one link step and about a
// third of the disk that four executables take. The parts only share what Kubernetes' own
// integration tests share when they run all of them in one process.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	_ "time/tzdata" // time zones on machines without a zone database, as in the original mains

	"go.etcd.io/etcd/server/v3/etcdmain"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // kubectl: auth providers
	"k8s.io/component-base/cli"
	"k8s.io/component-base/logs"
	_ "k8s.io/component-base/logs/json/register"          // --logging-format=json
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // client-go's metrics
	_ "k8s.io/component-base/metrics/prometheus/version"  // the version metric
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

// exitWithStdin, when set in the environment, makes the process end once its standard
// input is closed. A parent that holds the other end of the pipe so takes its children
// with it however it dies, also where the kernel offers nothing for that (all but Linux).
const exitWithStdin = "CONTROLPLANE_EXIT_WITH_STDIN"

// programs maps the name the executable is called by to what it does then.
var programs = map[string]func(args []string){
	"etcd":                    etcdmain.Main,
	"kube-apiserver":          func([]string) { os.Exit(cli.Run(apiserver.NewAPIServerCommand())) },
	"kube-controller-manager": func([]string) { os.Exit(cli.Run(controllermanager.NewControllerManagerCommand())) },
	"kubectl":                 runKubectl,
}

func main() {
	if os.Getenv(exitWithStdin) != "" {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			os.Exit(1)
		}()
	}
	if run, ok := programs[programName(os.Args[0])]; ok {
		run(os.Args)
		return
	}
	if len(os.Args) > 1 {
		if run, ok := programs[os.Args[1]]; ok {
			os.Args = os.Args[1:] // the programs read os.Args themselves
			run(os.Args)
			return
		}
	}
	fmt.Fprintf(os.Stderr, "%s: call this as etcd, kube-apiserver, kube-controller-manager or kubectl: "+
		"through a link of that name, or with it as the first argument\n", os.Args[0])
	os.Exit(2) // as for any usage error
}

// programName is the base name of argv[0] without the suffix of Windows executables.
func programName(argv0 string) string {
	return strings.TrimSuffix(filepath.Base(argv0), ".exe")
}

// runKubectl does what the main function of Kubernetes' cmd/kubectl does.
func runKubectl(args []string) {
	// Plugins and kuberc are read while the command is built, before flags are parsed.
	_, _ = logs.GlogSetter(kubectl.GetLogVerbosity(args))
	if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
		kubectlutil.CheckErr(err)
	}
}
