package cli

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/overview"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

func (a *app) describe(o *overview.Customer) { a.page(o.Name, o.DisplayName, a.facts(o), o.Issues) }

// page tells of one object: what is known of it, and what there is to do.
func (a *app) page(name, title string, facts []fact, issues []overview.Issue) {
	fmt.Fprintln(a.Out.Out, strings.TrimSpace(a.Out.Paint(terminal.Strong, name)+"  "+terminal.Clean(title)))
	for _, line := range facts {
		if line.value != "" {
			fmt.Fprintf(a.Out.Out, "  %-13s %s\n", line.name, terminal.Clean(line.value))
		}
	}
	a.sayIssues(issues)
	if len(issues) == 0 {
		fmt.Fprintf(a.Out.Out, "  %s\n", a.Out.Paint(terminal.Good, "Nothing to see to."))
	}
}

func (a *app) sayIssues(issues []overview.Issue) {
	for _, issue := range issues {
		shade := terminal.Warning
		if issue.Severity == overview.Error {
			shade = terminal.Bad
		}
		fmt.Fprintf(a.Out.Out, "  %s %s\n", a.Out.Paint(shade, string(issue.Severity)+" "+issue.Name()+":"), terminal.Clean(issue.Message))
	}
}

type fact struct{ name, value string }

func (a *app) facts(o *overview.Customer) []fact {
	figures := a.figuresOf(o).Text
	if o.NextStart != nil {
		figures += ", next run " + a.in(o.NextStart).Text
		if o.NextTrigger == v1alpha1.TriggerUpgrade {
			figures += ", because the operator was upgraded"
		}
	}
	units := ""
	if o.TotalUnits != nil && o.ConsumedUnits != nil {
		used := usage(o)
		units = fmt.Sprintf("%d of %d in use, %s", *o.ConsumedUnits, *o.TotalUnits, strings.TrimSpace(a.used(used).Text))
	}
	organization := o.Organization
	if o.OrganizationID != "" {
		organization += " (" + o.OrganizationID + ")"
	}
	assignments := ""
	if o.Assignments != nil {
		assignments = o.Assignments.String()
	}
	return []fact{
		{"Namespace", o.Namespace},
		{"Hierarchy", o.HierarchyPath},
		{"Partner", o.Partner},
		{"Organization", organization},
		{"Ready", string(o.Ready) + ", " + o.Reason},
		{"Figures", figures},
		{"Units", units},
		{"Capacity", o.Capacity},
		{"Defaults", defaults(o)},
		{"Credentials", a.credentials(o)},
		{"Runs", strings.Join(o.Active, ", ")},
		{"Assignments", assignments},
	}
}

func defaults(o *overview.Customer) string {
	var parts []string
	if o.Subscription != "" {
		parts = append(parts, "subscription "+o.Subscription)
	}
	if o.SiteURL != "" {
		parts = append(parts, "site URL "+o.SiteURL)
	}
	return strings.Join(parts, ", ")
}

func (a *app) credentials(o *overview.Customer) string {
	kind := map[v1alpha1.CredentialKind]string{
		v1alpha1.CredentialKindAccessToken: "access token", v1alpha1.CredentialKindIntegration: "integration", v1alpha1.CredentialKindServiceApp: "Service App",
	}[o.Credentials]
	switch end := o.CredentialsExpiration; {
	case end == nil:
		return kind
	case end.Before(a.Now()):
		return kind + ", ended " + duration.HumanDuration(a.Now().Sub(*end)) + " ago"
	default:
		return kind + ", ends in " + duration.HumanDuration(end.Sub(a.Now()))
	}
}
