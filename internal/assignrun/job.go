package assignrun

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/assign"
	"github.com/webex-operator/webex-license-operator/internal/subjects"
)

// IndexCustomer finds assignments by spec.customerAccessRef.name: in the cache, and at the API server.
const IndexCustomer = "spec.customerAccessRef.name"

// Job is what an attempt does about the assignments of one customer. Its methods are called in this order: Gather, the
// walk with the roster, Plan, Send where there is something to send, Replan after it, and Record.
type Job struct {
	customer *v1alpha1.WebexCustomerAccess
	enabled  bool
	wards    []ward
	// protected are the addresses of spec.assignment.protectedSubjects.
	protected       []subjects.Entry
	protectedFaults []subjects.Fault
	// writeSecret is the version of the Secret with the write credentials; nil if the customer names none.
	writeSecret *v1alpha1.ObservedSource

	roster *subjects.Roster
	rows   []v1alpha1.WebexLicense
	groups subjects.Groups
	world  assign.World
	plan   *assign.Plan

	// moved are the units that people got, by licence and location.
	moved map[[2]int]int64
	// changed and failed count the people to whom anything was sent.
	changed, failed int64
}

// ward is one assignment of a job.
type ward struct {
	*v1alpha1.WebexLicenseAssignment
	list *subjects.List
	// facts are the part of its status that runs own, as it is to be.
	facts    v1alpha1.WebexLicenseAssignmentStatus
	resolved subjects.Resolved
	sent     sentCounts
}

// Of lists the assignments of a customer, by name, without those that are being deleted.
func Of(ctx context.Context, reader client.Reader, customer *v1alpha1.WebexCustomerAccess, options ...client.ListOption) ([]v1alpha1.WebexLicenseAssignment, error) {
	var list v1alpha1.WebexLicenseAssignmentList
	options = append(options, client.InNamespace(customer.Namespace), client.MatchingFields{IndexCustomer: customer.Name})
	if err := reader.List(ctx, &list, options...); err != nil {
		return nil, fmt.Errorf("listing assignments: %w", err)
	}
	list.Items = slices.DeleteFunc(list.Items, func(a v1alpha1.WebexLicenseAssignment) bool { return !a.DeletionTimestamp.IsZero() })
	slices.SortFunc(list.Items, func(a, b v1alpha1.WebexLicenseAssignment) int { return cmp.Compare(a.Name, b.Name) })
	return list.Items, nil
}

// Gather reads what the assignments name, past the cache. Enabled is the operator's flag.
func Gather(ctx context.Context, live client.Reader, customer *v1alpha1.WebexCustomerAccess, assignments []v1alpha1.WebexLicenseAssignment, enabled bool) (*Job, error) {
	j := &Job{customer: customer, enabled: enabled}
	for i := range assignments {
		a := &assignments[i]
		list, err := subjects.Read(ctx, live, a.Namespace, a.Spec.Subjects)
		if err != nil {
			return nil, err
		}
		j.wards = append(j.wards, ward{WebexLicenseAssignment: a, list: list, facts: factsOf(a.Status)})
	}
	allowed := customer.Spec.Assignment
	if allowed == nil {
		return j, nil
	}
	if p := allowed.ProtectedSubjects; p != nil {
		j.protected, j.protectedFaults = subjects.ParseList("spec.assignment.protectedSubjects.emails", p.Emails)
	}
	var err error
	j.writeSecret, err = observeSecret(ctx, live, customer.Namespace, allowed.CredentialsSecretRef.Name)
	return j, err
}

// observeSecret is the version of a Secret; without one if it does not exist.
func observeSecret(ctx context.Context, live client.Reader, namespace, name string) (*v1alpha1.ObservedSource, error) {
	secret := &corev1.Secret{}
	if err := live.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, secret); client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("reading the write credentials: %w", err)
	}
	return &v1alpha1.ObservedSource{Kind: v1alpha1.SubjectSourceSecret, Name: name, ResourceVersion: secret.ResourceVersion}, nil
}

// NeedsLocations says whether a list names locations.
func (j *Job) NeedsLocations() bool {
	return slices.ContainsFunc(j.wards, func(w ward) bool { return len(w.list.Locations) > 0 })
}

// NewRoster prepares a roster for a walk. License is the index of a licence by its id; with keep, addresses are kept.
func (j *Job) NewRoster(license func(id string) (int, bool), keep bool) *subjects.Roster {
	wanted := slices.Clone(j.protected)
	for i := range j.wards {
		wanted = append(wanted, j.wards[i].list.Entries...)
	}
	return subjects.NewRoster(license, wanted, keep)
}

// locked says which lock keeps a mode of Enforce from being carried out; empty if none does.
func (j *Job) locked() string {
	switch {
	case !j.enabled:
		return "the operator runs without --enable-assignment: its administrator has to set it"
	case j.customer.Spec.Assignment == nil:
		return "spec.assignment of the customer is missing: add it, with a Secret of write credentials"
	}
	return ""
}

// enforces says whether the changes of an assignment are to be sent.
func (j *Job) enforces(w *ward) bool {
	return w.Spec.Mode == v1alpha1.AssignmentModeEnforce && len(v1alpha1.UnreadableIn("spec", w.Unreadable)) == 0 &&
		j.locked() == "" && j.writeSecret.ResourceVersion != ""
}

// LocksHash identifies what else than an assignment decides about its plan: the operator's flag, and what the customer
// allows and protects.
func LocksHash(customer *v1alpha1.WebexCustomerAccess, enabled bool) string {
	data, err := json.Marshal(struct {
		Enabled    bool
		Assignment *v1alpha1.CustomerAssignment
	}{enabled, customer.Spec.Assignment})
	if err != nil {
		panic(err) // strings and booleans always have a JSON form
	}
	return shortHash(data)
}

func shortHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
