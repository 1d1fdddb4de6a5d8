package output

import (
	"encoding/csv"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// writeCSV writes items under a head of the names that they have in JSON. A
// field of a nested object is called "outer.inner"; of a list the entries stand
// in one cell, separated by semicolons, those of a map as "key=value"; what is unknown stays empty.
func writeCSV[T any](w io.Writer, items []T) error {
	out := csv.NewWriter(w)
	columns := columnsOf(reflect.TypeFor[T](), "", nil)
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = c.name
	}
	if err := out.Write(head); err != nil {
		return err
	}
	for i := range items {
		record := make([]string, len(columns))
		for at, c := range columns {
			record[at] = cellOf(field(reflect.ValueOf(items[i]), c.path))
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// csvColumn is one field, found by the indexes on the way to it.
type csvColumn struct {
	name string
	path []int
}

func columnsOf(t reflect.Type, prefix string, path []int) []csvColumn {
	var columns []csvColumn
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		at := append(append([]int(nil), path...), i)
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case f.Anonymous:
			columns = append(columns, columnsOf(inner, prefix, at)...)
		case name == "" || name == "-" || inner.Kind() == reflect.Slice && inner.Elem().Kind() == reflect.Struct:
			// A list of objects has no place in a line.
		case inner.Kind() == reflect.Struct && inner != reflect.TypeFor[time.Time]():
			columns = append(columns, columnsOf(inner, prefix+name+".", at)...)
		default:
			columns = append(columns, csvColumn{name: prefix + name, path: at})
		}
	}
	return columns
}

// field follows the indexes; the zero Value stands for an object that is not there.
func field(v reflect.Value, path []int) reflect.Value {
	for _, i := range path {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return reflect.Value{}
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	if v.Kind() == reflect.Pointer {
		return v.Elem()
	}
	return v
}

func cellOf(v reflect.Value) string {
	if !v.IsValid() {
		return ""
	}
	if t, ok := reflect.TypeAssert[time.Time](v); ok {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	switch v.Kind() {
	case reflect.String:
		return inert(v.String())
	case reflect.Slice:
		entries := make([]string, v.Len())
		for i := range entries {
			entries[i] = inert(fmt.Sprint(v.Index(i).Interface()))
		}
		return strings.Join(entries, ";")
	case reflect.Map:
		var entries []string
		for at := v.MapRange(); at.Next(); {
			entries = append(entries, inert(fmt.Sprintf("%v=%v", at.Key(), at.Value())))
		}
		slices.Sort(entries)
		return strings.Join(entries, ";")
	default:
		return fmt.Sprint(v.Interface())
	}
}

// Signs that begin a formula, in each width that spreadsheets read, and the characters
// that begin a cell anew for some.
const (
	signs  = "=+-@＝＋－＠﹦﹢﹣﹫−"
	breaks = "\t\r\n"
)

var negative = regexp.MustCompile(`^-[0-9]+(\.[0-9]+)?$`)

// inert keeps a text from outside, such as the name of a licence, from being a
// formula to the spreadsheet that opens the file, whatever that passes over before
// one (https://owasp.org/www-community/attacks/CSV_Injection). A negative number
// stays one.
func inert(text string) string {
	start := strings.TrimLeftFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\ufffd'
	})
	formula := start != "" && strings.ContainsRune(signs, []rune(start)[0]) && !negative.MatchString(text)
	if formula || text != "" && strings.ContainsRune(breaks, rune(text[0])) {
		return "'" + text
	}
	return text
}
