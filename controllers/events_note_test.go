package controllers

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	. "github.com/onsi/gomega"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// lastNote keeps the note of the last event.
type lastNote struct{ note *string }

func (l lastNote) Eventf(_, _ runtime.Object, _, _, _, note string, args ...any) {
	*l.note = fmt.Sprintf(note, args...)
}

// Whatever is told, the API server takes the note: of 1,024 bytes at most, and text.
func TestNotesOfEventsAreBounded(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	admin, err := client.New(cluster.Config, client.Options{Scheme: testScheme()})
	g.Expect(err).NotTo(HaveOccurred())
	var note string
	tell := clippedEvents{lastNote{&note}}
	for i, text := range []string{
		"", "short, with 100% and %s", strings.Repeat("x", 1024), strings.Repeat("x", 1025), strings.Repeat("x", 100_000),
		strings.Repeat("é", 600), "x" + strings.Repeat("日", 600), "xx" + strings.Repeat("😀", 600), "\xff" + strings.Repeat("\xe2\x82", 1500),
	} {
		tell.Eventf(nil, nil, "Normal", "Reason", "Act", "%s", text)
		g.Expect(len(note)).To(BeNumerically("<=", 1024))
		g.Expect(utf8.ValidString(note)).To(BeTrue())
		if len(text) <= 1024 && utf8.ValidString(text) {
			g.Expect(note).To(Equal(text))
		} else if utf8.ValidString(text) {
			g.Expect(len(note)).To(BeNumerically(">", 1015), "no more is cut than must be")
		}
		event := &eventsv1.Event{
			ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("note-%d", i)}, EventTime: metav1.NowMicro(), Type: "Normal",
			Reason: "Reason", Action: "Act", Note: note, ReportingController: "test", ReportingInstance: "test",
		}
		event.Regarding.Namespace, event.Regarding.Kind, event.Regarding.Name = "default", "WebexCustomerAccess", "acme"
		event.Regarding.APIVersion = v1alpha1.GroupVersion.String()
		g.Expect(admin.Create(t.Context(), event, client.DryRunAll)).To(Succeed())
	}
}
