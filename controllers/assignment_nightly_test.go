package controllers

import (
	"maps"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// A run that finds all as listed costs what one without assignments costs, and the pages of groups; it writes nothing more.
func TestARunWithNothingToAssignCostsNothing(t *testing.T) {
	f := newFixture(t, func(o *fixtureOptions) {
		o.stopped = true
		o.organization.Groups = []webexsim.GroupSpec{{Name: "Sales", Members: []int{20, 21, 22}}}
	})
	f.sim.IssueToken(webexsim.TokenSpec{
		Organization: f.org.UUID(), Access: accessToken, Scopes: append(webexsim.DefaultScopes(), webexsim.ScopeGroups),
	})
	f.start(assigning)
	customer := f.assignable("acme")
	f.settle(customer)
	before, written := f.costOfARun(customer)

	f.apply(f.people(20, 21))
	list := f.newAssignment("list", customer.Name)
	list.Spec.Mode = v1alpha1.AssignmentModeEnforce
	group := f.newAssignment("group", customer.Name)
	group.Spec.Mode = v1alpha1.AssignmentModeEnforce
	group.Spec.License = v1alpha1.LicenseSelector{OfferCode: "CF"}
	group.Spec.Subjects = v1alpha1.Subjects{Groups: []string{"Sales"}}
	f.Expect(f.client.Create(f.ctx, list)).To(Succeed())
	f.Expect(f.client.Create(f.ctx, group)).To(Succeed())
	f.awaitVerdict(list, "True "+v1alpha1.ReasonInSync)
	f.awaitVerdict(group, "True "+v1alpha1.ReasonInSync)
	f.settle(customer)
	f.run(customer.Name) // what the walk counts of the changes
	f.settle(customer)

	after, rewritten := f.costOfARun(customer)
	groups := after["GET /groups"] + after["GET /groups/{id}/members"]
	maps.DeleteFunc(after, func(operation string, _ int) bool { return strings.HasPrefix(operation, "GET /groups") })
	t.Logf("requests without assignments %v, with %v and %d for a group; writes %v, %v", before, after, groups, written, rewritten)
	f.Expect(after).To(Equal(before), "requests")
	f.Expect(groups).To(Equal(2), "one for the group, one for its members")
	f.Expect(rewritten).To(Equal(written), "writes")
}

// costOfARun are the requests and writes of one run by hand, but for those of the run's own status: how often it tells that
// it is at work depends on the machine.
func (f *fixture) costOfARun(customer *v1alpha1.WebexCustomerAccess) (requests, writes map[string]int) {
	f.t.Helper()
	f.sim.ResetRequests()
	f.writes.reset()
	f.run(customer.Name)
	f.settle(customer)
	writes = f.writes.all()
	maps.DeleteFunc(writes, func(key string, _ int) bool { return strings.Contains(key, "licensesyncs") })
	return f.sim.Requests(), writes
}
