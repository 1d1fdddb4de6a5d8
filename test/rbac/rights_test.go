package rbac

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/webex-operator/webex-license-operator/test/operator"
)

// right is one thing that one may do: the smallest piece of a rule.
type right struct{ group, resource, verb string }

func (r right) String() string {
	if r.group == "" {
		return r.verb + " " + r.resource
	}
	return r.verb + " " + r.resource + "." + r.group
}

func (r right) rule() rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{r.group}, Resources: []string{r.resource}, Verbs: []string{r.verb}}
}

// refusal is what the API server says to who lacks the right.
func (r right) refusal() string {
	if strings.HasSuffix(r.resource, "/finalizers") {
		return "a resource you can't set finalizers on"
	}
	return fmt.Sprintf(`cannot %s resource "%s" in API group "%s"`, r.verb, r.resource, r.group)
}

// scope is where a right is given: a namespace, or empty for all of the cluster.
type scope = string

const (
	systemNamespace = "webex-license-operator-system"
	account         = "webex-license-operator-controller-manager"
	managerUser     = "system:serviceaccount:" + systemNamespace + ":" + account
)

// granted are the rights of the manager by the manifests of a directory of config.
func granted(t *testing.T, directory string) map[scope][]right {
	t.Helper()
	rules := map[string][]rbacv1.PolicyRule{} // by kind, namespace and name of the role
	var bindings []rbacv1.RoleBinding
	for _, object := range build(t, directory) {
		switch object.GetKind() {
		case "Role", "ClusterRole":
			var role rbacv1.Role // a ClusterRole has the same rules
			convert(t, object, &role)
			rules[role.Kind+"/"+role.Namespace+"/"+role.Name] = role.Rules
		case "RoleBinding", "ClusterRoleBinding":
			var binding rbacv1.RoleBinding
			convert(t, object, &binding)
			bindings = append(bindings, binding)
		}
	}
	rights := map[scope][]right{}
	for _, binding := range bindings {
		if !slices.ContainsFunc(binding.Subjects, func(s rbacv1.Subject) bool { return s.Namespace == systemNamespace && s.Name == account }) {
			continue
		}
		role := rules[binding.RoleRef.Kind+"/"+binding.Namespace+"/"+binding.RoleRef.Name]
		if len(role) == 0 {
			t.Fatalf("%s %s refers to no rules", binding.Kind, binding.Name)
		}
		rights[binding.Namespace] = append(rights[binding.Namespace], expand(role)...)
	}
	return rights
}

func expand(rules []rbacv1.PolicyRule) []right {
	var rights []right
	for _, rule := range rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					rights = append(rights, right{group, resource, verb})
				}
			}
		}
	}
	return rights
}

// request is what the audit log says of one.
type request struct {
	right
	namespace string
	status    int
}

// requests are those of a user to the API server. Discovery is left out: all may do it.
func requests(t *testing.T, user string) []request {
	t.Helper()
	file, err := os.Open(shared.auditLog)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var all []request
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var event struct {
			Verb string
			User struct{ Username string }
			// ObjectRef is missing for what is no resource.
			ObjectRef      *struct{ APIGroup, Resource, Subresource, Namespace string }
			ResponseStatus struct{ Code int }
		}
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			continue // the line that is being written
		}
		if event.User.Username != user || event.ObjectRef == nil {
			continue
		}
		resource := event.ObjectRef.Resource
		if event.ObjectRef.Subresource != "" {
			resource += "/" + event.ObjectRef.Subresource
		}
		r := request{right{event.ObjectRef.APIGroup, resource, event.Verb}, event.ObjectRef.Namespace, event.ResponseStatus.Code}
		all = append(all, r)
		if event.Verb == "patch" && r.status == http.StatusCreated {
			// An apply that creates needs both rights; the log shows the one.
			r.verb = "create"
			all = append(all, r)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// build is what kustomize makes of a directory of config.
func build(t *testing.T, directory string) []*unstructured.Unstructured {
	t.Helper()
	output := kubectl(t, "kustomize", filepath.Join(repository, "config", directory))
	objects, err := operator.Objects(output)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

func kubectl(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(shared.cluster.AssetsDir, "kubectl"), args...) //nolint:gosec // our own arguments
	cmd.Env = append(os.Environ(), "KUBECONFIG="+shared.cluster.KubeconfigPath)
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return output
}

func convert(t *testing.T, object *unstructured.Unstructured, into any) {
	t.Helper()
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, into); err != nil {
		t.Fatal(err)
	}
}
