// Package config has no code. Its test shows the manifests to a real API server, since
// nothing else notices a manifest that no longer fits the code before a user does.
package config

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/test/controlplane"
)

const (
	systemNamespace = "webex-license-operator-system"
	managerUser     = "system:serviceaccount:" + systemNamespace + ":webex-license-operator-controller-manager"
	group           = "licensing.webex-operator.io"
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

func TestManifests(t *testing.T) {
	cluster, err := controlplane.Start(t.Context(), controlplane.Options{
		ControllerManager: true, CRDPaths: []string{filepath.Join("crd", "bases")}, Log: t.Logf,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	clientset, err := kubernetes.NewForConfig(cluster.Config)
	if err != nil {
		t.Fatal(err)
	}

	kubectl(t, cluster, "apply", "--server-side", "-k", "default")
	kubectl(t, cluster, "wait", "--for=condition=Established", "crd", "--all")
	kubectl(t, cluster, "apply", "--server-side", "-k", "grafana")
	samples := [][]string{
		{"apply", "--server-side", "-n", "default", "-k", "samples"},
		{"apply", "--server-side", "-k", filepath.Join("samples", "demo")},
		{"apply", "--server-side", "-k", filepath.Join("samples", "gitops", "customers")},
		{"apply", "--server-side", "-k", filepath.Join("samples", "gitops", "assignments")},
	}
	for _, apply := range samples {
		kubectl(t, cluster, apply...)
	}
	t.Run("no drift", func(t *testing.T) { testNoDrift(t, cluster, samples) })
	kubectl(t, cluster, "create", "--dry-run=server", "-f", filepath.Join("samples", "demo", "licensesync.yaml"))

	deployment, err := clientset.AppsV1().Deployments(systemNamespace).
		Get(t.Context(), "webex-license-operator-controller-manager", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("restricted pod security", func(t *testing.T) { testPodSecurity(t, clientset, deployment) })
	t.Run("dashboards", func(t *testing.T) { testDashboards(t, clientset) })
	t.Run("flags", func(t *testing.T) { testFlags(t, deployment) })
	t.Run("rights", func(t *testing.T) { testRights(t, cluster, clientset) })
	t.Run("people", func(t *testing.T) { testPeople(t, cluster) })
	t.Run("flow control", func(t *testing.T) { testFlowControl(t, cluster) })
	t.Run("network policy", func(t *testing.T) { testNetworkPolicy(t, cluster, deployment) })
	// Last, as they are for all namespaces.
	t.Run("written by the operator", func(t *testing.T) { testWrittenByOperator(t, cluster) })
	t.Run("tenants", func(t *testing.T) { testTenants(t, cluster) })
	t.Run("partners", func(t *testing.T) { testPartners(t, cluster) })
	t.Run("assignments", func(t *testing.T) { testAssignments(t, cluster) })
}

// kubectl fails the test on an error, and on a warning too: those are about fields that do
// not exist and pods that would not start.
func kubectl(t *testing.T, cluster *controlplane.ControlPlane, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(cluster.AssetsDir, "kubectl"), append(args, "--kubeconfig="+cluster.KubeconfigPath)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("kubectl %s: %v\n%s%s", strings.Join(args, " "), err, out, stderr.Bytes())
	}
}

// testNoDrift applies samples again, as Flux and Argo CD do every few minutes.
func testNoDrift(t *testing.T, cluster *controlplane.ControlPlane, samples [][]string) {
	c, err := client.New(cluster.Config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	versions := func(patch string) map[string]string {
		found := map[string]string{}
		for _, kind := range []string{"WebexCustomerAccess", "LicenseSync", "LicenseSyncSchedule", "WebexLicenseAssignment", "WebexPartner"} {
			list := &unstructured.UnstructuredList{}
			list.SetGroupVersionKind(schema.GroupVersionKind{Group: group, Version: "v1alpha1", Kind: kind + "List"})
			if err := c.List(t.Context(), list); err != nil {
				t.Fatal(err)
			}
			if len(list.Items) == 0 {
				t.Errorf("the samples have no %s", kind)
			}
			for _, item := range list.Items {
				if patch != "" {
					if err := c.Status().Patch(t.Context(), &item, client.RawPatch(types.MergePatchType, []byte(patch))); err != nil {
						t.Fatal(err)
					}
				}
				found[kind+" "+item.GetNamespace()+"/"+item.GetName()] = item.GetResourceVersion()
			}
		}
		return found
	}
	// The API server stores the default of a status with the first write after the creation;
	// that one is the operator's.
	before := versions(`{"status": {"observedGeneration": 1}}`)
	for _, apply := range samples {
		kubectl(t, cluster, apply...)
	}
	for name, version := range versions("") {
		if before[name] != version {
			t.Errorf("applying %s again changes it", name)
		}
	}
}

// testPodSecurity makes the pod that the Deployment would make; no node here runs one.
func testPodSecurity(t *testing.T, clientset kubernetes.Interface, deployment *appsv1.Deployment) {
	create := func(spec corev1.PodSpec) error {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "manager"}, Spec: spec}
		_, err := clientset.CoreV1().Pods(systemNamespace).Create(t.Context(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	}
	spec := deployment.Spec.Template.Spec
	if err := create(*spec.DeepCopy()); err != nil {
		t.Errorf("the manager's pod is refused: %v", err)
	}
	lax := spec.DeepCopy()
	lax.Containers[0].SecurityContext = nil
	if err := create(*lax); err == nil {
		t.Error("a pod without a security context is accepted: the namespace does not enforce the restricted level")
	}
}

// testFlags finds each argument of the container among the flags of the manager.
func testFlags(t *testing.T, deployment *appsv1.Deployment) {
	source, err := os.ReadFile(filepath.Join("..", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, arg := range deployment.Spec.Template.Spec.Containers[0].Args {
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		if !bytes.Contains(source, []byte(`"`+name+`"`)) {
			t.Errorf("the manager has no flag --%s", name)
		}
	}
}

// testRights asks the API server who may do what, once the aggregated roles are in place.
func testRights(t *testing.T, cluster *controlplane.ControlPlane, clientset kubernetes.Interface) {
	bindRoles(t, cluster, "default", "webexlicenses", "view", "edit", "admin")
	for _, tc := range []struct {
		user, verb, group, resource, namespace string
		want                                   bool
	}{
		{managerUser, "update", "coordination.k8s.io", "leases", systemNamespace, true},
		{managerUser, "update", "coordination.k8s.io", "leases", "default", false},
		{managerUser, "create", "", "events", systemNamespace, true},
		{managerUser, "create", "authentication.k8s.io", "tokenreviews", "", true},
		{managerUser, "patch", group, "webexlicenses/status", "default", true},
		{managerUser, "delete", "", "secrets", "default", false},
		{managerUser, "watch", "", "configmaps", "default", true},
		{managerUser, "patch", "", "configmaps", "default", false},
		{managerUser, "list", group, "webexlicenseassignments", "default", true},
		{managerUser, "patch", group, "webexlicenseassignments/status", "default", true},
		{managerUser, "patch", group, "webexlicenseassignments", "default", false},
		{managerUser, "create", group, "webexlicenseassignments", "default", false},
		{managerUser, "delete", group, "webexlicenseassignments", "default", false},
		{"view", "list", group, "webexlicenses", "default", true},
		{"view", "create", group, "licensesyncs", "default", false},
		{"edit", "create", group, "licensesyncs", "default", true},
		{"edit", "patch", group, "webexcustomeraccesses", "default", true},
		{"edit", "delete", group, "webexlicenses", "default", true},
		{"edit", "patch", group, "webexlicenses", "default", false},
		{"edit", "patch", group, "webexlicenses/status", "default", false},
		{managerUser, "create", group, "licensesyncs", "default", true},
		{managerUser, "patch", group, "licensesyncschedules/status", "default", true},
		{managerUser, "create", group, "licensesyncschedules", "default", true},
		{managerUser, "delete", group, "licensesyncschedules", "default", false},
		{managerUser, "create", group, "webexcustomeraccesses", "default", true},
		{managerUser, "delete", group, "webexcustomeraccesses", "default", false},
		{managerUser, "patch", group, "webexpartners/status", "default", true},
		{managerUser, "patch", group, "webexpartners", "default", false},
		{managerUser, "create", group, "webexpartners", "default", false},
		{"view", "list", group, "webexpartners", "default", true},
		{"view", "patch", group, "webexpartners", "default", false},
		{"edit", "create", group, "webexpartners", "default", true},
		{"edit", "deletecollection", group, "webexpartners", "default", false},
		{"edit", "patch", group, "webexpartners/status", "default", false},
		{"admin", "deletecollection", group, "webexpartners", "default", true},
		{"view", "list", group, "licensesyncschedules", "default", true},
		{"view", "patch", group, "licensesyncschedules", "default", false},
		{"edit", "patch", group, "licensesyncschedules", "default", true},
		{"edit", "deletecollection", group, "licensesyncschedules", "default", false},
		{"edit", "deletecollection", group, "webexcustomeraccesses", "default", false},
		{"admin", "deletecollection", group, "webexcustomeraccesses", "default", true},
		{"admin", "create", group, "webexlicenses", "default", true},
		{"admin", "patch", group, "webexlicenses/status", "default", false},
	} {
		resource, subresource, _ := strings.Cut(tc.resource, "/")
		if !eventuallyAllowed(t, clientset, tc.want, authorizationv1.SubjectAccessReviewSpec{
			User: tc.user,
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace: tc.namespace, Verb: tc.verb, Group: tc.group, Resource: resource, Subresource: subresource,
			},
		}) {
			t.Errorf("may %s %s %s in namespace %q? Want %v", tc.user, tc.verb, tc.resource, tc.namespace, tc.want)
		}
	}
}

// eventuallyAllowed waits for the controller that aggregates roles and for the API
// server's caches of them. A right that must not be is asked for once; the rights before
// it in the table have shown by then that all is in place.
func eventuallyAllowed(t *testing.T, clientset kubernetes.Interface, want bool, spec authorizationv1.SubjectAccessReviewSpec) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		review, err := clientset.AuthorizationV1().SubjectAccessReviews().
			Create(ctx, &authorizationv1.SubjectAccessReview{Spec: spec}, metav1.CreateOptions{})
		switch {
		case err != nil && ctx.Err() == nil:
			t.Fatal(err)
		case err == nil && review.Status.Allowed == want:
			return true
		case err != nil || !want:
			return false
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestNothingIsForgotten finds files that no kustomization.yaml names.
func TestNothingIsForgotten(t *testing.T) {
	byHand := map[string]bool{filepath.Join("samples", "demo", "licensesync.yaml"): true} // needs kubectl create
	directories := []string{
		"crd", "rbac", "manager", "default", "samples", filepath.Join("samples", "demo"), filepath.Join("samples", "gitops", "customers"),
		filepath.Join("samples", "gitops", "assignments"), "network-policy", "flow-control", "admission", filepath.Join("admission", "samples"),
	}
	for _, dir := range directories {
		kustomization, err := os.ReadFile(filepath.Join(dir, "kustomization.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		bases, err := filepath.Glob(filepath.Join(dir, "bases", "*.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range append(files, bases...) {
			name, err := filepath.Rel(dir, file)
			if err != nil {
				t.Fatal(err)
			}
			if name == "kustomization.yaml" || byHand[file] {
				continue
			}
			if !bytes.Contains(kustomization, []byte("\n- "+filepath.ToSlash(name)+"\n")) {
				t.Errorf("%s is not in %s/kustomization.yaml", name, dir)
			}
		}
	}
}
