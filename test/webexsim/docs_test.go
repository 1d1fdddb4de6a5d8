package webexsim

import (
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// firstColumn are the names in the first columns of the tables below a heading.
func firstColumn(page, heading string) (names []string) {
	_, section, _ := strings.Cut(page, "\n"+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		cells := strings.Split(line, "|")
		if len(cells) < 3 || !strings.HasPrefix(line, "| `") {
			continue
		}
		for _, match := range regexp.MustCompile("`([A-Za-z]+)`").FindAllStringSubmatch(cells[1], -1) {
			names = append(names, match[1])
		}
	}
	return names
}

// members are the names of the members of a JSON object.
func members(t *testing.T, value any) (names []string) {
	t.Helper()
	b, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(b, &object); err != nil {
		t.Fatal(err)
	}
	for name := range object {
		names = append(names, name)
	}
	return names
}

// filled is a value with nothing left empty, so that all its members are written.
func filled[T any]() (value T) {
	for _, field := range reflect.ValueOf(&value).Elem().Fields() {
		switch field.Kind() {
		case reflect.String:
			field.SetString("x")
		case reflect.Bool:
			field.SetBool(true)
		case reflect.Int, reflect.Int64:
			field.SetInt(1)
		case reflect.Float64:
			field.SetFloat(1)
		case reflect.Map:
			field.Set(reflect.ValueOf(map[string]string{"x": "x"}))
		case reflect.Slice:
			field.Set(reflect.MakeSlice(field.Type(), 1, 1))
		case reflect.Pointer:
			field.Set(reflect.New(field.Type().Elem()))
		case reflect.Struct:
			field.Set(reflect.ValueOf(noon()))
		default:
			panic("a field of kind " + field.Kind().String())
		}
	}
	return value
}

// TestDocumentedFields holds the tables of README.md against the fields that there are.
func TestDocumentedFields(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for heading, want := range map[string][]string{
		"## Rules": members(t, filled[Rule]()), "## Options": members(t, Options{}),
	} {
		got := firstColumn(page, heading)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) || len(got) < 20 {
			t.Errorf("the tables below %q have\n%v, want\n%v", heading, got, want)
		}
	}
	for _, values := range [][]string{linkFaults[1:], retryAfters[1:], refreshModes[1:], tokenErrorStyles[1:], noUnitsForms[1:], assignFaults[1:], stateFaults[1:]} {
		for _, value := range values {
			if !strings.Contains(page, "`"+value+"`") {
				t.Errorf("the page does not mention %q", value)
			}
		}
	}
	for _, r := range routes {
		if path := strings.TrimSuffix(r.path, "/token"); !strings.Contains(page, path) {
			t.Errorf("the page does not mention %s", r.path)
		}
	}
}

// TestControlHelp looks for each route in the help of the command, and the other way round.
func TestControlHelp(t *testing.T) {
	t.Parallel()
	var helped []string
	for _, match := range regexp.MustCompile(`(?m)^  (GET|POST|PUT|PATCH|DELETE) +(/control\S+)`).FindAllStringSubmatch(ControlHelp, -1) {
		helped = append(helped, match[1]+" "+match[2])
	}
	slices.Sort(helped)
	if routes := ControlRoutes(); !slices.Equal(helped, routes) {
		t.Errorf("the help has\n%s\nwant\n%s", strings.Join(helped, "\n"), strings.Join(routes, "\n"))
	}
}
