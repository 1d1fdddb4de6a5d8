package headlamp

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

const (
	acme   = "11111111-2222-4333-8444-555555555555" // the organization of the demo's first customer
	extra  = "Real-Time Translations"
	people = "/organizations/" + acme + "/people/1/licenses"
)

// Each walk is an action of VOSS Automate, as the tables of docs/migrating-from-voss.md have them,
// done by what stands on the page only.
var walks = []struct {
	voss string
	do   func(t *testing.T, w *world, browser context.Context)
}{
	{"Customer Access", customerAccess},
	{"Sync Licenses, of one; the list follows", syncOne},
	{"data sync of several", syncSeveral},
	{"cancel the transaction", cancelRun},
	{"Schedule, by the form", scheduleForm},
	{"bulk activate or deactivate schedules", scheduleBulk},
	{"Perform Action, per resource", suspendCustomer},
	{"licences are taken, with approval", approveRemovals},
}

// customerAccess: what the form of Customer Access shows is found on the customer's page.
func customerAccess(t *testing.T, w *world, browser context.Context) {
	p := open(t, browser, w.viewer, "/customers", wide)
	p.click("link", "globex")
	p.find("heading", "Globex")
	p.sees("Globex Example", "DefaultsResolved", "spec.defaultSubscription", "Sub2000001", "By licence")
}

// units are rows and consumed units of a licence of acme, as the list has them.
func (p *tab) units(licence string) (found []string) {
	p.t.Helper()
	for _, r := range value[[]map[string]string](p, `readTable('Licences')`) {
		if r["Customer"] == "acme" && r["Licence"] == licence {
			found = append(found, r["Location"]+" "+r["Consumed"])
		}
	}
	slices.Sort(found)
	return found
}

func syncOne(t *testing.T, w *world, browser context.Context) {
	list := open(t, browser, w.viewer, listOf["Site"], wide)
	list.find("table", "Licences")
	before := list.units(extra)
	w.change(t, people, `{"add":["`+extra+`"]}`)
	defer w.change(t, people, `{"remove":["`+extra+`"]}`) // for another test on the same demo
	p := open(t, browser, w.editor, "/customers", wide)
	p.click("link", "acme")
	p.click("button", "Sync Licenses")
	p.find("dialog", "Sync Licenses")
	p.find("progressbar", "Run of acme")
	p.sees("1 of 1 ended")
	p.click("button", "Close")
	within(t, patience, "the figures of the list change by themselves", func() bool { return !slices.Equal(list.units(extra), before) })
	if after := list.units(extra); len(after) != len(before)+1 || !strings.Contains(strings.Join(after, "\n"), "Chicago Branch 1") {
		t.Errorf("before %q, after %q", before, after)
	}
	if asked, _, _ := calls(list.seen(0)); asked["webexlicenses"] != 1 {
		t.Errorf("the list was asked for again: %v", asked)
	}
}

func syncSeveral(t *testing.T, w *world, browser context.Context) {
	p := open(t, browser, w.editor, "/customers", wide)
	p.click("checkbox", "Select acme…")
	p.click("checkbox", "Select globex…")
	p.click("button", "Sync 2 selected")
	p.sees("Read 2 customers now?")
	p.click("button", "Sync Licenses")
	p.sees("2 of 2 ended")
	p.click("button", "Close")
}

// cancelRun: with a Webex that takes its time, a run can be canceled while it goes on.
func cancelRun(t *testing.T, w *world, browser context.Context) {
	w.change(t, "/latency", `{"latency":"1s"}`)
	defer w.change(t, "/latency", `{"latency":"0s"}`)
	p := open(t, browser, w.editor, "/customers", wide)
	p.click("link", "initech")
	p.click("button", "Sync Licenses")
	p.click("button", "Close, runs go on")
	p.click("button", "Runs")
	p.find("heading", "Runs")
	p.choose("Show…", "Going on")
	p.click("link", "initech")
	p.click("button", "Cancel")
	p.click("button", "Cancel the run")
	p.sees("The run is being canceled.", "Canceled")
}

func scheduleForm(t *testing.T, w *world, browser context.Context) {
	const path = group + "/namespaces/" + demo + "/licensesyncschedules"
	p := open(t, browser, w.editor, "/schedules", wide)
	p.click("button", "Create schedule")
	p.fill("textbox", "Schedule name", "nightly")
	p.click("radio", "Single customer")
	p.fill("textbox", "Customer", "acme")
	p.fill("textbox", "Cron line", "61 2 * * *")
	p.fill("textbox", "Execution time zone", "Europe/Berlin")
	p.click("button", "Save")
	p.sees("schedule must be five fields")
	if n := p.focused(); n.name != "Cron line" || !strings.Contains(n.description, "schedule must be five fields") {
		t.Errorf("the API server's words are not at the field: the focus is on %q, which says %q", n.name, n.description)
	}
	if err := w.call(t, http.MethodGet, path+"/nightly", "", nil); err == nil {
		t.Error("the schedule was created")
	}
	p.forgive("/licensesyncschedules")
	p.fill("textbox", "Cron line", "30 2 * * *")
	p.click("button", "Save")
	p.sees("Schedule nightly created.")
	var made struct {
		Spec struct {
			Schedule, TimeZone string
			CustomerAccessRef  struct{ Name string }
		}
	}
	w.api(t, http.MethodGet, path+"/nightly", "", &made)
	if got := fmt.Sprint(made.Spec); got != "{30 2 * * * Europe/Berlin {acme}}" {
		t.Errorf("created: %s", got)
	}
	p.click("link", "nightly")
	p.click("button", "Edit")
	p.fill("textbox", "Cron line", "45 3 * * *")
	p.click("button", "Save")
	p.sees("Schedule nightly changed.")
	if w.api(t, http.MethodGet, path+"/nightly", "", &made); made.Spec.Schedule != "45 3 * * *" {
		t.Errorf("changed: %v", made.Spec)
	}
}

// scheduleBulk deactivates and activates what scheduleForm has made, and the demo's own.
func scheduleBulk(t *testing.T, w *world, browser context.Context) {
	suspended := func() string {
		return w.kubectl(t, "get", "wxsched", "-n", demo, "-o", "jsonpath={.items[*].spec.suspend}")
	}
	w.api(t, http.MethodPatch, group+"/namespaces/"+demo+"/licensesyncschedules/every-minute", `{"spec":{"suspend":false}}`, nil)
	p := open(t, browser, w.editor, "/schedules", wide)
	p.click("checkbox", "Select nightly…")
	p.click("checkbox", "Select every-minute…")
	p.click("button", "Suspend 2")
	p.click("button", "Suspend")
	p.sees("2 schedules suspended.")
	if got := suspended(); got != "true true" {
		t.Errorf("suspended: %s", got)
	}
	p.click("button", "Resume 2")
	p.click("button", "Resume")
	p.sees("2 schedules resumed.")
	if got := suspended(); got != "false false" {
		t.Errorf("suspended: %s", got)
	}
	w.api(t, http.MethodPatch, group+"/namespaces/"+demo+"/licensesyncschedules/every-minute", `{"spec":{"suspend":true}}`, nil)
	w.api(t, http.MethodDelete, group+"/namespaces/"+demo+"/licensesyncschedules/nightly", "", nil)
}

// suspendCustomer uses the keyboard only.
func suspendCustomer(t *testing.T, w *world, browser context.Context) {
	suspended := func() string {
		return w.kubectl(t, "get", "wxca", "globex", "-n", demo, "-o", "jsonpath={.spec.suspend}")
	}
	p := open(t, browser, w.editor, "/customers", wide)
	p.find("link", "globex")
	p.press("link", "globex")
	p.find("button", "Suspend")
	p.press("button", "Suspend")
	p.find("dialog", "Suspend customer globex?")
	p.press("button", "Suspend")
	p.sees("Customer globex suspended.")
	if got := suspended(); got != "true" {
		t.Errorf("suspended: %q", got)
	}
	p.find("button", "Resume")
	p.press("button", "Resume")
	p.find("dialog", "Resume customer globex?")
	p.press("button", "Resume")
	p.sees("Customer globex resumed.")
	if got := suspended(); got != "false" {
		t.Errorf("suspended: %q", got)
	}
}

func approveRemovals(t *testing.T, w *world, browser context.Context) {
	held := func() string {
		return w.kubectl(t, "get", "wxla", "meetings", "-n", demo, "-o", "jsonpath={.status.held.people}")
	}
	w.api(t, http.MethodPatch, group+"/namespaces/"+demo+"/webexlicenseassignments/meetings", `{"spec":{"mode":"Enforce","maxRemovals":0}}`, nil)
	within(t, patience, "a removal is held", func() bool { return held() == "1" })
	viewer := open(t, browser, w.viewer, "/assignments/webex-demo/meetings", wide)
	viewer.sees("1 person would lose a licence: held")
	if viewer.has("button", "Approve…") {
		t.Error("a viewer may approve")
	}
	p := open(t, browser, w.editor, "/assignments/webex-demo/meetings", wide)
	p.click("button", "Approve…")
	p.sees("1 person will lose a licence in Webex with the next run.")
	p.click("button", "Approve")
	p.sees("Approved. The next run carries it out.")
	within(t, patience, "the removal is carried out", func() bool { return held() == "" })
}
