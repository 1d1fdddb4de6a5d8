package cli

import (
	"context"
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

func TestFleetByPartnerGolden(t *testing.T) {
	t.Parallel()
	for name, args := range map[string]string{
		"status-partner":      "status --partner provider",
		"status-partners":     "status",
		"status-partner-json": "status --partner provider -l tier=gold --at provider.reseller-west.acme -o json",
		"licenses-partner":    "licenses --partner provider",
		"report-partner-csv":  "report --partner provider -o csv",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newWorld(t, fleetWithPartners()...).golden(name, strings.Fields(args)...)
		})
	}
}

func TestFleetByPartner(t *testing.T) {
	t.Parallel()
	w := newWorld(t, append(fleetWithPartners(), fleetRow{"hooli", "Webex Calling", "BCSTD", 1, 2, "Sub9", ""}.object())...)
	for args, want := range map[string]string{
		"status --partner none":                        `1 error: there is no partner "none" in namespace webex: kubectl webex partners lists them, or look elsewhere with -n or -A`,
		"licenses --partner reseller":                  `1 error: there is no customer of partner "reseller" in namespace webex: kubectl webex partners lists them, or look elsewhere with -n or -A`,
		"report -o json --partner none":                `1 error: there is no customer of partner "none" in namespace webex: kubectl webex partners lists them, or look elsewhere with -n or -A`,
		"licenses --partner provider --customer hooli": `0 No licences found in namespace webex; -A looks into all.`,
	} {
		got := w.run(strings.Fields(args)...)
		first, _, _ := strings.Cut(got.err, "\n")
		if is := string(rune('0'+got.code)) + " " + first; is != want {
			t.Errorf("%s:\n%s\nwant\n%s", args, is, want)
		}
	}
	for _, command := range []string{"status", "licenses", "report"} {
		if got := w.run("__complete", command, "--partner", ""); got.out != "provider\nreseller\ntrial\n:4\n" {
			t.Errorf("%s offered %q", command, got.out)
		}
	}
	if got := w.run("status", "--partner", "trial"); got.code != 0 || !strings.Contains(got.out, "Error CredentialsRejected:") || !strings.Contains(got.err, "No customers found") {
		t.Errorf("a partner without customers: code %d\n%s", got.code, got.screen)
	}
}

// A customer that its partner has suspended is not resumed without a look at why.
func TestStatusOfWhatAPartnerSuspended(t *testing.T) {
	t.Parallel()
	for manager, want := range map[string]string{
		"webex-license-operator/partner/provider": "Warning Suspended: partner provider has suspended the customer, since its organization is no longer listed or selected: kubectl webex partners provider\n",
		"kubectl-webex": "Warning Suspended: the customer is suspended: kubectl webex resume customer gone\n",
	} {
		gone := fleetCustomer("gone", "Gone", "", func(c *v1alpha1.WebexCustomerAccess) {
			c.Labels, c.Spec.Suspend = map[string]string{v1alpha1.LabelPartner: "provider"}, new(true)
		})
		managed := []metav1.ManagedFieldsEntry{{Manager: manager, Operation: "Apply", FieldsV1: metav1.NewFieldsV1(`{"f:spec":{"f:suspend":{}}}`)}}
		w := newWorldWith(t, interceptor.Funcs{List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			err := c.List(ctx, list, opts...)
			if customers, ok := list.(*v1alpha1.WebexCustomerAccessList); ok {
				customers.Items[0].ManagedFields = managed // the fake keeps none
			}
			return err
		}}, gone)
		if got := w.run("status", "gone"); got.code != 0 || !strings.Contains(got.out, want) || !strings.Contains(got.out, "  Partner       provider\n") {
			t.Errorf("%s: code %d, no %q in\n%s", manager, got.code, want, got.screen)
		}
	}
}

// Partners need a role of their own, and a definition that older clusters lack: customers are shown without.
func TestStatusWithoutPartners(t *testing.T) {
	t.Parallel()
	const note = "note: partners are not shown: you may not read them (webexpartner-viewer-role)\n"
	for name, c := range map[string]struct {
		err  error
		note string
	}{
		"no role": {apierrors.NewForbidden(schema.GroupResource{Group: v1alpha1.GroupName, Resource: "webexpartners"}, "", errors.New("no")), note},
		"no kind": {err: &apierrors.StatusError{ErrStatus: metav1.Status{Reason: metav1.StatusReasonNotFound, Code: 404}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldWith(t, interceptor.Funcs{List: func(ctx context.Context, cl client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
				if _, ok := list.(*v1alpha1.WebexPartnerList); ok {
					return c.err
				}
				return cl.List(ctx, list, opts...)
			}}, fleetWithPartners()...)
			plain := newWorld(t, fleet()...).run("status")
			if got := w.run("status"); got.code != 0 || got.out != plain.out || got.err != c.note+plain.err {
				t.Errorf("code %d\n%s", got.code, got.screen)
			}
			if got := w.run("status", "--partner", "provider"); got.code != 0 || !strings.HasPrefix(got.out, "CUSTOMER") || strings.Contains(got.out, "initech") || !strings.Contains(got.out, "globex") {
				t.Errorf("of a partner: code %d\n%s", got.code, got.screen)
			}
		})
	}
}
