package v1alpha1

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// UnreadableField is a stored value that the field's Go type does not take. A
// decoder that failed at it would fail for the whole list, and so for all
// objects of the kind; here the value is left out, and the object says so.
type UnreadableField struct {
	// Path is where the value is, such as spec.at[0].
	Path string `json:"-"`
	// Problem says what is there instead of what, and what to write.
	Problem string `json:"-"`
}

// String is a sentence without a full stop.
func (f UnreadableField) String() string { return f.Path + " " + f.Problem }

// UnreadableIn are the unreadable fields of one part of an object: spec or status.
func UnreadableIn(part string, fields []UnreadableField) []UnreadableField {
	var found []UnreadableField
	for _, field := range fields {
		if field.Path == part || strings.HasPrefix(field.Path, part+".") {
			found = append(found, field)
		}
	}
	return found
}

// UnmarshalJSON decodes what can be read and notes the rest in Unreadable.
func (in *WebexCustomerAccess) UnmarshalJSON(data []byte) (err error) {
	type plain WebexCustomerAccess
	in.Unreadable, err = decode(data, (*plain)(in))
	return err
}

// UnmarshalJSON decodes what can be read and notes the rest in Unreadable.
func (in *LicenseSync) UnmarshalJSON(data []byte) (err error) {
	type plain LicenseSync
	in.Unreadable, err = decode(data, (*plain)(in))
	return err
}

// UnmarshalJSON decodes what can be read and notes the rest in Unreadable.
func (in *LicenseSyncSchedule) UnmarshalJSON(data []byte) (err error) {
	type plain LicenseSyncSchedule
	in.Unreadable, err = decode(data, (*plain)(in))
	return err
}

// UnmarshalJSON decodes what can be read and notes the rest in Unreadable.
func (in *WebexLicense) UnmarshalJSON(data []byte) (err error) {
	type plain WebexLicense
	in.Unreadable, err = decode(data, (*plain)(in))
	return err
}

// UnmarshalJSON decodes what can be read and notes the rest in Unreadable.
func (in *WebexLicenseAssignment) UnmarshalJSON(data []byte) (err error) {
	type plain WebexLicenseAssignment
	in.Unreadable, err = decode(data, (*plain)(in))
	return err
}

// UnmarshalJSON decodes what can be read and notes the rest in Unreadable.
func (in *WebexPartner) UnmarshalJSON(data []byte) (err error) {
	type plain WebexPartner
	in.Unreadable, err = decode(data, (*plain)(in))
	return err
}

// decode is an ordinary decoding, and does more only where that fails.
func decode[T any](data []byte, into *T) ([]UnreadableField, error) {
	refused := utiljson.Unmarshal(data, into)
	if refused == nil {
		return nil, nil
	}
	var content any
	if err := utiljson.Unmarshal(data, &content); err != nil {
		return nil, err
	}
	s := sieve{}
	content, ok := s.readable("", reflect.TypeFor[T](), content)
	if !ok {
		return nil, refused
	}
	// Into a new object: the failed attempt left zero values behind pointers.
	var fresh T
	if !fits(content, &fresh) {
		return nil, refused
	}
	*into = fresh
	return s.unreadable, nil
}

func fits(content, into any) bool {
	data, err := json.Marshal(content)
	return err == nil && utiljson.Unmarshal(data, into) == nil
}

// sieve takes out of JSON what Go types refuse, and only that.
type sieve struct {
	unreadable []UnreadableField `json:"-"`
}

// readable is the part of a value that the type takes; false if there is none.
func (s *sieve) readable(path string, t reflect.Type, value any) (any, bool) {
	if fits(value, reflect.New(t).Interface()) {
		return value, true
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if !reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		switch v := value.(type) {
		case map[string]any:
			if t.Kind() == reflect.Struct || t.Kind() == reflect.Map {
				return s.fields(path, t, v), true
			}
		case []any:
			if t.Kind() == reflect.Slice {
				return s.items(path, t, v), true
			}
		}
	}
	s.unreadable = append(s.unreadable, UnreadableField{Path: strings.TrimPrefix(path, "."), Problem: "is " + shapeOf(value) + ": write " + wanted(t)})
	return nil, false
}

func (s *sieve) fields(path string, t reflect.Type, object map[string]any) map[string]any {
	kept := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		below, known := fieldOf(t, name)
		if !known {
			continue
		}
		if value, ok := s.readable(path+"."+name, below, object[name]); ok {
			kept[name] = value
		}
	}
	return kept
}

func (s *sieve) items(path string, t reflect.Type, list []any) []any {
	kept := []any{}
	for i, item := range list {
		if value, ok := s.readable(fmt.Sprintf("%s[%d]", path, i), t.Elem(), item); ok {
			kept = append(kept, value)
		}
	}
	return kept
}

// fieldOf is the type of what an object has under a name in JSON.
func fieldOf(t reflect.Type, name string) (reflect.Type, bool) {
	if t.Kind() == reflect.Map {
		return t.Elem(), true
	}
	for field := range t.Fields() {
		tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case tag == name:
			return field.Type, true
		case field.Anonymous && tag == "":
			if below, known := fieldOf(field.Type, name); known {
				return below, true
			}
		}
	}
	return nil, false
}

// shapeOf tells what a value looks like without telling the value, which may be anything.
func shapeOf(value any) string {
	switch v := value.(type) {
	case string:
		return fmt.Sprintf("a text of %d characters that cannot be read", utf8.RuneCountInString(v))
	case bool:
		return "true or false"
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	default:
		return "a number that cannot be read"
	}
}

// wanted says what a field of a type takes.
func wanted(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[metav1.Time]():
		return "a time such as 2027-01-01T02:00:00Z"
	case reflect.TypeFor[metav1.Duration]():
		return "a duration such as 1h30m"
	}
	switch t.Kind() {
	case reflect.Int32:
		return "a whole number of 32 bits"
	case reflect.Int64:
		return "a whole number of 64 bits"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text"
	case reflect.Slice:
		return "a list"
	default:
		return "an object"
	}
}
