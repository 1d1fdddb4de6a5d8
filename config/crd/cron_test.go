package crd

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/internal/schedule"
)

// cronRules asks the rules about one cron line, with the API server's own code.
func cronRules(t *testing.T, path ...string) func(line string) string {
	t.Helper()
	s := definitions(t, "bases")[path[0]].Spec.Versions[0].Schema.OpenAPIV3Schema
	for _, name := range path[1:] {
		s = new(s.Properties[name])
	}
	var internal apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(s, &internal, nil); err != nil {
		t.Fatal(err)
	}
	field, err := structural.NewStructural(&internal)
	if err != nil {
		t.Fatal(err)
	}
	rules := cel.NewValidator(field, false, celconfig.PerCallLimit)
	return func(line string) string {
		errs, _ := rules.Validate(context.Background(), nil, field, line, nil, celconfig.RuntimeCELCostBudget)
		if len(errs) == 0 {
			return ""
		}
		return errs.ToAggregate().Error()
	}
}

var cronFields = map[string][]string{
	"schedule": {"LicenseSyncSchedule", "spec", "schedule"},
	"partner":  {"WebexPartner", "spec", "template", "schedule", "schedule"},
}

func parseLine(line string) error {
	_, err := schedule.Parse(schedule.Spec{Cron: line, TimeZone: "Etc/UTC"})
	return err
}

// wider says of what the operator refuses and the API server does not: a date that never comes, and a range of a
// number and a name that ends before it begins.
func wider(line string, refused error) bool {
	letters := strings.ContainsFunc(line, func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '\u0130' })
	return strings.Contains(refused.Error(), "such a date never comes") || strings.Contains(refused.Error(), "ends before it begins") && letters
}

func TestCronLines(t *testing.T) {
	t.Parallel()
	const form, backwards, zone = "must be five fields", "ends before it begins: write", "must not hold TZ="
	lines := map[string]string{
		"* * * * *": "", "? ? ? ? ?": "", "30 2 * * *": "", "*/5 8-17 * * 1-5": "", "0 0 29 feb ?": "", "5/10 1,2-3/2 */3 JAN-dec 7": "",
		"0 0 * * fr\u0130": "", "0 0 * * Sun,sAt": "", " 00030\t002\u00a0*\u3000*  * \n": "", "0 0 30 2 *": "", "0 0 * * fri-1": "", "0 0 * * 5-7": "",
		"@hourly": "", " @daily ": "", "@midnight": "", "@weekly": "", "@monthly": "", "@yearly": "", "@annually": "",
		"9-10,50-59/59 0-23/23 1-31/30 1-12/11 0-7/6": "",

		"61 * * * *": form, "0 2 * *": form, "0 0 2 * * *": form, "every day at two": form, " ": form, "0 24 * * *": form, "0 2 0 * *": form, "0 2 32 * *": form,
		"0 2 * 0 *": form, "0 2 * 13 *": form, "0 2 * * 8": form, "jan 2 * * *": form, "0 2 sun * *": form, "0 2 * sun *": form, "0 2 * * jan": form,
		"0 -2 * * *": form, "0 +2 * * *": form, "0 1-2-3 * * *": form, "0/2/3 * * * *": form, "*/0 * * * *": form, "*/60 * * * *": form, "* */24 * * *": form,
		"* * */31 * *": form, "* * * */12 *": form, "* * * * */7": form, "1,,2 * * * *": form, ", * * * *": form, "0 0 L * *": form, "*-5 * * * *": form,
		"0 0 * * \u017fun": form, "@Daily": form, "@daily 5": form, "@reboot": form, "@every 5m": form, "tz=UTC 0 2 * * *": form, "0 2 * * *\x00": form,
		"0 0 * * \u212aon": form, "\u0663 0 * * *": form, "0 22-6 * * *": backwards, "30-2 * * * *": backwards, "0 0 * * Fri-SUN": backwards, "0 0 * dec-jan *": backwards,
		"0 0 * * 7-0": backwards, "0 2 1-5,0009-08 * *": backwards, "TZ=Europe/Rome 0 2 * * *": zone, "CRON_TZ=UTC @daily": zone,
		"99999999999999999999-1 * * * *": form,
	}
	for field, path := range cronFields {
		ask := cronRules(t, path...)
		for line, want := range lines {
			said := ask(line)
			if (said == "") != (want == "") || !strings.Contains(said, want) || strings.Count(said, "Invalid value") > 1 {
				t.Errorf("%s %q: %q, want one of %q", field, line, said, want)
			}
			if refused := parseLine(line); (refused != nil) != (want != "") && (refused == nil || !wider(line, refused)) {
				t.Errorf("%q: the operator says %v, the API server %q", line, refused, said)
			}
		}
	}
}

// Lines of all sorts, half of them near to good ones: what the operator runs the API server takes, and the other way
// round, but for what wider names.
func TestCronRuleIsTheParser(t *testing.T) {
	t.Parallel()
	ask := cronRules(t, cronFields["schedule"]...)
	random := rand.New(rand.NewPCG(20261129, 1)) //nolint:gosec // it must repeat itself
	var good, bad int
	for range 6000 {
		line := cronLine(random)
		compare(t, ask, line)
		if parseLine(line) == nil {
			good++
		} else {
			bad++
		}
	}
	if good < 1000 || bad < 1000 {
		t.Errorf("%d good lines, %d bad ones: they are of the wrong sort", good, bad)
	}
}

func compare(t *testing.T, ask func(string) string, line string) {
	t.Helper()
	said, refused := ask(line), parseLine(line)
	switch {
	case refused == nil && said != "":
		t.Errorf("%q is refused, and the operator runs it: %s", line, said)
	case refused != nil && said == "" && !wider(line, refused):
		t.Errorf("%q is taken, and the operator says: %v", line, refused)
	case strings.Contains(said, "evaluation") || strings.Contains(said, "cost"):
		t.Errorf("%q: %s", line, said)
	}
}

// cronLine is a line that may be good, with up to two mistakes of people.
func cronLine(random *rand.Rand) string {
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	small := strings.Fields("1 2 3 5 6")
	word := strings.Fields("0 1 2 3 5 6 7 8 9 10 11 12 13 22 23 24 28 29 30 31 32 59 60 007 mon Fri SUN jan Dec feb")
	entry := func() string {
		switch random.IntN(16) {
		case 0, 1, 2, 3, 4, 5:
			return pick("*", "*", "?", "*/2", "*/5", "*/7")
		case 6, 7, 8, 9:
			return pick(small...)
		case 10, 11, 12:
			return pick(small[:3]...) + "-" + pick(small[2:]...) + pick("", "/2")
		case 13:
			return pick(word...) + "-" + pick(word...)
		}
		return pick(word...) + pick("", "/1", "/5", "/30", "/0", "/")
	}
	fields := make([]string, 5)
	for i := range fields {
		fields[i] = entry()
		for random.IntN(8) == 0 {
			fields[i] += "," + entry()
		}
	}
	line := []rune(strings.Join(fields, pick(" ", " ", " ", "\t", "  ", "\u2003")))
	for range random.IntN(3) / 2 * (1 + random.IntN(2)) {
		at := random.IntN(len(line))
		line[at] = []rune(pick("*", "/", "-", ",", " ", "1", "9", "s", "i", "@", "L", "\u0085", "\u017f"))[0]
	}
	if len(line) > 128 {
		line = line[:128]
	}
	return string(line)
}

// testStoredCron: a bad line that was stored before the rule can still get a status and be changed elsewhere.
func testStoredCron(t *testing.T, admin client.Client) {
	definition := definitions(t, "bases")["LicenseSyncSchedule"]
	definition.Name = "olds." + definition.Spec.Group
	names := &definition.Spec.Names
	names.Plural, names.Singular, names.Kind, names.ListKind, names.ShortNames = "olds", "old", "Old", "OldList", nil
	before := definition.DeepCopy()
	on("spec", func(s *schema) { on("schedule", func(s *schema) { s.XValidations = nil })(s.Properties) })(before.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties)
	must(t, admin.Create(t.Context(), before))
	spec := map[string]any{"customerAccessRef": map[string]any{"name": "acme"}, "schedule": "61 * * * *"}
	stored := &unstructured.Unstructured{Object: manifest("Old", "stored", map[string]any{"spec": spec})}
	until(t, "the definition is served", func(ctx context.Context) bool { return admin.Create(ctx, stored) == nil })
	replace(t, admin, definition)
	fresh := &unstructured.Unstructured{Object: manifest("Old", "fresh", map[string]any{"spec": spec})}
	until(t, "new objects are refused", func(ctx context.Context) bool {
		return apierrors.IsInvalid(admin.Create(ctx, fresh.DeepCopy(), client.DryRunAll))
	})
	patch := func(content string) error {
		return admin.Patch(t.Context(), stored, client.RawPatch("application/merge-patch+json", []byte(content)))
	}
	must(t, patch(`{"spec":{"suspend":true}}`))
	must(t, admin.Status().Patch(t.Context(), stored, client.RawPatch("application/merge-patch+json", []byte(`{"status":{"observedGeneration":2}}`))))
	expect(t, "another bad line", patch(`{"spec":{"schedule":"0 2 * *"}}`), []string{"spec.schedule: Invalid value", "must be five fields"})
	must(t, patch(`{"spec":{"schedule":"0 2 * * *"}}`))
}
