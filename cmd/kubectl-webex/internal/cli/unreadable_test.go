package cli

import (
	"context"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// Objects that cannot be read whole are named with the field, and all others are shown.
func TestUnreadableObjectsAreNamed(t *testing.T) {
	t.Parallel()
	fault := []v1alpha1.UnreadableField{{Path: "spec.at[0]", Problem: "is a text: write a time"}}
	odd := interceptor.Funcs{List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
		if err := c.List(ctx, list, opts...); err != nil {
			return err
		}
		return meta.EachListItem(list, func(object runtime.Object) error {
			switch o := object.(type) {
			case *v1alpha1.WebexCustomerAccess:
				o.Unreadable = fault
			case *v1alpha1.LicenseSync:
				o.Unreadable = fault
			case *v1alpha1.LicenseSyncSchedule:
				o.Unreadable = fault
			case *v1alpha1.WebexLicense:
				o.Unreadable = fault
			case *v1alpha1.WebexPartner:
				o.Unreadable = fault
			}
			return nil
		})
	}}
	w := newWorldWith(t, odd, fleetWithPartners()...)
	for command, kinds := range map[string][]string{
		"status -A":    {"WebexCustomerAccess", "LicenseSync", "LicenseSyncSchedule"},
		"schedules -A": {"WebexCustomerAccess", "LicenseSyncSchedule"},
		"partners -A":  {"WebexPartner"},
		"runs -A":      {"LicenseSync"},
		"licenses -A":  {"WebexCustomerAccess", "WebexLicense"},
	} {
		got := w.run(strings.Fields(command)...)
		if got.code != 0 || got.out == "" {
			t.Errorf("%s: exit code %d, %q", command, got.code, got.err)
		}
		for _, kind := range kinds {
			if count := strings.Count(got.err, "note: "+kind+" webex/"); count == 0 || !strings.Contains(got.err, ": spec.at[0] is a text: write a time") {
				t.Errorf("%s names no %s: %q", command, kind, got.err)
			}
		}
	}
}
