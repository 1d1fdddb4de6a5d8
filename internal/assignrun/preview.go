package assignrun

import (
	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/assign"
)

// Preview is a plan with the people in it, for a person who asks to see it. It is never stored.
type Preview struct {
	// Assignments are what the plan means for each assignment, in the order of their names.
	Assignments []AssignmentPreview
	// Changes are what the rules ask for, whatever becomes of it, in the order of assignments and lists.
	Changes []ChangePreview
	// Holders are the addresses of the people who hold a purchased licence, sorted, by the name of its row.
	Holders map[string][]string
}

// AssignmentPreview is what a plan means for one assignment, as a run would write it to its status.
type AssignmentPreview struct {
	Name string
	v1alpha1.WebexLicenseAssignmentStatus
}

// ChangePreview is one licence that a person would get or lose.
type ChangePreview struct {
	// Assignments are the names of those that it follows from.
	Assignments []string
	// Person is the person's first address in Webex.
	Person string
	// License is the licence's name in Webex, Row the name of its row.
	License, Row string
	// Remove says that the person would lose it, Why by which rule, State what becomes of it.
	Remove bool
	Why    assign.Why
	State  assign.State
}
