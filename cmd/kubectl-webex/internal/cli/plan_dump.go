package cli

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/manifest"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/output"
	"github.com/webex-operator/webex-license-operator/internal/assign"
	"github.com/webex-operator/webex-license-operator/internal/subjects"
)

// Bounds of what a dump writes: a Secret holds 1 MiB in base64 and JSON, and an assignment names so many.
const (
	maxSecretBytes = 700 << 10
	maxSources     = 16
)

// dump writes an assignment of the people who hold a licence now.
func (a *app) dump(ctx context.Context, f *planFlags, args []string) error {
	switch {
	case len(args) > 0, len(f.files) > 0:
		return usagef("--dump writes an assignment of a licence, and plans none: leave the name and -f away")
	case f.customer == "":
		return usagef("--dump needs --customer: the one whose people hold the licence")
	case f.format != output.FormatTable:
		return usagef("--dump writes YAML: leave -o away")
	}
	session, err := a.connect()
	if err != nil {
		return err
	}
	rows, err := cluster.Licenses(ctx, session)
	if err != nil {
		return err
	}
	wanted, err := a.planOf(ctx, session, f.customer, &manifest.Drafts{}, nil, rows)
	if err != nil {
		return err
	}
	row, err := rowOf(wanted, f.dump)
	if err != nil {
		return err
	}
	preview, err := a.previewOf(ctx, session, wanted)
	if err != nil {
		return err
	}
	return a.writeDump(session.Namespace, wanted, row, preview.Holders[row.Name])
}

// dumpable are the offer codes of licences of which there can be an assignment.
func dumpable(ctx context.Context, s *cluster.Session) ([]string, error) {
	rows, err := cluster.Licenses(ctx, s)
	rows = slices.DeleteFunc(rows, func(r v1alpha1.WebexLicense) bool { return !giveable(&r) })
	return namesOf(rows, err, func(i int) string { return rows[i].Status.OfferCode })
}

// giveable says whether an assignment can give the licence of a row.
func giveable(row *v1alpha1.WebexLicense) bool {
	return row.Spec.Level == v1alpha1.LevelCustomer && row.Status.Class == v1alpha1.ClassPurchased && assign.Managed(row.Status.OfferCode) && ptr.Deref(row.Status.Assignable, false)
}

// rowOf is the row that a person means by its name, by the offer code, or by the licence's name.
func rowOf(w *wantedPlan, word string) (*v1alpha1.WebexLicense, error) {
	var found []*v1alpha1.WebexLicense
	var possible []string
	for i := range w.rows {
		row := &w.rows[i]
		if giveable(row) {
			possible = append(possible, row.Status.OfferCode)
		}
		if row.Spec.Level == v1alpha1.LevelCustomer && row.Status.Class == v1alpha1.ClassPurchased && slices.Contains([]string{row.Name, row.Status.OfferCode, row.Status.Name}, word) {
			found = append(found, row)
		}
	}
	if inside := slices.DeleteFunc(slices.Clone(found), func(r *v1alpha1.WebexLicense) bool { return !giveable(r) }); len(inside) > 0 {
		found = inside
	}
	switch {
	case len(found) == 0:
		return nil, fmt.Errorf("customer %s has no purchased licence %s: name one by its row, name or offer code, such as %s", w.customer.Name, word, cmp.Or(enumerate(possible), "none"))
	case len(found) > 1:
		return nil, fmt.Errorf("%s is %d licences of customer %s: name one by its row, such as %s", word, len(found), w.customer.Name, found[0].Name)
	case !assign.Managed(found[0].Status.OfferCode):
		return nil, fmt.Errorf("%s is a licence of Webex Calling, UCM or Contact Center, or of an unknown kind, which are assigned in Control Hub", found[0].Status.Name)
	case !giveable(found[0]):
		return nil, fmt.Errorf("%s is not assignable (%s): choose a licence inside the defaults of customer %s, or other defaults", found[0].Name, found[0].Status.AssignableReason, w.customer.Name)
	}
	return found[0], nil
}

// selectorOf selects the licence of a row alone: by its offer code, which stays, or else by its name.
func selectorOf(w *wantedPlan, row *v1alpha1.WebexLicense) v1alpha1.LicenseSelector {
	same := func(field func(*v1alpha1.WebexLicense) string) (n int) {
		for i := range w.rows {
			if giveable(&w.rows[i]) && field(&w.rows[i]) == field(row) {
				n++
			}
		}
		return n
	}
	if same(func(r *v1alpha1.WebexLicense) string { return r.Status.OfferCode }) == 1 {
		return v1alpha1.LicenseSelector{OfferCode: row.Status.OfferCode}
	}
	return v1alpha1.LicenseSelector{Name: row.Status.Name}
}

var noName = regexp.MustCompile(`[^a-z0-9]+`)

// writeDump writes the Secrets, and the assignment that names them.
func (a *app) writeDump(namespace string, w *wantedPlan, row *v1alpha1.WebexLicense, holders []string) error {
	var listed []string
	for _, address := range holders {
		if entries, faults := subjects.ParseLines("", []byte(address)); len(faults) == 0 && len(entries) == 1 && !strings.ContainsAny(address, "\r\n") {
			listed = append(listed, address)
		}
	}
	if len(listed) == 0 {
		return fmt.Errorf("no person whose address can be listed holds %s: there is nothing to start from", row.Status.Name)
	}
	name := strings.Trim(noName.ReplaceAllString(strings.ToLower(w.customer.Name+"-"+row.Status.OfferCode), "-"), "-")
	names, secrets := dumpedSecrets(namespace, name, listed)
	if len(names) > maxSources {
		return fmt.Errorf("%d people hold %s: their addresses do not fit into the %d Secrets that an assignment can name: use spec.subjects.groups", len(listed), row.Status.Name, maxSources)
	}
	var sources []any
	for _, secret := range names {
		sources = append(sources, map[string]any{"kind": "Secret", "name": secret, "key": "emails"})
	}
	documents := append(secrets, map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": "WebexLicenseAssignment",
		"metadata": map[string]any{"namespace": namespace, "name": name},
		"spec": map[string]any{
			"customerAccessRef": map[string]any{"name": w.customer.Name}, "license": selectorOf(w, row),
			"subjects": map[string]any{"emailsFrom": sources}, "mode": v1alpha1.AssignmentModeReport,
		},
	})
	for i, document := range documents {
		if i > 0 {
			fmt.Fprintln(a.Out.Data(), "---")
		}
		content, err := yaml.Marshal(document)
		if err != nil {
			return err
		}
		if _, err := a.Out.Data().Write(content); err != nil {
			return err
		}
	}
	a.note("personal data: the Secret has the addresses of the %s who hold %s; encrypt it before it goes into Git, and mind who reads the file", people(int64(len(listed))), row.Status.Name)
	if left := len(holders) - len(listed); left > 0 {
		a.note("%s left out, since a list cannot hold their addresses", people(int64(left)))
	}
	return nil
}

// dumpedSecrets are Secrets with addresses, one a line, as many in each as fit.
func dumpedSecrets(namespace, name string, addresses []string) (names []string, secrets []any) {
	var text strings.Builder
	flush := func() {
		if text.Len() == 0 {
			return
		}
		secret := name + "-holders"
		if len(names) > 0 {
			secret = fmt.Sprintf("%s-holders-%d", name, len(names)+1)
		}
		names = append(names, secret)
		secrets = append(secrets, map[string]any{
			"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"namespace": namespace, "name": secret},
			"stringData": map[string]any{"emails": text.String()},
		})
		text.Reset()
	}
	for _, address := range addresses {
		if text.Len()+len(address) >= maxSecretBytes {
			flush()
		}
		text.WriteString(address + "\n")
	}
	flush()
	return names, secrets
}
