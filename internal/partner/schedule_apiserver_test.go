package partner_test

import (
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/partner"
)

// schedules wants so many writes of the schedule, and none after them.
func (s *site) schedules(want int) {
	s.Helper()
	for _, want := range []int{want, 0} {
		p, live := s.partner(), &v1alpha1.LicenseSyncSchedule{}
		err := s.admin.Get(s.Context(), client.ObjectKeyFromObject(p), live)
		if apierrors.IsNotFound(err) {
			live, err = nil, nil
		}
		must(s.T, err)
		write, ours := (&partner.World{Partner: p}).Schedule(live)
		if (write != nil) != (want > 0) || !ours {
			s.Fatalf("want %d writes: %v %t", want, write, ours)
		}
		if write != nil {
			s.apply(p, write)
		}
	}
}

func nightly(cron string) func(*spec) {
	return template(func(t *v1alpha1.CustomerTemplate) {
		t.Schedule = nil
		if cron != "" {
			t.Schedule = &v1alpha1.PartnerSchedule{Schedule: cron}
		}
	})
}

func playSchedule(s *site) {
	expect := func(path, want string) {
		s.Helper()
		wantField(s.T, s.get("LicenseSyncSchedule", "reseller"), path, want)
	}
	edit := func(value any, path ...string) {
		o := s.get("LicenseSyncSchedule", "reseller")
		must(s.T, unstructured.SetNestedField(o.Object, value, path...))
		must(s.T, s.admin.Update(s.Context(), o, client.FieldOwner("kubectl-edit")))
	}
	s.schedules(0)
	s.change(nightly("0 1 * * *"))
	s.schedules(1)
	s.pass(1) // the customers leave the chart's schedule
	s.wantLabel(v1alpha1.LabelDefaultSchedule, partner.ScheduleNone)
	expect("spec.customerAccessSelector", `{"matchLabels":{"licensing.webex-operator.io/partner":"reseller"}}`)
	expect("spec.concurrencyPolicy", `"Forbid"`)
	expect("spec.spreadSeconds", "3600")
	s.change(nightly("0 2 * * *"))
	s.schedules(1)
	edit("Replace", "spec", "concurrencyPolicy")
	edit("Europe/Berlin", "spec", "timeZone")
	s.schedules(0)
	edit("b", "spec", "customerAccessSelector", "matchLabels", "zone")
	s.schedules(0)
	s.change(nightly("0 3 * * *"))
	s.schedules(1)
	expect("spec.customerAccessSelector.matchLabels.zone", `"b"`)
	expect("spec.timeZone", `"Europe/Berlin"`)
	expect("spec.schedule", `"0 3 * * *"`)
	s.change(nightly(""))
	s.schedules(1)
	s.pass(1)
	s.wantLabel(v1alpha1.LabelDefaultSchedule, "")
	expect("spec.suspend", "true")
	expect("spec.schedule", `"0 3 * * *"`)
	s.change(nightly("0 4 * * *"))
	s.schedules(1)
	expect("spec.suspend", "")
	expect("spec.schedule", `"0 4 * * *"`)
	expect("spec.concurrencyPolicy", `"Replace"`)
	edit(true, "spec", "suspend")
	s.schedules(0)
	s.change(func(p *spec) { p.DeletionPolicy = v1alpha1.DeletionPolicyDelete })
	s.schedules(1)
}

// decide decides about organizations, with customers of the partner.
func decide(p *v1alpha1.WebexPartner, organizations []partner.Organization, customers []v1alpha1.WebexCustomerAccess) partner.Decision {
	w := partner.World{Partner: p, Organizations: organizations, Customers: customers}
	return w.Decide()
}
