package manifest

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// Drafts are objects of manifests that decide who shall hold licences, whether or not they are applied yet, as the API
// server would store them.
type Drafts struct {
	Customers   []v1alpha1.WebexCustomerAccess
	Assignments []v1alpha1.WebexLicenseAssignment
	Secrets     []corev1.Secret
	ConfigMaps  []corev1.ConfigMap
	// Encrypted are the names of Secrets that only SOPS can read.
	Encrypted []string
}

// Drafts reads the objects of a namespace, in which those without one belong. Findings are errors by which an object
// would not be stored.
func (c *Checker) Drafts(ctx context.Context, files []File, namespace string, now time.Time) (*Drafts, []Finding) {
	d := &Drafts{}
	var findings []Finding
	for _, file := range files {
		objects, broken := parse(file)
		findings = append(findings, broken...)
		for _, o := range objects {
			if of := o.text("metadata", "namespace"); of == "" || of == namespace {
				findings = append(findings, d.add(ctx, c, o, namespace, now)...)
			}
		}
	}
	return d, findings
}

func (d *Drafts) add(ctx context.Context, c *Checker, o *object, namespace string, now time.Time) []Finding {
	kind := o.text("kind")
	switch {
	case ours(o) && (kind == "WebexCustomerAccess" || kind == "WebexLicenseAssignment"):
		faults := slices.DeleteFunc(c.checkObject(ctx, o, now), func(f Finding) bool { return f.Severity != Error })
		if len(faults) > 0 {
			return faults
		}
	case o.text("apiVersion") != "v1" || kind != "Secret" && kind != "ConfigMap":
		return nil
	case kind == "Secret" && o.content["sops"] != nil:
		d.Encrypted = append(d.Encrypted, o.text("metadata", "name"))
		return nil
	}
	read := false
	switch kind {
	case "WebexCustomerAccess":
		read = take(&d.Customers, o, func(x *v1alpha1.WebexCustomerAccess) { x.Namespace = namespace })
	case "WebexLicenseAssignment":
		read = take(&d.Assignments, o, func(x *v1alpha1.WebexLicenseAssignment) { x.Namespace = namespace })
	case "Secret":
		read = take(&d.Secrets, o, func(x *corev1.Secret) { x.Namespace = namespace })
	case "ConfigMap":
		read = take(&d.ConfigMaps, o, func(x *corev1.ConfigMap) { x.Namespace = namespace })
	}
	if !read {
		return []Finding{o.finding(Error, "", "this is no "+kind+": give data of a Secret and binaryData of a ConfigMap in base64, or text in stringData or data")}
	}
	return nil
}

func take[T any](to *[]T, o *object, adjust func(*T)) bool {
	x, ok := typed[T](o)
	if ok {
		adjust(x)
		*to = append(*to, *x)
	}
	return ok
}
