package cli

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/rollup"
)

const maxNamed = 5

// licenseNotes say what a reader must know about figures that look complete.
func licenseNotes(customers []v1alpha1.WebexCustomerAccess, rows []v1alpha1.WebexLicense, s rollup.Selection) []string {
	var stale, never, left, superseded []string
	known := map[[2]string]*v1alpha1.WebexCustomerAccess{}
	for i := range customers {
		c := &customers[i]
		known[[2]string{c.Namespace, c.Name}] = c
		if !s.Selects(c) {
			continue
		}
		switch fresh := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionDataFresh); {
		case c.Status.LastSuccessfulSyncTime == nil:
			never = append(never, c.Name)
		case fresh != nil && fresh.Reason == v1alpha1.ReasonStale:
			stale = append(stale, c.Name)
		}
	}
	for i := range rows {
		name := rows[i].Spec.CustomerAccessRef.Name
		switch customer := known[[2]string{rows[i].Namespace, name}]; {
		case customer == nil && !slices.Contains(s.Customers, name):
			left = append(left, name)
		case rollup.Superseded(&rows[i]) && (customer == nil || s.Selects(customer)):
			superseded = append(superseded, name)
		}
	}
	var notes []string
	for _, n := range []struct {
		names []string
		text  string
	}{
		{stale, "the figures of %s are older than they should be: kubectl webex status says why"},
		{never, "of %s there are no figures yet: kubectl webex status says why"},
		{superseded, "rows of %s that Webex no longer lists are not counted: kubectl webex approve-prune removes them"},
		{left, "the rows that %s left behind are not counted: --customer shows them"},
	} {
		if len(n.names) > 0 {
			notes = append(notes, fmt.Sprintf(n.text, enumerate(n.names)))
		}
	}
	return notes
}

// hasIncluded says whether there are free and hybrid licences to show.
func hasIncluded(customers []v1alpha1.WebexCustomerAccess, rows []v1alpha1.WebexLicense, f *licensesFlags) bool {
	with := f.Selection
	with.Included = true
	return f.Below == nil && len(rollup.New(customers, rows, with).Pools()) > len(rollup.New(customers, rows, f.Selection).Pools())
}

func enumerate(names []string) string {
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > maxNamed {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNamed], ", "), len(names)-maxNamed)
	}
	return strings.Join(names, ", ")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
