package partner_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/partner"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/test/controlplane"
)

// cluster is a control plane for all tests of this package.
type cluster struct {
	*controlplane.ControlPlane
	admin client.Client
	names sync.Mutex
	next  int
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	plane, err := controlplane.Start(t.Context(), controlplane.Options{CRDPaths: []string{filepath.Join("..", "..", "config", "crd", "bases")}, Log: t.Logf})
	must(t, err)
	t.Cleanup(func() { must(t, plane.Stop()) })
	scheme := runtime.NewScheme()
	must(t, v1alpha1.AddToScheme(scheme))
	must(t, clientgoscheme.AddToScheme(scheme))
	admin, err := client.New(plane.Config, client.Options{Scheme: scheme})
	must(t, err)
	return &cluster{ControlPlane: plane, admin: admin}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// site is a namespace with a partner in mode Create that sees one organization, and its customer.
type site struct {
	*testing.T
	*cluster
	namespace     string
	organizations []partner.Organization
	// original is the customer's name.
	original string
	away     []partner.Organization
}

const acmeID = "aaaaaaaa-0000-4000-8000-000000000001"

func organization(t *testing.T, id, name string, tags ...string) partner.Organization {
	t.Helper()
	parsed, err := webex.ParseOrganizationID(id)
	must(t, err)
	return partner.Organization{ID: parsed, Name: name, Tags: tags}
}

func (c *cluster) site(t *testing.T, adjust func(*v1alpha1.WebexPartnerSpec)) *site {
	t.Helper()
	c.names.Lock()
	c.next++
	s := &site{T: t, cluster: c, namespace: fmt.Sprintf("site-%d", c.next), organizations: []partner.Organization{organization(t, acmeID, "Acme")}}
	c.names.Unlock()
	must(t, c.admin.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}}))
	p := &v1alpha1.WebexPartner{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: "reseller"}}
	p.Spec.CredentialsSecretRef.Name, p.Spec.Mode = "token", v1alpha1.PartnerModeCreate
	if adjust != nil {
		adjust(&p.Spec)
	}
	must(t, c.admin.Create(t.Context(), p))
	s.original = partner.CustomerName(s.organizations[0])
	s.pass(1)
	return s
}

func (s *site) partner() *v1alpha1.WebexPartner {
	s.Helper()
	p := &v1alpha1.WebexPartner{}
	must(s.T, s.admin.Get(s.Context(), client.ObjectKey{Namespace: s.namespace, Name: "reseller"}, p))
	return p
}

// change changes the partner's spec.
func (s *site) change(adjust func(*v1alpha1.WebexPartnerSpec)) {
	s.Helper()
	p := s.partner()
	adjust(&p.Spec)
	must(s.T, s.admin.Update(s.Context(), p))
}

// pass decides and writes, and wants so many writes; a second pass wants none.
func (s *site) pass(want int) {
	s.Helper()
	for _, want := range []int{want, 0} {
		var customers v1alpha1.WebexCustomerAccessList
		p := s.partner()
		must(s.T, s.admin.List(s.Context(), &customers, client.InNamespace(s.namespace)))
		w := partner.World{Partner: p, Organizations: s.organizations, Readers: map[webex.OrganizationID]string{}}
		for _, c := range customers.Items {
			if c.Labels[v1alpha1.LabelPartner] == p.Name {
				w.Customers = append(w.Customers, c)
				continue
			}
			id, err := webex.ParseOrganizationID(c.Spec.OrganizationID)
			must(s.T, err)
			w.Readers[id] = c.Name
		}
		decision := w.Decide()
		for _, write := range decision.Writes {
			s.apply(p, write.Fields)
		}
		if len(decision.Writes) != want {
			s.Fatalf("%d writes, want %d: %v", len(decision.Writes), want, decision.Writes)
		}
	}
}

func (s *site) apply(p *v1alpha1.WebexPartner, fields map[string]any) {
	s.Helper()
	configuration := client.ApplyConfigurationFromUnstructured(&unstructured.Unstructured{Object: runtime.DeepCopyJSON(fields)})
	if err := s.admin.Apply(s.Context(), configuration, client.FieldOwner(partner.FieldManager(p.Name))); err != nil {
		s.Fatalf("refused: %v\n%v", err, fields)
	}
}

// customer is the only one, as a person sees it.
func (s *site) customer() *unstructured.Unstructured {
	s.Helper()
	return s.get("WebexCustomerAccess", s.original)
}

func (s *site) get(kind, name string) *unstructured.Unstructured {
	s.Helper()
	o := &unstructured.Unstructured{}
	o.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	must(s.T, s.admin.Get(s.Context(), client.ObjectKey{Namespace: s.namespace, Name: name}, o))
	return o
}

// want compares a field of the customer, as JSON; empty if there is none.
func (s *site) want(path, want string) {
	s.Helper()
	wantField(s.T, s.customer(), path, want)
}

func wantField(t *testing.T, o *unstructured.Unstructured, path, want string) {
	t.Helper()
	value, found, _ := unstructured.NestedFieldNoCopy(o.Object, strings.Split(path, ".")...)
	got := ""
	if found {
		text, err := json.Marshal(value)
		must(t, err)
		got = string(text)
	}
	if got != want {
		t.Errorf("%s is %s, want %s", path, got, want)
	}
}

// edit is what a person does by kubectl edit.
func (s *site) edit(path string, value any) {
	s.Helper()
	c := s.customer()
	fields := strings.Split(path, ".")
	if value == nil {
		unstructured.RemoveNestedField(c.Object, fields...)
	} else {
		must(s.T, unstructured.SetNestedField(c.Object, value, fields...))
	}
	must(s.T, s.admin.Update(s.Context(), c, client.FieldOwner("kubectl-edit")))
}

// patch is what a person does by kubectl patch, a merge patch or, if it is a list, a JSON patch.
func (s *site) patch(text string) {
	s.Helper()
	kind := types.MergePatchType
	if strings.HasPrefix(text, "[") {
		kind = types.JSONPatchType
	}
	must(s.T, s.admin.Patch(s.Context(), s.customer(), client.RawPatch(kind, []byte(text)), client.FieldOwner("kubectl-patch")))
}

// personApplies is what a person does by kubectl apply --server-side; it tells whether there was a conflict.
func (s *site) personApplies(spec string, force bool) (conflict bool) {
	s.Helper()
	c := s.customer()
	var fields map[string]any
	must(s.T, json.Unmarshal([]byte(spec), &fields))
	o := &unstructured.Unstructured{Object: map[string]any{"spec": fields}}
	o.SetGroupVersionKind(c.GroupVersionKind())
	o.SetName(c.GetName())
	o.SetNamespace(c.GetNamespace())
	options := []client.ApplyOption{client.FieldOwner("kubectl")}
	if force {
		options = append(options, client.ForceOwnership)
	}
	err := s.admin.Apply(s.Context(), client.ApplyConfigurationFromUnstructured(o), options...)
	if !apierrors.IsConflict(err) {
		must(s.T, err)
	}
	return apierrors.IsConflict(err)
}

// kubectl pipes a manifest of the customer to kubectl.
func (s *site) kubectl(spec string, arguments ...string) {
	s.Helper()
	manifest := fmt.Sprintf(`{"apiVersion": %q, "kind": "WebexCustomerAccess", "metadata": {"namespace": %q, "name": %q}, "spec": %s}`,
		v1alpha1.GroupVersion.String(), s.namespace, s.customer().GetName(), spec)
	command := exec.CommandContext(s.Context(), filepath.Join(s.AssetsDir, "kubectl"), append([]string{"--kubeconfig", s.KubeconfigPath}, arguments...)...) //nolint:gosec // the test's own
	command.Stdin = strings.NewReader(manifest)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Run(); err != nil {
		s.Fatalf("kubectl %v: %v\n%s", arguments, err, output.String())
	}
}

// owners are the managers that own a field of the customer, sorted.
func (s *site) owners(path string) []string {
	s.Helper()
	var names []string
	for _, entry := range s.customer().GetManagedFields() {
		tree := map[string]any{}
		must(s.T, json.Unmarshal(entry.FieldsV1.GetRawBytes(), &tree))
		fields := strings.Split("f:"+strings.ReplaceAll(path, ".", ".f:"), ".")
		if _, found, _ := unstructured.NestedFieldNoCopy(tree, fields...); found && entry.Subresource == "" {
			names = append(names, entry.Manager)
		}
	}
	slices.Sort(names)
	return names
}
