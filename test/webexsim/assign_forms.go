package webexsim

import (
	"slices"
	"strings"
)

// OperationAssign is PATCH /licenses/users in counts and rules.
const OperationAssign = "PATCH /licenses/users"

// NoUnits says what PATCH /licenses/users does with a licence whose units are all in use.
// No public source tells.
type NoUnits string

// What happens if no unit is free.
const (
	// NoUnitsAssign assigns more units than were bought, as Control Hub does. The default.
	NoUnitsAssign NoUnits = "assign"
	// NoUnitsPartial leaves the licence out, and answers 206.
	NoUnitsPartial NoUnits = "partial"
	// NoUnitsRefuse answers 400, and changes nothing.
	NoUnitsRefuse NoUnits = "refuse"
)

// AssignFault is what becomes of a PATCH /licenses/users that a Rule acts on.
type AssignFault string

// Faults of a change of licences.
const (
	// AssignPartial applies all of a request but its last licence, and answers 206.
	AssignPartial AssignFault = "partial"
	// AssignSilent changes nothing, and answers 200 with what the person holds.
	AssignSilent AssignFault = "silent"
	// AssignPretend changes nothing, and answers as if it had.
	AssignPretend AssignFault = "pretend"
)

var (
	noUnitsForms = []string{"", string(NoUnitsAssign), string(NoUnitsPartial), string(NoUnitsRefuse)}
	assignFaults = []string{"", string(AssignPartial), string(AssignSilent), string(AssignPretend)}
)

// refusal is the answer with one of the documented codes, or with another one.
func refusal(code int) *assignmentError {
	known := []*assignmentError{errNoSuchLocation, errBadLicense, errBadSite, errNoProperties, errExclusive}
	for i := range assignmentRules {
		known = append(known, &assignmentRules[i].err)
	}
	e := assignmentError{code, "License assignment failed", "License assignment failed"}
	if i := slices.IndexFunc(known, func(k *assignmentError) bool { return k.code == code }); i >= 0 {
		e = *known[i]
	}
	e.description = strings.ReplaceAll(e.description, "%s", "of the request")
	return &e
}

// assignFault is that of the rule that acts on the request.
func (c *call) assignFault() AssignFault {
	if c.rule == nil {
		return ""
	}
	return c.rule.Assign
}

// asked is the index of the person whom a request is about, for rules; noPerson if it is
// about none.
func (c *call) asked() int {
	o := c.s.Organization(c.subject)
	if o == nil {
		return noPerson
	}
	var about assignment
	switch c.operation {
	case OperationAssign:
		if parsed, err := parseAssignment(c.body); err == nil {
			about = parsed
		}
	case "GET /people/{id}":
		about.PersonID = c.id
	}
	if about.PersonID == "" && about.Email == "" {
		return noPerson
	}
	if i, ok := o.findAssignee(&about); ok {
		return i
	}
	return noPerson
}
