package subjects

import (
	"cmp"
	"context"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// defaultKey is the default of a source's key, for objects that the API server did not see.
const defaultKey = "emails"

// List is what a spec says of people, before it is known who they are.
type List struct {
	// Entries are its addresses, in order: those of the spec, then those of each source.
	Entries []Entry
	// Groups and Locations are names.
	Groups, Locations []string
	// Faults are what is wrong with it.
	Faults []Fault
	// Observed are the versions of the objects that were read, in the order of the spec, each once.
	Observed []v1alpha1.ObservedSource
}

// Read reads what a spec names. Its error is one of the API server, by which nothing can be said.
func Read(ctx context.Context, reader client.Reader, namespace string, spec v1alpha1.Subjects) (*List, error) {
	l := &List{Groups: spec.Groups, Locations: spec.Locations}
	l.Entries, l.Faults = ParseList("spec.subjects.emails", spec.Emails)
	for i, source := range spec.EmailsFrom {
		if err := l.readSource(ctx, reader, namespace, fmt.Sprintf("spec.subjects.emailsFrom[%d]", i), source); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// readSource adds the addresses of one Secret or ConfigMap.
func (l *List) readSource(ctx context.Context, reader client.Reader, namespace, field string, source v1alpha1.EmailSource) error {
	kind, key := cmp.Or(source.Kind, v1alpha1.SubjectSourceSecret), cmp.Or(source.Key, defaultKey)
	object := fmt.Sprintf("%s %q of %s", kind, source.Name, field)
	version, data, err := contentOf(ctx, reader, kind, client.ObjectKey{Namespace: namespace, Name: source.Name})
	if apierrors.IsForbidden(err) {
		l.Faults = append(l.Faults, Fault{Source: object, Problem: "cannot be read: grant the right to get it"})
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", object, err)
	}
	l.observe(v1alpha1.ObservedSource{Kind: kind, Name: source.Name, ResourceVersion: version})
	content, there := data[key]
	switch {
	case version == "":
		l.Faults = append(l.Faults, Fault{Source: object, Problem: "does not exist: create it in this namespace"})
	case !there:
		l.Faults = append(l.Faults, Fault{Source: object, Problem: fmt.Sprintf("has no key %q: add it, or name another one", key)})
	default:
		entries, faults := ParseLines(fmt.Sprintf("key %q of %s", key, object), content)
		l.Entries, l.Faults = append(l.Entries, entries...), append(l.Faults, faults...)
	}
	return nil
}

func (l *List) observe(source v1alpha1.ObservedSource) {
	for _, known := range l.Observed {
		if known.Kind == source.Kind && known.Name == source.Name {
			return
		}
	}
	l.Observed = append(l.Observed, source)
}

// contentOf is the content of an object and its version, which is empty if it does not exist.
func contentOf(ctx context.Context, reader client.Reader, kind v1alpha1.SubjectSourceKind, key client.ObjectKey) (version string, data map[string][]byte, err error) {
	if kind == v1alpha1.SubjectSourceConfigMap {
		configMap := &corev1.ConfigMap{}
		if err := reader.Get(ctx, key, configMap); err != nil {
			return "", nil, client.IgnoreNotFound(err)
		}
		data = map[string][]byte{}
		maps.Copy(data, configMap.BinaryData)
		for name, content := range configMap.Data {
			data[name] = []byte(content)
		}
		return known(configMap.ResourceVersion), data, nil
	}
	secret := &corev1.Secret{}
	err = reader.Get(ctx, key, secret)
	if apierrors.IsNotFound(err) {
		return "", nil, nil
	}
	data = secret.Data
	for name, content := range secret.StringData { // of a manifest that is not applied
		if data == nil {
			data = map[string][]byte{}
		}
		data[name] = []byte(content)
	}
	return known(secret.ResourceVersion), data, err
}

// known is the version of an object that exists: one of a manifest has none.
func known(version string) string { return cmp.Or(version, "unapplied") }
