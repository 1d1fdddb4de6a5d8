package rows

import (
	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// DataVersion is the version of what runs collect: what they read, how they count it, and
// what they write into rows and customers. Raise it by one when a change makes a run of an
// organization that stayed the same write something else, and not for anything else: each
// customer then runs once after the upgrade. TestDataVersion knows whether to.
const DataVersion int32 = 3

// CollectedDataVersion is the DataVersion of a customer's last complete run. Customers from
// before it was written down have the first one.
func CollectedDataVersion(customer *v1alpha1.WebexCustomerAccess) int32 {
	return max(customer.Status.CollectedDataVersion, 1)
}
