package usage

import (
	"slices"
	"strings"
)

// Defaults are the default subscription and the default Meetings site as the user wrote them; empty means none.
// A user who holds licences of several subscriptions or sites keeps only those of the default ones, so both have
// to be named as soon as there is more than one to choose from.
type Defaults struct {
	// Subscription is a subscription id, compared exactly.
	Subscription string
	// SiteURL is the host name of a Meetings site, compared without regard to case. It is a bare host name, as in
	// Webex's answers: one with a scheme, a path or a trailing slash matches nothing.
	SiteURL string
}

// State says how a default was resolved.
type State string

const (
	// StateNone means that the organization has none, and no default asks for one.
	StateNone State = "None"
	// StateResolved means that the default is in force: the one that the user named, or the only one there is.
	StateResolved State = "Resolved"
	// StateRequired means that the organization has more than one and the user has named none.
	StateRequired State = "Required"
	// StateNotFound means that the user named one that the organization does not have.
	StateNotFound State = "NotFound"
)

// Effective are the defaults in force.
type Effective struct {
	// Subscription is set when SubscriptionState is StateResolved.
	Subscription string
	// SiteURL is set, in lower case, when SiteURLState is StateResolved.
	SiteURL string
	// SubscriptionState and SiteURLState say how the two were resolved.
	SubscriptionState, SiteURLState State
}

// Reason says why a licence can or cannot be assigned.
type Reason string

const (
	// ReasonAssignable is for a licence inside the default subscription and the default site URL, as far as the licence has them.
	ReasonAssignable Reason = "Assignable"
	// ReasonDefaultSubscriptionRequired means that the organization has several subscriptions and none is the default.
	ReasonDefaultSubscriptionRequired Reason = "DefaultSubscriptionRequired"
	// ReasonDefaultSiteURLRequired means that the organization has several Meetings sites and none is the default.
	ReasonDefaultSiteURLRequired Reason = "DefaultSiteURLRequired"
	// ReasonDefaultNotFound means that the default subscription or site URL that applies to the licence matches nothing.
	ReasonDefaultNotFound Reason = "DefaultNotFound"
	// ReasonOtherSubscription means that the licence belongs to another subscription than the default one.
	ReasonOtherSubscription Reason = "OtherSubscription"
	// ReasonOtherSiteURL means that the licence is bound to another Meetings site than the default one.
	ReasonOtherSiteURL Reason = "OtherSiteURL"
)

// ResolveDefaults finds the defaults in force from what the organization has and what the user wrote. The lists may
// hold duplicates and empty strings, so the fields of rows can be passed as they are.
func ResolveDefaults(subscriptions, siteURLs []string, d Defaults) Effective {
	var e Effective
	e.Subscription, e.SubscriptionState = resolve(distinct(subscriptions), d.Subscription)
	e.SiteURL, e.SiteURLState = resolve(distinctHosts(siteURLs), host(d.SiteURL))
	return e
}

// resolve picks the default among distinct values. A default that the user wrote is never overruled, not even when
// there is only one value to choose: a wrong one has to be seen, before a second subscription makes it matter.
func resolve(values []string, written string) (string, State) {
	switch {
	case written != "" && slices.Contains(values, written):
		return written, StateResolved
	case written != "":
		return "", StateNotFound
	case len(values) == 0:
		return "", StateNone
	case len(values) == 1:
		return values[0], StateResolved
	}
	return "", StateRequired
}

// Assignable reports whether a licence may be assigned to users, given the defaults in force, and why.
//
// A purchased licence has to be of the default subscription. A licence that is bound to a Meetings site, purchased
// or included, has to be of the default site; any other licence ignores the site. What is wrong with the subscription
// is told before what is wrong with the site. A subscription or site that is missing from the resolved defaults
// (StateNone: it is newer than they are) counts as another one.
func Assignable(subscriptionID, siteURL string, e Effective) (bool, Reason) {
	if subscriptionID != "" {
		switch {
		case e.SubscriptionState == StateRequired:
			return false, ReasonDefaultSubscriptionRequired
		case e.SubscriptionState == StateNotFound:
			return false, ReasonDefaultNotFound
		case e.SubscriptionState != StateResolved || subscriptionID != e.Subscription:
			return false, ReasonOtherSubscription
		}
	}
	if siteURL != "" {
		switch {
		case e.SiteURLState == StateRequired:
			return false, ReasonDefaultSiteURLRequired
		case e.SiteURLState == StateNotFound:
			return false, ReasonDefaultNotFound
		case e.SiteURLState != StateResolved || host(siteURL) != host(e.SiteURL):
			return false, ReasonOtherSiteURL
		}
	}
	return true, ReasonAssignable
}

// Licensed is a record of a licence: an entry of the licence list, or a row made from it.
type Licensed interface {
	License | Row
	bindings() (subscriptionID, siteURL string)
}

func (l License) bindings() (subscriptionID, siteURL string) { return l.SubscriptionID, l.SiteURL }
func (r Row) bindings() (subscriptionID, siteURL string)     { return r.SubscriptionID, r.SiteURL }

// Subscriptions returns the distinct subscription ids, sorted.
func Subscriptions[T Licensed](items []T) []string {
	ids := make([]string, 0, len(items))
	for _, item := range items {
		id, _ := item.bindings()
		ids = append(ids, id)
	}
	return distinct(ids)
}

// SiteURLs returns the distinct host names of Meetings sites, in lower case, sorted.
func SiteURLs[T Licensed](items []T) []string {
	urls := make([]string, 0, len(items))
	for _, item := range items {
		_, url := item.bindings()
		urls = append(urls, url)
	}
	return distinctHosts(urls)
}

// host returns the form in which host names are compared.
func host(siteURL string) string { return strings.ToLower(siteURL) }

func distinctHosts(siteURLs []string) []string {
	hosts := make([]string, 0, len(siteURLs))
	for _, u := range siteURLs {
		hosts = append(hosts, host(u))
	}
	return distinct(hosts)
}

// distinct returns the different non-empty values, sorted, in a slice of its own.
func distinct(values []string) []string {
	sorted := slices.Sorted(slices.Values(values))
	sorted = slices.Compact(sorted)
	if len(sorted) > 0 && sorted[0] == "" {
		sorted = sorted[1:]
	}
	return sorted
}
