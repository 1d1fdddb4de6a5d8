package controllers

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/internal/refusal"
)

const (
	// firstRefusedRetry and mostRefusedRetry bound the wait before a run is created again that Kubernetes refused.
	firstRefusedRetry = 2 * time.Second
	mostRefusedRetry  = 5 * time.Minute
)

// refusedRun is a run that Kubernetes did not let us create.
type refusedRun struct {
	name, customer string
	// taken is true if an object of another owner has the name; otherwise words are the API server's.
	taken bool
	words string
	// until is when it is tried again, wait how long that is.
	until time.Time
	wait  time.Duration
}

// refusals remembers which runs were refused, so that not each event of other runs sends the same request again. A
// restart forgets it.
type refusals struct {
	mu     sync.Mutex
	askers map[types.NamespacedName]*asker
}

// asker is an object that asks for runs, as its users made it, and what was refused to it.
type asker struct {
	uid   types.UID
	state [sha256.Size]byte

	mu   sync.Mutex
	runs map[string]refusedRun
}

// of is what was refused to an object. Whatever a person changes about the object has everything tried again at once.
func (r *refusals) of(object client.Object) *asker {
	state := sha256.Sum256(fmt.Append(nil, object.GetGeneration(), object.GetAnnotations(), object.GetLabels()))
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.askers == nil {
		r.askers = map[types.NamespacedName]*asker{}
	}
	key := client.ObjectKeyFromObject(object)
	if a := r.askers[key]; a == nil || a.uid != object.GetUID() || a.state != state {
		r.askers[key] = &asker{uid: object.GetUID(), state: state, runs: map[string]refusedRun{}}
	}
	return r.askers[key]
}

// forget forgets an object that is gone.
func (r *refusals) forget(name types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.askers, name)
}

// waits is the refusal of a run that is not to be tried again yet.
func (a *asker) waits(name string, now time.Time) (refused refusedRun, waiting bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	refused, waiting = a.runs[name]
	return refused, waiting && now.Before(refused.until)
}

// note remembers a refusal, and says when the run is tried again.
func (a *asker) note(refused refusedRun, now time.Time) refusedRun {
	a.mu.Lock()
	defer a.mu.Unlock()
	refused.wait = min(max(2*a.runs[refused.name].wait, firstRefusedRetry), mostRefusedRetry)
	refused.until = now.Add(refused.wait)
	a.runs[refused.name] = refused
	return refused
}

// keep forgets all refusals but these: the other runs were created, or are no longer asked for.
func (a *asker) keep(refused ...refusedRun) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.runs = map[string]refusedRun{}
	for _, run := range refused {
		a.runs[run.name] = run
	}
}

// refusedBy is a refusal by the API server. Terminating namespaces are told as well: what keeps one from going may
// keep it for long.
func refusedBy(err error, name, customer string) (refused refusedRun, isRefusal bool) {
	if !refusal.Is(err) {
		return refusedRun{}, false
	}
	return refusedRun{name: name, customer: customer, words: refusal.Words(err)}, true
}

// refusedMessage tells of refused runs, with the words of the first.
func refusedMessage(refused []refusedRun) string {
	const shown = 4
	var customers []string
	for _, run := range refused {
		customers = append(customers, run.customer)
	}
	slices.Sort(customers)
	customers = slices.Compact(customers)
	who := strings.Join(customers[:min(len(customers), shown)], ", ")
	if more := len(customers) - shown; more > 0 {
		who += fmt.Sprintf(" and %d others", more)
	}
	first := slices.MinFunc(refused, func(a, b refusedRun) int { return strings.Compare(a.name, b.name) })
	return fmt.Sprintf("Kubernetes refuses to create or delete runs of %s, and is asked again: %s", who, first.words)
}
