package partner_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/partner"
)

type match = v1alpha1.OrganizationMatch

func TestSelector(t *testing.T) {
	t.Parallel()
	base64ID := "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi9hYWFhYWFhYS0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDE"
	for name, test := range map[string]struct {
		include  match
		exclude  *match
		selected bool
	}{
		"empty":              {match{}, nil, true},
		"by id":              {match{OrganizationIDs: []string{idOf(9), idOf(1)}}, nil, true},
		"in capitals":        {match{OrganizationIDs: []string{strings.ToUpper(idOf(1))}}, nil, true},
		"in base64":          {match{OrganizationIDs: []string{base64ID}}, nil, true},
		"by another id":      {match{OrganizationIDs: []string{idOf(9)}}, nil, false},
		"by a part":          {match{Names: []string{"zzz", "me C"}}, nil, true},
		"by its start":       {match{Names: []string{"^Acme"}}, nil, true},
		"by another start":   {match{Names: []string{"^Corp"}}, nil, false},
		"in any case":        {match{Names: []string{"(?i)ACME"}}, nil, true},
		"in another case":    {match{Names: []string{"ACME"}}, nil, false},
		"by tag":             {match{Tags: []string{"zzz", "gold"}}, nil, true},
		"by another tag":     {match{Tags: []string{"Gold"}}, nil, false},
		"each list":          {match{OrganizationIDs: []string{idOf(1)}, Names: []string{"Acme"}, Tags: []string{"gold"}}, nil, true},
		"not this id":        {match{OrganizationIDs: []string{idOf(2)}, Names: []string{"Acme"}, Tags: []string{"gold"}}, nil, false},
		"not this name":      {match{OrganizationIDs: []string{idOf(1)}, Names: []string{"x"}, Tags: []string{"gold"}}, nil, false},
		"not this tag":       {match{OrganizationIDs: []string{idOf(1)}, Names: []string{"Acme"}, Tags: []string{"x"}}, nil, false},
		"excluded by id":     {match{Names: []string{"Acme"}}, &match{OrganizationIDs: []string{idOf(1)}}, false},
		"excluded by name":   {match{}, &match{Names: []string{"Corp"}, Tags: []string{"x"}}, false},
		"excluded by tag":    {match{}, &match{OrganizationIDs: []string{idOf(2)}, Names: []string{"x"}, Tags: []string{"lead"}}, false},
		"not excluded":       {match{}, &match{OrganizationIDs: []string{idOf(2)}, Names: []string{"x"}, Tags: []string{"x"}}, true},
		"excluded of others": {match{}, &match{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := partner.Compile(&v1alpha1.OrganizationSelector{OrganizationMatch: test.include, Exclude: test.exclude})
			must(t, err)
			if got := s.Selects(organization(t, idOf(1), "Acme Corp", "gold", "lead")); got != test.selected {
				t.Errorf("selected: %t", got)
			}
		})
	}
	all, err := partner.Compile(nil)
	must(t, err)
	if !all.Selects(organization(t, idOf(1), "")) {
		t.Error("no selector does not select all")
	}
}

// An error names the field and the entry.
func TestSelectorErrors(t *testing.T) {
	t.Parallel()
	bad := map[string]match{
		"organizationIDs[1]": {OrganizationIDs: []string{idOf(1), "no-id"}},
		"names[2]":           {Names: []string{"a", "b", "(?<!lookbehind)"}},
	}
	for field, m := range bad {
		for prefix, s := range map[string]*v1alpha1.OrganizationSelector{"spec.select.": {OrganizationMatch: m}, "spec.select.exclude.": {Exclude: &m}} {
			if _, err := partner.Compile(s); err == nil || !strings.HasPrefix(err.Error(), prefix+field+" ") && !strings.HasPrefix(err.Error(), prefix+field+":") {
				t.Errorf("%s%s: %v", prefix, field, err)
			}
		}
	}
}

// Tags are asked for only where the spec names them.
func TestTags(t *testing.T) {
	t.Parallel()
	s := v1alpha1.WebexPartnerSpec{Select: &v1alpha1.OrganizationSelector{OrganizationMatch: match{Names: []string{"x"}}}, Template: &v1alpha1.CustomerTemplate{}}
	if tags := partner.Tags(&s); len(tags) > 0 {
		t.Errorf("tags %q", tags)
	}
	s.Select.Tags, s.Select.Exclude = []string{"c", "a"}, &match{Tags: []string{"b"}}
	s.Template.ByTag = []v1alpha1.TagTemplate{{Tag: "d"}, {Tag: "a"}}
	if tags := strings.Join(partner.Tags(&s), " "); tags != "a b c d" {
		t.Errorf("tags %q", tags)
	}
}

// The first entry of byTag that has something to say goes before the others, and before the template; the operator's own
// labels before all.
func TestByTag(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tags                   []string
		path, tier, zone, lead string
	}{
		"no tag":           {nil, "base", "t", "", ""},
		"another":          {[]string{"x"}, "base", "t", "", ""},
		"one":              {[]string{"silver"}, "s", "silver", "s", ""},
		"both":             {[]string{"silver", "gold"}, "g", "gold", "s", ""},
		"says only labels": {[]string{"lead", "silver"}, "s", "silver", "s", "yes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := crowd(t, 0)
			w.Partner.Spec.Template = &v1alpha1.CustomerTemplate{
				HierarchyPath: "base", Labels: map[string]string{"tier": "t", v1alpha1.LabelPartner: "forged"}, Schedule: &v1alpha1.PartnerSchedule{Schedule: "@daily"},
				ByTag: []v1alpha1.TagTemplate{
					{Tag: "lead", Labels: map[string]string{"lead": "yes"}},
					{Tag: "gold", HierarchyPath: "g", Labels: map[string]string{"tier": "gold"}},
					{Tag: "silver", HierarchyPath: "s", Labels: map[string]string{"tier": "silver", "zone": "s"}},
				},
			}
			w.Organizations = []partner.Organization{organization(t, idOf(1), "Acme", test.tags...)}
			flat := flatten(w.Decide().Writes[0].Fields)
			for path, want := range map[string]string{
				"spec|hierarchyPath": test.path, labelPath + "tier": test.tier, labelPath + "zone": test.zone, labelPath + "lead": test.lead,
				labelPath + v1alpha1.LabelPartner: "reseller", labelPath + v1alpha1.LabelDefaultSchedule: "none",
			} {
				if got, _ := flat[path].(string); got != want {
					t.Errorf("%s is %q, want %q", path, got, want)
				}
			}
			if len(w.Partner.Spec.Template.Labels) != 2 {
				t.Errorf("the template became %v", w.Partner.Spec.Template.Labels)
			}
		})
	}
}

// A partner has a schedule if its template does, suspends what it made, and touches no other's.
func TestSchedule(t *testing.T) {
	t.Parallel()
	live := func(label string) *v1alpha1.LicenseSyncSchedule {
		return &v1alpha1.LicenseSyncSchedule{ObjectMeta: metav1.ObjectMeta{Name: "reseller", Labels: map[string]string{v1alpha1.LabelPartner: label}, ManagedFields: []metav1.ManagedFieldsEntry{{
			Manager: partner.FieldManager("reseller"), Operation: "Apply", FieldsV1: metav1.NewFieldsV1(`{"f:spec":{"f:schedule":{}}}`),
		}}}, Spec: v1alpha1.LicenseSyncScheduleSpec{Schedule: "@daily"}}
	}
	for name, test := range map[string]struct {
		mode         v1alpha1.PartnerMode
		template     bool
		live         *v1alpha1.LicenseSyncSchedule
		writes, ours bool
		suspends     bool
	}{
		"none":                {v1alpha1.PartnerModeCreate, false, nil, false, true, false},
		"new":                 {v1alpha1.PartnerModeCreate, true, nil, true, true, false},
		"new, in Report":      {v1alpha1.PartnerModeReport, true, nil, false, true, false},
		"another's":           {v1alpha1.PartnerModeCreate, true, live("other"), false, false, false},
		"a person's":          {v1alpha1.PartnerModeCreate, false, live(""), false, false, false},
		"no longer":           {v1alpha1.PartnerModeCreate, false, live("reseller"), true, true, true},
		"no longer, reported": {v1alpha1.PartnerModeReport, false, live("reseller"), false, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := crowd(t, 0)
			w.Partner.Spec.Mode, w.Partner.Spec.DeletionPolicy = test.mode, v1alpha1.DeletionPolicyDelete
			w.Partner.Spec.Template = &v1alpha1.CustomerTemplate{Labels: map[string]string{v1alpha1.LabelShard: "s", "zone": "z"}}
			if test.template {
				w.Partner.Spec.Template.Schedule = &v1alpha1.PartnerSchedule{Schedule: "@hourly", TimeZone: "Europe/Berlin", SpreadSeconds: new(int32(0))}
			}
			write, ours := w.Schedule(test.live)
			if (write != nil) != test.writes || ours != test.ours {
				t.Fatalf("write %v, ours %t", write, ours)
			}
			flat := flatten(write)
			if (flat["spec|suspend"] == true) != test.suspends || test.suspends && flat["spec|schedule"] != "@daily" {
				t.Errorf("%v", flat)
			}
			if !test.writes || test.suspends {
				return
			}
			for path, want := range map[string]any{
				"spec|schedule": "@hourly", "spec|timeZone": "Europe/Berlin", "spec|spreadSeconds": int64(0), labelPath + v1alpha1.LabelShard: "s", labelPath + "zone": nil,
				"spec|customerAccessSelector|matchLabels|" + v1alpha1.LabelPartner: "reseller", labelPath + v1alpha1.LabelPartner: "reseller",
			} {
				if flat[path] != want {
					t.Errorf("%s is %v, want %v", path, flat[path], want)
				}
			}
			if _, found := flat[`metadata|ownerReferences|k:{"uid":"uid-1"}`]; !found {
				t.Errorf("no owner: %v", flat)
			}
		})
	}
}
