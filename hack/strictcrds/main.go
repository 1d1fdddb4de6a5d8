// Strictcrds makes the definitions that controller-gen wrote as strict as the Go types.
//
//	strictcrds FILE...
//
// The API server takes much more for a date-time than RFC 3339 allows, and a time that Go
// does not read would be missing from its object. A rule takes the place of the format: it is
// told in words, and it is about a text, since one about a time is an error, and not false,
// for a time that cannot be read. Errors are not ratcheted: a stored object with such a time
// could get no status any more.
package main

import (
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/yaml"
)

// rfc3339 are the times that Go reads, and writes again in UTC: of a year with four digits,
// on a day that the month has. The last moment of all stands for no end.
const rfc3339 = `^(([1-8][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))` +
	`|([1-8][0-9](0[48]|[2468][048]|[13579][26])|([2468][048]|[1357][26])00)-02-29)` +
	`T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])` +
	`|9999-12-31T23:59:59Z)$`

// durations are those that Go reads, none of which, added up, is too long for it.
const durations = `^([0-9]{1,5}([.][0-9]{1,9})?h|[0-9]{1,6}([.][0-9]{1,9})?m|[0-9]{1,8}([.][0-9]{1,9})?s|[0-9]{1,9}([.][0-9]{1,9})?(ms|us|ns)){1,8}$`

// forms are what words in the rules of the Go types stand for.
var forms = strings.NewReplacer("'RFC3339'", "'"+rfc3339+"'", "'DURATION'", "'"+durations+"'",
	"'CRON'", "r'"+cron()+"'", "'NUMBERRANGE'", "r'"+numberRange+"'", "'NAMERANGE'", "r'"+nameRange+"'")

const message = " must be a date-time of RFC 3339 such as 2027-01-01T02:00:00Z or 2027-01-01T02:00:00+01:00, with a capital T and Z"

const (
	validations = "x-kubernetes-validations"
	// longest is more than a time with nanoseconds and an offset has.
	longest = 64
)

func main() {
	for _, name := range os.Args[1:] {
		if err := rewrite(name); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			os.Exit(1)
		}
	}
}

func rewrite(name string) error {
	content, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var definition map[string]any
	if err := yaml.Unmarshal(content, &definition); err != nil {
		return err
	}
	tighten("", definition)
	if content, err = yaml.Marshal(definition); err != nil {
		return err
	}
	return os.WriteFile(name, append([]byte("---\n"), content...), 0o644) //nolint:gosec // it is source
}

// tighten finds the times and rules of a schema, wherever they are.
func tighten(name string, node any) {
	switch n := node.(type) {
	case []any:
		for _, below := range n {
			tighten(name, below)
		}
	case map[string]any:
		if n["type"] == "string" && n["format"] == "date-time" {
			delete(n, "format")
			rules, _ := n[validations].([]any)
			n[validations] = append(rules, map[string]any{"rule": "self.matches('RFC3339')", "message": name + message})
		}
		if n["type"] == "string" && n["maxLength"] == nil && strings.Contains(fmt.Sprint(n[validations]), "self.matches('") {
			n["maxLength"] = longest // what a rule costs is counted by the length of the text
		}
		if rule, ok := n["rule"].(string); ok {
			n["rule"] = forms.Replace(rule)
		}
		properties, _ := n["properties"].(map[string]any)
		for field, below := range properties {
			tighten(field, below)
		}
		for key, below := range n {
			if key != "properties" || properties == nil {
				tighten(name, below)
			}
		}
	}
}
