package chart

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/test/controlplane"
	"github.com/webex-operator/webex-license-operator/test/operator"
)

// rendering is what a release gets that a person installs on a platform.
type rendering struct {
	release, namespace string
	values             map[string]any
	manifests          string
}

// What the chart renders is taken by all that people pass it through: a decoder that refuses
// keys that are there twice and numbers in the place of strings, kustomize, and the API server.
func TestPlatforms(t *testing.T) {
	t.Parallel()
	// A schedule can only be judged where its kind is.
	w := newCluster(t, controlplane.Options{CRDPaths: []string{filepath.FromSlash("../../config/crd/bases")}})
	var all []rendering
	for _, r := range slices.Concat(nulls(t), oddWords(t), longNames(), collisions(t, w.helm)) {
		values, err := json.Marshal(r.values)
		w.Expect(err).NotTo(HaveOccurred())
		r.manifests, err = w.helm.run(t.Context(), string(values), "template", r.release, chart, "--namespace="+r.namespace)
		w.Expect(err).NotTo(HaveOccurred(), "%s", values)
		all = append(all, r)
	}
	all = append(all, w.umbrellas()...)

	objects := map[string]bool{}
	namespaces := map[string]bool{"default": true}
	for _, r := range all {
		for _, document := range documents(r.manifests) {
			w.Expect(strictly(document)).To(Succeed(), "of release %s with %v:\n%s", r.release, r.values, document)
			objects[document] = true
		}
		for _, object := range decode(t, r.manifests) {
			if name := object.GetNamespace(); name != "" && !namespaces[name] {
				namespaces[name] = true
				w.namespace(name, nil)
			}
		}
	}
	w.kustomize(all)
	w.dryRun(strings.Join(slices.Sorted(maps.Keys(objects)), "\n---\n"))
}

// nulls are each section set to null, each value inside one, and all at once.
func nulls(t *testing.T) []rendering {
	t.Helper()
	root := schema(t)
	sections, values := map[string]any{}, map[string]any{}
	var each []rendering
	add := func(values map[string]any) {
		each = append(each, rendering{release: release, namespace: namespace, values: values})
	}
	for name := range root.Properties {
		if name != "global" { // Helm itself warns of that one
			sections[name] = nil
			add(map[string]any{name: nil})
		}
	}
	root.walk("", func(name string, _ property) { put(values, name, nil) })
	add(sections)
	add(values)
	add(map[string]any{"metrics": map[string]any{"serviceMonitor": nil}})
	return append(each, rendering{release: release, namespace: namespace, values: map[string]any{}})
}

// oddWords puts a word that YAML reads as something else into each value that takes words, with
// all that is optional, and calls the release and its namespace so.
func oddWords(t *testing.T) (each []rendering) {
	t.Helper()
	for i, word := range []string{"20261128", "1e3", "true", "null", "0x10", "y", "2026-11-28", "0.1"} {
		values := map[string]any{
			"imagePullSecrets": []any{map[string]any{"name": word}},
			"extraEnv":         []any{map[string]any{"name": "ODD", "value": word}},
		}
		schema(t).walk("", func(name string, value property) {
			if odd := value.example(word); odd != nil && name != []string{"extraCA.configMap", "extraCA.secret"}[i%2] {
				put(values, name, odd)
			}
			if strings.HasSuffix(name, ".enabled") {
				put(values, name, true)
			}
		})
		r := rendering{release: word, namespace: word, values: values}
		if len(validation.IsDNS1123Label(word)) > 0 {
			r.namespace = namespace
			put(values, "defaultSchedule.namespaces", []any{"default"}) // the word is none, and the schedule needs one
		}
		each = append(each, r)
	}
	return each
}

// example is a value with this word in it, or nil if it takes none.
func (p property) example(word string) any {
	var item property
	fits := func(p property) bool {
		matched, err := regexp.MatchString(p.Pattern, word)
		return err == nil && matched && p.Enum == nil
	}
	switch {
	case p.Type[0] == "string" && fits(p):
		return word
	case p.Type[0] == "object" && strings.Contains(string(p.AdditionalProperties), `"string"`):
		return map[string]any{"example.com/odd": word}
	case p.Type[0] == "array" && strings.Contains(string(p.Items), `"type": "string"`) && json.Unmarshal(lenient(p.Items), &item) == nil:
		if item.Pattern == "^--" {
			return []any{"--" + word}
		}
		if fits(item) {
			return []any{word}
		}
	}
	return nil
}

// lenient has the type of items in a list, as the types of values are.
func lenient(items json.RawMessage) []byte {
	return bytes.Replace(items, []byte(`"type": "string"`), []byte(`"type": ["string"]`), 1)
}

// longNames are releases whose names end in a dash or a dot where they are cut, and others that
// are no names for a Service.
func longNames() (each []rendering) {
	for _, name := range []string{
		strings.Repeat("a.", 26) + "a", "aa" + strings.Repeat(".a", 25), strings.Repeat("a-", 26) + "a", "aa" + strings.Repeat("-a", 25),
		strings.Repeat("a", 35) + "--a", strings.Repeat("1", 53), "test.webex", "webex-license-operator.test",
	} {
		each = append(each, rendering{release: name, namespace: namespace, values: map[string]any{}})
	}
	return append(each, rendering{release: "test", namespace: namespace, values: map[string]any{"nameOverride": strings.Repeat("-a.", 20)}})
}

// collisions names each label and annotation of the chart in each value that takes such.
func collisions(t *testing.T, helm helm) []rendering {
	t.Helper()
	const optional = "{metrics: {serviceMonitor: {enabled: true}}, networkPolicy: {enabled: true}, alerts: {enabled: true}, dashboards: {enabled: true}, admissionPolicy: {enabled: true}%s}"
	var values map[string]any
	if err := yaml.Unmarshal(fmt.Appendf(nil, optional, ""), &values); err != nil {
		t.Fatal(err)
	}
	own := map[string]any{}
	for _, object := range decode(t, helm.template(t, fmt.Sprintf(optional, ", shards: [a]"))) {
		for key := range object.GetLabels() {
			own[key] = "mine"
		}
	}
	own["kubectl.kubernetes.io/default-container"] = "mine"
	schema(t).walk("", func(name string, value property) {
		if _, takes := value.example("x").(map[string]any); takes {
			put(values, name, own)
		}
	})
	sharded := maps.Clone(values)
	sharded["shards"] = []any{"a", "b"}
	return []rendering{{release: release, namespace: namespace, values: values}, {release: release, namespace: namespace, values: sharded}}
}

// A user's labels replace what nothing selects by, and nothing else: all that selects pods and
// Services still finds them.
func TestLabelsThatCollide(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	helm := newHelm(t, "")
	for _, r := range collisions(t, helm) {
		values, err := json.Marshal(r.values)
		g.Expect(err).NotTo(HaveOccurred())
		objects := decode(t, helm.template(t, string(values)))
		checkSelectors(t, objects)
		for _, object := range objects {
			g.Expect(object.GetLabels()).To(HaveKeyWithValue("app.kubernetes.io/part-of", "mine"), object.GetName())
			for key, value := range object.GetLabels() {
				if strings.Contains(key, "aggregate-to") && value != "mine" {
					g.Expect(value).To(Equal("true"))
				}
			}
		}
	}
}

// A variable that the chart sets is there once if a user sets it too, and is the user's, unless
// that is refused; those which name it come after it.
func TestVariablesThatCollide(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	helm := newHelm(t, "")
	for _, more := range []string{"", ", extraCA: {secret: roots}"} {
		for _, own := range env(t, helm.template(t, "{replicas: 2"+more+"}")) {
			rendered, err := helm.run(t.Context(), fmt.Sprintf("{extraEnv: [{name: OTHER, value: x}, {name: %s, value: mine}]%s}", own.Name, more), "template", release, chart)
			if err != nil {
				g.Expect(err).To(MatchError(ContainSubstring("extraEnv: " + own.Name)))
				continue
			}
			found, names := 0, ""
			for _, variable := range env(t, rendered) {
				if variable.Name == own.Name {
					found++
					g.Expect(variable).To(Equal(corev1.EnvVar{Name: own.Name, Value: "mine"}))
				}
				for _, reference := range regexp.MustCompile(`\$\((\w+)\)`).FindAllStringSubmatch(variable.Value, -1) {
					g.Expect(names).To(ContainSubstring(" " + reference[1] + " "))
				}
				names += " " + variable.Name + " "
			}
			g.Expect(found).To(Equal(1), own.Name)
		}
	}
}

func env(t *testing.T, manifests string) []corev1.EnvVar {
	t.Helper()
	return ofKind[appsv1.Deployment](t, decode(t, manifests), "Deployment")[0].Spec.Template.Spec.Containers[0].Env
}

// umbrellas are charts that have this one as a part: with a condition among its values, with
// each section null there, and under another name.
func (w *world) umbrellas() (each []rendering) {
	w.t.Helper()
	sections := map[string]any{"enabled": true}
	for name := range schema(w.t).Properties {
		if name != "global" && name != "enabled" {
			sections[name] = nil
		}
	}
	const name = "webex-license-operator"
	for _, tc := range []struct {
		dependency string // what Chart.yaml says of the part besides its name and version
		values     map[string]any
		absent     bool
	}{
		{"condition: webex-license-operator.enabled", map[string]any{name: map[string]any{"enabled": true}}, false},
		{"condition: webex-license-operator.enabled", map[string]any{name: map[string]any{"enabled": false}}, true},
		{"condition: webex-license-operator.enabled", map[string]any{name: sections, "global": map[string]any{"imageRegistry": "x"}}, false},
		{`alias: "365"`, map[string]any{"365": map[string]any{"replicas": 1}}, false},
	} {
		directory := w.t.TempDir()
		w.Expect(os.CopyFS(filepath.Join(directory, "charts", name), os.DirFS(chart))).To(Succeed())
		w.Expect(os.WriteFile(filepath.Join(directory, "Chart.yaml"), fmt.Appendf(nil,
			"{apiVersion: v2, name: umbrella, version: 0.1.0, dependencies: [{name: %s, version: '>=0-0', %s}]}", name, tc.dependency), 0o600)).To(Succeed())
		values, err := json.Marshal(tc.values)
		w.Expect(err).NotTo(HaveOccurred())
		manifests, err := w.helm.run(w.t.Context(), string(values), "template", "umbrella", directory, "--namespace="+namespace)
		w.Expect(err).NotTo(HaveOccurred(), "%v", tc)
		w.Expect(len(documents(manifests)) == 0).To(Equal(tc.absent), "%v", tc)
		each = append(each, rendering{release: "umbrella", namespace: namespace, values: tc.values, manifests: manifests})
	}
	return each
}

// put sets a value by its dotted name.
func put(values map[string]any, name string, value any) {
	key, rest, nested := strings.Cut(name, ".")
	if !nested {
		values[key] = value
		return
	}
	if _, is := values[key].(map[string]any); !is {
		values[key] = map[string]any{}
	}
	put(values[key].(map[string]any), rest, value)
}

// documents are those of manifests that have more than comments.
func documents(manifests string) []string {
	all := strings.Split("\n"+manifests, "\n---\n")
	return slices.DeleteFunc(all, func(document string) bool {
		object := map[string]any{}
		return yaml.Unmarshal([]byte(document), &object) == nil && len(object) == 0
	})
}

var strictCodecs = func() serializer.CodecFactory {
	scheme := operator.Scheme()
	if err := apiextensionsv1.AddToScheme(scheme); err != nil {
		panic(err) // two types of one name
	}
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict)
}()

// strictly decodes a document: no key is there twice or unknown, and each string is one.
func strictly(document string) error {
	if err := yaml.UnmarshalStrict([]byte(document), &map[string]any{}); err != nil {
		return err
	}
	var about metav1.PartialObjectMetadata
	if err := yaml.Unmarshal([]byte(document), &about); err != nil {
		return err
	}
	_, _, err := strictCodecs.UniversalDeserializer().Decode([]byte(document), nil, &unstructured.Unstructured{})
	if runtime.IsNotRegisteredError(err) { // of the Prometheus operator
		return nil
	}
	return err
}

// kustomize passes each rendering through it, all in one call and each text once.
func (w *world) kustomize(all []rendering) {
	w.t.Helper()
	directory := w.t.TempDir()
	kustomization := map[string]any{"resources": []string{}}
	write := func(name string, content any) {
		text, err := yaml.Marshal(content)
		w.Expect(err).NotTo(HaveOccurred())
		w.Expect(os.WriteFile(filepath.Join(directory, name), text, 0o600)).To(Succeed())
	}
	done := map[string]bool{}
	for i, r := range all {
		if done[r.manifests] { // as it is without what was set to null
			continue
		}
		done[r.manifests] = true
		part := fmt.Sprint("r", i)
		w.Expect(os.Mkdir(filepath.Join(directory, part), 0o700)).To(Succeed())
		all := documents(r.manifests)
		if i > 0 { // kustomize gives definitions no prefix, which would be there twice
			all = slices.DeleteFunc(all, func(document string) bool { return strings.Contains(document, "kind: CustomResourceDefinition") })
		}
		w.Expect(os.WriteFile(filepath.Join(directory, part, "all.yaml"), []byte(strings.Join(all, "\n---\n")), 0o600)).To(Succeed())
		write(filepath.Join(part, "kustomization.yaml"), map[string]any{"resources": []string{"all.yaml"}, "namePrefix": part + "-"})
		kustomization["resources"] = append(kustomization["resources"].([]string), part)
	}
	write("kustomization.yaml", kustomization)
	output, err := exec.CommandContext(w.t.Context(), filepath.Join(w.cluster.AssetsDir, "kubectl"), "kustomize", directory).CombinedOutput() //nolint:gosec // our own program
	w.Expect(err).NotTo(HaveOccurred(), "%.2000s", output)
}
