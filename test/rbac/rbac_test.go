package rbac

import (
	"crypto/tls"
	"net/http"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// With the RBAC of config/default and of config/namespaced, exactly as they are applied, the
// manager does its whole work, is refused nothing, and uses each right that it has.
func TestRightsAreThoseThatAreUsed(t *testing.T) {
	t.Run("config/default", func(t *testing.T) {
		s := newScenario(t)
		kubectl(t, "apply", "--server-side", "-k", repository+"/config/default")
		s.namespace = s.newNamespace("anywhere-")
		s.metrics = freeAddress(t)
		s.prepare()
		s.start(managerAccount())
		s.play()
		s.expectNoHTTP2()
		s.stop()
		all := granted(t, "default")
		expectUsed(t, all, requests(t, managerUser))
		for scope := range all {
			if scope != "" && scope != systemNamespace {
				t.Errorf("config/default grants rights in namespace %s", scope)
			}
		}
		// Away with the lease and the rights on the cluster, for the other form.
		kubectl(t, "delete", "lease", "--all", "-n", systemNamespace)
		kubectl(t, "delete", "clusterrolebinding", "webex-license-operator-manager-rolebinding", "webex-license-operator-metrics-auth-rolebinding")
	})
	t.Run("config/namespaced", func(t *testing.T) {
		before := len(requests(t, managerUser))
		all := granted(t, "namespaced")
		if _, found := all[""]; found {
			t.Fatal("config/namespaced grants rights on the cluster")
		}
		var watched []string
		for scope := range all {
			if scope != systemNamespace {
				watched = append(watched, scope)
			}
		}
		scenarios := make([]*scenario, len(watched))
		for i, namespace := range watched {
			scenarios[i] = newScenario(t)
			scenarios[i].namespace = scenarios[i].newNamespace(namespace)
			scenarios[i].prepare()
		}
		kubectl(t, "apply", "--server-side", "-k", repository+"/config/namespaced")
		s := scenarios[0]
		for _, other := range scenarios[1:] {
			s.neighbours = append(s.neighbours, other.host())
		}
		s.start(managerAccount(), "--watch-namespaces="+strings.Join(watched, ","))
		for _, s := range scenarios {
			s.play()
		}
		s.stop()
		made := requests(t, managerUser)[before:]
		expectUsed(t, all, made)
		for _, r := range made {
			if r.namespace != systemNamespace && !slices.Contains(watched, r.namespace) {
				t.Errorf("%s outside of the namespaces: in %q", r.right, r.namespace)
			}
		}
	})
}

// expectUsed compares what was granted in each scope with what was used of it.
func expectUsed(t *testing.T, all map[scope][]right, made []request) {
	t.Helper()
	used := map[scope]map[right]bool{}
	for _, r := range made {
		if r.status == http.StatusForbidden {
			t.Errorf("the manager is refused: %s in namespace %q", r.right, r.namespace)
		}
		for _, scope := range []scope{r.namespace, ""} {
			if slices.Contains(all[scope], r.right) {
				if used[scope] == nil {
					used[scope] = map[right]bool{}
				}
				used[scope][r.right] = true
			}
		}
	}
	for scope, rights := range all {
		for _, right := range rights {
			// The admission plugin asks for it, and makes no request.
			if !used[scope][right] && !strings.HasSuffix(right.resource, "/finalizers") && right != rarelyUsed {
				t.Errorf("the right to %s in scope %q is granted and was not used", right, scope)
			}
		}
	}
}

// rarelyUsed is used in a moment that no test can bring about: a partner's schedule was made, and
// the cache does not have it yet.
var rarelyUsed = right{v1alpha1.GroupName, "licensesyncschedules", "get"}

// Whichever right is taken away: the manager says which one it lacks.
func TestEachRightIsMissed(t *testing.T) {
	kubectl(t, "apply", "--server-side", "-k", repository+"/config/default") // for the role of who reads metrics
	// Those in the watched namespaces, on its own namespace, and on the cluster.
	watched, home, cluster := rightsOf(t, "manager-role"), rightsOf(t, "leader-election-role"), rightsOf(t, "metrics-auth-role")
	for _, missing := range slices.Concat(watched, home, cluster) {
		if missing == rarelyUsed {
			continue
		}
		t.Run(missing.String(), func(t *testing.T) {
			t.Parallel()
			s := newScenario(t)
			s.namespace = s.newNamespace("home-")
			account := s.account("manager")
			s.grant(account, s.namespace, without(home, missing))
			s.grant(account, "", without(cluster, missing))
			s.namespace = s.newNamespace("watched-")
			s.grant(account, s.namespace, without(watched, missing))
			s.metrics = freeAddress(t)
			seen := false
			s.over = func() bool {
				seen = seen || strings.Contains(strings.ReplaceAll(s.log.String(), `\"`, `"`), missing.refusal())
				return seen
			}
			s.prepare()
			s.start(account, "--watch-namespaces="+s.namespace)
			s.play()
			s.await("the log tells of the refusal: "+missing.refusal(), s.over)
		})
	}
}

// rightsOf are those of a role of config/default.
func rightsOf(t *testing.T, role string) []right {
	t.Helper()
	for _, object := range build(t, "default") {
		if strings.HasSuffix(object.GetKind(), "Role") && object.GetName() == "webex-license-operator-"+role {
			var found rbacv1.Role
			convert(t, object, &found)
			return expand(found.Rules)
		}
	}
	t.Fatalf("no role %s", role)
	return nil
}

func without(rights []right, missing right) []rbacv1.PolicyRule {
	var rules []rbacv1.PolicyRule
	for _, r := range rights {
		if r != missing {
			rules = append(rules, r.rule())
		}
	}
	return rules
}

// grant gives rights in a namespace, or on the cluster.
func (s *scenario) grant(account *corev1.ServiceAccount, namespace string, rules []rbacv1.PolicyRule) {
	s.t.Helper()
	if namespace == "" {
		name := account.Namespace
		s.create(&rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: rules})
		s.create(clusterBinding(name, name, account))
		return
	}
	name := metav1.ObjectMeta{Namespace: namespace, Name: "manager"}
	s.create(&rbacv1.Role{ObjectMeta: name, Rules: rules})
	s.create(&rbacv1.RoleBinding{
		ObjectMeta: name,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name.Name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: account.Namespace, Name: account.Name}},
	})
}

func clusterBinding(name, role string, account *corev1.ServiceAccount) *rbacv1.ClusterRoleBinding {
	return &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: account.Namespace, Name: account.Name}},
	}
}

func managerAccount() *corev1.ServiceAccount {
	return &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: systemNamespace, Name: account}}
}

// stop ends the manager as Kubernetes does, so that it gives the lease back.
func (s *scenario) stop() {
	s.t.Helper()
	if err := s.process.Stop(); err != nil {
		s.t.Errorf("the manager ends with %v", err)
	}
	s.process = nil
}

// scrapeAs reads the metrics with a token, and returns the status; 0 if there is no answer.
func (s *scenario) scrapeAs(token string) int {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "https://"+s.metrics+"/metrics", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	//nolint:gosec // the manager's certificate is its own
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// expectNoHTTP2 asks the metrics server for HTTP/2 first, as a client that prefers it.
func (s *scenario) expectNoHTTP2() {
	s.t.Helper()
	//nolint:gosec // the manager's certificate is its own
	dialer := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}}}
	connection, err := dialer.DialContext(s.t.Context(), "tcp", s.metrics)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	if got := connection.(*tls.Conn).ConnectionState().NegotiatedProtocol; got != "http/1.1" { //nolint:forcetypeassert // a tls.Dialer makes no other
		s.t.Errorf("the metrics server speaks %q", got)
	}
}
