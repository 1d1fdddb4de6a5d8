package connect

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/internal/usage"
)

// Choice is a subscription or a Meetings site.
type Choice struct {
	// ID is the subscription's, or the host name of the site.
	ID string
	// Names are the products, Total and Consumed their units as far as they are known.
	Names           []string
	Total, Consumed int64
}

// Subscriptions are those of the licences, as the operator tells them apart.
func Subscriptions(licenses []usage.License) []Choice {
	return choices(usage.Subscriptions(licenses), licenses, func(l usage.License) string { return l.SubscriptionID })
}

// Sites are the Meetings sites that licences are bound to.
func Sites(licenses []usage.License) []Choice {
	return choices(usage.SiteURLs(licenses), licenses, func(l usage.License) string { return strings.ToLower(l.SiteURL) })
}

func choices(ids []string, licenses []usage.License, of func(usage.License) string) []Choice {
	var all []Choice
	for _, id := range ids {
		c := Choice{ID: id}
		for _, l := range licenses {
			if of(l) == id {
				c.Names = append(c.Names, l.Name)
				c.Total, c.Consumed = c.Total+ptr.Deref(l.Total, 0), c.Consumed+ptr.Deref(l.Consumed, 0)
			}
		}
		slices.Sort(c.Names)
		all = append(all, c)
	}
	return all
}

// maxNames is how many products a choice names.
const maxNames = 4

// Products names the products, the first of them if they are many.
func (c Choice) Products() string {
	if more := len(c.Names) - maxNames; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(c.Names[:maxNames], ", "), more)
	}
	return strings.Join(c.Names, ", ")
}

// Find is the choice that a person named.
func Find(choices []Choice, id string) (Choice, bool) {
	for _, c := range choices {
		if strings.EqualFold(c.ID, id) {
			return c, true
		}
	}
	return Choice{}, false
}

// IDs are the ids of choices, for a message.
func IDs(choices []Choice) string {
	ids := make([]string, len(choices))
	for i, c := range choices {
		ids[i] = c.ID
	}
	return strings.Join(ids, ", ")
}
