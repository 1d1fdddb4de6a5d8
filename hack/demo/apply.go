package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

const (
	// fieldManager owns what the demo applies.
	fieldManager = client.FieldOwner("demo")
	// tokenSeconds outlasts any demo: a year.
	tokenSeconds = 365 * 24 * 60 * 60
)

// connect makes the demo's own client.
func (d *demo) connect() error {
	scheme := runtime.NewScheme()
	err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme))
	if err != nil {
		return err
	}
	d.client, err = client.New(d.cluster.Config, client.Options{Scheme: scheme})
	return err
}

// kustomize renders a directory of config/.
func (d *demo) kustomize(ctx context.Context, dir string) ([]*unstructured.Unstructured, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(d.cluster.AssetsDir, "kubectl"+exeSuffix), //nolint:gosec // our own program
		"kustomize", filepath.Join(d.root, "config", filepath.FromSlash(dir)))
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("rendering config/%s: %w\n%s", dir, err, stderr.Bytes())
	}
	decoder := yaml.NewYAMLOrJSONDecoder(&out, 4096)
	var objects []*unstructured.Unstructured
	for {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(object); errors.Is(err, io.EOF) {
			return objects, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading config/%s: %w", dir, err)
		}
		objects = append(objects, object)
	}
}

// installOperator applies what config/default gives the operator: its namespace, service
// account and rights. The kinds are there already, and nobody runs pods here, so that the
// Deployment and its Service are left out. It returns a kubeconfig of the service account.
func (d *demo) installOperator(ctx context.Context) (kubeconfig string, err error) {
	say("installing config/default: namespace, service account, roles")
	objects, err := d.kustomize(ctx, "default")
	if err != nil {
		return "", err
	}
	var account *unstructured.Unstructured
	for _, object := range objects {
		switch object.GetKind() {
		case "CustomResourceDefinition", "Deployment", "Service":
			continue
		case "ServiceAccount":
			account = object
		}
		if err := d.apply(ctx, object); err != nil {
			return "", err
		}
	}
	if account == nil {
		return "", errors.New("config/default has no ServiceAccount")
	}
	return d.serviceAccountKubeconfig(ctx, account.GetNamespace(), account.GetName())
}

func (d *demo) apply(ctx context.Context, object *unstructured.Unstructured) error {
	err := d.client.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), fieldManager, client.ForceOwnership)
	if err != nil {
		return fmt.Errorf("applying %s %s: %w", object.GetKind(), object.GetName(), err)
	}
	return nil
}

// serviceAccountKubeconfig writes a kubeconfig with a token of a service account, beside
// the control plane's data, which is removed with it.
func (d *demo) serviceAccountKubeconfig(ctx context.Context, namespace, name string) (string, error) {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	seconds := int64(tokenSeconds)
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}
	if err := d.client.SubResource("token").Create(ctx, account, request); err != nil {
		return "", fmt.Errorf("asking for a token of service account %s: %w", name, err)
	}
	config, err := clientcmd.LoadFromFile(d.cluster.KubeconfigPath)
	if err != nil {
		return "", err
	}
	config.AuthInfos = map[string]*clientcmdapi.AuthInfo{name: {Token: request.Status.Token}}
	config.Contexts[config.CurrentContext].AuthInfo = name
	path := filepath.Join(d.cluster.Dir, "operator.kubeconfig")
	return path, clientcmd.WriteToFile(*config, path) // mode 0600
}

// writeKubeconfig copies the administrator's kubeconfig, with the customers' namespace as
// the default, so that "kubectl get webexlicenses" needs no -n.
func writeKubeconfig(from, to string) error {
	config, err := clientcmd.LoadFromFile(from)
	if err != nil {
		return err
	}
	config.Contexts[config.CurrentContext].Namespace = namespace
	return clientcmd.WriteToFile(*config, to) // mode 0600
}

// applyCustomers applies config/samples/demo with what is known only now: credentials, the
// certificate authority and the address of the simulator.
func (d *demo) applyCustomers(ctx context.Context, credentials map[string]map[string]string) error {
	say("applying config/samples/demo: three customers, their Secrets and a schedule")
	objects, err := d.kustomize(ctx, "samples/demo")
	if err != nil {
		return err
	}
	for _, object := range objects {
		switch object.GetKind() {
		case "Namespace":
			if err := errors.Join(d.apply(ctx, object), d.applyBundle(ctx)); err != nil {
				return err
			}
		case "WebexCustomerAccess":
			if err := d.applyCustomer(ctx, object, credentials); err != nil {
				return err
			}
		case "LicenseSyncSchedule":
			if err := d.apply(ctx, object); err != nil {
				return err
			}
		}
	}
	return nil
}

// applyBundle stores the certificate authority of the simulator.
func (d *demo) applyBundle(ctx context.Context) error {
	bundle := corev1ac.ConfigMap(caConfigMap, namespace).
		WithData(map[string]string{"ca.crt": string(d.simulator.CACertificate())})
	if err := d.client.Apply(ctx, bundle, fieldManager, client.ForceOwnership); err != nil {
		return fmt.Errorf("applying ConfigMap %s: %w", caConfigMap, err)
	}
	return nil
}

// applyCustomer applies the Secret first: the operator then succeeds at the first go.
func (d *demo) applyCustomer(ctx context.Context, object *unstructured.Unstructured, credentials map[string]map[string]string) error {
	secretName, _, _ := unstructured.NestedString(object.Object, "spec", "credentialsSecretRef", "name")
	content, ok := credentials[object.GetName()]
	if !ok || secretName == "" {
		return fmt.Errorf("config/samples/demo has customer %q, which the demo has no organization for", object.GetName())
	}
	secret := corev1ac.Secret(secretName, namespace).WithType(corev1.SecretTypeOpaque).WithStringData(content)
	if err := d.client.Apply(ctx, secret, fieldManager, client.ForceOwnership); err != nil {
		return fmt.Errorf("applying Secret %s: %w", secretName, err)
	}
	if err := unstructured.SetNestedField(object.Object, d.simulator.URL(), "spec", "connection", "baseURL"); err != nil {
		return err
	}
	return d.apply(ctx, object)
}

// hostOf is host:port of a URL that this program made.
func hostOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		panic(err)
	}
	return u.Host
}

// kubectl runs the built kubectl against the control plane, with the viewer's terminal.
func (d *demo) kubectl(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, d.files.path("kubectl"+exeSuffix), args...) //nolint:gosec // our own program
	cmd.Env = append(os.Environ(), "KUBECONFIG="+d.files.path("kubeconfig"))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("kubectl %v: %w", args, err)
	}
	return nil
}
