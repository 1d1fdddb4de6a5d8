package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

func TestLookGolden(t *testing.T) {
	for name, c := range map[string]struct {
		live bool
		args string
	}{
		"status":            {args: "status"},
		"status-terminal":   {live: true, args: "status"},
		"status-wide":       {args: "status -A -o wide"},
		"status-customer":   {live: true, args: "status globex umbrella"},
		"status-acme":       {args: "status acme"},
		"status-json":       {args: "status -l tier=gold --at provider.reseller-west.acme -o json"},
		"status-csv":        {args: "status -o csv"},
		"status-empty":      {args: "status -n elsewhere"},
		"runs":              {args: "runs"},
		"runs-customer":     {args: "runs globex -o wide"},
		"runs-active":       {args: "runs --active -o wide"},
		"runs-limit":        {args: "runs --limit 2"},
		"runs-yaml":         {args: "runs initech -o yaml"},
		"schedules":         {args: "schedules"},
		"schedules-next":    {live: true, args: "schedules --next 24h"},
		"schedules-pipe":    {args: "schedules --next 24h"},
		"schedules-limit":   {args: "schedules initech --next 168h --limit 3"},
		"schedules-nothing": {args: "schedules quarterly --next 1h"},
		"schedules-json":    {args: "schedules nightly --next 24h -o json"},
		"schedules-csv":     {args: "schedules -o csv"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, fleet()...)
			w.live = c.live
			w.golden(name, strings.Fields(c.args)...)
		})
	}
}

// A run that an upgrade of the operator asks for is foretold, and shown, like any other.
func TestLookAtUpgrades(t *testing.T) {
	objects := fleet()
	for _, object := range objects {
		if c, ok := object.(*v1alpha1.WebexCustomerAccess); ok {
			c.Status.UpgradeRunTime = at(-20 * time.Minute)
		}
	}
	objects = append(objects, fleetRun("initech-upgrade-2c70e12b7a", "initech", 30*time.Second, v1alpha1.TriggerUpgrade, activeRun(v1alpha1.ReasonRunning, v1alpha1.StepPeople, 300)))
	for name, args := range map[string]string{"status-upgrade": "status acme umbrella", "status-upgrades": "status", "runs-upgrade": "runs initech"} {
		t.Run(name, func(t *testing.T) { newWorld(t, objects...).golden(name, strings.Fields(args)...) })
	}
}

func TestLookMistakes(t *testing.T) {
	for args, want := range map[string]string{
		"status acmee":           `1 error: there is no customer "acmee" in namespace webex: kubectl webex status lists them, or look elsewhere with -n or -A`,
		"status -l tier=(gold)":  `2 error: --selector is "tier=(gold)": use labels such as tier=gold,region!=west`,
		"runs acmee":             `1 error: there is no customer "acmee" in namespace webex: kubectl webex status lists them, or look elsewhere with -n or -A`,
		"runs acme globex":       `2 error: accepts at most 1 arg(s), received 2`,
		"runs --active --failed": `2 error: if any flags in the group [active failed] are set none of the others can be; [active failed] were all set`,
		"schedules weekly":       `1 error: there is no schedule "weekly" in namespace webex: kubectl webex schedules lists them, or look elsewhere with -n or -A`,
		"schedules --next -1h":   `2 error: --next is -1h0m0s: use a time to come, such as 24h`,
	} {
		got := newWorld(t, fleet()...).run(strings.Fields(args)...)
		first, _, _ := strings.Cut(got.err, "\n")
		if is := string(rune('0'+got.code)) + " " + first; is != want {
			t.Errorf("%s:\n%s\nwant\n%s", args, is, want)
		}
	}
}
