package main

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/openvex/go-vex/pkg/vex"
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
	found, err := vex.Parse(document)
	if err != nil {
		return nil, fmt.Errorf("the document of govulncheck: %w", err)
	}
	found.ID = repository + "/releases/download/" + version + "/webex-license-operator.openvex.json"
	found.Author, found.Timestamp = author, &at
	for i := range found.Statements {
		s := &found.Statements[i]
		if len(s.Products) != 1 {
			return nil, fmt.Errorf("want a statement about one product, got %v", s.Products)
		}
		subcomponents := s.Products[0].Subcomponents
		s.Products = nil
		for _, id := range productIDs(image, version) {
			s.Products = append(s.Products, vex.Product{Component: vex.Component{ID: id}, Subcomponents: subcomponents})
		}
	}
	if found.Statements == nil {
		found.Statements = []vex.Statement{}
	}
	var out bytes.Buffer
	err = found.ToJSON(&out)
	return out.Bytes(), err
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
