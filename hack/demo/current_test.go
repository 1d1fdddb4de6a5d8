package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/webex-operator/webex-license-operator/test/controlplane"
	"github.com/webex-operator/webex-license-operator/test/operator"
)

const repository = "../.."

// patience bounds each wait.
const patience = 2 * time.Minute

// viewer is a person with a cluster of their own.
type viewer struct {
	t          *testing.T
	cluster    *controlplane.ControlPlane
	client     client.Client
	dir        string
	kubeconfig string
}

// The demo in a cluster that was there leaves it as it was, however it ends.
func TestCurrentCluster(t *testing.T) {
	t.Parallel()
	v := newViewer(t)

	t.Run("refuses without an answer", func(t *testing.T) {
		v.refused(t, "YES=1", "-once")
	})
	t.Run("refuses a web view that was not built", func(t *testing.T) {
		v.refused(t, "run make bin/headlamp", "-once", "-yes", "-web="+t.TempDir())
	})
	t.Run("shows all and leaves", func(t *testing.T) {
		before := v.before(t)
		output, err := v.demo("-once", "-yes").CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		for _, want := range []string{
			"context mine, server " + v.cluster.Config.Host, "the kinds that it lacks, 6",
			"$ kubectl get webexlicenses -A", "acme-webex-calling-professional-austin-lab", "OverAssigned",
			"1 assignment: 0 to add, 1 to remove", "messaging gave a person Advanced Messaging", "$ kubectl get webexpartners -A",
		} {
			if !bytes.Contains(output, []byte(want)) {
				t.Errorf("the demo does not print %q", want)
			}
		}
		if t.Failed() {
			t.Logf("%s", output)
		}
		v.unchanged(t, before)
	})
	t.Run("leaves when it is interrupted", func(t *testing.T) {
		before := v.before(t)
		var output operator.Log
		process, err := operator.StartCommand(v.demo("-yes"), &output)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(process.Kill)
		v.eventually(t, "the namespace is there", func(ctx context.Context) bool {
			return v.client.Get(ctx, client.ObjectKey{Name: namespace}, &corev1.Namespace{}) == nil
		})
		if err := process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if err := process.Err(); err == nil || !strings.Contains(output.String(), "everything is stopped and removed") {
			t.Errorf("it ended with %v:\n%s", err, output.String())
		}
		v.unchanged(t, before)
	})

	definitions := v.install()
	t.Run("keeps the kinds that were there, and leaves after an error", func(t *testing.T) {
		before := v.before(t)
		cmd := v.demo("-once", "-yes")
		cmd.Env = append(cmd.Env, "PATH="+v.brokenKubectl()+string(os.PathListSeparator)+os.Getenv("PATH"))
		output, err := cmd.CombinedOutput()
		if err == nil || !bytes.Contains(output, []byte("FAILED: kubectl [get webexcustomeraccesses -A]")) {
			t.Errorf("it ended with %v:\n%s", err, output)
		}
		v.unchanged(t, before)
	})
	t.Run("refuses a namespace that was there", func(t *testing.T) {
		own := customersNamespace()
		if err := v.client.Create(t.Context(), own); err != nil {
			t.Fatal(err)
		}
		v.refused(t, "namespace webex-demo is there already", "-once", "-yes")
		if err := v.client.Delete(t.Context(), own); err != nil {
			t.Fatal(err)
		}
		v.eventually(t, "the namespace is gone", func(ctx context.Context) bool {
			return apierrors.IsNotFound(v.client.Get(ctx, client.ObjectKeyFromObject(own), own))
		})
	})
	t.Run("refuses kinds of another version", func(t *testing.T) {
		other := definitions[0]
		other.Spec.Names.Categories = append(other.Spec.Names.Categories, "other")
		if err := v.client.Update(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		v.refused(t, other.Name+" of this cluster is not that of this version", "-once", "-yes")
	})
}

func newViewer(t *testing.T) *viewer {
	t.Helper()
	log.SetLogger(logr.Discard())
	cluster, err := controlplane.Start(t.Context(), controlplane.Options{ControllerManager: true, Log: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	v := &viewer{t: t, cluster: cluster, dir: t.TempDir()}
	if v.client, err = newClient(cluster.Config); err != nil {
		t.Fatal(err)
	}
	// What a new cluster gets, last the service accounts.
	v.eventually(t, "the cluster is complete", func(ctx context.Context) bool {
		var namespaces corev1.NamespaceList
		var accounts corev1.ServiceAccountList
		if v.client.List(ctx, &namespaces) != nil || v.client.List(ctx, &accounts, client.MatchingFields{"metadata.name": "default"}) != nil {
			return false
		}
		return len(namespaces.Items) == 4 && len(accounts.Items) == 4
	})
	if err := build(t.Context(), repository, v.path("run-demo"), "./hack/demo"); err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.LoadFromFile(cluster.KubeconfigPath)
	if err != nil {
		t.Fatal(err)
	}
	config.Contexts = map[string]*clientcmdapi.Context{"mine": config.Contexts[config.CurrentContext]}
	config.CurrentContext = "mine"
	v.kubeconfig = v.path("kubeconfig")
	if err := clientcmd.WriteToFile(*config, v.kubeconfig); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *viewer) path(name string) string { return filepath.Join(v.dir, name) }

// demo has no terminal, and knows the cluster from KUBECONFIG only.
func (v *viewer) demo(arguments ...string) *exec.Cmd {
	cmd := exec.CommandContext(v.t.Context(), v.path("run-demo"), append(arguments, "-cluster=current", "-dir="+v.path("demo"))...) //nolint:gosec // our own program
	cmd.Env = append(os.Environ(), "KUBECONFIG="+v.kubeconfig, "KUBEBUILDER_ASSETS=", "PATH="+v.cluster.AssetsDir+string(os.PathListSeparator)+os.Getenv("PATH"))
	cmd.Dir = repository
	return cmd
}

// refused expects an error with a text, and a cluster that has not changed.
func (v *viewer) refused(t *testing.T, want string, arguments ...string) {
	t.Helper()
	before := v.before(t)
	output, err := v.demo(arguments...).CombinedOutput()
	if err == nil || !bytes.Contains(output, []byte(want)) {
		t.Errorf("the demo ended with %v, want %q:\n%s", err, want, output)
	}
	v.unchanged(t, before)
}

// install creates this version's kinds.
func (v *viewer) install() []*apiextensionsv1.CustomResourceDefinition {
	v.t.Helper()
	all, err := definitions()
	if err != nil {
		v.t.Fatal(err)
	}
	for _, definition := range all {
		if err := v.client.Create(v.t.Context(), definition); err != nil {
			v.t.Fatal(err)
		}
	}
	for _, definition := range all {
		v.eventually(v.t, definition.Name+" is established", func(ctx context.Context) bool {
			return v.client.Get(ctx, client.ObjectKeyFromObject(definition), definition) == nil && len(definition.Status.Conditions) == 2
		})
	}
	return all
}

// brokenKubectl is a directory with a kubectl that fails.
func (v *viewer) brokenKubectl() string {
	v.t.Helper()
	dir := v.t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "kubectl"), []byte("#!/bin/sh\nexit 3\n"), 0o700); err != nil { //nolint:gosec // a program
		v.t.Fatal(err)
	}
	return dir
}

// objects is all that the cluster holds, by what it is and its name. Leases and events are
// left out, and what the API server writes about itself: they change by themselves.
func (v *viewer) objects() (map[string]string, error) {
	lists, err := discovery.NewDiscoveryClientForConfigOrDie(v.cluster.Config).ServerPreferredResources()
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, list := range lists {
		for _, resource := range list.APIResources {
			if !strings.Contains(strings.Join(resource.Verbs, " "), "list") || resource.Kind == "Lease" || resource.Kind == "Event" {
				continue
			}
			var found unstructured.UnstructuredList
			found.SetAPIVersion(list.GroupVersion)
			found.SetKind(resource.Kind + "List")
			if err := v.client.List(v.t.Context(), &found); err != nil {
				return nil, fmt.Errorf("%s: %w", resource.Name, err)
			}
			for _, object := range found.Items {
				content, err := json.Marshal(map[string]any{"uid": object.GetUID(), "labels": object.GetLabels(), "spec": object.Object["spec"], "data": object.Object["data"]})
				if err != nil {
					return nil, err
				}
				if resource.Kind == "CustomResourceDefinition" {
					content = append(content, object.GetResourceVersion()...)
				}
				all[resource.Name+" "+object.GetNamespace()+"/"+object.GetName()] = string(content)
			}
		}
	}
	return all, nil
}

// before is what the cluster holds now.
func (v *viewer) before(t *testing.T) map[string]string {
	t.Helper()
	all, err := v.objects()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// unchanged waits until the cluster is as it was: the API server forgets a group of kinds
// some time after the last kind.
func (v *viewer) unchanged(t *testing.T, before map[string]string) {
	t.Helper()
	var diff string
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := wait.PollUntilContextCancel(ctx, pollInterval, true, func(context.Context) (bool, error) {
		after, err := v.objects()
		diff = cmp.Diff(before, after)
		return err == nil && diff == "", nil
	}); err != nil {
		t.Errorf("the cluster is not what it was (-before +after):\n%s", diff)
	}
}

func (v *viewer) eventually(t *testing.T, what string, is func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := wait.PollUntilContextCancel(ctx, pollInterval, true, func(ctx context.Context) (bool, error) { return is(ctx), nil }); err != nil {
		t.Fatalf("%s: not after %s", what, patience)
	}
}
