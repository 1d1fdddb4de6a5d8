package controllers

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/compact"
)

// CacheOptions keep the cache small: what objects repeat it holds once, and of a run that has
// ended only the end. Managed fields are there only of what partners make, who leave the
// fields of people to them, and of Secrets and ConfigMaps the bare metadata without
// annotations, since kubectl puts their content into one.
func CacheOptions(namespaces []string) cache.Options {
	shared := &compact.Pool{}
	options := cache.Options{DefaultTransform: compactly(shared, withoutManagedFields), ByObject: map[client.Object]cache.ByObject{}}
	for _, kind := range []string{"Secret", "ConfigMap"} {
		object := &metav1.PartialObjectMetadata{}
		object.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(kind))
		options.ByObject[object] = cache.ByObject{Transform: compactly(shared, bareMetadata)}
	}
	options.ByObject[&v1alpha1.LicenseSync{}] = cache.ByObject{Transform: compactly(shared, endOfRun)}
	for _, object := range []client.Object{&v1alpha1.WebexCustomerAccess{}, &v1alpha1.LicenseSyncSchedule{}} {
		options.ByObject[object] = cache.ByObject{Transform: compactly(shared, partnersFields)}
	}
	for _, namespace := range namespaces {
		if options.DefaultNamespaces == nil {
			options.DefaultNamespaces = map[string]cache.Config{}
		}
		options.DefaultNamespaces[namespace] = cache.Config{}
	}
	return options
}

// compactly strips objects before they are cached, and lets them share what is left. What is
// known of an object that was deleted is no object, and in the cache already.
func compactly(shared *compact.Pool, strip func(client.Object)) toolscache.TransformFunc {
	return func(cached any) (any, error) {
		if object, ok := cached.(client.Object); ok {
			strip(object)
			shared.Share(object)
		}
		return cached, nil
	}
}

func withoutManagedFields(object client.Object) { object.SetManagedFields(nil) }

// endOfRun keeps of a run that has ended when that was, and how. Its status is not written
// any more; what else it holds is for people, who read it past this cache.
func endOfRun(object client.Object) {
	object.SetManagedFields(nil)
	if run, ok := object.(*v1alpha1.LicenseSync); ok && finished(run) {
		s := run.Status
		run.Status = v1alpha1.LicenseSyncStatus{
			Conditions: s.Conditions, ObservedGeneration: s.ObservedGeneration, StartTime: s.StartTime, CompletionTime: s.CompletionTime,
		}
	}
}

// partnersFields keeps who owns which fields of the spec of what a partner made.
func partnersFields(object client.Object) {
	if object.GetLabels()[v1alpha1.LabelPartner] == "" {
		object.SetManagedFields(nil)
		return
	}
	object.SetManagedFields(slices.DeleteFunc(object.GetManagedFields(), func(e metav1.ManagedFieldsEntry) bool { return e.Subresource != "" }))
}

func bareMetadata(object client.Object) {
	object.SetManagedFields(nil)
	object.SetAnnotations(nil)
	object.SetLabels(nil)
}
