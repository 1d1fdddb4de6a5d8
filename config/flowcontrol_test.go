package config

import (
	"net/http"
	"testing"

	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/webex-operator/webex-license-operator/test/controlplane"
)

// testFlowControl sees by the API server's answers which of the operator's requests the
// schema is for.
func testFlowControl(t *testing.T, cluster *controlplane.ControlPlane) {
	kubectl(t, cluster, "apply", "--server-side", "-k", "flow-control")
	clientset, err := kubernetes.NewForConfig(cluster.Config)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := clientset.FlowcontrolV1().FlowSchemas().Get(t.Context(), "webex-license-operator-leader-election", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	config := rest.CopyConfig(cluster.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: managerUser}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	isOurs := func(path string) bool {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, cluster.Config.Host+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response.Header.Get(flowcontrolv1.ResponseHeaderMatchedFlowSchemaUID) == string(schema.UID)
	}
	lease := "/apis/coordination.k8s.io/v1/namespaces/" + systemNamespace + "/leases/webex-license-operator." + group
	until(t, "the operator's lease is in the schema", func() bool { return isOurs(lease) })
	if isOurs("/apis/" + group + "/v1alpha1/namespaces/default/webexlicenses") {
		t.Error("the operator's other requests are in the schema")
	}
}
