package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// bareDelete measures how long a namespace takes to be gone that holds nothing but rows that no operator looks after. It is to
// happen before the manager is started.
func bareDelete(ctx context.Context, w *world, step Step) error {
	const namespace = "bare"
	if err := w.client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
		return err
	}
	err := w.parallel(ctx, step.Count, func(i int) error { return w.client.Create(ctx, bareRow(namespace, i)) })
	if err != nil {
		return err
	}
	w.bareDelete, err = w.untilGone(ctx, namespace)
	w.figures.add(step.As, "seconds", w.bareDelete.Seconds())
	return err
}

// deleteNamespaces deletes the namespaces of some groups while the operator reads their customers: it has asked for
// something, and waits for the answer.
func deleteNamespaces(ctx context.Context, w *world, step Step) error {
	groups := w.of(step)
	if err := w.sell(ctx, step); err != nil {
		return err
	}
	before, err := w.asked(ctx)
	if err != nil {
		return err
	}
	errorsBefore, err := w.manager.reconcileErrors(ctx)
	if err != nil {
		return err
	}
	if err := w.askForRuns(ctx, groups); err != nil {
		return err
	}
	for asked := before; asked == before; {
		if err := w.manager.pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
		if asked, err = w.asked(ctx); err != nil {
			return err
		}
	}
	var took time.Duration
	for _, g := range groups {
		for _, namespace := range g.namespaces() {
			d, err := w.untilGone(ctx, namespace)
			if err != nil {
				return err
			}
			took += d
		}
	}
	left, err := w.left(ctx)
	if err != nil {
		return err
	}
	w.figures.add(step.As, "objects left", float64(left))
	errorsAfter, err := w.manager.reconcileErrors(ctx)
	if err != nil {
		return err
	}
	w.figures.add(step.As, "seconds", took.Seconds())
	if w.bareDelete > 0 {
		w.figures.add(step.As, "seconds, times a namespace of bare rows", took.Seconds()/w.bareDelete.Seconds())
	}
	w.figures.add(step.As, "reconcile errors", errorsAfter-errorsBefore)
	return nil
}

// left are the objects of the operator's kinds that there are: of namespaces that are gone, none with a finalizer stays.
func (w *world) left(ctx context.Context) (total int, err error) {
	for _, list := range []client.ObjectList{&v1alpha1.WebexCustomerAccessList{}, &v1alpha1.WebexLicenseList{}, &v1alpha1.LicenseSyncList{}, &v1alpha1.LicenseSyncScheduleList{}} {
		if err := w.client.List(ctx, list); err != nil {
			return 0, err
		}
		total += meta.LenList(list)
	}
	return total, nil
}

// untilGone deletes a namespace and waits until it is gone. If it never is, the error says what holds it, such as
// finalizers.
func (w *world) untilGone(ctx context.Context, name string) (time.Duration, error) {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	begin := time.Now()
	if err := w.client.Delete(ctx, namespace); err != nil {
		return 0, err
	}
	const patience = 5 * time.Minute
	for time.Since(begin) < patience {
		err := w.client.Get(ctx, client.ObjectKeyFromObject(namespace), namespace)
		if apierrors.IsNotFound(err) {
			return time.Since(begin), nil
		}
		if err != nil {
			return 0, err
		}
		time.Sleep(100 * time.Millisecond)
	}
	conditions, err := json.Marshal(namespace.Status.Conditions)
	if err != nil {
		return 0, err
	}
	return 0, fmt.Errorf("namespace %s is not gone after %v: %s", name, patience, conditions)
}
