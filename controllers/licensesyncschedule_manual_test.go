package controllers

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// The annotation runs all customers of a schedule once, and the plan stays what it is.
func TestScheduleRequestedRuns(t *testing.T) {
	f := newFixture(t)
	gold := map[string]string{"tier": "gold"}
	f.labeled("globex", gold)
	f.labeled("initech", gold)
	f.labeled("sleepy", gold, func(c *v1alpha1.WebexCustomerAccess) { c.Spec.Suspend = new(true) })
	schedule := f.newSchedule("yearly", "@yearly")
	schedule.Spec.CustomerAccessRef, schedule.Spec.CustomerAccessSelector = nil, &metav1.LabelSelector{MatchLabels: gold}
	schedule.Spec.SyncTemplate = &v1alpha1.LicenseSyncTemplate{Labels: map[string]string{"team": "voice"}}
	schedule.Spec.SpreadSeconds = new(int32(3600))
	f.create(schedule)
	f.awaitSchedule(schedule, v1alpha1.ReasonScheduled)
	next := schedule.Status.NextScheduleTime

	request := func(token string, runs int) {
		f.t.Helper()
		f.annotate(schedule, v1alpha1.AnnotationRequestedAt, token)
		f.awaitSchedule(schedule, v1alpha1.ReasonScheduled, func(g Gomega) {
			g.Expect(schedule.Status.LastHandledReconcileAt).To(Equal(token))
			found := f.runsOfSchedule("yearly")
			g.Expect(found).To(HaveLen(runs))
			for _, run := range found {
				g.Expect(succeeded(run)).To(BeTrue())
			}
			g.Expect(schedule.Status.NextScheduleTime).To(Equal(next), "the plan is unchanged")
			g.Expect(schedule.Status.LastScheduleTime).To(BeNil())
			g.Expect(schedule.Status.LastMissedTime).To(BeNil())
			g.Expect(schedule.Status.Targets.Succeeded).To(HaveValue(BeEquivalentTo(2)))
			g.Expect(schedule.Status.Active).To(BeEmpty())
		})
	}
	request("monday", 2)
	perCustomer := map[string]int{}
	for _, run := range f.runsOfSchedule("yearly") {
		perCustomer[run.Spec.CustomerAccessRef.Name]++
		f.Expect(run.Spec.Trigger).To(Equal(v1alpha1.TriggerManual))
		f.Expect(run.Spec.ScheduledTime).To(BeNil())
		f.Expect(run.Labels).To(HaveKeyWithValue("team", "voice"))
		f.Expect(metav1.IsControlledBy(run, schedule)).To(BeTrue())
	}
	f.Expect(perCustomer).To(Equal(map[string]int{"globex": 1, "initech": 1}))

	// The same token means the same request, also to another operator and after the
	// runs are gone.
	f.stop()
	f.Expect(f.client.DeleteAllOf(f.ctx, &v1alpha1.LicenseSync{}, client.InNamespace(f.namespace), client.MatchingLabels{v1alpha1.LabelSchedule: "yearly"})).To(Succeed())
	f.start()
	f.look(schedule)
	f.Consistently(func() int { return len(f.runsOfSchedule("yearly")) }, "1s").Should(BeZero())
	request("tuesday", 2)
	request("monday", 4) // asked for again, after something else
}

// kubectl runs the built kubectl against the fixture's namespace, as a line of a shell.
func (f *fixture) kubectl(line string) string {
	f.t.Helper()
	cmd := exec.CommandContext(f.ctx, "sh", "-euc", line)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+f.kubeconfig(), "PATH="+cluster.AssetsDir+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	f.Expect(err).NotTo(HaveOccurred(), "%s\n%s", line, out)
	return string(out)
}

// kubeconfig names a file with the fixture's namespace as the default.
func (f *fixture) kubeconfig() string {
	f.t.Helper()
	content, err := os.ReadFile(cluster.KubeconfigPath)
	f.Expect(err).NotTo(HaveOccurred())
	path := filepath.Join(f.t.TempDir(), "kubeconfig")
	f.Expect(os.WriteFile(path, content, 0o600)).To(Succeed())
	cmd := exec.CommandContext(f.ctx, filepath.Join(cluster.AssetsDir, "kubectl"), "config", "set-context", "--current", "--namespace="+f.namespace, "--kubeconfig="+path) //nolint:gosec // our own program
	out, err := cmd.CombinedOutput()
	f.Expect(err).NotTo(HaveOccurred(), string(out))
	return path
}

// documented is the command of docs/schedules.md that begins with a line.
func (f *fixture) documented(begin string) string {
	f.t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "docs", "schedules.md"))
	f.Expect(err).NotTo(HaveOccurred())
	block := regexp.MustCompile("(?s)```sh\n(" + regexp.QuoteMeta(begin) + ".*?)```").FindSubmatch(content)
	f.Expect(block).NotTo(BeNil(), "docs/schedules.md has no block that begins with %q", begin)
	return string(block[1])
}

// A finished run is done again by the documented line, for one created by hand and
// for one of a schedule; the copy is the user's alone.
func TestRunAgain(t *testing.T) {
	f := newFixture(t)
	f.createCustomer("acme")
	schedule := f.newSchedule("yearly", "@yearly")
	f.create(schedule)
	f.annotate(schedule, v1alpha1.AnnotationRequestedAt, "now")
	f.awaitSchedule(schedule, v1alpha1.ReasonScheduled, func(g Gomega) { g.Expect(schedule.Status.LastSuccessfulTime).NotTo(BeNil()) })
	scheduled := slices.Collect(maps.Keys(f.runsOfSchedule("yearly")))[0]
	byHand := f.run("acme").Name

	line := f.documented("RUN=")
	for i, name := range []string{scheduled, byHand} {
		out := f.kubectl(strings.Replace(line, "RUN=acme-now", "RUN="+name, 1))
		f.Expect(out).To(ContainSubstring("created"))
		copied := f.newRun(strings.TrimPrefix(strings.Fields(out)[0], "licensesync.licensing.webex-operator.io/"), "acme")
		f.expectReason(f.awaitEnd(copied), v1alpha1.ReasonSucceeded)
		f.Expect(copied.OwnerReferences).To(BeEmpty())
		f.Expect(copied.Spec.Trigger).To(Equal(v1alpha1.TriggerManual))
		f.Expect(f.runs("acme")[v1alpha1.TriggerManual]).To(HaveLen(3 + i))
	}
	f.Expect(f.runsOfSchedule("yearly")).To(HaveLen(1), "the schedule has nothing to do with the copies")
}

// No run, of any origin, calls Webex before the time that Webex asked to
// wait for, and each says so.
func TestManualRunsRespectRetryAfter(t *testing.T) {
	f, clock, _ := timed(t)
	customer := f.createCustomer("acme")
	schedule := f.newSchedule("yearly", "@yearly")
	f.create(schedule)
	f.awaitSchedule(schedule, v1alpha1.ReasonScheduled)
	limited := f.sim.AddRule(webexsim.Rule{Operation: "GET /people", Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "600"}})
	first := f.newRun("limited", "acme")
	f.create(first)
	f.awaitRun(first, v1alpha1.ReasonRateLimited)
	f.cancel(first) // so that the next one is the first in line
	f.awaitEnd(first)
	f.sim.RemoveRule(limited)
	f.Eventually(func(g Gomega) {
		g.Expect(f.client.Get(f.ctx, keyOf(customer), customer)).To(Succeed())
		g.Expect(customer.Status.NotBefore).NotTo(BeNil())
	}).Should(Succeed())
	f.sim.ResetRequests()

	f.annotate(schedule, v1alpha1.AnnotationRequestedAt, "now")
	var asked *v1alpha1.LicenseSync
	f.Eventually(func() int {
		runs := f.runsOfSchedule("yearly")
		for _, run := range runs {
			asked = run
		}
		return len(runs)
	}).Should(Equal(1))
	ready := f.awaitRun(asked, v1alpha1.ReasonRateLimited)
	f.Expect(ready.Message).To(ContainSubstring("Webex asked to wait"))
	f.Expect(asked.Status.StartTime).To(BeNil())
	f.awaitSchedule(schedule, v1alpha1.ReasonScheduled, func(g Gomega) { g.Expect(schedule.Status.Active).To(Equal([]string{asked.Name})) })
	f.Consistently(f.sim.TotalRequests, "500ms").Should(BeZero())

	clock.SetTime(customer.Status.NotBefore.Add(time.Second))
	f.annotate(asked, "example.com/poke", fmt.Sprint(clock.Now()))
	f.expectReason(f.awaitEnd(asked), v1alpha1.ReasonSucceeded)
}

// A run that a schedule creates and that finds nothing new is written once, and its customer once; there is no event.
func TestARunOfAScheduleIsTwoWrites(t *testing.T) {
	f := timeless(t)
	customer := f.createCustomer("acme")
	schedule := f.newSchedule("yearly", "0 0 1 1 *")
	f.create(schedule)
	f.awaitSchedule(schedule, v1alpha1.ReasonScheduled)
	f.settle(customer)
	f.forget()
	f.annotate(schedule, v1alpha1.AnnotationRequestedAt, "now")
	f.Eventually(func() map[string]*v1alpha1.LicenseSync { return f.runsOfSchedule("yearly") }).Should(HaveLen(1))
	f.settle(customer)
	for _, run := range f.runsOfSchedule("yearly") {
		f.Expect(succeeded(run)).To(BeTrue(), "%+v", run.Status)
		f.Expect(f.told.of("LicenseSync", run.Name)).To(BeEmpty())
	}
	writes := f.writes.all()
	delete(writes, "PATCH licensesyncschedules/status")
	f.Expect(writes).To(Equal(map[string]int{"POST licensesyncs": 1, "PATCH licensesyncs/status": 1, "PATCH webexcustomeraccesses/status": 1}))
}
