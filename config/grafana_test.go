package config

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// maxAnnotation is what all annotations of an object may take together. kubectl apply and Argo CD keep the whole object
// in one unless they are told to apply on the server's side.
const maxAnnotation = 256 << 10

// testDashboards expects each dashboard in a ConfigMap of its own that Grafana's sidecar finds, as it is in the file.
func testDashboards(t *testing.T, clientset kubernetes.Interface) {
	files, err := filepath.Glob(filepath.Join("grafana", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("there are no dashboards", err)
	}
	found, err := clientset.CoreV1().ConfigMaps(systemNamespace).List(t.Context(), metav1.ListOptions{LabelSelector: "grafana_dashboard=1"})
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Items) != len(files) {
		t.Errorf("%d ConfigMaps for %d dashboards", len(found.Items), len(files))
	}
	dashboards := map[string]string{}
	for _, item := range found.Items {
		maps.Copy(dashboards, item.Data)
		if size := item.Size(); size > maxAnnotation*9/10 {
			t.Errorf("ConfigMap %s has %d bytes: too many for the annotation of kubectl apply", item.Name, size)
		}
	}
	for _, file := range files {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if dashboards[filepath.Base(file)] != string(want) {
			t.Errorf("%s is in no ConfigMap, or not as it is", file)
		}
	}
}
