package controllers

import (
	"encoding/json"
	"io"
	"net/http"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// expectTables checks what kubectl get prints, from the very answer that kubectl
// prints it from.
func expectTables(f *fixture) {
	f.t.Helper()
	for resource, columns := range map[string]struct{ usual, wide []string }{
		"webexlicenses": {
			[]string{"Name", "License", "Total", "Consumed", "Available", "Location", "Superseded", "Age"},
			[]string{"Customer", "Level", "Used %", "Capacity", "Subscription", "Site URL", "Assignable"},
		},
		"webexcustomeraccesses": {
			[]string{"Name", "Organization", "Licenses", "Total", "Consumed", "Last Sync", "Ready", "Reason", "Age"},
			[]string{"Org ID", "Available", "Subscription", "Site URL", "Shard", "Message"},
		},
		"licensesyncs": {
			[]string{"Name", "Customer", "Trigger", "Status", "Added", "Updated", "Removed", "Requests", "Duration", "Age"},
			[]string{"Walk", "Step", "Done", "Message"},
		},
	} {
		table := getTable(f, resource)
		usual, wide := headers(table)
		f.Expect(usual).To(Equal(columns.usual), resource)
		f.Expect(wide).To(Equal(columns.wide), resource)
		f.Expect(table.Rows).NotTo(BeEmpty(), resource)
	}

	cells := map[any][]any{}
	for _, row := range getTable(f, "webexlicenses").Rows {
		if row.Cells[5] == "acme" {
			cells[row.Cells[1]] = row.Cells
		}
	}
	f.Expect(cells).To(HaveLen(21))
	f.Expect(cells["Webex Calling - Professional"][1:6]).To(Equal([]any{"Webex Calling - Professional", 100.0, 3.0, 97.0, "acme"}))
	f.Expect(cells["Webex Calling - Professional"][8:]).To(Equal([]any{
		"acme", "Customer", 3.0, "WithinThresholds", "trialSub.0c7d1a52-6f0e-4b7e-9a3c-2d1f5b8e4c61", nil, "Assignable",
	}))
	expectCategory(f)
}

func headers(table *metav1.Table) (usual, wide []string) {
	for _, column := range table.ColumnDefinitions {
		if column.Priority == 0 {
			usual = append(usual, column.Name)
		} else {
			wide = append(wide, column.Name)
		}
	}
	return usual, wide
}

// expectCategory checks that "kubectl get webex" lists all kinds.
func expectCategory(f *fixture) {
	f.t.Helper()
	var list metav1.APIResourceList
	get(f, "/apis/"+v1alpha1.GroupVersion.String(), "application/json", &list)
	kinds := map[string][]string{}
	for _, resource := range list.APIResources {
		for _, category := range resource.Categories {
			kinds[category] = append(kinds[category], resource.Kind)
		}
	}
	f.Expect(kinds["webex"]).To(ContainElements("LicenseSync", "WebexCustomerAccess", "WebexLicense"))
}

func getTable(f *fixture, resource string) *metav1.Table {
	f.t.Helper()
	table := &metav1.Table{}
	get(f, "/apis/"+v1alpha1.GroupVersion.String()+"/namespaces/"+f.namespace+"/"+resource, "application/json;as=Table;v=v1;g=meta.k8s.io", table)
	return table
}

func get(f *fixture, path, accept string, into any) {
	f.t.Helper()
	httpClient, err := rest.HTTPClientFor(cluster.Config)
	f.Expect(err).NotTo(HaveOccurred())
	request, err := http.NewRequestWithContext(f.ctx, http.MethodGet, cluster.Config.Host+path, nil)
	f.Expect(err).NotTo(HaveOccurred())
	request.Header.Set("Accept", accept)
	response, err := httpClient.Do(request)
	f.Expect(err).NotTo(HaveOccurred())
	defer func() { f.Expect(response.Body.Close()).To(Succeed()) }()
	body, err := io.ReadAll(response.Body)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(response.StatusCode).To(Equal(http.StatusOK), string(body))
	f.Expect(json.Unmarshal(body, into)).To(Succeed())
}
