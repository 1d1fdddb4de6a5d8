package partner_test

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/partner"
)

// seen is one organization as the oracle sees it.
type seen struct {
	id, name         string
	tags             []string
	listed, selected bool
	record           *record
	reader           string
}

// oracle tells by the text of the design what a decision has to say about a small world, one organization at a time. It
// shares no code with the decision.
type oracle struct {
	partner       *v1alpha1.WebexPartner
	own           string
	organizations []partner.Organization
	records       []*record
	readers       map[string]string
	postponed     map[string]bool
	// sets are the sets of organizations that tokens were given for.
	sets map[string]string
}

// slugs are what ASCII shows of the names in small worlds.
var slugs = map[string]string{
	"Acme": "acme-", "ACME!": "acme-", "Müller & Söhne": "muller-sohne-", "日本": "org-", "Zeta": "zeta-", longName: strings.Repeat("x", 50) + "-",
}

var longName = strings.Repeat("x", 300)

func (o *oracle) nameOf(s *seen) string {
	return slugs[s.name] + fmt.Sprintf("%x", sha256.Sum256([]byte(s.id)))[:12]
}

// all are the organizations that there is anything to say about, by name and id.
func (o *oracle) all() []*seen {
	found := map[string]*seen{}
	at := func(id string) *seen {
		if found[id] == nil {
			found[id] = &seen{id: id, reader: o.readers[id]}
		}
		return found[id]
	}
	for _, organization := range o.organizations {
		if id := organization.ID.UUID(); id != o.own {
			s := at(id)
			s.name, s.tags, s.listed = organization.Name, organization.Tags, true
			s.selected = o.selects(s)
		}
	}
	for _, r := range o.records {
		at(r.values["spec|organizationID"].(string)).record = r
	}
	return slices.SortedFunc(maps.Values(found), func(a, b *seen) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.id, b.id))
	})
}

func (o *oracle) selects(s *seen) bool {
	wants := o.partner.Spec.Select
	if wants == nil {
		return true
	}
	named := func(expressions []string) bool {
		return slices.ContainsFunc(expressions, func(e string) bool { return regexp.MustCompile(e).MatchString(s.name) })
	}
	tagged := func(tags []string) bool {
		return slices.ContainsFunc(tags, func(tag string) bool { return slices.Contains(s.tags, tag) })
	}
	listed := func(ids []string) bool { return slices.Contains(ids, s.id) }
	if len(wants.OrganizationIDs) > 0 && !listed(wants.OrganizationIDs) || len(wants.Names) > 0 && !named(wants.Names) || len(wants.Tags) > 0 && !tagged(wants.Tags) {
		return false
	}
	not := wants.Exclude
	return not == nil || !listed(not.OrganizationIDs) && !named(not.Names) && !tagged(not.Tags)
}

func put[T comparable](flat map[string]any, path string, value T, as any) {
	var zero T
	if value != zero {
		flat[path] = as
	}
}

// looks is what the template says of a customer.
func (o *oracle) looks(s *seen) map[string]any {
	spec := o.partner.Spec
	name := s.name
	if len(name) > 256 {
		name = name[:253] + "…"
	}
	flat := map[string]any{
		"spec|organizationID": s.id, "spec|customerName": name, "spec|credentialsSecretRef": map[string]any{"name": spec.CredentialsSecretRef.Name},
	}
	if c := spec.Connection; c != nil {
		put(flat, "spec|connection|proxyURL", c.ProxyURL, c.ProxyURL)
		put(flat, "spec|connection|requestsPerMinute", c.RequestsPerMinute, int64(c.RequestsPerMinute))
		for _, host := range c.NoProxy {
			flat["spec|connection|noProxy|"+itemName(host)] = host
		}
		if b := c.CABundleRef; b != nil {
			flat["spec|connection|caBundleRef"] = map[string]any{"name": b.Name, "kind": string(b.Kind), "key": b.Key}
		}
	}
	if spec.DeletionPolicy == v1alpha1.DeletionPolicyDelete {
		uid := string(o.partner.UID)
		flat[fmt.Sprintf(`metadata|ownerReferences|k:{"uid":%q}`, uid)] = map[string]any{
			"apiVersion": "licensing.webex-operator.io/v1alpha1", "kind": "WebexPartner", "name": o.partner.Name, "uid": uid, "controller": true,
		}
	}
	o.template(flat, s)
	flat[labelPath+"licensing.webex-operator.io/partner"] = o.partner.Name
	return flat
}

func (o *oracle) template(flat map[string]any, s *seen) {
	t := o.partner.Spec.Template
	if t == nil {
		return
	}
	put(flat, "spec|deletionPolicy", t.DeletionPolicy, string(t.DeletionPolicy))
	if t.StaleAfter != nil {
		flat["spec|staleAfter"] = t.StaleAfter.Duration.String()
	}
	if t.Collection != nil {
		for _, level := range t.Collection.Levels {
			flat[fmt.Sprintf("spec|collection|levels|v:%q", level)] = string(level)
		}
		if t.Collection.SiteMaxAge != nil {
			flat["spec|collection|siteMaxAge"] = t.Collection.SiteMaxAge.Duration.String()
		}
		if t.Collection.Roles != nil {
			flat["spec|collection|roles"] = *t.Collection.Roles
		}
	}
	if t.Thresholds != nil {
		put(flat, "spec|thresholds|warningPercent", t.Thresholds.WarningPercent, int64(t.Thresholds.WarningPercent))
	}
	if t.Prune != nil && t.Prune.MaxPercent != nil {
		flat["spec|prune|maxPercent"] = int64(*t.Prune.MaxPercent)
	}
	// The first entry of byTag that has something to say goes before the others, and before the template.
	first := func(says func(labels map[string]string, path string) string) string {
		for _, entry := range t.ByTag {
			if slices.Contains(s.tags, entry.Tag) {
				if said := says(entry.Labels, entry.HierarchyPath); said != "" {
					return said
				}
			}
		}
		return says(t.Labels, t.HierarchyPath)
	}
	path := first(func(_ map[string]string, path string) string { return path })
	put(flat, "spec|hierarchyPath", path, path)
	for _, key := range []string{"tier", "zone", "licensing.webex-operator.io/shard"} {
		value := first(func(labels map[string]string, _ string) string { return labels[key] })
		put(flat, labelPath+key, value, value)
	}
	if t.Schedule != nil {
		flat[labelPath+"licensing.webex-operator.io/default-schedule"] = "none"
	}
}

// wish is what a customer shall be: the values of fields that are the partner's to set, and what it gives up.
func wish(r *record, wanted map[string]any) (applied map[string]any, writes bool) {
	applied = map[string]any{}
	for path, value := range wanted {
		is, found := r.values[path]
		same := found && reflect.DeepEqual(is, value)
		mine := slices.Contains(r.owners[path], ours)
		others := len(r.owners[path]) > 1 || len(r.owners[path]) == 1 && !mine
		switch {
		case !others && !same:
			applied[path], writes = value, true
		case !others, mine && same:
			applied[path] = value
		}
	}
	for path, owners := range r.owners {
		if _, kept := applied[path]; !kept && slices.Contains(owners, ours) {
			writes = true
		}
	}
	return applied, writes
}

// rest is what a customer keeps whose organization is gone.
func rest(r *record) map[string]any {
	kept := map[string]any{}
	for path, owners := range r.owners {
		if slices.Contains(owners, ours) {
			kept[path] = r.values[path]
		}
	}
	kept["spec|suspend"] = true
	return kept
}

// leaves says whether suspending the customer is still to be decided.
func (r *record) leaves() bool {
	suspended, said := r.values["spec|suspend"].(bool)
	owners := r.owners["spec|suspend"]
	return !suspended && (!said || len(owners) == 0 || len(owners) == 1 && owners[0] == ours)
}

// gone names the organizations whose customers are to stand still.
func gone(all []*seen) string {
	ids := []string{}
	for _, s := range all {
		if s.record != nil && !s.selected {
			ids = append(ids, s.id)
		}
	}
	slices.Sort(ids)
	return strings.Join(ids, " and ")
}

// holds says whether suspensions wait for approval, and how many.
func (o *oracle) holds(all []*seen) (held bool, leaving int) {
	running, listed := 0, 0
	for _, s := range all {
		if s.listed {
			listed++
		}
		if s.record == nil {
			continue
		}
		if suspended, _ := s.record.values["spec|suspend"].(bool); !suspended {
			running++
			if !s.selected && s.record.leaves() {
				leaving++
			}
		}
	}
	if leaving == 0 || listed > 0 && float64(leaving)/float64(running) <= 0.2 {
		return false, leaving
	}
	set, known := o.sets[o.partner.Annotations["licensing.webex-operator.io/approveRemovals"]]
	return !known || set != gone(all), leaving
}
