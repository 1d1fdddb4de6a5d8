package e2e

import (
	"encoding/json"
	"regexp"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

func TestSync(t *testing.T) {
	w := newWorld(t, 1)
	namespace := w.namespaces[0]
	acme := w.customer(namespace, "acme", "", webexsim.StandardOrganization())
	w.customer(namespace, "initech", "", webexsim.OverAssignedOrganization())
	w.synced(namespace, "acme")
	w.synced(namespace, "initech")

	t.Run("what changed in Webex is read", func(t *testing.T) {
		w.Expect(acme.AssignLicense(1, "Advanced Messaging")).To(Succeed())
		out := w.webex("sync", "--all", "--wait", "-n", namespace)
		for _, want := range []string{
			`(?m)^acme: run acme-[a-z0-9]{5} began$`, `(?m)^acme: done in \d+s, rows \+1 ~1 -0$`, `(?m)^initech: done in \d+s, rows \+0 ~0 -0$`,
			`(?m)^2 of 2 runs succeeded: rows \+1 ~1 -0, \d+ requests to Webex$`,
		} {
			if !regexp.MustCompile(want).MatchString(out) {
				t.Errorf("no %s in\n%s", want, out)
			}
		}
	})
	t.Run("who would get a licence is shown, and that it waits", func(t *testing.T) {
		w.Expect(acme.SetPerson(3, func(p *webexsim.Person) { p.Email = "ada@example.com" })).To(Succeed())
		assignment := &v1alpha1.WebexLicenseAssignment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "sales"}}
		assignment.Spec.CustomerAccessRef.Name, assignment.Spec.License.OfferCode = "acme", "EE"
		assignment.Spec.Subjects.Emails = []string{"ada@example.com"}
		w.create(assignment)
		out, errs, code := w.kubectl("webex", "plan", "-n", namespace)
		if code != 2 || !regexp.MustCompile(`(?m)^\+   ada@example\.com   Webex Meetings Suite   listed   only reported$`).MatchString(out) {
			t.Errorf("code %d\n%s%s", code, out, errs)
		}
		w.Eventually(func() string { return w.webex("status", "acme", "-n", namespace) }).Should(ContainSubstring("1: 1 PlanOnly, 1 to add"))
		w.Expect(w.client.Delete(w.ctx, assignment)).To(Succeed())
	})
	t.Run("one that fails fails all", func(t *testing.T) {
		w.create(customerWithoutSecret(namespace, "broken"))
		out, errs, code := w.kubectl("webex", "sync", "acme", "broken", "--wait", "-n", namespace)
		if code != 1 || !strings.Contains(out, "1 of 2 runs succeeded") || !regexp.MustCompile(`error: run broken-[a-z0-9]+ of customer broken failed: HostNotAllowed: .*`).MatchString(errs) {
			t.Errorf("code %d\n%s%s", code, out, errs)
		}
		var runs struct {
			Items []struct{ Name, Status string }
		}
		w.Expect(json.Unmarshal([]byte(w.webex("runs", "broken", "--failed", "-n", namespace, "-o", "json")), &runs)).To(Succeed())
		if len(runs.Items) == 0 || runs.Items[0].Status != "HostNotAllowed" {
			t.Errorf("%+v", runs)
		}
		if _, errs, code := w.kubectl("webex", "retry", "broken", "--wait", "-n", namespace); code != 1 || !strings.Contains(errs, "HostNotAllowed") {
			t.Errorf("retried: code %d\n%s", code, errs)
		}
	})
	t.Run("suspended and resumed", func(t *testing.T) {
		w.webex("suspend", "customer", "initech", "-n", namespace)
		if _, errs, code := w.kubectl("webex", "sync", "initech", "-n", namespace); code != 1 || !strings.Contains(errs, "kubectl webex resume customer initech") {
			t.Errorf("code %d\n%s", code, errs)
		}
		w.webex("resume", "customer", "initech", "-n", namespace)
		w.webex("sync", "initech", "--wait", "-n", namespace)
	})
}

// A run that Webex keeps waiting can be left, which does not end it, and canceled.
func TestLeaveAndCancel(t *testing.T) {
	w := newWorld(t, 1)
	namespace := w.namespaces[0]
	w.customer(namespace, "acme", "", webexsim.StandardOrganization())
	w.synced(namespace, "acme")
	w.sim.AddRule(webexsim.Rule{Operation: "GET /people", Status: 429, Header: map[string]string{"Retry-After": "3600"}})

	// kubectl becomes the plugin, so that the signal reaches it.
	command := w.command("webex", "sync", "acme", "--wait", "-n", namespace)
	var out lockedBuffer
	command.Stdout, command.Stderr = &out, &out
	w.Expect(command.Start()).To(Succeed())
	w.Eventually(out.String).Should(ContainSubstring("acme: Webex asked to wait, goes on in "))
	w.Expect(command.Process.Signal(syscall.SIGINT)).To(Succeed())
	_ = command.Wait() // its exit code is what counts
	if code := command.ProcessState.ExitCode(); code != 130 || !strings.Contains(out.String(), "interrupted; 1 run goes on: ") {
		t.Errorf("code %d\n%s", code, out.String())
	}

	var runs v1alpha1.LicenseSyncList
	w.Expect(w.client.List(w.ctx, &runs, client.InNamespace(namespace), client.MatchingLabels{v1alpha1.LabelTrigger: "Manual"})).To(Succeed())
	w.Expect(runs.Items).To(HaveLen(1))
	name := runs.Items[0].Name
	if got := w.webex("cancel", name, "-n", namespace); got != "run "+name+" canceled\n" {
		t.Errorf("canceling says %q", got)
	}
	w.Eventually(func() string { return w.webex("runs", "acme", "--failed", "-n", namespace) }).Should(ContainSubstring("Canceled"))
}

// The removal of rows that is held can be looked at and approved.
func TestApprovePrune(t *testing.T) {
	w := newWorld(t, 1)
	namespace := w.namespaces[0]
	acme := w.customer(namespace, "acme", "", webexsim.StandardOrganization())
	w.synced(namespace, "acme")
	acme.RemoveAllLicenses()
	if out := w.webex("sync", "acme", "--wait", "-n", namespace); !strings.Contains(out, " held)") {
		t.Errorf("nothing is held: %s", out)
	}
	w.Eventually(func() string { return w.webex("status", "-n", namespace) }).Should(ContainSubstring("ApprovalRequired"))
	if _, errs, code := w.kubectl("webex", "approve-prune", "acme", "-n", namespace); code != 2 || !strings.Contains(errs, "That is everything.") {
		t.Errorf("code %d\n%s", code, errs)
	}
	w.webex("approve-prune", "acme", "--yes", "-n", namespace)
	w.Eventually(func() []v1alpha1.WebexLicense {
		var rows v1alpha1.WebexLicenseList
		w.Expect(w.client.List(w.ctx, &rows, client.InNamespace(namespace))).To(Succeed())
		return rows.Items
	}).Should(BeEmpty())
}
