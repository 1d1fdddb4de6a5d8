package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTypesAreCurrent(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	want, err := file(filepath.Join(root, "config", "crd", "bases"), filepath.Join(root, "api", "v1alpha1"))
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile(filepath.Join(root, "headlamp", "src", "api", "types.ts"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(have)); diff != "" {
		t.Errorf("headlamp/src/api/types.ts is out of date, make generate writes it (-want +got):\n%s", diff)
	}
}

const (
	constants = "package example\n\nconst group = \"example.org\"\n\nconst (\n\t// LabelOf is what a\n\t// thing is of.\n" +
		"\tLabelOf = group + \"/of\"\n\tAnnotationNow = group + \"/now\"\n)\n"
	definition = `kind: CustomResourceDefinition
spec:
  group: example.org
  names: {kind: Thing, plural: things, singular: thing, shortNames: [th]}
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        properties:
          spec: {type: object, description: spec is asked for, required: [name], properties: {PROPERTIES}}
          status: {type: object, properties: {ready: {type: boolean}}}
`
	begin = head + `
/** What the API server calls the kinds. */
export const kinds = {
  Thing: {
    group: 'example.org',
    version: 'v1',
    kind: 'Thing',
    plural: 'things',
    singular: 'thing',
    shortName: 'th',
  },
} as const;

/** Annotations that ask the operator for something. */
export const annotations = {
  now: 'example.org/now',
} as const;

/** Labels that the operator puts on objects, or reads from them. */
export const labels = {
  /** is what a thing is of. */
  of: 'example.org/of',
} as const;

/** spec is asked for */
export interface ThingSpec {
`
	end = `}

export interface ThingStatus {
  ready?: boolean;
}
`
)

func TestTypes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 40)
	for name, c := range map[string]struct{ properties, want string }{
		"plain": {
			`name: {type: string, description: "name ends */ here"}, count: {type: integer, format: int64}`,
			"  count?: number;\n  /** name ends * / here */\n  name: string;\n",
		},
		"lists and maps": {
			`names: {type: array, items: {type: string}}, labels: {type: object, additionalProperties: {type: string}}`,
			"  labels?: Record<string, string>;\n  names?: string[];\n",
		},
		"enums": {
			`one: {type: string, enum: [A, "it's"]}, many: {type: array, items: {type: string, enum: [A, "True"]}}`,
			"  many?: ('A' | 'True')[];\n  one?: 'A' | 'it\\'s';\n",
		},
		"long enums": {
			"one: {type: string, enum: [A" + long + ", B" + long + ", C]}, two: {type: array, items: {type: string, enum: [A" + long + ", B" + long + ", C]}}",
			"  one?:\n    | 'A" + long + "'\n    | 'B" + long + "'\n    | 'C';\n  two?: (\n    | 'A" + long + "'\n    | 'B" + long + "'\n    | 'C'\n  )[];\n",
		},
		"long text": {
			`name: {type: string, description: "` + strings.Repeat("four ", 20) + `"}`,
			"  /**\n   * " + strings.Repeat("four ", 18) + "four\n   * four\n   */\n  name: string;\n",
		},
		"nested": {
			`every: {type: object, properties: {refs: {type: array, items: {type: object, required: [id], properties: {id: {type: string}}}}}}`,
			"  every?: ThingSpecEvery;\n}\n\nexport interface ThingSpecEvery {\n  refs?: ThingSpecEveryRefs[];\n}\n\n" +
				"export interface ThingSpecEveryRefs {\n  id: string;\n",
		},
		"conditions": {
			`a: {type: array, items: &c {type: object, required: [reason], properties: {lastTransitionTime: {type: string}, message: {type: string}, ` +
				`observedGeneration: {type: integer}, reason: {type: string}, status: {type: string}, type: {type: string}}}}, b: {type: array, items: *c}`,
			"  a?: Condition[];\n  b?: Condition[];\n}\n\nexport interface Condition {\n  lastTransitionTime?: string;\n  message?: string;\n" +
				"  observedGeneration?: number;\n  reason: string;\n  status?: string;\n  type?: string;\n",
		},
		"no type":        {`name: {x-kubernetes-int-or-string: true}`, ""},
		"enum of number": {`name: {type: integer, enum: [1]}`, ""},
		"free object":    {`name: {type: object}`, ""},
	} {
		definitions, packages := t.TempDir(), t.TempDir()
		write(t, filepath.Join(definitions, "thing.yaml"), strings.ReplaceAll(definition, "PROPERTIES", c.properties))
		write(t, filepath.Join(packages, "example.go"), constants)
		got, err := file(definitions, packages)
		want := begin + c.want + end
		if c.want == "" {
			want = ""
		}
		if diff := cmp.Diff(want, string(got)); diff != "" || (err == nil) != (c.want != "") {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestKeysMustBeKnown(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		"package example\n\nconst AnnotationNow = \"now\"\n",
		constants + "\nconst LabelBy = name()\n",
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "example.go"), source)
		if got, err := keys(dir); err == nil {
			t.Errorf("no error for\n%s\nbut\n%s", source, got)
		}
	}
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
