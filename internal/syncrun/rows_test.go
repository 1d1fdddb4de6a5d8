package syncrun

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/rows"
	"github.com/webex-operator/webex-license-operator/internal/usage"
)

var at = metav1.NewTime(time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC))

func testCustomer() *v1alpha1.WebexCustomerAccess {
	return &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "acme", UID: "uid-1"}}
}

// counted is a licence with units in use.
func counted(license string, consumed int64) usage.Row {
	return usage.Row{
		Key: usage.Key{Level: usage.LevelCustomer, LicenseID: license}, Name: "Licence " + license, Class: usage.ClassPurchased,
		Total: new(int64(100)), Consumed: &consumed,
	}
}

// diffOf is what a run writes that counted these.
func diffOf(customer *v1alpha1.WebexCustomerAccess, existing []v1alpha1.WebexLicense, found ...usage.Row) rows.Diff {
	return rows.Walk{
		Customer: customer, Collects: func(v1alpha1.Level) bool { return true }, Counted: found, Existing: existing,
	}.Diff(at)
}

// stored are rows as a first run left them.
func stored(customer *v1alpha1.WebexCustomerAccess, found ...usage.Row) []v1alpha1.WebexLicense {
	var list []v1alpha1.WebexLicense
	for _, change := range diffOf(customer, nil, found...).Changes {
		row := *change.After
		row.Generation, row.UID = 1, types.UID("uid-of-"+row.Name)
		list = append(list, row)
	}
	return list
}
