package day

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/operator"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// office is a customer whose organization changes in business hours, and what its rows show of that.
type office struct {
	*customer
	spec  webexsim.OrganizationSpec
	org   *webexsim.Organization
	edits []edit

	mu sync.Mutex // guards what follows, which the store tells of
	// truths are the right figures, one set for each time between two changes.
	truths []truth
	// rows are what rows show, by key; atCustomer are the keys of those without a location.
	rows map[string]string
	// wrongSince is when the rows at level Customer ceased to be right; zero while they are.
	wrongSince time.Time
	// longestWrong is the longest time from a change until they were right again.
	longestWrong time.Duration
}

// truth is what rows say if they are right, from a moment on.
type truth struct {
	from time.Time
	rows map[string]string
}

// note takes the organization down as it is now.
func (o *office) note() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.truths = append(o.truths, truth{time.Now(), operator.Expected(o.name, o.org.Truth(), nil)})
	o.judge()
}

// observe is told of a row, under the store's lock.
func (o *office) observe(before, after *v1alpha1.WebexLicense) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if after == nil {
		delete(o.rows, operator.Key(before))
		return
	}
	o.rows[operator.Key(after)] = operator.Shown(after)
	o.judge()
}

// judge keeps account of how long rows at level Customer are wrong.
func (o *office) judge() {
	right := true
	for key, want := range o.truths[len(o.truths)-1].rows {
		if strings.HasSuffix(key, "@") && exact(o.rows[key]) != exact(want) {
			right = false
		}
	}
	switch {
	case !right && o.wrongSince.IsZero():
		o.wrongSince = time.Now()
	case right && !o.wrongSince.IsZero():
		o.longestWrong = max(o.longestWrong, time.Since(o.wrongSince))
		o.wrongSince = time.Time{}
	}
}

// exact is the part of a row that Webex' licences tell: without what only a walk can.
func exact(shown string) string {
	licence, _, _ := strings.Cut(shown, " elsewhere ")
	return licence
}

// check says what is wrong with the rows while no run is under way: together they are the truth of one complete walk.
func (o *office) check(begun, ended time.Time) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var last truth
	for i, t := range o.truths {
		// What changes while the walk reads is in its rows or not. Its times are in whole seconds.
		if t.from.After(ended.Add(time.Second)) || i+1 < len(o.truths) && o.truths[i+1].from.Before(begun) {
			continue
		}
		if maps.Equal(t.rows, o.rows) {
			return nil
		}
		last = t
	}
	for key, want := range last.rows {
		if o.rows[key] != want {
			return fmt.Errorf("%s was read from %v to %v; a row shows\n  %s\nand that was right then:\n  %s", o.name, begun, ended, o.rows[key], want)
		}
	}
	return fmt.Errorf("%s was read from %v to %v; it has %d rows, and %d were right then", o.name, begun, ended, len(o.rows), len(last.rows))
}

// access is the office's object.
func (o *office) access(s *store) *v1alpha1.WebexCustomerAccess {
	return s.get(keyOf(&v1alpha1.WebexCustomerAccess{ObjectMeta: objectMeta(o.name)})).(*v1alpha1.WebexCustomerAccess)
}

// writes counts changes of objects, creations and deletions of runs apart.
type writes struct{ rows, others int }

func (w *writes) observe(before, after client.Object) {
	object := after
	if object == nil {
		object = before
	}
	switch object.(type) {
	case *v1alpha1.WebexLicense:
		w.rows++
	case *v1alpha1.LicenseSync, *v1alpha1.WebexCustomerAccess:
		if before != nil && after != nil {
			w.others++
		}
	}
}
