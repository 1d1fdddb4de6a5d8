package statuslint_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/statuslint"
)

var then = metav1.NewTime(time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC))

// condition is one that the linter finds nothing to say about.
func condition(conditionType string, value metav1.ConditionStatus) metav1.Condition {
	return metav1.Condition{Type: conditionType, Status: value, Reason: "Fine", Message: "it is fine", ObservedGeneration: 3, LastTransitionTime: then}
}

func TestLint(t *testing.T) {
	t.Parallel()
	ready := condition(v1alpha1.ConditionReady, metav1.ConditionTrue)
	with := func(alter func(*metav1.Condition)) []metav1.Condition {
		c := ready
		alter(&c)
		return []metav1.Condition{c}
	}
	saying := func(message string) []metav1.Condition {
		return with(func(c *metav1.Condition) { c.Message = message })
	}
	list := func(conditions ...metav1.Condition) []metav1.Condition { return conditions }
	notScheduled := func(value metav1.ConditionStatus) metav1.Condition {
		c := condition(v1alpha1.ConditionDataFresh, value)
		c.Reason = v1alpha1.ReasonNotScheduled
		return c
	}
	notReady := condition(v1alpha1.ConditionReady, metav1.ConditionFalse)
	unknown := condition(v1alpha1.ConditionReady, metav1.ConditionUnknown)
	reconciling := condition(v1alpha1.ConditionReconciling, metav1.ConditionTrue)
	stalled := condition(v1alpha1.ConditionStalled, metav1.ConditionTrue)
	complete := condition(v1alpha1.ConditionComplete, metav1.ConditionTrue)
	failed := condition(v1alpha1.ConditionFailed, metav1.ConditionTrue)

	for name, test := range map[string]struct {
		conditions []metav1.Condition
		generation int64
		want       []string // parts of the findings, in order
	}{
		"ready":                {conditions: list(ready)},
		"fresh, not scheduled": {conditions: list(ready, notScheduled(metav1.ConditionTrue))},
		"ready and at work":    {conditions: list(ready, reconciling)},
		"at work":              {conditions: list(unknown, reconciling)},
		"stalled":              {conditions: list(notReady, stalled)},
		"complete":             {conditions: list(ready, complete)},
		"failed":               {conditions: list(notReady, stalled, failed)},
		"a proper noun":        {conditions: saying("Webex refused the credentials")},
		"an abbreviation":      {conditions: saying("CA bundle is empty")},
		"a number of things":   {conditions: saying("the run would have removed 20 rows")},

		"a status of another generation": {conditions: list(ready), generation: 4, want: []string{"status.observedGeneration is 3, but the generation is 4"}},
		"a condition of another one":     {conditions: with(func(c *metav1.Condition) { c.ObservedGeneration = 2 }), want: []string{"Ready: observedGeneration is 2"}},
		"a reason in words":              {conditions: with(func(c *metav1.Condition) { c.Reason = "not fine" }), want: []string{"not a CamelCase word"}},
		"no reason":                      {conditions: with(func(c *metav1.Condition) { c.Reason = "" }), want: []string{"not a CamelCase word"}},
		"no time":                        {conditions: with(func(c *metav1.Condition) { c.LastTransitionTime = metav1.Time{} }), want: []string{"no lastTransitionTime"}},
		"no message":                     {conditions: saying(""), want: []string{"no message"}},
		"a dot":                          {conditions: saying("it is fine."), want: []string{"ends with a dot"}},
		"a capital":                      {conditions: saying("All is fine"), want: []string{"starts with a capital"}},
		"a capital alone":                {conditions: saying("A"), want: []string{"starts with a capital"}},
		"a time":                         {conditions: saying("since 2026-03-01T04:00:00Z"), want: []string{`"2026-03-01T04:00"`}},
		"a duration":                     {conditions: saying("again in 1.5s"), want: []string{`"1.5s"`}},
		"a counter":                      {conditions: saying("failed at attempt 3"), want: []string{`"attempt 3"`}},
		"a tracking id":                  {conditions: saying("refused: ROUTER_6A0B1C2D-1234"), want: []string{"ROUTER_6A0B1C2D-1234"}},
		"a version":                      {conditions: saying("conflict at resourceVersion 123"), want: []string{"resourceVersion 123"}},
		"a secret":                       {conditions: saying("sent refresh_token=abc"), want: []string{"refresh_token="}},

		"stale, not scheduled":     {conditions: list(ready, notScheduled(metav1.ConditionFalse)), want: []string{"DataFresh=False with reason NotScheduled"}},
		"not ready, not scheduled": {conditions: with(func(c *metav1.Condition) { c.Reason = v1alpha1.ReasonNotScheduled }), want: []string{"Ready=True with reason NotScheduled"}},

		"nothing":                   {want: []string{"Ready is missing"}},
		"reconciling false":         {conditions: list(ready, condition(v1alpha1.ConditionReconciling, metav1.ConditionFalse)), want: []string{"Reconciling is False"}},
		"stalled false":             {conditions: list(ready, condition(v1alpha1.ConditionStalled, metav1.ConditionUnknown)), want: []string{"Stalled is Unknown", "Stalled with Ready=True"}},
		"reconciling and stalled":   {conditions: list(notReady, reconciling, stalled), want: []string{"side by side"}},
		"stalled and ready":         {conditions: list(ready, stalled), want: []string{"Stalled with Ready=True"}},
		"not ready, and no more":    {conditions: list(notReady), want: []string{"would hang"}},
		"complete and failed":       {conditions: list(notReady, stalled, complete, failed), want: []string{"Complete and Failed at once"}},
		"complete and not ready":    {conditions: list(unknown, reconciling, complete), want: []string{"Complete with Ready=Unknown"}},
		"failed without standstill": {conditions: list(unknown, reconciling, failed), want: []string{"Failed without Stalled"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			generation := test.generation
			if generation == 0 {
				generation = 3
			}
			findings := statuslint.Lint(statuslint.Object{Generation: generation, ObservedGeneration: 3, Conditions: test.conditions})
			g.Expect(findings).To(HaveLen(len(test.want)), "%q", findings)
			for i, part := range test.want {
				g.Expect(findings[i]).To(ContainSubstring(part))
			}
		})
	}
}
