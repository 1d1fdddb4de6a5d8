package cli

import (
	"bytes"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
	"github.com/webex-operator/webex-license-operator/internal/zonedata"
)

// The plugin says so once if the operator computes with other time zone data, and nothing if it does not know.
func TestZoneNote(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		theirs []string
		want   string
	}{
		"the same":              {theirs: []string{"2026b", ""}},
		"an operator of before": {theirs: []string{""}},
		"others":                {theirs: []string{"2026f", "2026b", "2025c", "2026f"}, want: "time zone data 2025c, 2026f, this plugin with 2026b (/usr/share/zoneinfo): "},
	} {
		var out bytes.Buffer
		a := &app{Env: Env{Err: terminal.Terminal{Out: &out}, Zones: zonedata.Data{Version: "2026b", Source: "/usr/share/zoneinfo"}}}
		schedules := make([]v1alpha1.LicenseSyncSchedule, len(c.theirs))
		for i, version := range c.theirs {
			schedules[i].Status.TimeZoneData = version
		}
		a.zoneNote(schedules)
		if c.want == "" {
			NewWithT(t).Expect(out.String()).To(BeEmpty(), name)
		} else {
			NewWithT(t).Expect(out.String()).To(ContainSubstring(c.want), name)
		}
	}
}
