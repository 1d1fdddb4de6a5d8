package webexsim

import (
	"fmt"
	"net/http"
	"strings"
)

// licenseKind is what the rules of assignment know a licence by. It is a bit, so that
// what a person holds is a set.
type licenseKind uint16

const (
	kindProfessional licenseKind = 1 << iota
	kindStandard
	kindAttendant
	kindCXEssential
	kindMessenger
	kindFreeMessaging
	kindPaidMessaging
	kindFreeMeeting
	kindPaidMeeting
	kindScreenShare

	kindOther licenseKind = 0
	// kindsCalling need a number or an extension, and give a location.
	kindsCalling = kindProfessional | kindStandard
)

// kindOf goes by the name that a row had first: one that is renamed stays what it is.
func kindOf(spec LicenseSpec) licenseKind {
	switch spec.OfferCode {
	case "BCSTD":
		return kindProfessional
	case "FMS":
		return kindFreeMessaging
	case "MS":
		return kindPaidMessaging
	case "FTM":
		return kindFreeMeeting
	case "CF":
		return kindPaidMeeting
	case "FSS":
		return kindScreenShare
	}
	name := strings.ToLower(spec.Name)
	for _, known := range []struct {
		part string
		kind licenseKind
	}{
		{"attendant console", kindAttendant},
		{"calling - professional", kindProfessional},
		{"calling - standard", kindStandard},
		{"customer experience - essential", kindCXEssential},
		{"customer assist", kindCXEssential},
		{"messenger", kindMessenger},
	} {
		if strings.Contains(name, known.part) {
			return known.kind
		}
	}
	return kindOther
}

// assignmentError is a refused change of a person's licences.
type assignmentError struct {
	code                 int
	message, description string
}

// Error is the description.
func (e *assignmentError) Error() string { return e.description }

var (
	errNoSuchLocation = &assignmentError{http.StatusBadRequest, "Unable to find location", "Unable to find location."}
	errBadLicense     = &assignmentError{400000, "License not recognized", "License not recognized %s"}
	errBadSite        = &assignmentError{400216, "Invalid site URL", "Request contains invalid attendee siteUrls: %s"}
	errNoProperties   = &assignmentError{
		400411, "License properties missing",
		"Each Webex Calling license should contain its own calling properties. The following license(s) do not have properties: %s",
	}
	// What suspended subscriptions and missing units answer is not known, not even their codes.
	errSuspended = &assignmentError{0, "License assignment failed", "The subscription of the license %s is suspended."}
	errNoUnits   = &assignmentError{0, "License assignment failed", "There are no units left of the license %s"}
	errExclusive = &assignmentError{
		400413, "License conflict",
		"Could not apply the following license(s): %s as the user can be assigned only one of licenses with the same offer code",
	}
)

// about fills in what the error is about.
func (e *assignmentError) about(what ...string) *assignmentError {
	filled := *e
	filled.description = fmt.Sprintf(e.description, strings.Join(what, ", "))
	return &filled
}

// holding is a change of what a person holds, by kinds.
type holding struct{ before, after, added, removed licenseKind }

func (h holding) touches(kinds licenseKind) bool { return (h.added|h.removed)&kinds != 0 }

// both tells whether a person would hold two kinds together, because of the change.
func (h holding) both(a, b licenseKind) bool {
	return h.after&a != 0 && h.after&b != 0 && h.touches(a|b)
}

// without tells whether a person would hold one kind but not the other that it needs.
func (h holding) without(kind, needed licenseKind) bool {
	return h.after&kind != 0 && h.after&needed == 0 && h.touches(kind|needed)
}

// turns tells whether one kind is exchanged for another.
func (h holding) turns(from, to licenseKind) bool {
	return h.before&from != 0 && h.after&from == 0 && h.added&to != 0
}

const notApplied = " The following license(s) could not be applied as requested: %s"

// assignmentRules are the documented reasons to refuse a combination.
var assignmentRules = []struct {
	broken func(h holding) bool
	err    assignmentError
}{
	{
		func(h holding) bool { return h.turns(kindProfessional, kindStandard) },
		assignmentError{400112, "License assignment failed", "Changing a user's Webex Calling license from Professional to Standard is not allowed." + notApplied},
	},
	{
		func(h holding) bool { return h.touches(kindMessenger) },
		assignmentError{400118, "License management not supported", "User management of Messenger license %s is not supported"},
	},
	{
		func(h holding) bool { return h.both(kindProfessional, kindStandard) },
		assignmentError{400404, "License conflict", "User cannot have both Webex Calling Professional and Standard License together." + notApplied},
	},
	{
		func(h holding) bool { return h.both(kindStandard, kindAttendant) },
		assignmentError{400406, "License conflict", "User cannot have both Webex Calling Standard and Webex Attendant Console licenses together." + notApplied},
	},
	{
		func(h holding) bool { return h.both(kindStandard, kindCXEssential) },
		assignmentError{400407, "License conflict", "User cannot have both Webex Calling Standard and CX Essential licenses together." + notApplied},
	},
	{
		func(h holding) bool { return h.without(kindAttendant, kindProfessional) },
		assignmentError{400408, "License prerequisite missing", "User needs Webex Calling Professional license to be assigned before assigning Webex Attendant Console: %s"},
	},
	{
		func(h holding) bool { return h.turns(kindCXEssential, kindStandard) },
		assignmentError{400410, "License downgrade not allowed", "Changing a user's license from CX Essential to Webex Calling Standard is not allowed." + notApplied},
	},
	{
		func(h holding) bool { return h.without(kindPaidMessaging, kindFreeMessaging) },
		assignmentError{700003, "License prerequisite missing", "Free teams messaging mandatory for paid teams messaging license." + notApplied},
	},
	{
		func(h holding) bool { return h.without(kindPaidMeeting, kindFreeMeeting) },
		assignmentError{700004, "License prerequisite missing", "Free teams meeting mandatory for paid teams meeting license." + notApplied},
	},
	{
		func(h holding) bool { return h.without(kindFreeMeeting|kindPaidMeeting, kindFreeMessaging) },
		assignmentError{700005, "License prerequisite missing", "Free teams messaging mandatory for teams meeting license." + notApplied},
	},
	{
		func(h holding) bool { return h.removed&kindScreenShare != 0 },
		assignmentError{700006, "License removal not allowed", "Screen Share %s is implicitly assigned and cannot be removed"},
	},
}
