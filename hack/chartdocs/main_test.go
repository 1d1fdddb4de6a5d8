package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const example = `# About the file, and about no value.

##@ First

# How many
# of them.
# @schema {minimum: 0}
replicas: 1
image:
  # Where | what.
  repository: here

##@ Second

# One value, whatever is in it.
resources:
  # not a value of its own
  limits: {memory: 1Mi}
`

func TestTables(t *testing.T) {
	t.Parallel()
	values, err := parse([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	const want = "\n### First\n\n| value | default | description |\n| --- | --- | --- |\n" +
		"| `replicas` | `1` | How many of them. |\n" +
		"| `image.repository` | `\"here\"` | Where \\| what. |\n" +
		"\n### Second\n\n| value | default | description |\n| --- | --- | --- |\n" +
		"| `resources` | `{\"limits\":{\"memory\":\"1Mi\"}}` | One value, whatever is in it. |\n\n"
	if diff := cmp.Diff(want, string(tables(values))); diff != "" {
		t.Error(diff)
	}
}

func TestSchema(t *testing.T) {
	t.Parallel()
	values, err := parse([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	content, err := schemaOf(values)
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal(content, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(`{
		"$schema": "http://json-schema.org/draft-07/schema#", "type": ["object", "null"], "additionalProperties": false, "properties": {
			"global": {"type": ["object", "null"]}, "enabled": {"type": ["boolean", "null"]},
			"replicas": {"type": ["integer", "null"], "minimum": 0, "default": 1, "description": "How many of them."},
			"image": {"type": ["object", "null"], "additionalProperties": false, "properties": {
				"repository": {"type": ["string", "null"], "default": "here", "description": "Where | what."}}},
			"resources": {"type": ["object", "null"], "default": {"limits": {"memory": "1Mi"}}, "description": "One value, whatever is in it."}}}`), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	values, err := parse([]byte(example + "# A list.\nhosts: [a]\n"))
	if err != nil {
		t.Fatal(err)
	}
	content, err := defaultsOf(values)
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal(content, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"replicas": 1.0, "image": map[string]any{"repository": "here"}, "resources": map[string]any{}, "hosts": []any{}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ content, want string }{
		"no comment":          {"##@ A\n\nreplicas: 1\n", "line 3: replicas has no comment"},
		"no comment inside":   {"image:\n  tag: x\n", "line 2: image.tag has no comment"},
		"nothing inside":      {"labels: {}\n", "labels has no comment"},
		"heading as comment":  {"##@ A\nreplicas: 1\n", "a blank line has to follow"},
		"schema that is none": {"# One.\n# @schema {a\nreplicas: 1\n", "@schema"},
		"no type":             {"# One.\nreplicas: null\n", "tells no JSON type"},
		"a list":              {"- a\n", "not a mapping"},
	} {
		values, err := parse([]byte(tc.content))
		if err == nil {
			_, err = schemaOf(values)
		}
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q", name, err, tc.want)
		}
	}
}

func TestReplaceTables(t *testing.T) {
	t.Parallel()
	readme := []byte("before\n" + begin + "old\n" + end + "after\n")
	got, err := replaceTables(readme, []byte("new\n"))
	if want := "before\n" + begin + "new\n" + end + "after\n"; err != nil || string(got) != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	for _, mark := range []string{begin, end} {
		if _, err := replaceTables(bytes.ReplaceAll(readme, []byte(mark), nil), nil); err == nil {
			t.Errorf("a page without the line %q is accepted", mark)
		}
	}
}
