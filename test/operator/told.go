package operator

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// Stored is all that the API server holds in a namespace, as JSON by resource:
// every kind that can be listed, but Secrets.
func Stored(ctx context.Context, config *rest.Config, namespace string) (map[string]string, error) {
	config = rest.CopyConfig(config)
	config.WarningHandler = rest.NoWarnings{} // old kinds are searched, too
	finder, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	lists, err := finder.ServerPreferredNamespacedResources()
	if err != nil {
		return nil, err
	}
	reader, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	stored := map[string]string{}
	for _, list := range discovery.FilteredBy(discovery.SupportsAllVerbs{Verbs: []string{"list"}}, lists) {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return nil, err
		}
		for _, resource := range list.APIResources {
			kind := version.WithResource(resource.Name)
			if kind.GroupResource() == (schema.GroupResource{Resource: "secrets"}) {
				continue
			}
			objects, err := reader.Resource(kind).Namespace(namespace).List(ctx, metav1.ListOptions{})
			if err != nil {
				return nil, fmt.Errorf("listing %s: %w", kind.GroupResource(), err)
			}
			if len(objects.Items) == 0 {
				continue
			}
			data, err := json.Marshal(objects)
			if err != nil {
				return nil, err
			}
			stored[kind.GroupResource().String()] = string(data)
		}
	}
	return stored, nil
}

// disguised are the forms in which a secret could slip through a search for it:
// base64, as in Secrets, whichever way its bytes fall into groups of three.
func disguised(secret string) []string {
	var forms []string
	for skip := range 3 {
		if whole := secret[min(skip, len(secret)):]; len(whole) > 9 {
			forms = append(forms, base64.RawStdEncoding.EncodeToString([]byte(whole[:len(whole)/3*3])))
		}
	}
	return forms
}

// Leaks says which secrets and personal data of a simulator a text tells. It
// names kinds, not values: what it returns is printed.
func Leaks(sim *webexsim.Server, text string) []string {
	var leaks []string
	for _, found := range sim.LeakFinder().Find(text) {
		leaks = append(leaks, string(found.Kind))
	}
	for value := range sim.Sensitive() {
		switch value.Kind {
		case webexsim.SensitiveAccessToken, webexsim.SensitiveRefreshToken, webexsim.SensitiveClientSecret:
		default:
			continue
		}
		for _, form := range disguised(value.Value) {
			if strings.Contains(text, form) {
				leaks = append(leaks, string(value.Kind)+" in disguise")
			}
		}
	}
	return leaks
}
