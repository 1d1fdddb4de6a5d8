package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/simulator"
)

// clients is how many objects are written at a time by the measurement itself.
const clients = 16

// group are the customers of a Group, once they are there.
type group struct {
	Group
	sim       *simulator.Simulator
	customers []client.ObjectKey
}

// namespaces are the names of those that the group's customers are in.
func (g *group) namespaces() []string {
	var names []string
	for i, key := range g.customers {
		if i == 0 || key.Namespace != names[len(names)-1] {
			names = append(names, key.Namespace)
		}
	}
	return names
}

// createCustomers makes the group's customers with all that they need.
func (w *world) createCustomers(ctx context.Context, g *group) error {
	if err := w.createNamespaces(ctx, g); err != nil {
		return err
	}
	return w.parallel(ctx, g.Customers, func(i int) error { return w.createCustomer(ctx, g, i) })
}

// createNamespaces names the group's customers, and makes their namespaces with what they share.
func (w *world) createNamespaces(ctx context.Context, g *group) error {
	per := g.PerNamespace
	if per == 0 {
		per = g.Customers
	}
	for i := range g.Customers {
		g.customers = append(g.customers, client.ObjectKey{
			Namespace: fmt.Sprintf("%s-%03d", g.Name, i/per), Name: fmt.Sprintf("customer-%05d", i),
		})
	}
	authority, err := g.sim.Authority()
	if err != nil {
		return err
	}
	for _, namespace := range g.namespaces() {
		objects := []client.Object{
			&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}},
			&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "webex-ca"}, Data: map[string]string{"ca.crt": string(authority)}},
		}
		if g.Partner {
			objects = append(objects, secret(namespace, "partner", partnerToken))
		}
		for _, object := range objects {
			if err := w.client.Create(ctx, object); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) createCustomer(ctx context.Context, g *group, i int) error {
	key := g.customers[i]
	secretName := "partner"
	if !g.Partner {
		secretName = key.Name
		if err := w.client.Create(ctx, secret(key.Namespace, secretName, tokenOf(g.sim.Organizations[i]))); err != nil {
			return err
		}
	}
	customer := &v1alpha1.WebexCustomerAccess{
		ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name},
		Spec: v1alpha1.WebexCustomerAccessSpec{
			OrganizationID:       g.sim.Organizations[i],
			CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: secretName},
			Connection: &v1alpha1.Connection{
				BaseURL: g.sim.URL, CABundleRef: &v1alpha1.CABundleReference{Name: "webex-ca"}, RequestsPerMinute: g.RequestsPerMinute,
			},
		},
	}
	if len(g.Levels) > 0 {
		customer.Spec.Collection = &v1alpha1.Collection{Levels: g.Levels}
	}
	return w.client.Create(ctx, customer)
}

func secret(namespace, name, token string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Data: map[string][]byte{"accessToken": []byte(token)},
	}
}

// askForRuns asks for a run of each customer, as a user does.
func (w *world) askForRuns(ctx context.Context, groups []*group) error {
	at := time.Now().Format(time.RFC3339Nano)
	for _, g := range groups {
		err := w.parallel(ctx, len(g.customers), func(i int) error {
			customer := &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Namespace: g.customers[i].Namespace, Name: g.customers[i].Name}}
			patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:%q}}}`, v1alpha1.AnnotationRequestedAt, at)
			return w.client.Patch(ctx, customer, client.RawPatch("application/merge-patch+json", patch))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// parallel does n things, some at a time, and returns the first error.
func (w *world) parallel(ctx context.Context, n int, do func(i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var once sync.Once
	var first error
	workqueue.ParallelizeUntil(ctx, clients, n, func(i int) {
		if err := do(i); err != nil {
			once.Do(func() { first = err; cancel(err) })
		}
	})
	return first
}

// customers are how many there are in some groups.
func customers(groups []*group) (n int) {
	for _, g := range groups {
		n += len(g.customers)
	}
	return n
}
