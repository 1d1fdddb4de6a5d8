package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"k8s.io/apimachinery/pkg/util/yaml"
	sigsyaml "sigs.k8s.io/yaml"
)

const group = "licensing.webex-operator.io"

// The schemas accept every sample, and refuse what the API server refuses or would drop.
func TestSchemas(t *testing.T) {
	t.Parallel()
	schemas := compile(t)
	if len(schemas) != 6 {
		t.Fatalf("want the schemas of six kinds, got %d", len(schemas))
	}
	checked := 0
	err := filepath.WalkDir(filepath.Join("..", "..", "config", "samples"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		for _, object := range documents(t, path) {
			schema := schemas[kindOf(object)]
			if schema == nil {
				continue // a Secret, say
			}
			checked++
			if err := schema.Validate(object); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 10 {
		t.Errorf("only %d objects were checked", checked)
	}
	good := `{"apiVersion": "licensing.webex-operator.io/v1alpha1", "kind": "WebexCustomerAccess", "metadata": {"name": "acme"}, "spec": {"credentialsSecretRef": {"name": "acme"}SPEC}}`
	for change, accepted := range map[string]bool{
		``:                                 true,
		`, "suspend": true`:                true,
		`, "suspended": true`:              false, // no such field
		`, "suspend": "true"`:              false,
		`, "deletionPolicy": "Orphan"`:     false,
		`, "prune": {"maxPercent": 101}`:   false,
		`, "prune": {"percent": 1}`:        false,
		`, "connection": {"noProxy": [1]}`: false,
	} {
		object, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.Replace(good, "SPEC", change, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schemas["webexcustomeraccess"].Validate(object); (err == nil) != accepted {
			t.Errorf("%s: %v", change, err)
		}
		if err := schemas["licensesync"].Validate(object); err == nil {
			t.Errorf("the schema of another kind accepts %s", object)
		}
	}
}

// compile compiles the schemas as kubeconform does, by kind.
func compile(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	files, err := schemaFiles()
	if err != nil {
		t.Fatal(err)
	}
	schemas := map[string]*jsonschema.Schema{}
	for _, f := range files {
		kind, found := strings.CutPrefix(strings.TrimSuffix(f.name, "_v1alpha1.json"), group+"/")
		if !found {
			t.Errorf("unexpected name %s", f.name)
		}
		content, err := jsonschema.UnmarshalJSON(bytes.NewReader(f.content))
		if err != nil {
			t.Fatal(err)
		}
		compiler := jsonschema.NewCompiler()
		if err := compiler.AddResource("file:///"+f.name, content); err != nil {
			t.Fatal(err)
		}
		if schemas[kind], err = compiler.Compile("file:///" + f.name); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(f.content, []byte("x-kubernetes")) {
			t.Errorf("%s has what is Kubernetes' own", f.name)
		}
	}
	return schemas
}

func kindOf(object any) string {
	fields, _ := object.(map[string]any)
	if version, _ := fields["apiVersion"].(string); !strings.HasPrefix(version, group+"/") {
		return ""
	}
	kind, _ := fields["kind"].(string)
	return strings.ToLower(kind)
}

// documents are the objects of a manifest, as a JSON validator wants them.
func documents(t *testing.T, path string) (objects []any) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	reader := yaml.NewYAMLToJSONDecoder(bytes.NewReader(content))
	for {
		var raw json.RawMessage
		err := reader.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return objects
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		object, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		objects = append(objects, object)
	}
}

// Archives are the same whenever and wherever they are made, and unpack to what was put in.
func TestArchives(t *testing.T) {
	t.Parallel()
	files := []file{{"LICENSE", []byte("text"), false}, {"kubectl-webex", []byte("program"), true}}
	at := time.Unix(1_790_000_000, 0).UTC()
	for name, pack := range map[string]func([]file, time.Time) ([]byte, error){"tar": tarGz, "zip": zipped} {
		first, err := pack(files, at)
		if err != nil {
			t.Fatal(err)
		}
		second, err := pack(files, at.In(time.FixedZone("elsewhere", 3600)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, second) {
			t.Errorf("%s: two archives of the same files differ", name)
		}
	}
	archive, err := tarGz(files, at)
	if err != nil {
		t.Fatal(err)
	}
	uncompressed, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	var got []file
	for reader := tar.NewReader(uncompressed); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		if !header.ModTime.Equal(at) || header.Uid != 0 {
			t.Errorf("%s is of %v and user %d", header.Name, header.ModTime, header.Uid)
		}
		got = append(got, file{header.Name, content, header.Mode&0o111 != 0})
	}
	if diff := cmp.Diff(files, got, cmp.AllowUnexported(file{})); diff != "" {
		t.Error(diff)
	}
}

// The manifest for krew names each archive once, with its checksum and the program in it.
func TestKrewManifest(t *testing.T) {
	t.Parallel()
	archives := []published{
		{target{"linux", "arm64"}, "kubectl-webex", "https://example.com/a.tar.gz", "0a", true},
		{target{"windows", "amd64"}, "kubectl-webex.exe", "https://example.com/b.zip", "0b", false},
	}
	manifest, err := krewManifest("v1.2.3", archives)
	if err != nil {
		t.Fatal(err)
	}
	var plugin struct {
		Metadata struct{ Name string }
		Spec     struct {
			Version, ShortDescription string
			Platforms                 []struct {
				Selector         struct{ MatchLabels map[string]string }
				URI, SHA256, Bin string
				Files            []struct{ From, To string }
			}
		}
	}
	if err := sigsyaml.Unmarshal(manifest, &plugin); err != nil {
		t.Fatal(err)
	}
	// krew's own bounds: a name as of the file webex.yaml, and a short description.
	if plugin.Metadata.Name != "webex" || plugin.Spec.Version != "v1.2.3" || len(plugin.Spec.ShortDescription) > 50 {
		t.Errorf("unexpected %+v", plugin)
	}
	if len(plugin.Spec.Platforms) != len(archives) {
		t.Fatalf("want %d platforms, got %d", len(archives), len(plugin.Spec.Platforms))
	}
	for i, platform := range plugin.Spec.Platforms {
		want := archives[i]
		if platform.URI != want.URI || platform.SHA256 != want.SHA256 || platform.Bin != want.Program ||
			platform.Selector.MatchLabels["os"] != want.OS || platform.Selector.MatchLabels["arch"] != want.Arch {
			t.Errorf("platform %+v of %+v", platform, want)
		}
		if platform.Files[0].From != want.Program {
			t.Errorf("the program is not among the files: %+v", platform.Files)
		}
	}
	if strings.Count(string(manifest), completion) != 2 { // the caveat, and Unix
		t.Errorf("the script for completion is for Unix only:\n%s", manifest)
	}
}

// The document of govulncheck becomes the project's own, and says of which products it speaks.
func TestVEX(t *testing.T) {
	t.Parallel()
	found := `{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "govulncheck/vex:1", "author": "Unknown Author",
		"timestamp": "2026-11-25T00:00:00Z", "version": 1, "statements": [{
		"vulnerability": {"name": "GO-2026-0001"}, "status": "not_affected", "justification": "vulnerable_code_not_present",
		"products": [{"@id": "Unknown Product", "subcomponents": [{"@id": "pkg:golang/golang.org/x/net@v0.59.0"}]}]}]}`
	document, err := signed([]byte(found), "ghcr.io/webex-operator/webex-license-operator:v0.1.0", "v0.1.0", time.Unix(1_790_000_000, 0))
	if err != nil {
		t.Fatal(err)
	}
	var vex struct {
		ID         string `json:"@id"`
		Author     string
		Timestamp  time.Time
		Statements []struct {
			Status   string
			Products []struct {
				ID            string `json:"@id"`
				Subcomponents []any
			}
		}
	}
	if err := json.Unmarshal(document, &vex); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(document), "Unknown") || vex.Author == "" || vex.Timestamp.Unix() != 1_790_000_000 {
		t.Errorf("not the project's own:\n%s", document)
	}
	var ids []string
	for _, product := range vex.Statements[0].Products {
		ids = append(ids, product.ID)
		if len(product.Subcomponents) != 1 {
			t.Errorf("%s has lost its subcomponents", product.ID)
		}
	}
	want := []string{
		"pkg:oci/webex-license-operator?repository_url=ghcr.io%2Fwebex-operator%2Fwebex-license-operator&tag=v0.1.0",
		"pkg:golang/github.com/webex-operator/webex-license-operator@v0.1.0",
	}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Error(diff)
	}
	if _, err := signed([]byte(`{"statements": [{"products": []}]}`), "image", "v0.1.0", time.Unix(1, 0)); err == nil {
		t.Error("a statement about no product is accepted")
	}
}

// A bill of materials says which tool made it, and nothing of that tool's machine.
func TestBillOfMaterials(t *testing.T) {
	t.Parallel()
	bill := `{"components": [{"name": "a", "hashes": [{"content": "0a"}]}], "metadata": {"tools": [{"name": "tool", "version": "v1", "hashes": [{"content": "0b"}]}]}}`
	out, err := withoutTool([]byte(bill))
	if err != nil {
		t.Fatal(err)
	}
	if text := string(out); strings.Contains(text, "0b") || !strings.Contains(text, "0a") || !strings.Contains(text, `"version": "v1"`) {
		t.Errorf("unexpected\n%s", text)
	}
	if _, err := withoutTool([]byte(`{"metadata": {"tools": {"components": []}}}`)); err == nil {
		t.Error("a bill of another form is accepted")
	}
}

func TestImageParts(t *testing.T) {
	t.Parallel()
	for image, want := range map[string][2]string{
		"ghcr.io/a/b:v0.1.0@sha256:0a": {"ghcr.io/a/b", "sha256:0a"},
		"ghcr.io/a/b:v0.1.0":           {"ghcr.io/a/b", ""},
		"localhost:5000/a/b":           {"localhost:5000/a/b", ""},
		"b@sha256:0a":                  {"b", "sha256:0a"},
	} {
		if repository, digest := imageParts(image); repository != want[0] || digest != want[1] {
			t.Errorf("%s: %s and %s", image, repository, digest)
		}
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	for version, good := range map[string]bool{
		"v0.1.0": true, "v1.20.3-rc.1": true,
		"": false, "0.1.0": false, "v0.1": false, "v01.1.0": false, "145c9ee": false, "v0.1.0-": false, "v1.0.0 ": false,
	} {
		if versions.MatchString(version) != good {
			t.Errorf("%q: want %v", version, good)
		}
	}
	if err := (release{version: "v0.1.0", dir: t.TempDir()}).write(t.Context()); err == nil || !strings.Contains(err.Error(), "-epoch") {
		t.Errorf("without a time: %v", err)
	}
	if err := (release{version: "v0.1.0", time: time.Unix(1, 0), dir: t.TempDir()}).write(t.Context()); err == nil || !strings.Contains(err.Error(), "make manifests") {
		t.Errorf("without manifests: %v", err)
	}
}
