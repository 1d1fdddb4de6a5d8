package controllers

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// Every test that runs an operator also holds what it writes against the pages in docs: the
// table of reasons.md says on which condition of which kind a reason is found, events.md which
// events there are.

// kindWords are the pages' words for kinds.
var kindWords = map[string]string{"WebexCustomerAccess": "customer", "LicenseSync": "run", "LicenseSyncSchedule": "schedule", "WebexLicense": "row", "WebexLicenseAssignment": "assignment", "WebexPartner": "partner"}

// documented is what the pages say.
type documented struct {
	// reasons holds "kind condition reason"; a condition of "" stands for all of the kind's.
	reasons map[string]bool
	// events holds "kind type reason", and "kind type that of condition".
	events map[string]bool
}

var pages = sync.OnceValue(func() documented {
	return documented{reasons: reasonsOfPage(page("reasons.md")), events: eventsOfPage(page("events.md"))}
})

func page(name string) string {
	content, err := os.ReadFile(filepath.Join("..", "docs", name))
	if err != nil {
		panic(err)
	}
	return string(content)
}

var (
	tableRow  = regexp.MustCompile(`(?m)^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$`)
	codeWord  = regexp.MustCompile("`([A-Za-z]+)`")
	reasonRow = regexp.MustCompile("(?m)^\\| <a id=\"[a-z]+\"></a>`([A-Za-z]+)` \\| ([^|]+) \\|")
)

// reasonsOfPage reads rows such as
//
//	| <a id="forbidden"></a>`Forbidden` | customer: `Ready`; run | … | … |
func reasonsOfPage(text string) map[string]bool {
	reasons := map[string]bool{}
	for _, row := range reasonRow.FindAllStringSubmatch(text, -1) {
		for found := range strings.SplitSeq(row[2], ";") {
			kinds, conditions, given := strings.Cut(found, ":")
			for kind := range strings.SplitSeq(kinds, ",") {
				for _, condition := range codeWord.FindAllStringSubmatch(conditions, -1) {
					reasons[strings.TrimSpace(kind)+" "+condition[1]+" "+row[1]] = true
				}
				if !given {
					reasons[strings.TrimSpace(kind)+"  "+row[1]] = true
				}
			}
		}
	}
	return reasons
}

// eventsOfPage reads rows such as
//
//	| Warning, Normal | that of `Ready` | … |
func eventsOfPage(text string) map[string]bool {
	found := map[string]bool{}
	for _, section := range strings.Split(text, "\n## ")[1:] {
		kind := strings.ToLower(strings.TrimSuffix(section[:strings.IndexByte(section, '\n')], "s"))
		for _, row := range tableRow.FindAllStringSubmatch(section, -1) {
			for _, word := range codeWord.FindAllStringSubmatch(row[2], -1) {
				prefix := ""
				if strings.HasPrefix(row[2], "that of ") {
					prefix = "that of "
				}
				for eventType := range strings.SplitSeq(row[1], ", ") {
					found[kind+" "+eventType+" "+prefix+word[1]] = true
				}
			}
		}
	}
	return found
}

// explains says whether the page has the reason on the condition. Reconciling and Stalled
// give the reason of Ready.
func (d documented) explains(kind, condition, reason string) bool {
	word := kindWords[kind]
	if d.reasons[word+" "+condition+" "+reason] || d.reasons[word+"  "+reason] {
		return true
	}
	return (condition == v1alpha1.ConditionReconciling || condition == v1alpha1.ConditionStalled) && d.explains(kind, v1alpha1.ConditionReady, reason)
}

// lists says whether events.md has the event.
func (d documented) lists(kind, eventType, reason string) bool {
	prefix := kindWords[kind] + " " + eventType + " "
	if d.events[prefix+reason] {
		return true
	}
	for entry := range d.events {
		if condition, ok := strings.CutPrefix(entry, prefix+"that of "); ok && d.explains(kind, condition, reason) {
			return true
		}
	}
	return false
}

// expectExplained checks conditions that the operator wrote.
func expectExplained(t *testing.T, kind string, conditions []metav1.Condition) {
	if kind == "WebexLicense" {
		return // what others put into a row stays there until the next run
	}
	for _, condition := range conditions {
		if !pages().explains(kind, condition.Type, condition.Reason) {
			t.Errorf("docs/reasons.md does not say that %s has %s with reason %s", kind, condition.Type, condition.Reason)
		}
	}
}

// toldEvent is an event as a reconciler told it.
type toldEvent struct{ kind, name, eventType, reason, note string }

// toldEvents are all events that were told, in their order. The API server gets them later,
// in the background, and joined.
type toldEvents struct {
	reconciles *reconciles
	mu         sync.Mutex
	all        []toldEvent
}

type tellingRecorder struct {
	events.EventRecorder
	told *toldEvents
	t    *testing.T
}

func (e *toldEvents) wrap(t *testing.T) func(events.EventRecorder) events.EventRecorder {
	return func(next events.EventRecorder) events.EventRecorder { return tellingRecorder{next, e, t} }
}

// Eventf notes the event before it goes on.
func (r tellingRecorder) Eventf(regarding, related runtime.Object, eventType, reason, action, note string, args ...any) {
	object, _ := regarding.(client.Object)
	kinds, _, err := testScheme().ObjectKinds(regarding)
	if err != nil {
		r.t.Error(err)
		return
	}
	kind := kinds[0].Kind
	if !pages().lists(kind, eventType, reason) {
		r.t.Errorf("docs/events.md has no %s event %s of a %s", eventType, reason, kind)
	}
	r.told.mu.Lock()
	r.told.all = append(r.told.all, toldEvent{kind, object.GetName(), eventType, reason, fmt.Sprintf(note, args...)})
	r.told.mu.Unlock()
	r.EventRecorder.Eventf(regarding, related, eventType, reason, action, note, args...)
}

// of are "type reason" of the events of an object, in their order. A reconcile at work tells first what it has to: its
// status is seen before.
func (e *toldEvents) of(kind, name string) []string {
	e.reconciles.end(reconciled{kind, name})
	e.mu.Lock()
	defer e.mu.Unlock()
	var found []string
	for _, event := range e.all {
		if event.kind == kind && event.name == name {
			found = append(found, event.eventType+" "+event.reason)
		}
	}
	return found
}

// The page of events names the conditions that are told, and nothing that never is.
func TestEventsAreDocumented(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var want []string
	for _, w := range watched {
		want = append(want, w.name)
	}
	var documentedConditions []string
	for entry := range pages().events {
		if _, condition, ok := strings.Cut(entry, "that of "); ok && strings.HasPrefix(entry, "customer Warning ") {
			documentedConditions = append(documentedConditions, condition)
		}
	}
	g.Expect(documentedConditions).To(ConsistOf(want))

	// Each single reason is one that the cases below tell, or TestSelectorsOverlap.
	told := map[string]bool{"customer Warning " + v1alpha1.ReasonServedByAnother: true}
	for _, c := range customerStories() {
		for _, n := range c.change(asIs).news() {
			told["customer "+n.eventType+" "+n.reason] = true
		}
	}
	for entry := range pages().events {
		if strings.HasPrefix(entry, "customer ") && !strings.Contains(entry, "that of ") {
			g.Expect(slices.Collect(keysOf(told))).To(ContainElement(entry))
		}
	}
}
