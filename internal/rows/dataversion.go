package rows

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"k8s.io/apimachinery/pkg/api/equality"

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

// CollectedSpecHash identifies the part of a customer's spec that decides what a
// run reads. Names, defaults, thresholds and policies are not in it: they are
// applied to the rows without a call to Webex. Nor is how old a walk may get.
func CollectedSpecHash(customer *v1alpha1.WebexCustomerAccess) string {
	spec := customer.Spec
	if c := spec.Collection; c != nil && c.SiteMaxAge != nil {
		spec.Collection = &v1alpha1.Collection{Levels: c.Levels, Roles: c.Roles, Workspaces: c.Workspaces}
		if equality.Semantic.DeepEqual(spec.Collection, &v1alpha1.Collection{}) {
			spec.Collection = nil // as before siteMaxAge was set
		}
	}
	part := struct {
		Organization string
		Secret       string
		BaseURL      string
		Collection   *v1alpha1.Collection
	}{spec.OrganizationID, spec.CredentialsSecretRef.Name, "", spec.Collection}
	if spec.Connection != nil {
		part.BaseURL = spec.Connection.BaseURL
	}
	data, err := json.Marshal(part)
	if err != nil {
		panic(err) // strings, booleans and lists of strings always have a JSON form
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
