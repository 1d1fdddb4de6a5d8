package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// madeLabel is on what a demo creates in a cluster that is not its own. The value says
	// which demo.
	madeLabel = "licensing.webex-operator.io/demo"
	// removeTimeout bounds the removal. A namespace takes about six seconds to go.
	removeTimeout = 2 * time.Minute
)

// made is what a demo has created in a cluster that is not its own.
type made struct {
	id      string
	client  client.Client
	objects []client.Object // some perhaps not: the answer may have been lost
}

// create creates an object that is not there yet. An interruption waits for it, so that
// nothing comes to be after the removal.
func (m *made) create(ctx context.Context, object client.Object) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), createTimeout)
	defer cancel()
	object.SetLabels(map[string]string{madeLabel: m.id})
	m.objects = append(m.objects, object)
	return m.client.Create(ctx, object, fieldManager)
}

// remove removes all of it, the last first: the namespace before the kinds of what is in it.
func (m *made) remove() error {
	if len(m.objects) == 0 {
		return nil
	}
	say("removing what the demo has created in the cluster")
	ctx, cancel := context.WithTimeoutCause(context.Background(), removeTimeout, fmt.Errorf("it is not gone after %s", removeTimeout))
	defer cancel()
	var errs []error
	for _, object := range slices.Backward(m.objects) {
		if err := m.removeOne(ctx, object); err != nil {
			errs = append(errs, fmt.Errorf("removing %T %s: %w", object, object.GetName(), causeOr(ctx, err)))
		}
	}
	return errors.Join(errs...)
}

// removeOne removes an object, if it is the demo's, and waits until it is gone.
func (m *made) removeOne(ctx context.Context, object client.Object) error {
	err := m.client.Get(ctx, client.ObjectKeyFromObject(object), object)
	if apierrors.IsNotFound(err) || err == nil && object.GetLabels()[madeLabel] != m.id {
		return nil
	}
	if err != nil {
		return err
	}
	if definition, ok := object.(*apiextensionsv1.CustomResourceDefinition); ok {
		if err := m.unused(ctx, definition); err != nil {
			return err
		}
	}
	uid := object.GetUID()
	if err := m.client.Delete(ctx, object, client.Preconditions{UID: &uid}); client.IgnoreNotFound(err) != nil {
		return err
	}
	return wait.PollUntilContextCancel(ctx, pollInterval, true, func(ctx context.Context) (bool, error) {
		err := m.client.Get(ctx, client.ObjectKeyFromObject(object), object)
		return apierrors.IsNotFound(err) || err == nil && object.GetUID() != uid, client.IgnoreNotFound(err)
	})
}

// unused is an error if there are objects of a kind. The demo's went with its namespace, and
// others would go with the definition.
func (m *made) unused(ctx context.Context, definition *apiextensionsv1.CustomResourceDefinition) error {
	spec := definition.Spec
	var list metav1.PartialObjectMetadataList
	list.SetGroupVersionKind(schema.GroupVersionKind{Group: spec.Group, Version: spec.Versions[0].Name, Kind: spec.Names.ListKind})
	if err := m.client.List(ctx, &list, client.Limit(1)); err != nil {
		return err
	}
	for _, other := range list.Items {
		return fmt.Errorf("it stays, because there is one of that kind in namespace %s, which the demo did not create", other.Namespace)
	}
	return nil
}
