package rollup

import (
	"slices"
	"strings"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Selection says what to roll up. The zero value takes all purchased licences.
type Selection struct {
	// At is a dotted path in the hierarchy: a node, which stands for all customers
	// at and below it, or a customer. Empty is the top.
	At string
	// Customers are names of customers; none means all.
	Customers []string
	// Partner is the name of the WebexPartner that made the customers; empty means all customers.
	Partner string
	// Location is the name or the id of Webex locations; empty means all. Case is
	// ignored.
	Location string
	// Included takes free and hybrid services, too.
	Included bool
	// Below keeps what has less than so many percent of its units left. Nil keeps all.
	Below *int
}

// PathOf is where a customer stands in the hierarchy: its hierarchyPath and its name.
func PathOf(customer *v1alpha1.WebexCustomerAccess) string {
	if customer.Spec.HierarchyPath == "" {
		return customer.Name
	}
	return customer.Spec.HierarchyPath + "." + customer.Name
}

// Under says whether a path is at a node or below it.
func Under(path, node string) bool {
	return node == "" || path == node || strings.HasPrefix(path, node+".")
}

// Nodes are all nodes of the hierarchy above customers, sorted.
func Nodes(customers []v1alpha1.WebexCustomerAccess) []string {
	var nodes []string
	for i := range customers {
		for path := customers[i].Spec.HierarchyPath; path != ""; {
			nodes = append(nodes, path)
			path, _ = cutLast(path)
		}
	}
	slices.Sort(nodes)
	return slices.Compact(nodes)
}

func cutLast(path string) (above, last string) {
	i := strings.LastIndexByte(path, '.')
	return path[:max(i, 0)], path[i+1:]
}

// Selects says whether a customer is selected.
func (s Selection) Selects(customer *v1alpha1.WebexCustomerAccess) bool {
	return Under(PathOf(customer), s.At) && (len(s.Customers) == 0 || slices.Contains(s.Customers, customer.Name)) &&
		(s.Partner == "" || customer.Labels[v1alpha1.LabelPartner] == s.Partner)
}

// former says whether a customer that was deleted is selected: by name alone, since which partner made it is not known
// any more.
func (s Selection) former(customer string) bool {
	return s.Partner == "" && slices.Contains(s.Customers, customer)
}

func (s Selection) wants(id, name string) bool {
	return s.Location == "" || strings.EqualFold(s.Location, name) || webex.IDKey(s.Location) == webex.IDKey(id)
}
