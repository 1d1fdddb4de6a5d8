package partner

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Selector is a compiled spec.select.
type Selector struct{ include, exclude match }

// match is a compiled list of each sort. An empty one says nothing.
type match struct {
	ids   map[webex.OrganizationID]bool
	names []*regexp.Regexp
	tags  []string
}

// Compile reads spec.select; nil selects all. An error names the field and what it takes.
func Compile(selector *v1alpha1.OrganizationSelector) (s Selector, err error) {
	if selector == nil {
		return s, nil
	}
	if s.include, err = compile("spec.select", selector.OrganizationMatch); err == nil && selector.Exclude != nil {
		s.exclude, err = compile("spec.select.exclude", *selector.Exclude)
	}
	return s, err
}

func compile(field string, lists v1alpha1.OrganizationMatch) (match, error) {
	m := match{tags: lists.Tags}
	for i, text := range lists.OrganizationIDs {
		id, err := webex.ParseOrganizationID(text)
		if err != nil {
			return m, fmt.Errorf("%s.organizationIDs[%d]: %w", field, i, err)
		}
		if m.ids == nil {
			m.ids = map[webex.OrganizationID]bool{}
		}
		m.ids[id] = true
	}
	for i, text := range lists.Names {
		name, err := regexp.Compile(text)
		if err != nil {
			return m, fmt.Errorf("%s.names[%d] is no regular expression of RE2: write one such as ^Acme, and a backslash before a sign that means itself", field, i)
		}
		m.names = append(m.names, name)
	}
	return m, nil
}

// Selects says whether an organization becomes a customer: it matches each list that is
// given, and nothing of exclude.
func (s Selector) Selects(o Organization) bool {
	for _, matches := range s.include.lists(o) {
		if !matches {
			return false
		}
	}
	return !slices.Contains(s.exclude.lists(o), true)
}

// lists says for each list that is given whether the organization matches it.
func (m match) lists(o Organization) []bool {
	var matches []bool
	if len(m.ids) > 0 {
		matches = append(matches, m.ids[o.ID])
	}
	if len(m.names) > 0 {
		matches = append(matches, slices.ContainsFunc(m.names, func(name *regexp.Regexp) bool { return name.MatchString(o.Name) }))
	}
	if len(m.tags) > 0 {
		matches = append(matches, slices.ContainsFunc(m.tags, func(tag string) bool { return slices.Contains(o.Tags, tag) }))
	}
	return matches
}

// Tags are the tags that a spec names anywhere, sorted: those that have to be asked for.
func Tags(spec *v1alpha1.WebexPartnerSpec) []string {
	var tags []string
	if s := spec.Select; s != nil {
		tags = append(tags, s.Tags...)
		if s.Exclude != nil {
			tags = append(tags, s.Exclude.Tags...)
		}
	}
	if t := spec.Template; t != nil {
		for _, entry := range t.ByTag {
			tags = append(tags, entry.Tag)
		}
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}
