package subjects

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a list of addresses.
const (
	maxAddress = 254 // characters of an address, https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1
	minAddress = 3
)

// Fault is what is wrong with a source of people.
type Fault struct {
	// Source names a field of the spec, and the object and key that it names, if any.
	Source string
	// Line is the number of the line, from 1; 0 for the whole source.
	Line int
	// Problem says what is wrong and what to do, without a person.
	Problem string
}

// Where is the source, with the line if there is one.
func (f Fault) Where() string { return where(f.Source, f.Line) }

func where(source string, line int) string {
	if line == 0 {
		return source
	}
	return fmt.Sprintf("%s line %d", source, line)
}

// Entry is an address in a list.
type Entry struct {
	// Address is in the form in which addresses are compared.
	Address string
	// Source and Line are where it stands; Line is 0 if the source is the entry's own.
	Source string
	Line   int
}

// Where is where the address stands.
func (e Entry) Where() string { return where(e.Source, e.Line) }

// Normal is the form in which addresses are compared: without blanks around, and in lower case.
func Normal(address string) string { return strings.ToLower(strings.TrimSpace(address)) }

// ParseLines reads addresses, one a line. Empty lines and those that begin with # are passed over.
func ParseLines(source string, content []byte) (entries []Entry, faults []Fault) {
	fault := func(line int, problem string) { faults = append(faults, Fault{source, line, problem}) }
	if problem := notText(content); problem != "" {
		fault(0, problem)
		return nil, faults
	}
	first := map[string]int{}
	number := 0
	for text := range strings.Lines(strings.TrimPrefix(string(content), "\uFEFF")) {
		number++
		address := Normal(text)
		if address == "" || strings.HasPrefix(address, "#") {
			continue
		}
		if problem := notAddress(address); problem != "" {
			fault(number, problem)
			continue
		}
		if before, twice := first[address]; twice {
			fault(number, fmt.Sprintf("repeats line %d: take one of them out, or write the address that was meant", before))
			continue
		}
		first[address] = number
		entries = append(entries, Entry{address, source, number})
	}
	if len(entries) == 0 && len(faults) == 0 {
		fault(0, "has no address: write one a line")
	}
	return entries, faults
}

// ParseList reads the addresses of a field.
func ParseList(field string, list []string) (entries []Entry, faults []Fault) {
	first := map[string]int{}
	for i, text := range list {
		source, address := fmt.Sprintf("%s[%d]", field, i), Normal(text)
		if problem := notAddress(address); problem != "" {
			faults = append(faults, Fault{source, 0, problem})
			continue
		}
		if before, twice := first[address]; twice {
			faults = append(faults, Fault{source, 0, fmt.Sprintf("repeats %s[%d]: take one of them out, or write the address that was meant", field, before)})
			continue
		}
		first[address] = i
		entries = append(entries, Entry{Address: address, Source: source})
	}
	return entries, faults
}

// notText says why content is no text in UTF-8; empty if it is.
func notText(content []byte) string {
	switch {
	case bytes.HasPrefix(content, []byte{0xFF, 0xFE}), bytes.HasPrefix(content, []byte{0xFE, 0xFF}), bytes.IndexByte(content, 0) >= 0:
		return "is text in UTF-16, or no text: save it as UTF-8"
	case !utf8.Valid(content):
		return "is no text in UTF-8: save it as UTF-8"
	}
	return ""
}

// notAddress says what is wrong with an address, by its shape alone; empty if nothing is.
func notAddress(address string) string {
	length := utf8.RuneCountInString(address)
	name, domain, _ := strings.Cut(address, "@")
	switch {
	case strings.ContainsFunc(address, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`,;<>"`, r)
	}):
		return fmt.Sprintf("is a text of %d characters with blanks or separators: write one address a line, and nothing beside it", length)
	case name == "" || domain == "" || strings.Contains(domain, "@") || length < minAddress || length > maxAddress:
		return fmt.Sprintf("is a text of %d characters that is no address: write one such as ada@example.com", length)
	}
	return ""
}
