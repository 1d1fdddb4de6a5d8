package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// longest is how many bytes of a field of the log are shown.
const longest = 200

// said are the fields that begin a line, in this order, without their names.
var said = []string{"ts", "level", "logger", "msg"}

// unsaid are those that do not help here.
var unsaid = []string{"stacktrace", "controller", "controllerGroup", "controllerKind", "reconcileID"}

// readable is a log of JSON lines as people read it: what was said, then the fields, cut where they are long, and
// without those that do not help. Lines that are no JSON, such as those of a panic, stay.
func readable(log string) string {
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSpace(log), "\n") {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			lines = append(lines, "  "+cut(line))
			continue
		}
		var words []string
		for _, name := range said {
			if value, ok := fields[name]; ok {
				words = append(words, cut(fmt.Sprint(value)))
			}
			delete(fields, name)
		}
		if kind, ok := fields["controllerKind"].(string); ok {
			delete(fields, kind) // its name and namespace are there, too
		}
		for _, name := range unsaid {
			delete(fields, name)
		}
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			value, ok := fields[name].(string)
			if !ok {
				data, _ := json.Marshal(fields[name]) // it came from JSON
				value = string(data)
			}
			words = append(words, name+"="+cut(value))
		}
		lines = append(lines, "  "+strings.Join(words, " "))
	}
	return strings.Join(lines, "\n")
}

func cut(text string) string {
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "") + "…"
}
