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
		if !o.hasSubscription(subscription) {
			return o.errSubscription(subscription)
		}
		o.suspended[subscription] = suspended
		return nil
	})
}

// RenewSubscription replaces a subscription by another one: each of its licences gets
// another id, and keeps its name, key, units and holders.
func (o *Organization) RenewSubscription(subscription, renewed string) error {
	return o.change(func() error {
		if renewed == "" || o.hasSubscription(renewed) {
			return fmt.Errorf("the renewed subscription %q has no name of its own", renewed)
		}
		if !o.hasSubscription(subscription) {
			return o.errSubscription(subscription)
		}
		for n, l := range o.licenses {
			if l.spec.Subscription == subscription {
				before := *l
				l.spec.Subscription, l.uuid = renewed, indexedUUID(indexedUUIDPrefix(o.seed^hashString(renewed)), n+1)
				l.id = o.licenseID(l)
				o.auditRow(&before, l)
			}
		}
		return nil
	})
}

func (o *Organization) hasSubscription(name string) bool {
	return name != "" && slices.ContainsFunc(o.licenses, func(l *license) bool { return l.spec.Subscription == name })
}

func (o *Organization) errSubscription(name string) error {
	return fmt.Errorf("organization %s has no subscription %q", o.name, name)
}

func putSubscription(o *Organization, r *http.Request) (any, error) {
	var body struct {
		Suspended *bool
		RenewedAs string
	}
	if err := decodeBody(r, &body); err != nil {
		return nil, err
	}
	subscription := r.PathValue("subscription")
	if body.Suspended != nil {
		if err := o.SuspendSubscription(subscription, *body.Suspended); err != nil {
			return nil, err
		}
	}
	if body.RenewedAs != "" {
		return nil, o.RenewSubscription(subscription, body.RenewedAs)
	}
	return nil, nil
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
		if !c.Time.After(seen) {
			break
		}
		if c.Added {
			late.users[c.row]--
		} else {
			late.users[c.row]++
		}
	}
	return &late
}
