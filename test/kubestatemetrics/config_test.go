// Package kubestatemetrics tests the configuration of config/kube-state-metrics with the code that reads it.
package kubestatemetrics

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/kube-state-metrics/v2/pkg/customresourcestate"
	"k8s.io/kube-state-metrics/v2/pkg/metric"
	generator "k8s.io/kube-state-metrics/v2/pkg/metric_generator"
	metricsstore "k8s.io/kube-state-metrics/v2/pkg/metrics_store"
	"sigs.k8s.io/yaml"
)

const (
	configuration = "../../config/kube-state-metrics/"
	crds          = "../../config/crd/bases/"
)

func load(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// resources are those of the configuration, each metric's type in the case that kube-state-metrics makes of it.
func resources(t *testing.T) []customresourcestate.Resource {
	t.Helper()
	data, err := os.ReadFile(configuration + "config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Kind                        string `json:"kind"`
		customresourcestate.Metrics `json:",inline"`
	}
	if err := yaml.UnmarshalStrict(data, &config); err != nil {
		t.Fatal(err)
	}
	for _, resource := range config.Spec.Resources {
		for i := range resource.Metrics {
			each := &resource.Metrics[i].Each
			each.Type = metric.Type(strings.ToLower(string(each.Type)))
		}
	}
	return config.Spec.Resources
}

func objects(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	data, err := os.ReadFile("testdata/objects.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all []*unstructured.Unstructured
	for document := range bytes.SplitSeq(data, []byte("\n---\n")) {
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(document, &object.Object); err != nil {
			t.Fatal(err)
		}
		all = append(all, object)
	}
	return all
}

// exposition is what kube-state-metrics says about the objects.
func exposition(t *testing.T, all []*unstructured.Unstructured) string {
	t.Helper()
	var text bytes.Buffer
	for _, resource := range resources(t) {
		factory, err := customresourcestate.NewCustomResourceMetrics(resource)
		if err != nil {
			t.Fatal(err)
		}
		families := factory.MetricFamilyGenerators()
		store := metricsstore.NewMetricsStore(generator.ExtractMetricFamilyHeaders(families), generator.ComposeMetricGenFuncs(families))
		for i, object := range all {
			if object.GetKind() == resource.GroupVersionKind.Kind {
				object.SetUID(types.UID(fmt.Sprint(i)))
				if err := store.Add(object); err != nil {
					t.Fatal(err)
				}
			}
		}
		writers := metricsstore.MetricsWriterList{metricsstore.NewMetricsWriter(resource.GetResourceName(), store)}
		writers = metricsstore.SanitizeHeaders(expfmt.NewFormat(expfmt.TypeTextPlain), writers)
		if err := writers[0].WriteAll(&text); err != nil {
			t.Fatal(err)
		}
	}
	return text.String()
}

// The objects give the metrics of testdata/metrics.txt, which UPDATE writes; their names are those that linters like.
func TestMetrics(t *testing.T) {
	t.Parallel()
	text := exposition(t, objects(t))
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	samples := slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return line == "" || line[0] == '#' })
	slices.Sort(samples)
	// The same on each of them.
	sorted := regexp.MustCompile(`customresource_(group|version|kind)="[^"]*",`).ReplaceAllString(strings.Join(samples, "\n")+"\n", "")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile("testdata/metrics.txt", []byte(sorted), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile("testdata/metrics.txt"); err != nil || string(want) != sorted {
		t.Errorf("not what testdata/metrics.txt says (%v), look and run UPDATE=1 go test:\n%s", err, sorted)
	}
}

// schema is what a CRD says about the fields of a kind.
type schema struct {
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
	Additional any               `json:"additionalProperties"`
}

func schemas(t *testing.T) map[string]schema {
	t.Helper()
	files, err := filepath.Glob(crds + "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]schema{}
	for _, file := range files {
		var crd struct {
			Spec struct {
				Names    struct{ Kind string }
				Versions []struct {
					Schema struct {
						OpenAPI schema `json:"openAPIV3Schema"`
					}
				}
			}
		}
		load(t, file, &crd)
		found[crd.Spec.Names.Kind] = crd.Spec.Versions[0].Schema.OpenAPI
	}
	return found
}

// at is the schema below a path, through lists.
func (s schema) at(path []string) (schema, bool) {
	for i, name := range path {
		if s.Items != nil {
			s = *s.Items
		}
		if i == 0 && name == "metadata" {
			return s, true
		}
		below, ok := s.Properties[name]
		if !ok {
			return s, false
		}
		s = below
	}
	return s, true
}

// Each path of the configuration is one of a field.
func TestPaths(t *testing.T) {
	t.Parallel()
	known := schemas(t)
	for _, resource := range resources(t) {
		kind := resource.GroupVersionKind.Kind
		check := func(name string, path ...string) {
			if _, ok := known[kind].at(path); !ok {
				t.Errorf("%s, %s: there is no field %v", kind, name, path)
			}
		}
		for _, m := range resource.Metrics {
			for _, path := range m.LabelsFromPath {
				check(m.Name, path...)
			}
			var each customresourcestate.MetricMeta
			var from []string
			if m.Each.Info != nil {
				each = m.Each.Info.MetricMeta
			} else {
				each, from = m.Each.Gauge.MetricMeta, m.Each.Gauge.ValueFrom
			}
			check(m.Name, slices.Concat(each.Path, from)...)
			for _, path := range each.LabelsFromPath {
				check(m.Name, slices.Concat(each.Path, path)...)
			}
		}
	}
}

// The objects of the test have the fields of the CRDs and no others.
func TestObjects(t *testing.T) {
	t.Parallel()
	known := schemas(t)
	var check func(where string, s schema, value any)
	check = func(where string, s schema, value any) {
		switch value := value.(type) {
		case map[string]any:
			for name, below := range value {
				if s.Additional != nil || where+name == ".metadata" {
					continue
				}
				if field, ok := s.Properties[name]; ok {
					check(where+"."+name, field, below)
				} else if name != "apiVersion" && name != "kind" {
					t.Errorf("no field %s.%s", where, name)
				}
			}
		case []any:
			for _, below := range value {
				check(where, *s.Items, below)
			}
		}
	}
	for _, object := range objects(t) {
		s := known[object.GetKind()]
		for _, part := range []string{"spec", "status"} {
			if value, ok := object.Object[part]; ok {
				check(part, s.Properties[part], value)
			}
		}
	}
}

// kube-state-metrics may list and watch the kinds of the configuration, and nothing else of the operator's.
func TestRole(t *testing.T) {
	t.Parallel()
	var role rbacv1.ClusterRole
	load(t, configuration+"role.yaml", &role)
	var want []string
	for _, resource := range resources(t) {
		want = append(want, resource.ResourcePlural)
	}
	slices.Sort(want)
	if have := role.Rules[0]; !slices.Equal(have.Resources, want) || !slices.Equal(have.Verbs, []string{"list", "watch"}) {
		t.Errorf("%v of %v, not list and watch of %v", have.Verbs, have.Resources, want)
	}
}

// The page about metrics has all of them and no others, and says how many series an object has at most.
func TestPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	var want, named []string
	for _, resource := range resources(t) {
		for _, m := range resource.Metrics {
			want = append(want, resource.GetMetricNamePrefix()+"_"+m.Name)
		}
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `(kube_[a-z_]+)` \\|").FindAllSubmatch(page, -1) {
		named = append(named, string(row[1]))
	}
	slices.Sort(want)
	slices.Sort(named)
	if !slices.Equal(want, named) {
		t.Errorf("the page names %v, not %v", named, want)
	}
	most := map[string]int{}
	for _, object := range objects(t) {
		text := exposition(t, []*unstructured.Unstructured{object})
		series := len(regexp.MustCompile(`(?m)^kube_`).FindAllString(text, -1))
		most[object.GetKind()] = max(most[object.GetKind()], series)
	}
	for kind, series := range most {
		if row := fmt.Sprintf("| %s | %d |", kind, series); !strings.Contains(string(page), row) {
			t.Errorf("the page does not say %s", row)
		}
	}
}
