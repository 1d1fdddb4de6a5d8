package controllers

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kstatus "sigs.k8s.io/cli-utils/pkg/kstatus/status"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/status"
)

// plannedScope is an assignment in sync, of a customer in good order.
func plannedScope() *assignmentScope {
	customer := syncedScope().customer
	return &assignmentScope{
		customer: customer, now: customer.Status.LastRun.EndTime.Add(time.Minute),
		assignment: &v1alpha1.WebexLicenseAssignment{
			ObjectMeta: metav1.ObjectMeta{Name: "meetings", Generation: 2},
			Status: v1alpha1.WebexLicenseAssignmentStatus{
				Observed: &v1alpha1.AssignmentInputs{Generation: new(int64(2)), LocksHash: "l"},
				Verdict:  &v1alpha1.AssignmentVerdict{Reason: v1alpha1.ReasonInSync, Message: "all people in the lists hold the licence"},
			},
		},
	}
}

type adjustAssignment func(*assignmentScope)

func verdictIs(reason string) adjustAssignment {
	return func(s *assignmentScope) {
		s.assignment.Status.Verdict = &v1alpha1.AssignmentVerdict{Reason: reason, Message: "the plan says so"}
	}
}

func removalsHeld(token string) adjustAssignment {
	return func(s *assignmentScope) {
		s.assignment.Status.Held = &v1alpha1.HeldRemovals{People: new(int64(12)), Token: token}
	}
}

func approvedBy(token string) adjustAssignment {
	return func(s *assignmentScope) {
		s.assignment.Annotations = map[string]string{v1alpha1.AnnotationApproveRemovals: token}
	}
}

func ofCustomer(a adjust) adjustAssignment {
	return func(s *assignmentScope) { a(&customerScope{customer: s.customer}) }
}

func stalledCustomer(s *customerScope) {
	s.customer.Status.Conditions = stalled(v1alpha1.ReasonCredentialsRejected, "refused").Conditions()
}

func changed(s *assignmentScope)         { s.changes = []string{"generation"} }
func neverPlanned(s *assignmentScope)    { s.assignment.Status = v1alpha1.WebexLicenseAssignmentStatus{} }
func withoutCustomer(s *assignmentScope) { s.customer = nil }
func brandNew(s *assignmentScope)        { s.assignment.CreationTimestamp = metav1.NewTime(s.now) }

func TestAssignmentSummary(t *testing.T) {
	t.Parallel()
	const current, inProgress, failed = kstatus.CurrentStatus, kstatus.InProgressStatus, kstatus.FailedStatus
	const pending = "Unknown PlanPending Reconciling PlanPending"
	for name, test := range map[string]struct {
		adjust  []adjustAssignment
		want    string
		message string
		kstatus kstatus.Status
	}{
		"in sync":                          {nil, "True InSync", "hold the licence", current},
		"in sync, suspended":               {[]adjustAssignment{ofCustomer(suspended)}, "True InSync", "hold the licence", current},
		"in sync, the customer is stalled": {[]adjustAssignment{ofCustomer(stalledCustomer)}, "True InSync", "hold the licence", current},
		"new":                              {[]adjustAssignment{neverPlanned}, pending, "a run of the customer is due", inProgress},
		"changed":                          {[]adjustAssignment{changed}, pending, "changed since the last plan", inProgress},
		"a plan without a verdict":         {[]adjustAssignment{verdictIs("")}, pending, "no run has planned", inProgress},
		"changed, suspended":               {[]adjustAssignment{changed, ofCustomer(suspended)}, pending, "set spec.suspend of the customer to false", inProgress},
		"changed, an outage":               {[]adjustAssignment{changed, ofCustomer(failedBy(v1alpha1.ReasonAPIUnavailable))}, pending, "status.lastRun of WebexCustomerAccess acme", inProgress},
		"changed, the customer is stalled": {[]adjustAssignment{changed, ofCustomer(stalledCustomer)}, "False PlanPending Stalled PlanPending", "(CredentialsRejected): see condition Ready of WebexCustomerAccess acme", failed},
		"of a customer made anew":          {[]adjustAssignment{ofCustomer(neverRan)}, pending, "no run has planned", inProgress},
		"to go on":                         {[]adjustAssignment{verdictIs(v1alpha1.ReasonPlanPending)}, pending, "the plan says so", inProgress},
		"without a customer":               {[]adjustAssignment{withoutCustomer}, "False CustomerNotFound Stalled CustomerNotFound", "create it", failed},
		"without a customer yet":           {[]adjustAssignment{withoutCustomer, brandNew}, "False CustomerNotFound Reconciling CustomerNotFound", "create it", inProgress},
		"held":                             {[]adjustAssignment{verdictIs(v1alpha1.ReasonRemovalsHeld), removalsHeld("t")}, "False RemovalsHeld Stalled RemovalsHeld", "", failed},
		"approved":                         {[]adjustAssignment{verdictIs(v1alpha1.ReasonRemovalsHeld), removalsHeld("t"), approvedBy("t")}, "False RemovalsHeld Reconciling PlanPending", "", inProgress},
		"another set approved":             {[]adjustAssignment{verdictIs(v1alpha1.ReasonRemovalsHeld), removalsHeld("t"), approvedBy("u")}, "False RemovalsHeld Stalled RemovalsHeld", "", failed},
		"approved, and locked":             {[]adjustAssignment{verdictIs(v1alpha1.ReasonWritingLocked), removalsHeld("t"), approvedBy("t")}, "False WritingLocked Stalled WritingLocked", "", failed},
		"unreadable": {[]adjustAssignment{func(s *assignmentScope) {
			s.unreadable = &status.Detail{Reason: v1alpha1.ReasonUnreadableField, Message: "spec.maxRemovals is a text"}
		}, withoutCustomer}, "False UnreadableField Stalled UnreadableField", "spec.maxRemovals", failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			s := plannedScope()
			for _, a := range test.adjust {
				a(s)
			}
			conditions, computed := judge(g, s.conditions())
			g.Expect(verdict(conditions)).To(Equal(test.want))
			g.Expect(meta.FindStatusCondition(conditions, v1alpha1.ConditionReady).Message).To(ContainSubstring(test.message))
			g.Expect(computed).To(Equal(test.kstatus))
			expectExplained(t, "WebexLicenseAssignment", conditions)
			held := meta.FindStatusCondition(conditions, v1alpha1.ConditionRemovalsHeld)
			g.Expect(held != nil).To(Equal(s.assignment.Status.Held != nil))
			if held != nil {
				g.Expect(held.Message).To(And(HavePrefix("12 people"), HaveSuffix("webexlicenseassignment meetings licensing.webex-operator.io/approveRemovals=t")))
			}
		})
	}
}

// Each reason that a run can give is one of conditions, which only two leave in order.
func TestAssignmentVerdicts(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	reasons := verdictReasons(g)
	g.Expect(reasons).To(ContainElements(v1alpha1.ReasonInSync, v1alpha1.ReasonTooManyFailures))
	for _, reason := range reasons {
		s := plannedScope()
		verdictIs(reason)(s)
		conditions, _ := judge(g, s.conditions())
		want := "False " + reason + " Stalled " + reason
		switch reason {
		case v1alpha1.ReasonInSync, v1alpha1.ReasonPlanOnly:
			want = "True " + reason
		case v1alpha1.ReasonPlanPending:
			want = "Unknown PlanPending Reconciling PlanPending"
		}
		g.Expect(verdict(conditions)).To(Equal(want))
		expectExplained(t, "WebexLicenseAssignment", conditions)
	}
}

// verdictReasons are the reasons of Ready of an assignment, as the API declares them.
func verdictReasons(g Gomega) []string {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "api", "v1alpha1", "conditions_assignment.go"), nil, parser.ParseComments)
	g.Expect(err).NotTo(HaveOccurred())
	var reasons []string
	for _, declaration := range file.Decls {
		group, ok := declaration.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST || !strings.HasPrefix(group.Doc.Text(), "Reasons of Ready of an assignment.") {
			continue
		}
		for _, spec := range group.Specs {
			reasons = append(reasons, strings.Trim(spec.(*ast.ValueSpec).Values[0].(*ast.BasicLit).Value, `"`))
		}
	}
	return reasons
}
