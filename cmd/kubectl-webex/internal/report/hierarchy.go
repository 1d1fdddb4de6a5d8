package report

import (
	"strings"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/rollup"
)

// Node is one node of the hierarchy with all that is at and below it.
type Node struct {
	// Path is the node's, Depth its distance from the top of the report.
	Path  string `json:"path"`
	Depth int    `json:"depth"`
	// Customers are at and below it.
	Customers int `json:"customers"`
	rollup.Figures
	OverAssignedUnits int64 `json:"overAssignedUnits"`
}

// hierarchy rolls up every node from the one that was asked for down.
func (g gathered) hierarchy(s Scope) []Node {
	var nodes []Node
	for _, path := range rollup.Nodes(g.customers) {
		if !rollup.Under(path, s.At) {
			continue
		}
		var customers []v1alpha1.WebexCustomerAccess
		var rows []v1alpha1.WebexLicense
		for i := range g.customers {
			if c := &g.customers[i]; rollup.Under(c.Spec.HierarchyPath, path) {
				customers = append(customers, *c)
				rows = append(rows, g.rows[id{c.Namespace, c.Name}]...)
			}
		}
		r := rollup.New(customers, rows, g.selection)
		sums := totals(r.Totals(), r.Licenses(), nil)
		n := Node{Path: path, Customers: len(customers), OverAssignedUnits: sums.OverAssignedUnits}
		if sums.Pools > 0 {
			n.Figures = rollup.FiguresOf(&sums.TotalUnits, &sums.ConsumedUnits)
			n.AtLeast = sums.AtLeast
		}
		nodes = append(nodes, n)
	}
	for i := range nodes {
		nodes[i].Depth = strings.Count(nodes[i].Path, ".") - strings.Count(nodes[0].Path, ".")
	}
	return nodes
}
