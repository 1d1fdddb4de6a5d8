package report

import (
	"slices"
	"strings"
)

// String is the scope in words. Scopes are equal if their words are.
func (s Scope) String() string {
	words := []string{"namespace " + s.Namespace}
	if s.Namespace == "" {
		words[0] = "all namespaces"
	}
	if s.At != "" {
		words = append(words, "at "+s.At)
	}
	if len(s.Customers) > 0 {
		names := slices.Clone(s.Customers)
		slices.Sort(names)
		words = append(words, "customers "+strings.Join(slices.Compact(names), " and "))
	}
	if s.Partner != "" {
		words = append(words, "customers of partner "+s.Partner)
	}
	if s.Location != "" {
		words = append(words, "location "+s.Location)
	}
	if s.Selector != "" {
		words = append(words, "customers with labels "+s.Selector)
	}
	if s.Included {
		words = append(words, "free and hybrid licences included")
	}
	return strings.Join(words, ", ")
}
