package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
)

const author = "webex-license-operator maintainers"

// vex writes an OpenVEX document: which known vulnerabilities of modules that are built in do
// not affect the programs, because the vulnerable code is not called. govulncheck finds that
// out; it does not know whose document it writes.
func (r release) vex(ctx context.Context) error {
	args := []string{"-format", "openvex"}
	if r.database != "" {
		args = append(args, "-db", r.database)
	}
	found, err := run(ctx, ".", target{"linux", "amd64"}.environment(), r.govulncheck, append(args, ".", "./cmd/kubectl-webex")...)
	if err != nil {
		return err
	}
	document, err := signed(found, r.image, r.version, r.time)
	if err != nil {
		return err
	}
	return r.put("webex-license-operator.openvex.json", document)
}

// signed names the author, the time and the products of a document.
func signed(document []byte, image, version string, at time.Time) ([]byte, error) {
	var vex map[string]any
	if err := json.Unmarshal(document, &vex); err != nil {
		return nil, fmt.Errorf("the document of govulncheck: %w", err)
	}
	vex["@id"] = repository + "/releases/download/" + version + "/webex-license-operator.openvex.json"
	vex["author"] = author
	vex["timestamp"] = at.UTC().Format(time.RFC3339)
	statements, _ := vex["statements"].([]any)
	for _, s := range statements {
		statement, _ := s.(map[string]any)
		products, _ := statement["products"].([]any)
		if len(products) != 1 {
			return nil, fmt.Errorf("want a statement about one product, got %v", statement["products"])
		}
		product, _ := products[0].(map[string]any)
		var named []any
		for _, id := range productIDs(image, version) {
			named = append(named, map[string]any{"@id": id, "subcomponents": product["subcomponents"]})
		}
		statement["products"] = named
	}
	if statements == nil {
		vex["statements"] = []any{}
	}
	out, err := json.MarshalIndent(vex, "", "  ")
	return append(out, '\n'), err
}

// productIDs are the package URLs of the image and of the module.
func productIDs(image, version string) []string {
	image, _ = imageParts(image)
	name := image[strings.LastIndexByte(image, '/')+1:]
	module := strings.TrimPrefix(repository, "https://")
	return []string{
		"pkg:oci/" + name + "?repository_url=" + url.QueryEscape(image) + "&tag=" + version,
		"pkg:golang/" + module + "@" + version,
	}
}
