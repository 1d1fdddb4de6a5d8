package usage

import (
	"slices"
	"testing"
)

func TestResolveDefaults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		subscriptions, siteURLs []string
		defaults                Defaults
		want                    Effective
	}{
		"nothing to choose": {
			subscriptions: []string{""},
			want:          Effective{SubscriptionState: StateNone, SiteURLState: StateNone},
		},
		"the only one": {
			subscriptions: []string{"A", "", "A"}, siteURLs: []string{"acme.webex.com", "ACME.webex.com", ""},
			want: Effective{
				Subscription: "A", SubscriptionState: StateResolved,
				SiteURL: "acme.webex.com", SiteURLState: StateResolved,
			},
		},
		"several and no default": {
			subscriptions: []string{"A", "B"}, siteURLs: []string{"a.webex.com", "b.webex.com"},
			want: Effective{SubscriptionState: StateRequired, SiteURLState: StateRequired},
		},
		"several and a default": {
			subscriptions: []string{"A", "B"}, siteURLs: []string{"a.webex.com", "B.webex.com"},
			defaults: Defaults{Subscription: "B", SiteURL: "b.WEBEX.com"},
			want: Effective{
				Subscription: "B", SubscriptionState: StateResolved,
				SiteURL: "b.webex.com", SiteURLState: StateResolved,
			},
		},
		"one of the two is missing": {
			subscriptions: []string{"A", "B"}, siteURLs: []string{"a.webex.com", "b.webex.com"},
			defaults: Defaults{Subscription: "A"},
			want:     Effective{Subscription: "A", SubscriptionState: StateResolved, SiteURLState: StateRequired},
		},
		"defaults that match nothing": {
			subscriptions: []string{"A", "B"}, siteURLs: []string{"a.webex.com", "b.webex.com"},
			defaults: Defaults{Subscription: "C", SiteURL: "c.webex.com"},
			want:     Effective{SubscriptionState: StateNotFound, SiteURLState: StateNotFound},
		},
		"defaults that differ from the only one": {
			subscriptions: []string{"A"}, siteURLs: []string{"a.webex.com"},
			defaults: Defaults{Subscription: "C", SiteURL: "c.webex.com"},
			want:     Effective{SubscriptionState: StateNotFound, SiteURLState: StateNotFound},
		},
		"defaults of an organization that has none": {
			defaults: Defaults{Subscription: "C", SiteURL: "c.webex.com"},
			want:     Effective{SubscriptionState: StateNotFound, SiteURLState: StateNotFound},
		},
		"subscriptions differ by case": {
			subscriptions: []string{"sub-a", "Sub-A"}, defaults: Defaults{Subscription: "SUB-A"},
			want: Effective{SubscriptionState: StateNotFound, SiteURLState: StateNone},
		},
		"a site URL with a scheme": {
			siteURLs: []string{"a.webex.com"}, defaults: Defaults{SiteURL: "https://a.webex.com"},
			want: Effective{SubscriptionState: StateNone, SiteURLState: StateNotFound},
		},
		"a site URL with a slash": {
			siteURLs: []string{"a.webex.com"}, defaults: Defaults{SiteURL: "a.webex.com/"},
			want: Effective{SubscriptionState: StateNone, SiteURLState: StateNotFound},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := slices.Clone(test.subscriptions)
			if got := ResolveDefaults(test.subscriptions, test.siteURLs, test.defaults); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if !slices.Equal(before, test.subscriptions) {
				t.Errorf("the caller's list was changed: %v", test.subscriptions)
			}
		})
	}
}

func TestAssignable(t *testing.T) {
	t.Parallel()
	resolved := Effective{
		Subscription: "A", SubscriptionState: StateResolved,
		SiteURL: "a.webex.com", SiteURLState: StateResolved,
	}
	with := func(subscription, siteURL State) Effective {
		e := resolved
		if e.SubscriptionState = subscription; subscription != StateResolved {
			e.Subscription = ""
		}
		if e.SiteURLState = siteURL; siteURL != StateResolved {
			e.SiteURL = ""
		}
		return e
	}
	tests := map[string]struct {
		subscription, siteURL string
		effective             Effective
		want                  Reason
	}{
		"purchased, default subscription":                      {"A", "", resolved, ReasonAssignable},
		"purchased, default subscription and site":             {"A", "a.webex.com", resolved, ReasonAssignable},
		"the site's case does not matter":                      {"A", "A.Webex.COM", resolved, ReasonAssignable},
		"purchased, other subscription":                        {"B", "", resolved, ReasonOtherSubscription},
		"purchased, other site":                                {"A", "b.webex.com", resolved, ReasonOtherSiteURL},
		"subscription is told before site":                     {"B", "b.webex.com", resolved, ReasonOtherSubscription},
		"subscription case matters":                            {"a", "", resolved, ReasonOtherSubscription},
		"included":                                             {"", "", resolved, ReasonAssignable},
		"included, default site":                               {"", "a.webex.com", resolved, ReasonAssignable},
		"included, other site":                                 {"", "b.webex.com", resolved, ReasonOtherSiteURL},
		"included ignores a missing default subscription":      {"", "", with(StateRequired, StateRequired), ReasonAssignable},
		"included ignores a default that is not found":         {"", "", with(StateNotFound, StateNotFound), ReasonAssignable},
		"included, site-bound, no default site":                {"", "a.webex.com", with(StateRequired, StateRequired), ReasonDefaultSiteURLRequired},
		"no default subscription":                              {"A", "", with(StateRequired, StateResolved), ReasonDefaultSubscriptionRequired},
		"no default site":                                      {"A", "a.webex.com", with(StateResolved, StateRequired), ReasonDefaultSiteURLRequired},
		"neither default":                                      {"A", "a.webex.com", with(StateRequired, StateRequired), ReasonDefaultSubscriptionRequired},
		"no default site, licence without site":                {"A", "", with(StateResolved, StateRequired), ReasonAssignable},
		"default subscription not found":                       {"A", "", with(StateNotFound, StateResolved), ReasonDefaultNotFound},
		"default subscription not found, before required site": {"A", "a.webex.com", with(StateNotFound, StateRequired), ReasonDefaultNotFound},
		"required subscription, before site not found":         {"A", "a.webex.com", with(StateRequired, StateNotFound), ReasonDefaultSubscriptionRequired},
		"default site not found":                               {"A", "a.webex.com", with(StateResolved, StateNotFound), ReasonDefaultNotFound},
		"default site not found, licence without site":         {"A", "", with(StateResolved, StateNotFound), ReasonAssignable},
		"other subscription, before required site":             {"B", "a.webex.com", with(StateResolved, StateRequired), ReasonOtherSubscription},
		"a subscription that is newer than the defaults":       {"A", "", with(StateNone, StateNone), ReasonOtherSubscription},
		"a site that is newer than the defaults":               {"", "a.webex.com", with(StateNone, StateNone), ReasonOtherSiteURL},
		"defaults never resolved":                              {"A", "", Effective{}, ReasonOtherSubscription},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ok, reason := Assignable(test.subscription, test.siteURL, test.effective)
			if reason != test.want || ok != (test.want == ReasonAssignable) {
				t.Errorf("got %v, %s; want %s", ok, reason, test.want)
			}
		})
	}
}

func TestSubscriptionsAndSiteURLs(t *testing.T) {
	t.Parallel()
	licenses := []License{
		{SubscriptionID: "B", SiteURL: "z.webex.com"},
		{},
		{SubscriptionID: "A", SiteURL: "Z.webex.com"},
		{SubscriptionID: "B", SiteURL: "a.webex.com"},
	}
	rows := make([]Row, 0, len(licenses))
	for _, l := range licenses {
		rows = append(rows, Row{SubscriptionID: l.SubscriptionID, SiteURL: l.SiteURL})
	}
	for _, got := range [][]string{Subscriptions(licenses), Subscriptions(rows)} {
		if want := []string{"A", "B"}; !slices.Equal(got, want) {
			t.Errorf("subscriptions: got %v, want %v", got, want)
		}
	}
	for _, got := range [][]string{SiteURLs(licenses), SiteURLs(rows)} {
		if want := []string{"a.webex.com", "z.webex.com"}; !slices.Equal(got, want) {
			t.Errorf("site URLs: got %v, want %v", got, want)
		}
	}
	if got := Subscriptions([]License(nil)); len(got) != 0 {
		t.Errorf("no licences: got %v", got)
	}
}

func TestClassOf(t *testing.T) {
	t.Parallel()
	if got := ClassOf("trialSub.0000"); got != ClassPurchased {
		t.Errorf("with a subscription: %s", got)
	}
	if got := ClassOf(""); got != ClassIncluded {
		t.Errorf("without a subscription: %s", got)
	}
}
