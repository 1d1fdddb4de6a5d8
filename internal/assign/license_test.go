package assign_test

import (
	"slices"
	"testing"

	"github.com/webex-operator/webex-license-operator/internal/assign"
)

func TestManaged(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"EE", "ee", "MS", "FMS", "COX", "ABC", "UC", "CJ", "B"} {
		if !assign.Managed(code) {
			t.Errorf("%q is not managed", code)
		}
	}
	for _, code := range []string{"", "BC", "BCSTD", "bcstd", "BCCA", "CO", "co", "UCPREM", "UCPREMX", "CJP", "CJPPRM", "cjpstd"} {
		if assign.Managed(code) {
			t.Errorf("%q is managed: taking one may destroy settings", code)
		}
	}
}

// renamed gives a licence another id.
func renamed(l assign.License, id string) assign.License {
	l.ID, l.Row = id, id
	return l
}

func TestChoiceOfLicense(t *testing.T) {
	t.Parallel()
	included, superseded, coded := inside("EE", 5), inside("EE", 5), inside("EE", 5)
	included.Purchased = false
	superseded.Assignable, superseded.Reason = false, "Superseded"
	coded.OfferCode = ""
	named := func(l assign.License, name string) assign.License {
		l.Name = name
		return l
	}
	byCode, byName := assign.Assignment{OfferCode: "EE"}, assign.Assignment{LicenseName: "Suite"}
	chosen := func(a assign.Assignment, id string) assign.Assignment {
		a.ChosenID = id
		return a
	}
	for name, test := range map[string]struct {
		licenses []assign.License
		by       assign.Assignment
		fault    assign.Fault
		license  int
		like     []int
	}{
		"the one of the code":            {[]assign.License{inside("MS", 1), inside("EE", 1)}, byCode, assign.FaultNone, 1, nil},
		"without case":                   {[]assign.License{inside("ee", 1)}, byCode, assign.FaultNone, 0, nil},
		"the one of the name":            {[]assign.License{named(inside("MS", 1), "Suite"), inside("EE", 1)}, byName, assign.FaultNone, 0, nil},
		"a name exactly":                 {[]assign.License{named(inside("MS", 1), "suite")}, byName, assign.FaultNotFound, -1, nil},
		"a name is no code":              {[]assign.License{inside("Suite", 1)}, byName, assign.FaultNotFound, -1, nil},
		"inside beside outside":          {[]assign.License{outside("EE"), inside("EE", 1)}, byCode, assign.FaultNone, 1, nil},
		"inside beside superseded":       {[]assign.License{superseded, renamed(inside("EE", 1), "new")}, byCode, assign.FaultNone, 1, nil},
		"none":                           {nil, byCode, assign.FaultNotFound, -1, nil},
		"included is never meant":        {[]assign.License{included}, byCode, assign.FaultNotFound, -1, nil},
		"included beside purchased":      {[]assign.License{included, renamed(inside("EE", 1), "new")}, byCode, assign.FaultNone, 1, nil},
		"outside":                        {[]assign.License{inside("MS", 1), outside("EE")}, byCode, assign.FaultNotAssignable, -1, []int{1}},
		"superseded":                     {[]assign.License{superseded}, byCode, assign.FaultNotAssignable, -1, []int{0}},
		"two":                            {[]assign.License{inside("EE", 1), inside("MS", 1), renamed(inside("EE", 1), "new")}, byCode, assign.FaultAmbiguous, -1, []int{0, 2}},
		"two of a name":                  {[]assign.License{named(inside("EE", 1), "Suite"), named(inside("MS", 1), "Suite")}, byName, assign.FaultAmbiguous, -1, []int{0, 1}},
		"calling":                        {[]assign.License{inside("BCSTD", 1)}, assign.Assignment{OfferCode: "bcstd"}, assign.FaultNotManaged, -1, []int{0}},
		"calling outside":                {[]assign.License{outside("BCSTD")}, assign.Assignment{OfferCode: "BCSTD"}, assign.FaultNotManaged, -1, []int{0}},
		"UCM":                            {[]assign.License{inside("UCPREM", 1)}, assign.Assignment{OfferCode: "UCPREM"}, assign.FaultNotManaged, -1, []int{0}},
		"Contact Center":                 {[]assign.License{inside("CJPPRM", 1)}, assign.Assignment{OfferCode: "CJPPRM"}, assign.FaultNotManaged, -1, []int{0}},
		"calling of old":                 {[]assign.License{inside("CO", 1)}, assign.Assignment{OfferCode: "CO"}, assign.FaultNotManaged, -1, []int{0}},
		"unknown code":                   {[]assign.License{named(coded, "Suite")}, byName, assign.FaultNotManaged, -1, []int{0}},
		"calling inside, not the other":  {[]assign.License{named(outside("EE"), "Suite"), named(inside("BCSTD", 1), "Suite")}, byName, assign.FaultNotManaged, -1, []int{1}},
		"calling outside, not the other": {[]assign.License{named(inside("EE", 1), "Suite"), named(outside("BCSTD"), "Suite")}, byName, assign.FaultNone, 0, nil},
		"the one of before":              {[]assign.License{inside("EE", 1)}, chosen(byCode, "id-EE"), assign.FaultNone, 0, nil},
		"another than before":            {[]assign.License{inside("EE", 1)}, chosen(byCode, "id-old"), assign.FaultChanged, 0, nil},
		"unreadable":                     {[]assign.License{inside("EE", 1)}, assign.Assignment{OfferCode: "EE", Unreadable: true}, assign.FaultNotFound, -1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := assign.World{Licenses: test.licenses, People: people(holds()), Assignments: []assign.Assignment{test.by}}
			w.Assignments[0].Listed, w.Assignments[0].Enforce = []int{0}, true
			p := assign.New(w)
			o := p.Outcomes[0]
			if o.Fault != test.fault || o.License != test.license || !slices.Equal(o.Like, test.like) {
				t.Errorf("got fault %d, licence %d, like %v; want %d, %d, %v", o.Fault, o.License, o.Like, test.fault, test.license, test.like)
			}
			if gives := len(p.Changes) == 1 && p.Changes[0].License == test.license; gives != (test.fault == assign.FaultNone) {
				t.Errorf("fault %d, changes %v", test.fault, told(&w, p))
			}
		})
	}
}

// A licence that took another's place is not given, and taken from no person; another assignment of it goes on giving it.
func TestChangedLicenseWaits(t *testing.T) {
	t.Parallel()
	waits := owner("EE", 0)
	waits.ChosenID = "id-old"
	w := assign.World{
		Licenses: []assign.License{inside("EE", 5), outside("EE")}, RemoveOthers: true,
		People: people(holds(1), holds(0), holds()), Assignments: []assign.Assignment{waits, owner("EE", 2)},
	}
	expect(t, "changes", told(&w, assign.New(w)), "p2 +EE Send [1]")
}
