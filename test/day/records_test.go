package day

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// calls stands before Webex and notes who calls when.
type calls struct {
	next http.Handler

	// page is how long Webex thinks about a page of people.
	page time.Duration

	mu      sync.Mutex
	owners  map[string]*customer // by access token, and by client id
	unknown int                  // calls with an unknown token
}

func (c *calls) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	owner := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if strings.HasSuffix(r.URL.Path, "/access_token") && r.ParseForm() == nil {
		owner = r.PostForm.Get("client_id")
	}
	c.mu.Lock()
	if known := c.owners[owner]; known != nil {
		known.calls = append(known.calls, time.Now())
	} else {
		c.unknown++
	}
	c.mu.Unlock()
	time.Sleep(c.latency(r))
	c.next.ServeHTTP(w, r)
}

// latency is how long Webex thinks about a request; people with calling data are slow.
func (c *calls) latency(r *http.Request) time.Duration {
	if strings.HasSuffix(r.URL.Path, "/people") {
		return c.page
	}
	return 150 * time.Millisecond
}

// ownedBy says whose a token or client is.
func (c *calls) ownedBy(owner *customer, tokens ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, token := range tokens {
		if token != "" {
			c.owners[token] = owner
		}
	}
}

// runs follows what the store holds of runs, those that are gone included.
type runs struct {
	records map[string]*run // by name
	flaws   []string
}

// run is what became of a LicenseSync.
type run struct {
	name, customer    string
	trigger           v1alpha1.Trigger
	due               time.Time
	created, finished time.Time
	succeeded         bool
}

func (r *run) String() string {
	if r == nil {
		return "no run"
	}
	return fmt.Sprintf("%s, due %s, created %s, finished %s, succeeded %v", r.name,
		r.due.Format(time.DateTime), r.created.Format(time.DateTime), r.finished.Format(time.DateTime), r.succeeded)
}

// observe is called by the store, under its lock.
func (r *runs) observe(before, after client.Object) {
	is, ok := after.(*v1alpha1.LicenseSync)
	if !ok {
		return
	}
	record := r.records[is.Name]
	if before == nil {
		if record != nil {
			r.flaws = append(r.flaws, is.Name+" was created twice")
		}
		record = &run{name: is.Name, customer: is.Spec.CustomerAccessRef.Name, trigger: is.Spec.Trigger, created: time.Now(), due: time.Now()}
		if is.Spec.ScheduledTime != nil {
			record.due = is.Spec.ScheduledTime.UTC()
		}
		r.records[is.Name] = record
	}
	complete := meta.IsStatusConditionTrue(is.Status.Conditions, v1alpha1.ConditionComplete)
	failed := meta.IsStatusConditionTrue(is.Status.Conditions, v1alpha1.ConditionFailed)
	switch {
	case !complete && !failed:
		if !record.finished.IsZero() {
			r.flaws = append(r.flaws, is.Name+" is unfinished again")
		}
	case complete && failed, !record.finished.IsZero() && complete != record.succeeded:
		r.flaws = append(r.flaws, is.Name+" has two outcomes")
	case record.finished.IsZero():
		record.finished, record.succeeded = time.Now(), complete
	}
}
