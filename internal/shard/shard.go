package shard

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// leaseName is the name of the lease of a manager without a selector, and begins those of shards.
const leaseName = "webex-license-operator." + v1alpha1.GroupName

// Shard is a manager's part of the customers. The zero value is all of them.
type Shard struct {
	// name is what status.shard says; empty for a manager without a selector.
	name     string
	selector labels.Selector // nil matches everything
}

// Parse reads a shard from the flags --shard-name and --watch-label-selector. Without a name,
// the shard is called after its selector.
func Parse(name, selector string) (Shard, error) {
	parsed, err := labels.Parse(selector)
	switch {
	case err != nil:
		return Shard{}, fmt.Errorf("--watch-label-selector: %q is no selector of labels, such as %s=a or %q: %w",
			selector, v1alpha1.LabelShard, v1alpha1.LabelShard+" notin (a,b)", err)
	case parsed.Empty() && name != "":
		return Shard{}, fmt.Errorf("--shard-name: %q needs --watch-label-selector, such as %s=%s: a manager without one serves all customers", name, v1alpha1.LabelShard, name)
	case parsed.Empty():
		return Shard{}, nil
	}
	if name == "" {
		sum := sha256.Sum256([]byte(parsed.String())) // sorted, and without needless space
		name = hex.EncodeToString(sum[:4])
	}
	if faults := validation.IsDNS1123Label(name); len(faults) > 0 {
		return Shard{}, fmt.Errorf("--shard-name: %q is no name of a shard: use small letters, digits and -, at most 63 of them, such as a or emea-1", name)
	}
	return Shard{name: name, selector: parsed}, nil
}

// Name is what status.shard says of the shard's customers; empty for a manager without a selector.
func (s Shard) Name() string { return s.name }

// LeaseName is the name of the lease by which one of the shard's replicas is the leader.
func (s Shard) LeaseName() string { return leaseOf(s.name) }

func leaseOf(shard string) string {
	if shard == "" {
		return leaseName
	}
	return leaseName + "-" + shard
}

// Whole says whether the manager serves all customers, as one without a selector does.
func (s Shard) Whole() bool { return s.selector == nil }

// Matches says whether an object belongs to the shard by its labels.
func (s Shard) Matches(object client.Object) bool {
	return s.selector == nil || s.selector.Matches(labels.Set(object.GetLabels()))
}

// Holds says whether a customer is the shard's by its status.
func (s Shard) Holds(customer *v1alpha1.WebexCustomerAccess) bool {
	return customer.Status.Shard == s.name
}
