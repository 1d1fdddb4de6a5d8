package controllers

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/assignrun"
)

// indexSource finds assignments by the Secrets and ConfigMaps of spec.subjects.emailsFrom, as "kind/name".
const indexSource = "spec.subjects.emailsFrom"

func sourcesOf(assignment *v1alpha1.WebexLicenseAssignment) []string {
	var names []string
	for _, source := range assignment.Spec.Subjects.EmailsFrom {
		names = append(names, sourceName(source.Kind, source.Name))
	}
	return names
}

func sourceName(kind v1alpha1.SubjectSourceKind, name string) string {
	if kind == "" {
		kind = v1alpha1.SubjectSourceSecret
	}
	return string(kind) + "/" + name
}

// assignmentsOf lists the assignments of a customer from the cache. They are the cache's own: a caller changes none of
// what they point to.
func assignmentsOf(ctx context.Context, reader client.Reader, namespace, customer string) ([]v1alpha1.WebexLicenseAssignment, error) {
	var list v1alpha1.WebexLicenseAssignmentList
	err := reader.List(ctx, &list, client.InNamespace(namespace), client.MatchingFields{assignrun.IndexCustomer: customer}, client.UnsafeDisableDeepCopy)
	return list.Items, err
}

// assignmentsOfSource are the assignments that name a Secret or ConfigMap.
func assignmentsOfSource(ctx context.Context, reader client.Reader, kind v1alpha1.SubjectSourceKind, source client.Object) []v1alpha1.WebexLicenseAssignment {
	var list v1alpha1.WebexLicenseAssignmentList
	if err := reader.List(ctx, &list, client.InNamespace(source.GetNamespace()),
		client.MatchingFields{indexSource: sourceName(kind, source.GetName())}, client.UnsafeDisableDeepCopy); err != nil {
		return nil // the cache is stopping
	}
	return list.Items
}

// objectVersions tells the versions of Secrets and ConfigMaps. Their content is in no cache.
type objectVersions struct {
	// Cache has their metadata, Live is the API server.
	Cache, Live client.Reader
}

// of is the version of an object; empty if it does not exist. Where the cache has the version that is known, the API
// server is not asked: if there is another one meanwhile, its event is under way. Any other may be an older one, since
// runs read past the cache, and would look like a change.
func (v objectVersions) of(ctx context.Context, kind v1alpha1.SubjectSourceKind, namespace, name, known string) (string, error) {
	if name == "" { // it could not be read
		return "", nil
	}
	key := client.ObjectKey{Namespace: namespace, Name: name}
	object := &metav1.PartialObjectMetadata{}
	object.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(string(kind)))
	if err := v.Cache.Get(ctx, key, object); err == nil && object.ResourceVersion == known {
		return known, nil
	} else if client.IgnoreNotFound(err) != nil {
		return "", err
	}
	object.ResourceVersion = ""
	err := v.Live.Get(ctx, key, object)
	return object.ResourceVersion, client.IgnoreNotFound(err)
}

// changesOf says in which ways an assignment is another than its last plan was made by; none if the plan still holds.
func changesOf(ctx context.Context, versions objectVersions, assignment *v1alpha1.WebexLicenseAssignment, locks string) ([]string, error) {
	seen := assignment.Status.Observed
	var sources []v1alpha1.ObservedSource
	if seen != nil {
		for _, source := range seen.Sources {
			version, err := versions.of(ctx, source.Kind, assignment.Namespace, source.Name, source.ResourceVersion)
			if err != nil {
				return nil, err
			}
			source.ResourceVersion = version
			sources = append(sources, source)
		}
	}
	return changesSince(seen, assignment.Generation, sources, locks), nil
}

// changesSince compares what a plan was made by with what there is now: the generation of the spec, the same sources,
// and the locks.
func changesSince(seen *v1alpha1.AssignmentInputs, generation int64, sources []v1alpha1.ObservedSource, locks string) []string {
	if seen == nil {
		return []string{"new"}
	}
	var changes []string
	changed := func(what string, was, is any) {
		if was != is {
			changes = append(changes, fmt.Sprintf("%s: %v, was %v", what, is, was))
		}
	}
	changed("generation", ptr.Deref(seen.Generation, 0), generation)
	changed("locks", seen.LocksHash, locks)
	for i, source := range sources {
		changed(sourceName(source.Kind, source.Name), seen.Sources[i].ResourceVersion, source.ResourceVersion)
	}
	return changes
}

// approved says whether the removals that are held are approved.
func approved(assignment *v1alpha1.WebexLicenseAssignment) bool {
	held := assignment.Status.Held
	return held != nil && held.Token != "" && assignment.Annotations[v1alpha1.AnnotationApproveRemovals] == held.Token
}
