package crd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

type schema = apiextensionsv1.JSONSchemaProps

// kubectl explain of every field says what it is, in which unit, within which bounds, what
// holds if it is not set, and whether it may be changed.
func TestEveryFieldIsDescribed(t *testing.T) {
	t.Parallel()
	fields := 0
	for kind, definition := range definitions(t, "bases") {
		for _, version := range definition.Spec.Versions {
			root := version.Schema.OpenAPIV3Schema
			if torn(root.Description) {
				t.Errorf("%s: kubectl explain breaks a line of its description in the middle", kind)
			}
			if len(root.Description) < 40 || !strings.HasPrefix(root.Description, kind+" ") {
				t.Errorf("%s: its description does not begin with the kind", kind)
			}
			for _, f := range fieldsOf(root) {
				fields++
				for _, fault := range f.faults() {
					t.Errorf("%s.%s %s\n\t%q", strings.ToLower(kind), f.path, fault, f.Description)
				}
			}
		}
	}
	if fields < 130 {
		t.Errorf("found %d fields: the test looks in the wrong place", fields)
	}
}

// No definition is too large for the annotation in which kubectl apply keeps an object, unless it
// is told to apply on the server's side. All annotations together may have 256 KiB.
func TestSizeOfDefinitions(t *testing.T) {
	t.Parallel()
	for kind, definition := range definitions(t, "bases") {
		content, err := json.Marshal(definition)
		if err != nil || len(content) > 256<<10*9/10 {
			t.Errorf("%s has %d bytes, %v", kind, len(content), err)
		}
	}
}

// field is a field with what its place says about it.
type field struct {
	*schema
	path, name string
	required   bool
	// torn is whether kubectl explain breaks a line in the middle.
	torn bool
	// immutable is what the rules of the definition say, said what the descriptions on the
	// way to the field do.
	immutable, said string
}

func (f *field) inSpec() bool { return strings.HasPrefix(f.path, "spec.") }

// fieldsOf are the fields of an object in spec and status. The parts of Kubernetes' own types
// are described by Kubernetes.
func fieldsOf(root *schema) []field {
	var all []field
	for _, part := range []string{"spec", "status"} {
		below := root.Properties[part]
		all = append(all, field{schema: &below, path: part, name: part, required: true})
		all = append(all, within(part, "", &below)...)
	}
	return all
}

func within(path, said string, object *schema) []field {
	var all []field
	for _, name := range slices.Sorted(maps.Keys(object.Properties)) {
		below := object.Properties[name]
		tears := torn(below.Description)
		below.Description = strings.Join(strings.Fields(below.Description), " ")
		f := field{schema: &below, path: path + "." + name, name: name, required: slices.Contains(object.Required, name), said: said, torn: tears}
		for _, rule := range object.XValidations {
			if rule.Rule == "self == oldSelf" || strings.Contains(rule.Rule, "self."+name+" == oldSelf."+name) {
				f.immutable = rule.Rule
			}
		}
		for _, word := range mutability.FindAllString(below.Description, -1) {
			f.said = word
		}
		all = append(all, f)
		if name == "conditions" || name == "customerAccessSelector" {
			continue
		}
		all = append(all, within(f.path, f.said, &below)...)
		if below.Items != nil && below.Items.Schema != nil {
			all = append(all, within(f.path, f.said, below.Items.Schema)...)
		}
	}
	return all
}

// torn says whether a line that others follow is longer than what kubectl explain shows.
func torn(description string) bool {
	lines := strings.Split(description, "\n")
	return slices.ContainsFunc(lines[:len(lines)-1], func(line string) bool { return len(line) > 76 })
}

var (
	mutability = regexp.MustCompile(`\b(Mutable|Immutable|May be set once)\b`)
	defaults   = regexp.MustCompile(`\bDefault: ([^ ].*?)[.;](?: |$)`)
	codeSpeak  = regexp.MustCompile(`\+\w+|\b(kubebuilder|omitempty|nil|pointer|struct|metav1|TODO|FIXME|WebexCustomerAccess(Spec|Status)|LicenseSync(Spec|Status|Template)|LicenseSyncSchedule(Spec|Status)|WebexLicense(Assignment)?(Spec|Status))\b`)
	verb       = regexp.MustCompile(`^(is|are|says|say|names|lists|selects|places|stops|ends|bounds|guards|runs|spreads|holds?|counts?|sums?|describes|identifies|approves|explains) `)
	countable  = regexp.MustCompile(`(?i)percent|seconds|minute|\bdays\b|number of|how many|units|generation|version`)
	momentary  = regexp.MustCompile(`(?i)\bwhen\b|\btimes?\b|moment|slot`)
)

// faults are what is wrong with the description.
func (f *field) faults() []string {
	var faults []string
	fault := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	text := f.Description
	rest, named := strings.CutPrefix(text, f.name+" ")
	fault(!named || !verb.MatchString(rest), "does not begin with the field's name and a verb")
	fault(len(text) < 25 || len(text) > 640, "has %d characters, not 25 to 640", len(text))
	fault(f.torn, "has a line of more than 76 characters that kubectl explain breaks")
	fault(!strings.HasSuffix(text, ".") && !strings.HasSuffix(text, `".`) && !strings.HasSuffix(text, "]."), "does not end with a full stop")
	fault(codeSpeak.MatchString(text), "speaks the language of the code: %q", codeSpeak.FindString(text))
	switch {
	case f.Type == "integer":
		fault(!countable.MatchString(text+f.name), "says no unit")
	case isTime(f.schema):
		fault(!momentary.MatchString(text), "does not say that it is a time")
	case f.duration():
		fault(!regexp.MustCompile(`\d[smh]\b`).MatchString(text), "gives no example of a duration")
	}
	if f.inSpec() {
		faults = append(faults, f.specFaults()...)
	}
	return faults
}

// duration says whether the value is one, such as 1h30m.
func (f *field) duration() bool {
	return f.name == "duration" || slices.ContainsFunc(f.XValidations, func(r apiextensionsv1.ValidationRule) bool { return strings.Contains(r.Rule, "duration(self)") })
}

// specFaults are about what a person may write.
func (f *field) specFaults() []string {
	var faults []string
	fault := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	given := defaults.FindStringSubmatch(f.Description)
	fault(given == nil && !f.required, "does not say its default")
	fault(given != nil && f.required, "has a default, and must be set")
	if f.Default != nil && given != nil {
		var value any
		fault(json.Unmarshal(f.Default.Raw, &value) != nil, "has a default that is no JSON")
		fault(fmt.Sprint(value) != strings.Trim(given[1], `"`), "says that the default is %s, and the API server sets %v", given[1], value)
	}
	if f.Type == "integer" && f.Minimum != nil && f.Maximum != nil {
		bounds := fmt.Sprintf("rom %.0f to %.0f", *f.Minimum, *f.Maximum)
		fault(!strings.Contains(f.Description, bounds), "does not say %q", bounds)
	}
	for _, value := range f.values() {
		word := strings.Trim(string(value.Raw), `"`)
		fault(!regexp.MustCompile(`\b`+word+`\b`).MatchString(f.Description), "does not name the value %s", word)
	}
	fault(f.said == "", "does not say whether it may be changed")
	fault(f.immutable != "" && f.said != "Immutable", "says %q, and a rule says %s", f.said, f.immutable)
	fault(f.immutable == "" && f.said == "Immutable" && f.path == "spec."+f.name, "says that it is immutable, and no rule does")
	return faults
}

// values are those of an enumeration, of the field or of its items.
func (f *field) values() []apiextensionsv1.JSON {
	if f.Items != nil && f.Items.Schema != nil {
		return f.Items.Schema.Enum
	}
	return f.Enum
}

// What the test looks for, it finds.
func TestFaultsOfDescriptionsAreFound(t *testing.T) {
	t.Parallel()
	good := func() *field {
		return &field{
			schema: &schema{Type: "integer", Minimum: new(1.0), Maximum: new(9.0), Description: "limit is how many there may be. From 1 to 9. Default: 3. Mutable.", Default: &apiextensionsv1.JSON{Raw: []byte("3")}},
			path:   "spec.limit", name: "limit", said: "Mutable",
		}
	}
	if faults := good().faults(); len(faults) > 0 {
		t.Errorf("a good one: %v", faults)
	}
	replace := func(a, b string) func(f *field) {
		return func(f *field) { f.Description = strings.Replace(f.Description, a, b, 1) }
	}
	for name, c := range map[string]struct {
		spoil func(f *field)
		want  string
	}{
		"no description":     {func(f *field) { f.Description = "" }, "begin with the field's name"},
		"another name":       {replace("limit is", "max is"), "begin with the field's name"},
		"no verb":            {replace("limit is", "limit"), "begin with the field's name"},
		"endless":            {replace("there", strings.Repeat("there ", 200)), "characters"},
		"a long line":        {func(f *field) { f.torn = torn(strings.Repeat("x", 77) + "\ny") }, "76 characters"},
		"no stop":            {replace("Mutable.", "Mutable"), "full stop"},
		"a marker":           {replace("From", "+optional From"), "language of the code"},
		"a type":             {replace("From", "LicenseSyncSpec. From"), "language of the code"},
		"no unit":            {replace("how many", "what"), "no unit"},
		"no bounds":          {replace("From 1 to 9.", ""), "rom 1 to 9"},
		"no default":         {replace("Default: 3.", ""), "does not say its default"},
		"another default":    {replace("Default: 3.", "Default: 30."), "the API server sets 3"},
		"a required default": {func(f *field) { f.required = true }, "must be set"},
		"no mutability":      {func(f *field) { f.said = "" }, "whether it may be changed"},
		"not immutable":      {func(f *field) { f.immutable = "self == oldSelf" }, "a rule says"},
		"immutable":          {func(f *field) { f.said = "Immutable" }, "no rule does"},
		"a value":            {func(f *field) { f.Enum = []apiextensionsv1.JSON{{Raw: []byte(`"Seven"`)}} }, "the value Seven"},
		"no time": {func(f *field) {
			f.Type, f.XValidations = "string", apiextensionsv1.ValidationRules{{Message: "must be a date-time of RFC 3339"}}
		}, "it is a time"},
		"no duration": {func(f *field) { f.Type, f.name, f.Description = "string", "duration", "duration is "+f.Description }, "example of a duration"},
	} {
		f := good()
		c.spoil(f)
		if !strings.Contains(strings.Join(f.faults(), "\n"), c.want) {
			t.Errorf("%s: found %v, want %q", name, f.faults(), c.want)
		}
	}
}

// The embedded definitions are the generated ones.
func TestBases(t *testing.T) {
	t.Parallel()
	for kind, definition := range definitions(t, "bases") {
		name := "bases/" + definition.Spec.Group + "_" + definition.Spec.Names.Plural + ".yaml"
		if content, err := Bases.ReadFile(name); err != nil || !bytes.Contains(content, []byte("kind: "+kind)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
