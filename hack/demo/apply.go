package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/test/operator"
)

// fieldManager owns what the demo applies.
const fieldManager = client.FieldOwner("demo")

func apply(ctx context.Context, c client.Client, object *unstructured.Unstructured) error {
	if err := c.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), fieldManager, client.ForceOwnership); err != nil {
		return fmt.Errorf("applying %s %s: %w", object.GetKind(), object.GetName(), err)
	}
	return nil
}

// samples reads what the kustomization of config/samples/demo lists.
func samples(root string) ([]*unstructured.Unstructured, error) {
	dir := filepath.Join(root, "config", "samples", "demo")
	content, err := os.ReadFile(filepath.Join(dir, "kustomization.yaml"))
	if err != nil {
		return nil, err
	}
	var kustomization struct{ Resources []string }
	if err := yaml.Unmarshal(content, &kustomization); err != nil {
		return nil, fmt.Errorf("reading the kustomization of config/samples/demo: %w", err)
	}
	var all []*unstructured.Unstructured
	for _, name := range kustomization.Resources {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		objects, err := operator.Objects(content)
		if err != nil {
			return nil, fmt.Errorf("reading config/samples/demo/%s: %w", name, err)
		}
		all = append(all, objects...)
	}
	return all, nil
}

// applyCustomers applies config/samples/demo with what is known only now: credentials, the
// certificate authority and the address of the simulator.
func (d *demo) applyCustomers(ctx context.Context) error {
	say("applying config/samples/demo: three customers, their Secrets, two assignments and a schedule")
	objects, err := samples(d.root)
	if err != nil {
		return err
	}
	if err := d.cluster.createNamespace(ctx); err != nil {
		return fmt.Errorf("creating namespace %s: %w", namespace, err)
	}
	bundle := corev1ac.ConfigMap(caConfigMap, namespace).
		WithData(map[string]string{"ca.crt": string(d.simulator.CACertificate())})
	if err := d.access.client.Apply(ctx, bundle, fieldManager, client.ForceOwnership); err != nil {
		return fmt.Errorf("applying ConfigMap %s: %w", caConfigMap, err)
	}
	for _, object := range objects {
		switch object.GetKind() {
		case "WebexCustomerAccess":
			err = d.applyReader(ctx, object)
		case "LicenseSyncSchedule", "WebexLicenseAssignment":
			err = apply(ctx, d.access.client, object)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// applyReader applies a customer or partner, and its Secrets first: the operator then succeeds at the first go.
func (d *demo) applyReader(ctx context.Context, object *unstructured.Unstructured) error {
	own, ok := d.issued[object.GetName()]
	if !ok {
		return fmt.Errorf("config/samples/demo has %s %q, which the demo has no organization for", object.GetKind(), object.GetName())
	}
	for _, s := range []struct {
		content map[string]string
		field   []string
	}{{own.read, []string{"spec", "credentialsSecretRef", "name"}}, {own.write, []string{"spec", "assignment", "credentialsSecretRef", "name"}}} {
		name, found, _ := unstructured.NestedString(object.Object, s.field...)
		if !found {
			continue
		}
		secret := corev1ac.Secret(name, namespace).WithType("Opaque").WithStringData(s.content)
		if err := d.access.client.Apply(ctx, secret, fieldManager, client.ForceOwnership); err != nil {
			return fmt.Errorf("applying Secret %s: %w", name, err)
		}
	}
	if err := unstructured.SetNestedField(object.Object, d.simulator.URL(), "spec", "connection", "baseURL"); err != nil {
		return err
	}
	return apply(ctx, d.access.client, object)
}

// hostOf is host:port of a URL that this program made.
func hostOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		panic(err)
	}
	return u.Host
}
