package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/controlplane"
	"github.com/webex-operator/webex-license-operator/test/operator"
)

const tokenType = "licensing.webex-operator.io/tokens"

// A cluster from the installation to the last line of uninstall: every block of these pages
// runs in its order, and what the pages promise in between is true.
func TestLifecycle(t *testing.T) {
	t.Parallel()
	c := newCommands(t, controlplane.Options{ControllerManager: true, CRDPaths: []string{operator.CRDs("..")}})
	at := c.prepare(t)
	install := "kubectl kustomize config/default > install.yaml"
	if output, err := c.shell(t, at, install); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, page := range lifecycle {
		for _, b := range blocksOf(t, page) {
			if elsewhere[b.key()] != "" {
				continue
			}
			if page == "docs/backup.md" && strings.HasPrefix(b.first, "umask") {
				c.storeTokens(t, at.namespace)
			}
			if output, err := c.shell(t, at, b.script); err != nil {
				t.Fatalf("%s: %v\n%s\n%s", page, err, b.script, output)
			}
			if page == "docs/backup.md" && strings.HasPrefix(b.first, "umask") {
				c.lose(t, at.namespace)
			}
		}
		switch page {
		case "docs/backup.md":
			c.expectRestored(t, at)
		case "docs/uninstall.md":
			c.expectNothingLeft(t, at)
		}
	}
}

// storeTokens puts the Secret there that the operator would have written for acme, which
// owns it.
func (c *commands) storeTokens(t *testing.T, namespace string) {
	t.Helper()
	acme := &v1alpha1.WebexCustomerAccess{}
	if err := c.admin.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "acme"}, acme); err != nil {
		t.Fatal(err)
	}
	placeholder := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "acme-webex-webex-token"}}
	if err := c.admin.Delete(t.Context(), placeholder); err != nil {
		t.Fatal(err)
	}
	c.create(t, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: "acme-webex-webex-token",
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(acme, v1alpha1.GroupVersion.WithKind("WebexCustomerAccess"))},
		},
		Type:       tokenType,
		StringData: map[string]string{"accessToken": "an access token: with \"quotes\"", "refreshToken": "a refresh token"},
	})
}

// lose deletes all customers, schedules and assignments; their Secrets with tokens go after them.
func (c *commands) lose(t *testing.T, namespace string) {
	t.Helper()
	for _, kind := range []client.Object{&v1alpha1.WebexCustomerAccess{}, &v1alpha1.LicenseSyncSchedule{}, &v1alpha1.WebexLicenseAssignment{}} {
		for _, from := range []string{namespace, "webex-customers"} {
			if err := c.admin.DeleteAllOf(t.Context(), kind, client.InNamespace(from)); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.awaitGone(t, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "acme-webex-webex-token"}})
}

// awaitGone waits for the garbage collector.
func (c *commands) awaitGone(t *testing.T, object client.Object) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		err := c.admin.Get(t.Context(), client.ObjectKeyFromObject(object), object)
		if apierrors.IsNotFound(err) {
			return
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("%s is still there: %v", object.GetName(), err)
		}
	}
}

// expectRestored says that customers, schedules and tokens are back, and that the garbage
// collector, which removes what belongs to an object that is gone, leaves the tokens alone.
func (c *commands) expectRestored(t *testing.T, at shellDir) {
	t.Helper()
	for _, customer := range []client.ObjectKey{{Namespace: at.namespace, Name: "acme"}, {Namespace: at.namespace, Name: "globex"}, {Namespace: "webex-customers", Name: "acme"}} {
		if err := c.admin.Get(t.Context(), customer, &v1alpha1.WebexCustomerAccess{}); err != nil {
			t.Error(err)
		}
	}
	schedule := &v1alpha1.LicenseSyncSchedule{}
	if err := c.admin.Get(t.Context(), client.ObjectKey{Namespace: at.namespace, Name: "nightly"}, schedule); err != nil || schedule.Spec.Schedule != "0 2 * * *" {
		t.Errorf("%v, %+v", err, schedule.Spec)
	}
	if err := c.admin.Get(t.Context(), client.ObjectKey{Namespace: at.namespace, Name: "sales"}, &v1alpha1.WebexLicenseAssignment{}); err != nil {
		t.Error(err)
	}
	orphan := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: at.namespace, Name: "orphan", OwnerReferences: []metav1.OwnerReference{{
		APIVersion: v1alpha1.GroupVersion.String(), Kind: "WebexCustomerAccess", Name: "acme", UID: types.UID("00000000-0000-4000-8000-000000000000"),
	}}}}
	c.create(t, orphan)
	c.awaitGone(t, orphan)
	tokens := &corev1.Secret{}
	if err := c.admin.Get(t.Context(), client.ObjectKey{Namespace: at.namespace, Name: "acme-webex-webex-token"}, tokens); err != nil {
		t.Fatal(err)
	}
	if tokens.Type != tokenType || len(tokens.OwnerReferences) > 0 || string(tokens.Data["accessToken"]) != "an access token: with \"quotes\"" || string(tokens.Data["refreshToken"]) != "a refresh token" {
		t.Errorf("restored as %s, owned by %v, with %d keys", tokens.Type, tokens.OwnerReferences, len(tokens.Data))
	}
	for _, name := range []string{"customers.yaml", "tokens.yaml"} {
		info, err := os.Stat(filepath.Join(at.dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "tokens.yaml" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s may be read by others: %v", name, info.Mode())
		}
	}
}

// expectNothingLeft looks for what the operator, or the pages, had made.
func (c *commands) expectNothingLeft(t *testing.T, at shellDir) {
	t.Helper()
	left := fmt.Sprintf("kubectl get crd,clusterrole,clusterrolebinding,namespace -o name | grep -E 'webex-(operator|license)' || true; kubectl get secret -A --field-selector type=%s -o name; kubectl get secret -n %s acme-webex -o name --ignore-not-found", tokenType, at.namespace)
	if output, err := c.shell(t, at, left); err != nil || strings.TrimSpace(output) != "" {
		t.Errorf("left: %v\n%s", err, output)
	}
}
