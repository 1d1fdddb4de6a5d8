package controllers

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/internal/status"
)

// Events tell what changed, never what is: a condition that stays as it is, however often
// it is looked at, has none. What was told before is known from the conditions that are
// stored, so that a restart repeats nothing.

// news is an event to be.
type news struct{ eventType, reason, note string }

// tellAll records events about an object.
func tellAll(recorder events.EventRecorder, about client.Object, action string, all []news) {
	for _, n := range all {
		recorder.Eventf(about, nil, n.eventType, n.reason, action, "%s", n.note)
	}
}

// clippedEvents bounds the notes of events. The API server refuses longer ones, and the
// recorder of client-go then drops the event. All senders have their recorder from Setup.
type clippedEvents struct{ events.EventRecorder }

// Eventf records an event whose note the API server takes.
func (c clippedEvents) Eventf(regarding, related runtime.Object, eventtype, reason, action, note string, args ...any) {
	c.EventRecorder.Eventf(regarding, related, eventtype, reason, action, "%s", status.Clip(fmt.Sprintf(note, args...), status.MaxMessage))
}
