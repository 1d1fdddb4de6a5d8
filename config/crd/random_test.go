package crd

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// generator makes values that a schema allows, all of them by one seed.
type generator struct {
	*rand.Rand
	// whole leaves no field out.
	whole bool
}

// formed are the fields whose form no bound tells.
var formed = map[string]func(g generator) any{
	".spec.organizationID":        func(g generator) any { return g.uuid() },
	".spec.hierarchyPath":         func(g generator) any { return "hcs." + g.letters(8) + ".reseller_1" },
	".spec.defaultSiteURL":        func(g generator) any { return g.letters(12) + ".webex.com" },
	".spec.connection.baseURL":    func(g generator) any { return "https://" + g.letters(10) + ".example.com/v1" },
	".spec.connection.proxyURL":   func(g generator) any { return "http://" + g.letters(10) + ".example.com:8080" },
	".spec.staleAfter":            func(g generator) any { return g.duration() },
	".spec.collection.siteMaxAge": func(g generator) any { return g.duration() },
	".spec.schedule":              func(g generator) any { return g.cron() },
	".spec.every.interval":        func(g generator) any { return g.duration() },
	".status.duration":            func(g generator) any { return g.duration() },
	".spec.customerAccessSelector": func(g generator) any {
		return map[string]any{"matchLabels": map[string]any{g.letters(5): g.letters(9)}}
	},
	".spec.syncTemplate.labels": func(g generator) any { return map[string]any{g.letters(5): g.letters(9)} },
	".spec.interval": func(g generator) any {
		return (10*time.Minute + time.Duration(g.Int64N(743*3600))*time.Second).String()
	},
	".spec.select.names[]":                 func(g generator) any { return "(?i)^" + g.letters(7) + ".*" },
	".spec.select.exclude.names[]":         func(g generator) any { return "[" + g.letters(7) + "]+$" },
	".spec.template.staleAfter":            func(g generator) any { return g.duration() },
	".spec.template.collection.siteMaxAge": func(g generator) any { return g.duration() },
	".spec.template.schedule.schedule":     func(g generator) any { return g.cron() },
	".spec.template.hierarchyPath":         func(g generator) any { return "hcs." + g.letters(8) },
	".spec.template.labels":                func(g generator) any { return map[string]any{g.letters(5): g.letters(9)} },
	".spec.template.byTag[].hierarchyPath": func(g generator) any { return "hcs." + g.letters(8) + ".gold" },
	".spec.template.byTag[].labels":        func(g generator) any { return map[string]any{g.letters(5): g.letters(9)} },
	".status.conditions": func(g generator) any {
		condition := func(name string) map[string]any {
			return map[string]any{"type": name, "status": "True", "reason": "Why" + g.letters(4), "message": g.text(200), "lastTransitionTime": g.time(), "observedGeneration": g.Int64N(1e9)}
		}
		return []any{condition("Ready"), condition("Reconciling")}
	},
}

func (g generator) letters(n int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz"
	var b strings.Builder
	for range n {
		b.WriteByte(alphabet[g.IntN(len(alphabet))])
	}
	return b.String()
}

// text is of what people write.
func (g generator) text(n int) string {
	alphabet := []rune("abcXYZ 019-_.:/\"'#%&<>{}äß中\U0001f600")
	runes := make([]rune, n)
	for i := range runes {
		runes[i] = alphabet[g.IntN(len(alphabet))]
	}
	return string(runes)
}

func (g generator) uuid() string {
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", g.Uint32(), g.IntN(1<<16), g.IntN(1<<12), g.IntN(1<<12), g.Int64N(1<<48))
}

func (g generator) time() string {
	return time.Unix(g.Int64N(4e9), 0).UTC().Format(time.RFC3339)
}

// isTime says whether the schema is of a time: a rule takes the place of the format, if all is well.
func isTime(s *schema) bool {
	return s.Format == "date-time" || slices.ContainsFunc(s.XValidations, func(r apiextensionsv1.ValidationRule) bool {
		return strings.Contains(r.Message, "must be a date-time of RFC 3339")
	})
}

func (g generator) duration() string {
	return (time.Minute + time.Duration(g.Int64N(8000*3600))*time.Second).String()
}

func (g generator) cron() string {
	return fmt.Sprintf("%d,%d %d-23/%d ? JAN-dec sun", g.IntN(60), g.IntN(60), g.IntN(24), 1+g.IntN(23))
}

// between is a number within bounds, often one of the bounds themselves.
func (g generator) between(low, high int64) int64 {
	switch g.IntN(4) {
	case 0:
		return low
	case 1:
		return high
	}
	return low + g.Int64N(high-low+1)
}

// value is one that the schema at the path allows.
func (g generator) value(path string, s *schema) any {
	if form, ok := formed[path]; ok {
		return form(g)
	}
	bound := func(n *int64, otherwise int64) int64 {
		if n == nil {
			return otherwise
		}
		return *n
	}
	switch {
	case len(s.Enum) > 0:
		var value any
		if err := json.Unmarshal(s.Enum[g.IntN(len(s.Enum))].Raw, &value); err != nil {
			panic(err)
		}
		return value
	case isTime(s):
		return g.time()
	case s.Type == "string":
		return g.text(int(g.between(bound(s.MinLength, 1), bound(s.MaxLength, 64))))
	case s.Type == "boolean":
		return g.IntN(2) == 0
	case s.Type == "integer":
		low, high := int64(-1000), int64(1<<31-1)
		if s.Minimum != nil {
			low = int64(*s.Minimum)
		}
		if s.Maximum != nil {
			high = int64(*s.Maximum)
		}
		return g.between(low, high)
	case s.Type == "array":
		return g.items(path, s, int(min(bound(s.MaxItems, 4), 4)))
	case s.Type == "object":
		return g.object(path, s)
	}
	panic("no value for " + path)
}

// items are different from each other.
func (g generator) items(path string, s *schema, most int) []any {
	items, seen := []any{}, map[string]bool{}
	for range 1 + g.IntN(most) {
		item := g.value(path+"[]", s.Items.Schema)
		if key := fmt.Sprint(item); !seen[key] {
			seen[key], items = true, append(items, item)
		}
	}
	return items
}

// object has all that is required, and most of the rest.
func (g generator) object(path string, s *schema) map[string]any {
	object := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if slices.Contains(s.Required, name) || g.whole || g.IntN(4) > 0 {
			object[name] = g.value(path+"."+name, new(s.Properties[name]))
		}
	}
	g.reconcile(path, object, s)
	return object
}

// reconcile makes fields fit each other, where rules ask for it.
func (g generator) reconcile(path string, object map[string]any, s *schema) {
	switch path {
	case ".spec.thresholds", ".spec.template.thresholds":
		maps.Copy(object, map[string]any{"warningPercent": g.between(51, 80), "criticalPercent": g.between(81, 100), "hysteresisPercent": g.between(0, 50)})
	case ".spec.connection":
		if object["proxyURL"] == nil {
			delete(object, "noProxy")
		}
	case ".spec.license":
		if object["name"] == nil || g.IntN(2) == 0 {
			delete(object, "name")
			object["offerCode"] = g.text(8)
		} else {
			delete(object, "offerCode")
		}
	case ".spec.subjects":
		if len(object) == 0 {
			object["groups"] = []any{g.text(8)}
		}
	case ".status":
		object["observedGeneration"] = g.Int64N(1e9) // else the -1 of an object that no controller has seen stays
	case ".spec":
		if object["customerAccessSelector"] != nil {
			delete(object, "customerAccessRef")
		} else if s.Properties["customerAccessSelector"].Type != "" {
			object["customerAccessRef"] = map[string]any{"name": g.letters(9)}
		}
		if object["at"] == nil && object["every"] == nil && s.Properties["schedule"].Type != "" {
			object["schedule"] = g.cron()
		}
		if from, ok := object["startTime"].(string); ok && object["endTime"] != nil && from > object["endTime"].(string) {
			object["startTime"], object["endTime"] = object["endTime"], from
		}
		if level, ok := object["level"]; ok {
			delete(object, "locationID")
			if level == "Site" {
				object["locationID"] = g.text(40)
			}
		}
	}
}

// withDefaults is the value with what the API server adds.
func withDefaults(value any, s *schema) any {
	switch v := value.(type) {
	case map[string]any:
		for name, property := range s.Properties {
			if _, ok := v[name]; !ok && property.Default != nil {
				var added any
				if err := json.Unmarshal(property.Default.Raw, &added); err != nil {
					panic(err)
				}
				v[name] = added
			}
			if v[name] != nil {
				v[name] = withDefaults(v[name], &property)
			}
		}
	case []any:
		for i := range v {
			v[i] = withDefaults(v[i], s.Items.Schema)
		}
	}
	return value
}
