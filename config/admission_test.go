package config

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/controlplane"
	"github.com/webex-operator/webex-license-operator/test/operator"
)

// as is a client that the API server takes for this user. Members of system:masters may
// pretend to be any user.
func as(t *testing.T, cluster *controlplane.ControlPlane, user string, groups ...string) client.Client {
	t.Helper()
	config := rest.CopyConfig(cluster.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: append(groups, "system:authenticated")}
	c, err := client.New(config, client.Options{Scheme: operator.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// attempts are what users try, each with the words of the refusal that it must meet;
// no words if it must succeed.
type attempts []struct {
	who, what string
	do        func() error
	refused   string
}

func (all attempts) run(t *testing.T) {
	t.Helper()
	for _, a := range all {
		err := a.do()
		switch {
		case a.refused == "" && err != nil:
			t.Errorf("%s cannot %s: %v", a.who, a.what, err)
		case a.refused != "" && err == nil:
			t.Errorf("%s can %s", a.who, a.what)
		case a.refused != "" && !strings.Contains(err.Error(), a.refused):
			t.Errorf("%s cannot %s, but for another reason than %q: %v", a.who, a.what, a.refused, err)
		}
	}
}

// until tries until the API server has taken notice of a policy, or of its end, which it
// does on its own time.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx := t.Context()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if done() {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal(ctx.Err())
		case <-tick.C:
		}
	}
	t.Fatalf("not after 30 s: %s", what)
}

func merge(c client.Client, t *testing.T, object client.Object, patch string) error {
	t.Helper()
	return c.Patch(t.Context(), object, client.RawPatch(types.MergePatchType, []byte(patch)))
}

func mergeStatus(c client.Client, t *testing.T, object client.Object, patch string) error {
	t.Helper()
	return c.Status().Patch(t.Context(), object, client.RawPatch(types.MergePatchType, []byte(patch)))
}

// testWrittenByOperator: rows and statuses are the operator's, and yet everything that
// Kubernetes and people do with them goes on.
func testWrittenByOperator(t *testing.T, cluster *controlplane.ControlPlane) {
	operatorItself, root, velero := as(t, cluster, managerUser), as(t, cluster, "root", "system:masters"), as(t, cluster, "velero", "system:masters")
	editor := as(t, cluster, "edit")
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "rows"}}
	create(t, root, namespace)
	bindRoles(t, cluster, namespace.Name, "webexlicenses", "edit")
	row := func(name string, owners ...metav1.OwnerReference) *v1alpha1.WebexLicense {
		return newRow(namespace.Name, name, owners...)
	}
	customer := newCustomer(namespace.Name, "acme")
	run := &v1alpha1.LicenseSync{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: "run"},
		Spec:       v1alpha1.LicenseSyncSpec{CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: "acme"}},
	}
	create(t, editor, customer)
	create(t, editor, run)
	assignment := newAssignment(namespace.Name, "sales")
	create(t, root, assignment)
	partner := newPartner(namespace.Name, "provider")
	create(t, editor, partner)
	owner := metav1.OwnerReference{APIVersion: v1alpha1.GroupVersion.String(), Kind: "WebexCustomerAccess", Name: customer.Name, UID: customer.UID}

	kubectl(t, cluster, "apply", "--server-side", "-k", "admission")
	until(t, "the policy keeps root from writing a row", func() bool { return root.Create(t.Context(), row("probe"), client.DryRunAll) != nil })

	const figures, label = `{"status":{"totalUnits":1}}`, `{"metadata":{"labels":{%q:%q}}}`
	const rowsAreOurs, statusIsOurs = "licence rows and their labels", "is written by the operator only"
	object, owned := row("acme-calling"), row("acme-meetings", owner)
	attempts{
		{"the operator", "create a row", func() error { return operatorItself.Create(t.Context(), object) }, ""},
		{"the operator", "create a row of a customer", func() error { return operatorItself.Create(t.Context(), owned) }, ""},
		{"the operator", "write figures", func() error { return mergeStatus(operatorItself, t, object, figures) }, ""},
		{"the operator", "relabel a row", func() error {
			return merge(operatorItself, t, object, fmt.Sprintf(label, v1alpha1.LabelClass, "Purchased"))
		}, ""},
		{"the operator", "write the status of a run", func() error { return mergeStatus(operatorItself, t, run, `{"status":{"observedGeneration":1}}`) }, ""},
		{"root", "create a row", func() error { return root.Create(t.Context(), row("made-up")) }, rowsAreOurs},
		{"root", "write figures", func() error { return mergeStatus(root, t, object, figures) }, statusIsOurs},
		{"root", "write the status of a run", func() error { return mergeStatus(root, t, run, `{"status":{"message":"x"}}`) }, statusIsOurs},
		{"root", "write the status of a customer", func() error { return mergeStatus(root, t, customer, `{"status":{"observedGeneration":1}}`) }, statusIsOurs},
		{"root", "write the status of an assignment", func() error { return mergeStatus(root, t, assignment, `{"status":{"removals":[]}}`) }, statusIsOurs},
		{"root", "write the status of a partner", func() error { return mergeStatus(root, t, partner, `{"status":{"held":null}}`) }, statusIsOurs},
		{"root", "change what a row counts as", func() error { return merge(root, t, object, fmt.Sprintf(label, v1alpha1.LabelLevel, "Site")) }, rowsAreOurs},
		{"root", "add a label of the operator", func() error { return merge(root, t, object, fmt.Sprintf(label, v1alpha1.LabelLocation, "x")) }, rowsAreOurs},
		{"root", "remove a label of the operator", func() error {
			return merge(root, t, object, `{"metadata":{"labels":{"`+v1alpha1.LabelLevel+`":null}}}`)
		}, rowsAreOurs},
		{"root", "add a label of its own", func() error { return merge(root, t, object, fmt.Sprintf(label, "example.com/cost-centre", "42")) }, ""},
		{"an editor", "ask for a run", func() error {
			return merge(editor, t, customer, `{"metadata":{"annotations":{"`+v1alpha1.AnnotationRequestedAt+`":"now"}}}`)
		}, ""},
		{"an editor", "cancel a run", func() error { return merge(editor, t, run, `{"spec":{"cancel":true}}`) }, ""},
	}.run(t)

	// A restore: its user is added, and taken away again.
	writers := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: systemNamespace, Name: "webex-license-operator-operators"}}
	allow := func(users ...string) {
		t.Helper()
		data, err := json.Marshal(map[string]any{"data": map[string]string{"operators": strings.Join(users, "\n") + "\n"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := merge(root, t, writers, string(data)); err != nil {
			t.Fatal(err)
		}
	}
	allow(managerUser, "velero")
	restored := row("restored")
	until(t, "velero may write rows", func() bool { return velero.Create(t.Context(), restored) == nil })
	if err := mergeStatus(velero, t, restored, figures); err != nil {
		t.Errorf("velero cannot restore figures: %v", err)
	}
	allow(managerUser)

	// All that makes rows go, or lets go of them.
	expectGarbageCollection(t, root, customer, owned)
	attempts{{"an editor", "delete a row that was kept", func() error { return editor.Delete(t.Context(), object) }, ""}}.run(t)
	if err := root.Delete(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	until(t, "the namespace goes, with its rows", func() bool {
		return apierrors.IsNotFound(root.Get(t.Context(), client.ObjectKeyFromObject(namespace), &corev1.Namespace{}))
	})
}

// expectGarbageCollection orphans the row of a customer, which the garbage collector does by
// an update, and has it collect the row of another one.
func expectGarbageCollection(t *testing.T, root client.Client, customer *v1alpha1.WebexCustomerAccess, owned *v1alpha1.WebexLicense) {
	t.Helper()
	if err := root.Delete(t.Context(), customer, client.PropagationPolicy(metav1.DeletePropagationOrphan)); err != nil {
		t.Fatal(err)
	}
	until(t, "the garbage collector lets go of the row of a customer that leaves it behind", func() bool {
		found := &v1alpha1.WebexLicense{}
		err := root.Get(t.Context(), client.ObjectKeyFromObject(owned), found)
		return err == nil && len(found.OwnerReferences) == 0
	})
	until(t, "the customer goes", func() bool {
		return apierrors.IsNotFound(root.Get(t.Context(), client.ObjectKeyFromObject(customer), &v1alpha1.WebexCustomerAccess{}))
	})
}

// The organizations that the sample allows two namespaces.
const organizationOfA, organizationOfB = "11111111-2222-4333-8444-555555555555", "33333333-4444-4555-8666-777777777777"

// testTenants: the sample says which namespaces may name which organizations and hosts.
func testTenants(t *testing.T, cluster *controlplane.ControlPlane) {
	root := as(t, cluster, "root", "system:masters")
	for _, name := range []string{"team-a", "team-b", "team-c"} {
		create(t, root, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	}
	customer := func(namespace, name, organization string, connection v1alpha1.Connection) *v1alpha1.WebexCustomerAccess {
		return &v1alpha1.WebexCustomerAccess{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
			Spec: v1alpha1.WebexCustomerAccessSpec{
				CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: name}, OrganizationID: organization, Connection: &connection,
			},
		}
	}
	old := customer("team-c", "from-before", "", v1alpha1.Connection{BaseURL: "https://elsewhere.example/v1"})
	create(t, root, old)
	kubectl(t, cluster, "apply", "--server-side", "-k", filepath.Join("admission", "samples"))

	const a, b = organizationOfA, organizationOfB
	none := v1alpha1.Connection{}
	try := func(c *v1alpha1.WebexCustomerAccess) func() error {
		return func() error { return root.Create(t.Context(), c, client.DryRunAll) }
	}
	until(t, "the policy asks for the organization", func() bool { return try(customer("team-a", "x", "", none))() != nil })
	bare := customer("team-a", "x", a, none)
	bare.Spec.Connection = nil
	attempts{
		{"team-a", "name its organization", try(bare), ""},
		{"team-a", "name its organization and a budget", try(customer("team-a", "x", a, v1alpha1.Connection{RequestsPerMinute: 60})), ""},
		{"team-a", "name Webex as the host", try(customer("team-a", "x", a, v1alpha1.Connection{BaseURL: "https://webexapis.com/v1"})), ""},
		{"team-a", "name no organization", try(customer("team-a", "x", "", none)), "spec.organizationID is required"},
		{"team-a", "name team-b's organization", try(customer("team-a", "x", b, none)), "namespace team-a may not read this organization"},
		{"team-a", "name a host of team-b", try(customer("team-a", "x", a, v1alpha1.Connection{BaseURL: "https://api-usgov.webex.com/v1"})), "may not name host api-usgov.webex.com"},
		{"team-a", "name a proxy", try(customer("team-a", "x", a, v1alpha1.Connection{ProxyURL: "http://proxy.example.com:8080"})), "may not name this proxy"},
		{"team-b", "name its second organization, host and proxy", try(customer("team-b", "x", b, v1alpha1.Connection{
			BaseURL: "https://api-usgov.webex.com/v1", ProxyURL: "http://proxy.example.com:8080",
		})), ""},
		{"team-b", "name another port of the proxy", try(customer("team-b", "x", b, v1alpha1.Connection{ProxyURL: "http://proxy.example.com:3128"})), "may not name this proxy"},
		{"team-c", "name an organization", try(customer("team-c", "x", a, none)), "namespace team-c may not read this organization"},
		{"a customer from before", "be annotated", func() error {
			return merge(root, t, old, `{"metadata":{"annotations":{"`+v1alpha1.AnnotationRequestedAt+`":"now"}}}`)
		}, ""},
		{"a customer from before", "get another spec", func() error { return merge(root, t, old, `{"spec":{"customerName":"New"}}`) }, "spec.organizationID is required"},
		{"a customer from before", "be deleted", func() error { return root.Delete(t.Context(), old) }, ""},
	}.run(t)
}

func create(t *testing.T, c client.Client, object client.Object) {
	t.Helper()
	if err := c.Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
}
