package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"
	appsv1 "k8s.io/api/apps/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

const (
	// lookTimeout bounds the first calls, for a cluster that does not answer.
	lookTimeout = 15 * time.Second
	// createTimeout bounds each creation, which Ctrl-C does not cut short.
	createTimeout = 30 * time.Second
)

// currentCluster is that of the current kubectl context. The operator runs there as the
// viewer, and sees the demo's namespace only.
type currentCluster struct {
	yes bool // the viewer has agreed beforehand

	rules   *clientcmd.ClientConfigLoadingRules
	context string
	target  clientcmdapi.Context
	config  *rest.Config
	kubectl string
	client  client.Client
	missing []*apiextensionsv1.CustomResourceDefinition
	made    made
}

func (c *currentCluster) failed() <-chan struct{} { return nil }

func (c *currentCluster) err() error { return nil }

func (c *currentCluster) look(ctx context.Context) error {
	if err := c.load(); err != nil {
		return err
	}
	say("context %s, server %s", c.context, c.config.Host)
	if !c.yes && !term.IsTerminal(int(os.Stdin.Fd())) {
		return errors.New("there is no terminal to ask on whether this cluster may be used: YES=1 says that it may")
	}
	looking, cancel := context.WithTimeoutCause(ctx, lookTimeout, fmt.Errorf("the cluster does not answer within %s", lookTimeout))
	defer cancel()
	if err := c.check(looking); err != nil {
		return causeOr(looking, err)
	}
	return c.ask(ctx)
}

// load finds the context and the program in the way of kubectl.
func (c *currentCluster) load() error {
	c.rules = clientcmd.NewDefaultClientConfigLoadingRules()
	raw, err := c.rules.Load()
	if err != nil {
		return fmt.Errorf("reading the kubeconfig: %w", err)
	}
	target := raw.Contexts[raw.CurrentContext]
	if target == nil {
		return fmt.Errorf("there is no current context in %s: choose one with kubectl config use-context, or set KUBECONFIG",
			strings.Join(c.rules.GetLoadingPrecedence(), ", "))
	}
	c.context, c.target = raw.CurrentContext, *target
	if c.config, err = clientcmd.NewNonInteractiveClientConfig(*raw, c.context, nil, c.rules).ClientConfig(); err != nil {
		return fmt.Errorf("context %s: %w", c.context, err)
	}
	c.config.QPS = -1 // the API server's own priority and fairness is limit enough
	if c.kubectl, err = exec.LookPath("kubectl"); err != nil {
		return fmt.Errorf("the demo prints with kubectl: put it into a directory of PATH (%w)", err)
	}
	if c.kubectl, err = filepath.Abs(c.kubectl); err != nil {
		return err
	}
	c.client, err = newClient(c.config)
	return err
}

// check finds out what is there already.
func (c *currentCluster) check(ctx context.Context) error {
	err := c.client.Get(ctx, client.ObjectKey{Name: namespace}, customersNamespace())
	if err == nil {
		return fmt.Errorf("namespace %s is there already, and the demo wants one of its own. If an earlier demo was killed, remove what it left: "+
			"kubectl delete namespace,crd -l %s", namespace, madeLabel)
	}
	if !apierrors.IsNotFound(err) {
		return fmt.Errorf("looking for namespace %s: %w", namespace, err)
	}
	if c.missing, err = missingKinds(ctx, c.client); err != nil {
		return err
	}
	return c.checkOperators(ctx)
}

// checkOperators refuses a cluster with an operator that would read the demo's customers too.
func (c *currentCluster) checkOperators(ctx context.Context) error {
	var deployments appsv1.DeploymentList
	err := c.client.List(ctx, &deployments, client.MatchingLabels{"app.kubernetes.io/name": "webex-license-operator"})
	if apierrors.IsForbidden(err) {
		return nil // who may not see it has not installed it
	}
	if err != nil {
		return fmt.Errorf("looking for other operators: %w", err)
	}
	for _, deployment := range deployments.Items {
		for _, container := range deployment.Spec.Template.Spec.Containers {
			if !strings.Contains(strings.Join(container.Args, " "), "--watch-namespaces=") {
				return fmt.Errorf("the operator of Deployment %s in namespace %s watches all namespaces, and would read the demo's customers as well: use another cluster",
					deployment.Name, deployment.Namespace)
			}
		}
	}
	return nil
}

// ask says what is about to be created, and waits for a yes.
func (c *currentCluster) ask(ctx context.Context) error {
	say("it gets namespace %s with three customers, and the kinds that it lacks, %d; both are removed at the end", namespace, len(c.missing))
	if c.yes {
		return nil
	}
	fmt.Fprint(os.Stderr, "demo: go on? [y/N] ")
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(os.Stdin).ReadString('\n')
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case line := <-answer:
		if line != "y" && line != "yes" {
			return errors.New("not agreed; nothing was changed")
		}
		return nil
	}
}

// start creates the kinds that are missing.
func (c *currentCluster) start(ctx context.Context, files *workspace) (clusterAccess, error) {
	c.made = made{id: rand.Text(), client: c.client}
	for _, definition := range c.missing {
		if err := c.made.create(ctx, definition); err != nil {
			return clusterAccess{}, fmt.Errorf("creating CustomResourceDefinition %s: %w", definition.Name, err)
		}
	}
	if err := envtest.WaitForCRDs(c.config, c.missing, envtest.CRDInstallOptions{MaxTime: createTimeout, PollInterval: pollInterval}); err != nil {
		return clusterAccess{}, fmt.Errorf("waiting for the kinds: %w", err)
	}
	kubeconfig, err := c.writeKubeconfig(files.path(kubeconfigFile))
	return clusterAccess{
		client: c.client, kubectl: c.kubectl, viewer: kubeconfig, operator: kubeconfig,
		arguments: []string{"--watch-namespaces=" + namespace},
	}, err
}

func (c *currentCluster) createNamespace(ctx context.Context) error {
	return c.made.create(ctx, customersNamespace())
}

func (c *currentCluster) stop() error {
	if err := c.made.remove(); err != nil {
		return fmt.Errorf("%w\nto remove what is left: kubectl --context %s delete namespace,crd -l %s=%s", err, c.context, madeLabel, c.made.id)
	}
	return nil
}

// writeKubeconfig writes a context of the demo's own, which copies no credentials, and
// returns a KUBECONFIG in which it comes before the viewer's files. So that all stay with
// this cluster when the viewer chooses another one.
func (c *currentCluster) writeKubeconfig(path string) (string, error) {
	config := clientcmdapi.NewConfig()
	config.CurrentContext = namespace
	config.Contexts[namespace] = &clientcmdapi.Context{Cluster: c.target.Cluster, AuthInfo: c.target.AuthInfo, Namespace: namespace}
	all := []string{path}
	for _, file := range c.rules.GetLoadingPrecedence() {
		file, err := filepath.Abs(file)
		if err != nil {
			return "", err
		}
		all = append(all, file)
	}
	return strings.Join(all, string(os.PathListSeparator)), clientcmd.WriteToFile(*config, path)
}
