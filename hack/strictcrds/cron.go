package main

import (
	"fmt"
	"strings"
)

// The forms below are those that internal/schedule reads, to the letter: a stored line that the operator runs must
// never be refused. What a form cannot tell is left to the operator: that the 30th of February never comes, and that
// fri-1 ends before it begins.
const (
	// blanks are what Go takes for white space.
	blanks = `[\s\v\x{85}\pZ]`
	// The letters s and i are written out, since s folds to a letter that Go does not take for one, and Go takes a
	// capital I with a dot for an i.
	months   = `(?i:jan|feb|mar|apr|may|jun|jul|aug|oct|nov|dec)|[Ss](?i:ep)`
	weekdays = `(?i:mon|tue|wed|thu|fr[i\x{130}])|[Ss](?i:un|at)`

	// numberRange and nameRange find ranges, in a line in small letters, whose ends a rule then compares.
	numberRange = `\b0*[0-9]{1,2}-0*[0-9]{1,2}\b`
	nameRange   = `\b[a-z]{3}-[a-z]{3}\b`
)

// cron is a line of five fields, or a word that stands for one.
func cron() string {
	var fields []string
	for _, field := range []struct{ value, step string }{
		{`0*[1-5]?[0-9]`, `[1-9]|[1-5][0-9]`},
		{`0*(1?[0-9]|2[0-3])`, `[1-9]|1[0-9]|2[0-3]`},
		{`0*([1-9]|[12][0-9]|3[01])`, `[1-9]|[12][0-9]|30`},
		{`(0*([1-9]|1[0-2])|` + months + `)`, `[1-9]|1[01]`},
		{`(0*[0-7]|` + weekdays + `)`, `[1-6]`},
	} {
		fields = append(fields, cronField(field.value, field.step))
	}
	return "^" + blanks + "*(@(hourly|daily|midnight|weekly|monthly|yearly|annually)|" + strings.Join(fields, blanks+"+") + ")" + blanks + "*$"
}

// cronField is a list of values, ranges and stars, each with or without a step. A step leaves more than one value.
func cronField(value, step string) string {
	entry := fmt.Sprintf("([*?]|%[1]s(-%[1]s)?)(/0*(%[2]s))?", value, step)
	return entry + "(," + entry + ")*"
}
