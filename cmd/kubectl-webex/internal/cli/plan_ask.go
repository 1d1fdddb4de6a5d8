package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/connect"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/manifest"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/assignrun"
	"github.com/webex-operator/webex-license-operator/internal/connection"
	"github.com/webex-operator/webex-license-operator/internal/pasted"
	"github.com/webex-operator/webex-license-operator/internal/syncrun"
)

// wantedPlan is one customer with what is to be planned for it.
type wantedPlan struct {
	customer    *v1alpha1.WebexCustomerAccess
	assignments []v1alpha1.WebexLicenseAssignment
	rows        []v1alpha1.WebexLicense
	// enabled is the operator's flag, as its last runs saw it.
	enabled bool
	reader  client.Reader
}

// wanted finds the assignments to plan, by customer: of a name, of a customer, or all of the namespace. A plan always has
// all assignments of its customer, since these decide together.
func (a *app) wanted(ctx context.Context, session *cluster.Session, f *planFlags, name string) ([]wantedPlan, error) {
	drafts, err := a.drafts(ctx, session, f.files)
	if err != nil {
		return nil, err
	}
	stored, err := cluster.Assignments(ctx, session)
	if err != nil {
		return nil, err
	}
	all := overlaid(stored, drafts.Assignments)
	customers := map[string]bool{}
	for i := range all {
		if w := &all[i]; (name == "" || w.Name == name) && (f.customer == "" || w.Spec.CustomerAccessRef.Name == f.customer) {
			customers[w.Spec.CustomerAccessRef.Name] = true
		}
	}
	switch {
	case len(customers) == 0 && name != "":
		return nil, cluster.NotFound(session, "assignment", name, assignmentsListed)
	case len(customers) == 0:
		a.note("there is no assignment to plan in namespace %s: look elsewhere with -n, or give manifests with -f", session.Namespace)
		return nil, nil
	}
	rows, err := cluster.Licenses(ctx, session)
	if err != nil {
		return nil, err
	}
	var wanted []wantedPlan
	for _, of := range slices.Sorted(maps.Keys(customers)) {
		w, err := a.planOf(ctx, session, of, drafts, all, rows)
		if err != nil {
			return nil, err
		}
		wanted = append(wanted, *w)
	}
	return wanted, nil
}

// planOf gathers what a plan of a customer is made of.
func (a *app) planOf(ctx context.Context, session *cluster.Session, name string, drafts *manifest.Drafts, all []v1alpha1.WebexLicenseAssignment, rows []v1alpha1.WebexLicense) (*wantedPlan, error) {
	customer := &v1alpha1.WebexCustomerAccess{}
	if err := get(ctx, session, customer, "customer", name, "kubectl webex connect makes it, and kubectl webex status lists those there are"); err != nil {
		return nil, err
	}
	w := &wantedPlan{customer: customer, reader: overlay{session.Client, drafts}}
	w.assignments = slices.DeleteFunc(slices.Clone(all), func(x v1alpha1.WebexLicenseAssignment) bool { return x.Spec.CustomerAccessRef.Name != name })
	w.rows = slices.DeleteFunc(slices.Clone(rows), func(x v1alpha1.WebexLicense) bool { return x.Spec.CustomerAccessRef.Name != name })
	if len(w.rows) == 0 {
		return nil, fmt.Errorf("customer %s has no licence rows yet, by which licences are found: kubectl webex sync %s --wait reads them", name, name)
	}
	w.enabled = !slices.ContainsFunc(w.assignments, func(x v1alpha1.WebexLicenseAssignment) bool {
		return x.Status.Observed != nil && x.Status.Observed.LocksHash == assignrun.LocksHash(customer, false)
	})
	for i := range drafts.Customers {
		if drafts.Customers[i].Name == name {
			customer.Spec.Assignment = drafts.Customers[i].Spec.Assignment
		}
	}
	return w, nil
}

// drafts reads the files of -f.
func (a *app) drafts(ctx context.Context, session *cluster.Session, names []string) (*manifest.Drafts, error) {
	if len(names) == 0 {
		return &manifest.Drafts{}, nil
	}
	files, err := a.readFiles(names)
	if err != nil {
		return nil, err
	}
	checker, err := manifest.NewChecker()
	if err != nil {
		return nil, err
	}
	drafts, findings := checker.Drafts(ctx, files, session.Namespace, a.Now())
	if len(findings) > 0 {
		first := findings[0]
		return nil, fmt.Errorf("%s:%d: %s (%s in all): kubectl webex lint lists them", first.File, first.Line, strings.TrimPrefix(first.Field+": "+first.Message, ": "), count(len(findings), "error"))
	}
	if len(drafts.Encrypted) > 0 {
		a.note("encrypted in the files, and so read from the cluster: Secret %s", enumerate(drafts.Encrypted))
	}
	return drafts, nil
}

// overlaid are the stored assignments, with those of files in their places.
func overlaid(stored, drafts []v1alpha1.WebexLicenseAssignment) []v1alpha1.WebexLicenseAssignment {
	all := slices.DeleteFunc(slices.Clone(stored), func(w v1alpha1.WebexLicenseAssignment) bool { return !w.DeletionTimestamp.IsZero() })
	for i := range drafts {
		draft := drafts[i].DeepCopy()
		at := slices.IndexFunc(all, func(w v1alpha1.WebexLicenseAssignment) bool { return w.Name == draft.Name })
		if at < 0 {
			draft.Generation = 1
			all = append(all, *draft)
			continue
		}
		if !equality.Semantic.DeepEqual(all[at].Spec, draft.Spec) {
			all[at].Generation++
			all[at].Spec = draft.Spec
		}
		for key, value := range draft.Annotations {
			if all[at].Annotations == nil {
				all[at].Annotations = map[string]string{}
			}
			all[at].Annotations[key] = value
		}
	}
	slices.SortFunc(all, func(a, b v1alpha1.WebexLicenseAssignment) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// overlay reads Secrets and ConfigMaps of files, and others from the cluster.
type overlay struct {
	client.Reader
	drafts *manifest.Drafts
}

// Get reads an object.
func (o overlay) Get(ctx context.Context, key client.ObjectKey, object client.Object, opts ...client.GetOption) error {
	switch into := object.(type) {
	case *corev1.Secret:
		for i := range o.drafts.Secrets {
			if d := &o.drafts.Secrets[i]; d.Name == key.Name {
				d.DeepCopyInto(into)
				return nil
			}
		}
	case *corev1.ConfigMap:
		for i := range o.drafts.ConfigMaps {
			if d := &o.drafts.ConfigMaps[i]; d.Name == key.Name {
				d.DeepCopyInto(into)
				return nil
			}
		}
	}
	return o.Reader.Get(ctx, key, object, opts...)
}

// previewOf asks Webex, by the operator's own code and with the credentials of the customer that is stored.
func (a *app) previewOf(ctx context.Context, session *cluster.Session, w *wantedPlan) (*assignrun.Preview, error) {
	hosts, err := hostsOf(w.customer)
	if err != nil {
		return nil, err
	}
	clock := passiveClock{a.Now}
	engine := &syncrun.Engine{
		Access: &access.Provider{Live: session.Client, Clock: clock, Hosts: hosts, UserAgent: a.flags.UserAgent},
		Clock:  clock, Retry: a.Retry,
	}
	probe, err := engine.NewProbe(ctx, w.customer, nil)
	if err != nil {
		return nil, connect.Explain(err)
	}
	defer probe.Close()
	if a.Err.Live {
		fmt.Fprintf(a.Err.Out, "Asking Webex for the people of %s ...\n", w.customer.Name)
	}
	preview, err := probe.Preview(ctx, assignrun.Input{Reader: w.reader, Assignments: w.assignments, Rows: w.rows, EnableAssignment: w.enabled})
	switch {
	case errors.Is(err, access.ErrRenewalNeeded):
		return nil, fmt.Errorf("no access token is at hand, and to get one would use up the refresh token: kubectl webex sync %s --wait has the operator get one, which is used then", w.customer.Name)
	case err != nil:
		return nil, cluster.Explain(connect.Explain(err))
	}
	return preview, nil
}

// hostsOf lets a probe talk to what a customer names: the caller's own machine goes there, with the caller's own rights.
func hostsOf(c *v1alpha1.WebexCustomerAccess) (connection.HostPolicy, error) {
	policy := connection.HostPolicy{API: connection.DefaultAPIHosts()}
	spec := ptr.Deref(c.Spec.Connection, v1alpha1.Connection{})
	if spec.BaseURL != "" {
		u, err := pasted.BaseURL(spec.BaseURL)
		if err != nil {
			return policy, fmt.Errorf("spec.connection.baseURL: %w", err)
		}
		policy.API = connection.Hosts{u.Host}
	}
	if spec.ProxyURL != "" {
		u, err := pasted.ProxyURL(spec.ProxyURL)
		if err != nil {
			return policy, fmt.Errorf("spec.connection.proxyURL %w", err)
		}
		policy.Proxies = connection.Hosts{u.Host}
	}
	return policy, nil
}
