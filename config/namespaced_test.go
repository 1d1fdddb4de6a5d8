package config

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/test/controlplane"
	"github.com/webex-operator/webex-license-operator/test/operator"
)

// The overlay for named namespaces gives the manager the same rights as config/default, in
// those namespaces and nowhere else.
func TestNamespaced(t *testing.T) {
	assets, err := controlplane.AssetsDir()
	if err != nil {
		t.Fatal(err)
	}
	objects := build(t, assets, "namespaced")
	deployment := &appsv1.Deployment{}
	find(t, objects, "Deployment", "webex-license-operator-controller-manager", deployment)
	watched := watchedNamespaces(t, deployment)
	if len(watched) < 2 {
		t.Errorf("the overlay watches %q: it should show how to watch several", watched)
	}
	testNamespacedRights(t, objects, watched)
	usual := &appsv1.Deployment{}
	find(t, build(t, assets, "default"), "Deployment", deployment.Name, usual)
	for _, arg := range usual.Spec.Template.Spec.Containers[0].Args {
		if !strings.HasPrefix(arg, "--metrics-") && !slices.Contains(deployment.Spec.Template.Spec.Containers[0].Args, arg) {
			t.Errorf("config/default runs the manager with %s, the overlay does not", arg)
		}
	}

	cluster, err := controlplane.Start(t.Context(), controlplane.Options{Log: t.Logf})
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
	for _, namespace := range watched {
		if _, err := clientset.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	kubectl(t, cluster, "apply", "--server-side", "-k", "crd")
	kubectl(t, cluster, "apply", "--server-side", "-k", "namespaced")
	deployment, err = clientset.AppsV1().Deployments(systemNamespace).Get(t.Context(), deployment.Name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("restricted pod security", func(t *testing.T) { testPodSecurity(t, clientset, deployment) })
	t.Run("flags", func(t *testing.T) { testFlags(t, deployment) })
	for _, tc := range []struct {
		verb, group, resource, namespace string
		want                             bool
	}{
		{"update", "coordination.k8s.io", "leases", systemNamespace, true},
		{"patch", group, "webexlicenses/status", watched[0], true},
		{"watch", "", "secrets", watched[1], true},
		{"patch", group, "webexlicenseassignments/status", watched[1], true},
		{"update", "coordination.k8s.io", "leases", watched[0], false},
		{"get", "", "secrets", systemNamespace, false},
		{"get", "", "secrets", "default", false},
		{"list", "", "secrets", "", false},
		{"list", group, "webexcustomeraccesses", "default", false},
		{"list", group, "webexcustomeraccesses", "", false},
		{"list", group, "webexlicenseassignments", "default", false},
		{"list", "", "configmaps", "default", false},
	} {
		resource, subresource, _ := strings.Cut(tc.resource, "/")
		if !eventuallyAllowed(t, clientset, tc.want, authorizationv1.SubjectAccessReviewSpec{
			User: managerUser,
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace: tc.namespace, Verb: tc.verb, Group: tc.group, Resource: resource, Subresource: subresource,
			},
		}) {
			t.Errorf("may %s %s in namespace %q? Want %v", tc.verb, tc.resource, tc.namespace, tc.want)
		}
	}
}

// testNamespacedRights compares the Roles with the generated ClusterRole.
func testNamespacedRights(t *testing.T, objects []*unstructured.Unstructured, watched []string) {
	var want rbacv1.ClusterRole
	readYAML(t, filepath.Join("rbac", "role.yaml"), &want)
	var roles, bindings []string
	for _, object := range objects {
		namespace := object.GetNamespace()
		switch kind := object.GetKind(); {
		case kind == "ClusterRole" || kind == "ClusterRoleBinding":
			t.Errorf("the overlay has %s %s", kind, object.GetName())
		case kind == "Role" && namespace != systemNamespace:
			var role rbacv1.Role
			convert(t, object, &role)
			if !equality.Semantic.DeepEqual(role.Rules, want.Rules) {
				t.Errorf("Role %s/%s has other rules than rbac/role.yaml", namespace, role.Name)
			}
			roles = append(roles, namespace+"/"+role.Name)
		case kind == "RoleBinding" && namespace != systemNamespace:
			var binding rbacv1.RoleBinding
			convert(t, object, &binding)
			if len(binding.Subjects) != 1 || managerUser != "system:serviceaccount:"+binding.Subjects[0].Namespace+":"+binding.Subjects[0].Name {
				t.Errorf("RoleBinding %s/%s is for %v, not for the manager", namespace, binding.Name, binding.Subjects)
			}
			if binding.RoleRef.Kind != "Role" {
				t.Errorf("RoleBinding %s/%s refers to a %s", namespace, binding.Name, binding.RoleRef.Kind)
			}
			bindings = append(bindings, namespace+"/"+binding.RoleRef.Name)
		}
	}
	slices.Sort(roles)
	slices.Sort(bindings)
	if !slices.Equal(roles, bindings) {
		t.Errorf("Roles %q, but RoleBindings to %q", roles, bindings)
	}
	var granted []string
	for _, role := range roles {
		namespace, _, _ := strings.Cut(role, "/")
		granted = append(granted, namespace)
	}
	if !slices.Equal(granted, watched) {
		t.Errorf("rights in %q, but --watch-namespaces is %q", granted, watched)
	}
}

// watchedNamespaces are those of the container's --watch-namespaces, sorted.
func watchedNamespaces(t *testing.T, deployment *appsv1.Deployment) []string {
	t.Helper()
	for _, arg := range deployment.Spec.Template.Spec.Containers[0].Args {
		if names, ok := strings.CutPrefix(arg, "--watch-namespaces="); ok {
			return slices.Sorted(slices.Values(strings.Split(names, ",")))
		}
	}
	t.Fatal("the manager watches all namespaces")
	return nil
}

// build is what kustomize makes of a directory.
func build(t *testing.T, assets, dir string) []*unstructured.Unstructured {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), filepath.Join(assets, "kubectl"), "kustomize", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	objects, err := operator.Objects(output)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

func find(t *testing.T, objects []*unstructured.Unstructured, kind, name string, into any) {
	t.Helper()
	for _, object := range objects {
		if object.GetKind() == kind && object.GetName() == name {
			convert(t, object, into)
			return
		}
	}
	t.Fatalf("no %s %s", kind, name)
}

func convert(t *testing.T, object *unstructured.Unstructured, into any) {
	t.Helper()
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, into); err != nil {
		t.Fatal(err)
	}
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(content, into); err != nil {
		t.Fatal(err)
	}
}
