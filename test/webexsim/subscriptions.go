package webexsim

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// SuspendSubscription suspends a subscription, or ends that. Licences of a suspended one
// are changed by hand only: the API refuses.
func (o *Organization) SuspendSubscription(subscription string, suspended bool) error {
	return o.change(func() error {
		if subscription == "" || !slices.ContainsFunc(o.licenses, func(l *license) bool { return l.spec.Subscription == subscription }) {
			return fmt.Errorf("organization %s has no subscription %q", o.name, subscription)
		}
		o.suspended[subscription] = suspended
		return nil
	})
}

func putSubscription(o *Organization, r *http.Request) (any, error) {
	var body struct{ Suspended bool }
	if err := decodeBody(r, &body); err != nil {
		return nil, err
	}
	return nil, o.SuspendSubscription(r.PathValue("subscription"), body.Suspended)
}

// shown are the figures that GET /licenses shows: those of some time ago, by the
// simulator's clock. The caller holds o.mu.
func (o *Organization) shown(lag time.Duration) *tally {
	t := o.tally()
	if lag <= 0 {
		return t
	}
	late := *t
	late.users = slices.Clone(t.users)
	seen := o.now().Add(-lag)
	for _, c := range slices.Backward(o.changes) {
		if !c.at.After(seen) {
			break
		}
		if c.added {
			late.users[c.license]--
		} else {
			late.users[c.license]++
		}
	}
	return &late
}
