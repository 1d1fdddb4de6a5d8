package operator

import (
	"fmt"
	"strings"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// Key identifies a row within its customer.
func Key(row *v1alpha1.WebexLicense) string { return row.Spec.LicenseID + "@" + row.Spec.LocationID }

// Shown is all that a row says about its licence, as a text to compare.
func Shown(row *v1alpha1.WebexLicense) string {
	s := row.Status
	return text(s.Name, s.Location, s.SubscriptionID, s.SiteURL,
		s.TotalUnits, s.ConsumedUnits, s.AvailableUnits, s.ConsumedByUsers, s.ConsumedByWorkspaces, s.UnitsWithoutLocation, s.ResidualUnits)
}

// Expected is what the rows of a customer say if they are right, by key: the
// simulator's own count of its people and workspaces. The specs say of which
// licences Webex does not tell who consumes them.
func Expected(customer string, truth webexsim.Truth, specs []webexsim.LicenseSpec) map[string]string {
	hidden := map[string]bool{}
	for _, spec := range specs {
		hidden[spec.Name] = spec.Consumers == webexsim.FormNull
	}
	expected := map[string]string{}
	for _, l := range truth.Licenses {
		users, workspaces := units(l.ByUsers), units(l.ByWorkspaces)
		if hidden[l.Name] {
			users, workspaces = nil, nil
		}
		expected[l.ID+"@"] = text(l.Name, customer, l.Subscription, l.SiteURL,
			units(l.Total), units(l.Consumed), units(l.Available()), users, workspaces, units(l.WithoutLocation), units(l.Residual))
		for _, at := range l.Locations {
			expected[l.ID+"@"+at.ID] = text(l.Name, at.Name, l.Subscription, l.SiteURL,
				units(l.Total), units(at.Units), units(l.Total-at.Units), units(at.Users), units(at.Workspaces), nil, nil)
		}
	}
	return expected
}

func units(n int) *int64 { return new(int64(n)) }

func text(name, location, subscription, site string, figures ...*int64) string {
	names := []string{"total", "consumed", "available", "users", "workspaces", "elsewhere", "residual"}
	var line strings.Builder
	fmt.Fprintf(&line, "%s @ %s (subscription %q, site %q):", name, location, subscription, site)
	for i, figure := range figures {
		if figure == nil {
			fmt.Fprintf(&line, " %s ?", names[i])
			continue
		}
		fmt.Fprintf(&line, " %s %d", names[i], *figure)
	}
	return line.String()
}
