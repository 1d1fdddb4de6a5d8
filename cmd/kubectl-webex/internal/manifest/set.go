package manifest

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/pasted"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// id names an object. An empty namespace is that of the command line, the same
// for all.
type id struct{ kind, namespace, name string }

func (o *object) id() id {
	return id{o.text("kind"), o.text("metadata", "namespace"), o.text("metadata", "name")}
}

// set is all objects that were given, which refer to each other.
type set struct {
	ours []*object
	byID map[id]*object
	// others are Secrets and ConfigMaps.
	others   map[id]*object
	findings []Finding
}

func newSet() *set { return &set{byID: map[id]*object{}, others: map[id]*object{}} }

func (s *set) foreign(o *object) {
	if kind := o.text("kind"); o.text("apiVersion") == "v1" && (kind == "Secret" || kind == "ConfigMap") {
		s.others[o.id()] = o
	}
}

func (s *set) add(o *object) {
	if name := o.id(); name.name != "" {
		if twin := s.byID[name]; twin != nil {
			s.report(o, Error, "metadata.name", "%s %s is also in %s, line %d: give one of them another name, or remove it", name.kind, name.name, twin.file, twin.lineAt("metadata.name"))
		}
		s.byID[name] = o
	}
	s.ours = append(s.ours, o)
}

func (s *set) report(o *object, severity Severity, path, format string, args ...any) {
	s.findings = append(s.findings, o.finding(severity, path, fmt.Sprintf(format, args...)))
}

// check finds what does not fit together. Something that is referred to and not
// given may be in the cluster already, so that is worth a warning at most, and
// only if its like was given.
func (s *set) check() []Finding {
	organizations, pools := map[webex.OrganizationID]*object{}, map[pool]*object{}
	for _, o := range s.ours {
		switch o.text("kind") {
		case "WebexCustomerAccess":
			if c, ok := typed[v1alpha1.WebexCustomerAccess](o); ok {
				s.checkSecret(o, c.Namespace, "spec.credentialsSecretRef.name", c.Spec.CredentialsSecretRef.Name)
				if a := c.Spec.Assignment; a != nil {
					s.checkSecret(o, c.Namespace, "spec.assignment.credentialsSecretRef.name", a.CredentialsSecretRef.Name)
				}
				s.checkBundle(o, c.Namespace, c.Spec.Connection)
				s.checkOrganization(o, c, organizations)
			}
		case "LicenseSyncSchedule":
			if schedule, ok := typed[v1alpha1.LicenseSyncSchedule](o); ok {
				s.checkTargets(o, schedule)
			}
		case "WebexLicenseAssignment":
			if w, ok := typed[v1alpha1.WebexLicenseAssignment](o); ok {
				s.checkReference(o, w.Spec.CustomerAccessRef.Name)
				s.checkSources(o, w)
				s.checkLocks(o, w)
				s.checkPool(o, w, pools)
			}
		case "WebexPartner":
			if p, ok := typed[v1alpha1.WebexPartner](o); ok {
				s.checkSecret(o, p.Namespace, "spec.credentialsSecretRef.name", p.Spec.CredentialsSecretRef.Name)
				s.checkElsewhere(o, p.Namespace, "spec.credentialsSecretRef.name", p.Spec.CredentialsSecretRef.Name)
				s.checkBundle(o, p.Namespace, p.Spec.Connection)
				s.checkComing(o, p)
			}
		case "LicenseSync":
			s.checkReference(o, o.text("spec", "customerAccessRef", "name"))
		}
	}
	return s.findings
}

// checkSecret looks into the credentials, if their Secret was given.
func (s *set) checkSecret(o *object, namespace, field, name string) {
	given := s.others[id{"Secret", namespace, name}]
	if given == nil {
		return
	}
	secret, ok := typed[corev1.Secret](given)
	if !ok {
		s.report(given, Error, "data", "this is no Secret: give data in base64, or stringData as text")
		return
	}
	if secret.Data == nil {
		secret.Data = map[string][]byte{}
	}
	for key, value := range secret.StringData {
		secret.Data[key] = []byte(value)
	}
	if _, err := access.CheckSecret(secret); err != nil {
		s.report(o, Error, field, "%v", err)
	}
}

// checkBundle looks for the CA bundle in its object, if that was given.
func (s *set) checkBundle(o *object, namespace string, connection *v1alpha1.Connection) {
	if connection == nil || connection.CABundleRef == nil {
		return
	}
	ref := connection.CABundleRef
	given := s.others[id{string(ref.Kind), namespace, ref.Name}]
	if given == nil {
		return
	}
	bundle, member, err := valueOf(given, ref.Key)
	switch {
	case err != nil:
		s.report(given, Error, member, "key %s is no base64: give data of a Secret and binaryData of a ConfigMap in base64, or text in stringData or data", ref.Key)
	case member == "":
		s.report(o, Error, "spec.connection.caBundleRef", "%s %s has no key %s: name one that it has, or add it", ref.Kind, ref.Name, ref.Key)
	default:
		if _, err := pasted.Certificates(bundle); err != nil {
			s.report(o, Error, "spec.connection.caBundleRef", "key %s of %s %s %v", ref.Key, ref.Kind, ref.Name, err)
		}
	}
}

// valueOf is the value of a key of a Secret or ConfigMap, as the API server stores it, and the field that it is in; none
// if there is no such key.
func valueOf(given *object, key string) (value []byte, in string, err error) {
	secret := given.text("kind") == "Secret"
	for _, member := range []struct {
		name    string
		encoded bool
	}{{"stringData", false}, {"data", secret}, {"binaryData", true}} {
		entries, _ := given.content[member.name].(map[string]any)
		text, ok := entries[key].(string)
		switch {
		case !ok:
			continue
		case member.encoded:
			value, err = base64.StdEncoding.DecodeString(text)
			return value, member.name, err
		default:
			return []byte(text), member.name, nil
		}
	}
	return nil, "", nil
}

// checkOrganization finds two customers of one organization, of which the
// operator refuses the younger.
func (s *set) checkOrganization(o *object, c *v1alpha1.WebexCustomerAccess, seen map[webex.OrganizationID]*object) {
	organization, err := webex.ParseOrganizationID(c.Spec.OrganizationID)
	if c.Spec.OrganizationID == "" || err != nil {
		return
	}
	if twin := seen[organization]; twin != nil && twin.id() != o.id() {
		s.report(o, Error, "spec.organizationID", "this is the organization of customer %s, too (%s, line %d): the operator reads an organization once", twin.id().name, twin.file, twin.lineAt("spec.organizationID"))
	}
	seen[organization] = o
}

func (s *set) checkTargets(o *object, schedule *v1alpha1.LicenseSyncSchedule) {
	if ref := schedule.Spec.CustomerAccessRef; ref != nil {
		s.checkReference(o, ref.Name)
		return
	}
	selector, err := metav1.LabelSelectorAsSelector(schedule.Spec.CustomerAccessSelector)
	if err != nil || selector.Empty() {
		return
	}
	customers := s.customers(schedule.Namespace)
	if len(customers) == 0 || s.makes(schedule.Namespace, selector) || slices.ContainsFunc(customers, func(c *object) bool { return selector.Matches(labelsOf(c)) }) {
		return
	}
	s.report(o, Warning, "spec.customerAccessSelector", "it selects none of the customers given here: label them, or change it")
}

func labelsOf(o *object) labels.Set {
	set := labels.Set{}
	if meta, ok := o.content["metadata"].(map[string]any); ok {
		if entries, ok := meta["labels"].(map[string]any); ok {
			for key, value := range entries {
				set[key] = fmt.Sprint(value)
			}
		}
	}
	return set
}

// customers are those given for a namespace.
func (s *set) customers(namespace string) []*object {
	var customers []*object
	for _, o := range s.ours {
		if name := o.id(); name.kind == "WebexCustomerAccess" && name.namespace == namespace {
			customers = append(customers, o)
		}
	}
	return customers
}

// checkReference looks for a customer by name, if any were given.
func (s *set) checkReference(o *object, name string) {
	customers := s.customers(o.text("metadata", "namespace"))
	if name == "" || len(customers) == 0 || slices.ContainsFunc(customers, func(c *object) bool { return c.id().name == name }) {
		return
	}
	var names []string
	for _, c := range customers {
		names = append(names, c.id().name)
	}
	slices.Sort(names)
	s.report(o, Warning, "spec.customerAccessRef.name", "customer %s is not among those given here (%s): see whether it is in the cluster", name, strings.Join(names[:min(len(names), 5)], ", "))
}
