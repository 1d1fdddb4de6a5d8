// Package census counts the objects of the operator's kinds as they come and go, and says
// how near their numbers are to what Kubernetes is known to hold well. Nothing is ever
// counted over: an object that comes or goes costs one step, and one that changes none.
package census

import "sync"

// Kinds are the plural names of the kinds that are counted, in the order in which they are
// told where several are as near to a limit.
func Kinds() []string { return []string{Rows, Runs, Customers, Schedules, Assignments} }

// The kinds, as kubectl names them.
const (
	Rows        = "webexlicenses"
	Runs        = "licensesyncs"
	Customers   = "webexcustomeraccesses"
	Schedules   = "licensesyncschedules"
	Assignments = "webexlicenseassignments"
)

// Census are the numbers of objects, by kind and namespace.
type Census struct {
	limits Limits
	// changed holds a token once a number passed a mark at which a level begins or ends.
	changed chan struct{}

	mu     sync.RWMutex
	counts map[key]int
}

// key says which objects are counted, and where; the namespace is empty for the whole cluster.
type key struct{ kind, namespace string }

// New counts for limits.
func New(limits Limits) *Census {
	return &Census{limits: limits, changed: make(chan struct{}, 1), counts: map[key]int{}}
}

// Add counts an object that is there.
func (c *Census) Add(kind, namespace string) { c.count(kind, namespace, 1) }

// Remove counts an object that is gone.
func (c *Census) Remove(kind, namespace string) { c.count(kind, namespace, -1) }

func (c *Census) count(kind, namespace string, by int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	limit := c.limits[kind]
	passed := c.step(key{kind, namespace}, by, limit.Namespace)
	passed = c.step(key{kind, ""}, by, limit.Cluster) || passed
	if !passed {
		return
	}
	select {
	case c.changed <- struct{}{}:
	default: // told already
	}
}

// step says whether the number passed a mark of the limit.
func (c *Census) step(at key, by, limit int) bool {
	before := c.counts[at]
	after := before + by
	if after == 0 {
		delete(c.counts, at) // a namespace that is gone leaves nothing behind
	} else {
		c.counts[at] = after
	}
	return marks(before, limit) != marks(after, limit)
}

// Changed has a token once a level may have changed somewhere.
func (c *Census) Changed() <-chan struct{} { return c.changed }

// Count is how many objects of a kind there are in a namespace; in all of them if it is empty.
func (c *Census) Count(kind, namespace string) int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.counts[key{kind, namespace}]
}

// Judge is the worst of what the numbers of the namespace and of the cluster say, by what was
// said before.
func (c *Census) Judge(namespace string, before Verdict) Verdict {
	c.mu.RLock()
	defer c.mu.RUnlock()
	worst := Verdict{}
	for _, scope := range []Scope{Namespace, Cluster} {
		at := namespace
		if scope == Cluster {
			at = ""
		}
		for _, kind := range Kinds() {
			was := Within
			if before.Scope == scope && before.Kind == kind {
				was = before.Level
			}
			limit := c.limits[kind].of(scope)
			if level := levelOf(c.counts[key{kind, at}], limit, was); level > worst.Level {
				worst = Verdict{Level: level, Scope: scope, Kind: kind, Limit: limit}
			}
		}
	}
	return worst
}
