package cli

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// schedules are the plans of all schedules, by name.
func (s *service) schedules() map[string]string {
	s.t.Helper()
	var list v1alpha1.LicenseSyncScheduleList
	if err := s.client.List(s.t.Context(), &list); err != nil {
		s.t.Fatal(err)
	}
	plans := map[string]string{}
	for _, o := range list.Items {
		if ref := o.Spec.CustomerAccessRef; ref == nil || ref.Name != o.Name {
			s.t.Errorf("schedule %s: %+v", o.Name, o.Spec)
		}
		plans[o.Name] = o.Spec.Schedule
	}
	return plans
}

// A schedule comes with a customer that is added, later with one that is there, and is changed.
func TestConnectSchedule(t *testing.T) {
	s := newService(t, webexsim.Options{})
	org := s.sim.AddOrganization(webexsim.StandardOrganization())
	s.env["WEBEX_TOKEN"] = s.sim.IssueToken(webexsim.TokenSpec{Organization: org.UUID()}).Access
	add := []string{"acme", "--token-file", "env:WEBEX_TOKEN", "--yes"}
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"a mistake in it":    {append(add, "--schedule", "nightly"), "--schedule: "},
		"no such customer":   {[]string{"globex", "--schedule", "@daily", "--yes"}, "there is no customer globex: add credentials"},
		"nothing is written": {append(add, "--schedule", "30 2 * * *", "--dry-run=client", "-o", "yaml"), "schedule: 30 2 * * *"},
	} {
		if got := s.connect(test.args...); !strings.Contains(got.screen, test.want) {
			t.Errorf("%s: %s", name, got.screen)
		}
	}
	if plans := s.schedules(); len(plans) > 0 {
		t.Errorf("%v", plans)
	}
	got := s.must(add...)
	if want := `kubectl webex connect acme --schedule "` + nightly("webex", "acme") + `" has it read every night`; !strings.Contains(got.err, want) {
		t.Errorf("no remedy %q in\n%s", want, got.err)
	}
	asked := s.sim.TotalRequests()
	for _, line := range []string{"30 2 * * *", "@daily"} {
		got = s.must("acme", "--schedule", line, "--yes")
		if plans := s.schedules(); len(plans) != 1 || plans["acme"] != line || strings.Contains(got.err, "no schedule") {
			t.Errorf("%v\n%s", plans, got.screen)
		}
	}
	if n := s.sim.TotalRequests() - asked; n > 0 {
		t.Errorf("%d requests for a schedule", n)
	}
}

// A schedule that selects the customer is enough, unless it is suspended; one of its name that reads others is left alone.
func TestConnectScheduleThatIsThere(t *testing.T) {
	s := newService(t, webexsim.Options{})
	org := s.sim.AddOrganization(webexsim.StandardOrganization())
	s.env["WEBEX_TOKEN"] = s.sim.IssueToken(webexsim.TokenSpec{Organization: org.UUID()}).Access
	all := &v1alpha1.LicenseSyncSchedule{ObjectMeta: metav1.ObjectMeta{Namespace: "webex", Name: "acme"}}
	all.Spec.Schedule, all.Spec.CustomerAccessSelector = "@daily", &metav1.LabelSelector{MatchLabels: map[string]string{"sync": "nightly"}}
	if err := s.client.Create(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	add := []string{"acme", "--token-file", "env:WEBEX_TOKEN", "--labels", "sync=nightly", "--yes"}
	if got := s.connect(append(add, "--schedule", "@weekly")...); got.code == 0 || !strings.Contains(got.err, "which reads others") {
		t.Errorf("code %d\n%s", got.code, got.screen)
	}
	if got := s.must(add...); strings.Contains(got.err, "no schedule") {
		t.Error(got.err)
	}
	if err := s.client.Patch(t.Context(), all, client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"suspend":true}}`))); err != nil {
		t.Fatal(err)
	}
	if got := s.must(add...); !strings.Contains(got.err, "no schedule selects it") {
		t.Error(got.err)
	}
}

// A person is asked, may mistype, and may want none.
func TestConnectAsksForASchedule(t *testing.T) {
	s := newService(t, webexsim.Options{})
	org := s.sim.AddOrganization(webexsim.StandardOrganization())
	token := s.sim.IssueToken(webexsim.TokenSpec{Organization: org.UUID()}).Access
	s.inLive = true
	for _, test := range []struct{ answers, want string }{
		{"every night\nnone", ""},
		{"15 3 * * 1-5", "15 3 * * 1-5"},
		{"", nightly("webex", "acme")},
	} {
		s.stdin = "1\n" + token + "\n" + test.answers + "\nyes\n"
		s.must("acme")
		if plan := s.schedules()["acme"]; plan != test.want {
			t.Errorf("%q: %q", test.answers, plan)
		}
		for name, o := range map[string]client.Object{"acme-webex": &corev1.Secret{}, "acme": &v1alpha1.WebexCustomerAccess{}} {
			o.SetNamespace("webex")
			o.SetName(name)
			if err := s.client.Delete(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.client.DeleteAllOf(t.Context(), &v1alpha1.LicenseSyncSchedule{}, client.InNamespace("webex")); err != nil {
			t.Fatal(err)
		}
	}
}

// The night is another one for most customers, and in the small hours.
func TestNightly(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for name := range strings.SplitSeq("acme globex initech umbrella hooli stark wayne tyrell", " ") {
		line := nightly("webex", name)
		seen[line] = true
		if err := checkLine(line); err != nil || !strings.HasSuffix(line, " * * *") || !strings.Contains("1234", strings.Fields(line)[1]) || line != nightly("webex", name) {
			t.Errorf("%s: %s, %v", name, line, err)
		}
	}
	if len(seen) < 7 {
		t.Errorf("%v", seen)
	}
}
