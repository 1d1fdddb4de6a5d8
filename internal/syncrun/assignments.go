package syncrun

import (
	"cmp"
	"context"
	"errors"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/assignrun"
	"github.com/webex-operator/webex-license-operator/internal/backoff"
	"github.com/webex-operator/webex-license-operator/internal/failures"
)

// settle is the default of Engine.Settle: counts of licences have been seen to lag by some seconds.
const settle = 15 * time.Second

// gatherAssignments reads the assignments of the customer and what they name, past the cache if there are any.
func (a *attempt) gatherAssignments(ctx context.Context) error {
	cached, err := assignrun.Of(ctx, a.Client, a.customer, client.UnsafeDisableDeepCopy)
	if err != nil || len(cached) == 0 {
		return err
	}
	current, err := assignrun.Of(ctx, a.Live, a.customer)
	if err != nil || len(current) == 0 {
		return err
	}
	a.job, err = assignrun.Gather(ctx, a.Live, a.customer, current, a.EnableAssignment)
	return err
}

// readsPeople says whether the people of the organization are walked.
func (a *attempt) readsPeople() bool { return a.customer.Collects(v1alpha1.LevelSite) || a.job != nil }

// planAssignments plans by the rows that were written, unless what is to be planned changed meanwhile: then another run
// is due, which reads it anew.
func (a *attempt) planAssignments(ctx context.Context) error {
	if a.job == nil {
		return nil
	}
	if same, err := a.sameAssignments(ctx, a.Live); err != nil || !same {
		a.job = nil
		return err
	}
	licenses, err := a.customerRows(ctx)
	if err != nil {
		return err
	}
	return a.job.Plan(ctx, assignrun.Walk{
		Groups: a.webex, Organization: a.organization.ID, Roster: a.roster,
		Licenses: a.usage.Licenses(), Locations: a.usage.Locations(), Rows: licenses,
	}, a.Clock.Now())
}

// customerRows are the rows at level Customer, past the cache: they were written a moment ago.
func (a *attempt) customerRows(ctx context.Context) ([]v1alpha1.WebexLicense, error) {
	var list v1alpha1.WebexLicenseList
	err := a.Live.List(ctx, &list, client.InNamespace(a.customer.Namespace), client.MatchingFields{
		IndexCustomer: a.customer.Name, "spec.level": string(v1alpha1.LevelCustomer),
	})
	return list.Items, err
}

// sameAssignments says whether the customer and its assignments are those that the job was made for.
func (a *attempt) sameAssignments(ctx context.Context, reader client.Reader, options ...client.ListOption) (bool, error) {
	customer := &v1alpha1.WebexCustomerAccess{}
	if err := reader.Get(ctx, client.ObjectKeyFromObject(a.customer), customer); err != nil {
		return false, err
	}
	if customer.UID != a.customer.UID || customer.Generation != a.customer.Generation || !customer.DeletionTimestamp.IsZero() {
		return false, nil
	}
	current, err := assignrun.Of(ctx, reader, customer, options...)
	return a.job.Unchanged(current), err
}

// assign carries the plan out and writes down what came of it. The rows are right by now, so facts about them are
// written first.
func (a *attempt) assign(ctx context.Context) error {
	if a.job == nil {
		return nil
	}
	if a.job.Calls() == 0 {
		return a.job.Record(ctx, a.Client)
	}
	a.assigning = true
	if err := a.recordFacts(ctx); err != nil {
		return err
	}
	sender, err := a.sender(ctx)
	switch failure := failures.OfWrite(ctx, err); {
	case err == nil:
		err = a.send(ctx, sender)
	case ctx.Err() != nil, failure.Retriable():
		return err
	default:
		a.job.Refuse(failure.Message)
		a.job.Replan(a.usage.Licenses(), a.Clock.Now())
		err = nil
	}
	late, cancel := backoff.Outlive(ctx, concludeGrace)
	defer cancel()
	return errors.Join(err, a.job.Record(late, a.Client))
}

// sender prepares what sends changes.
func (a *attempt) sender(ctx context.Context) (sender assignrun.Sender, err error) {
	session, err := a.Access.OpenWriter(ctx, a.customer)
	if err != nil {
		return sender, err
	}
	a.writer = session
	limiter := a.newLimiter()
	limiter.Owner, limiter.NotBefore, limiter.HasRead = session.Owner, nil, true
	if session.Owner != a.session.Owner {
		limiter.Tell = func(context.Context, time.Time) {} // reading need not wait for it
	}
	if a.Budgets.Refused(session.Owner, session.SecretVersion) {
		return sender, failures.Auth(v1alpha1.ReasonCredentialsRejected, "%s", failures.CredentialsRejected)
	}
	if err := session.Connect(ctx, a.observe); err != nil {
		return sender, err
	}
	client, err := a.client(session, limiter)
	observe := a.ObserveAssignment
	if observe == nil {
		observe = func(string, string) {}
	}
	return assignrun.Sender{
		Write: client, Read: a.webex, Organization: a.organization.ID, Run: a.sync.Name,
		Sleep: limiter.BackOff, Now: a.Clock.Now, Observe: observe,
		Reserve: func(ctx context.Context) error { return a.job.Record(ctx, a.Client) },
		Current: a.stillSame,
		Report: func(done, total int64) {
			a.worker.Report(Progress{Step: v1alpha1.StepAssigning, Done: done, Total: total})
		},
		Rejected: func() { a.Budgets.Refuse(session.Owner, session.SecretVersion, a.Clock.Now()) },
	}, err
}

// stillSame is sameAssignments by the cache, which is asked before each change.
func (a *attempt) stillSame(ctx context.Context) bool {
	same, err := a.sameAssignments(ctx, a.Client, client.UnsafeDisableDeepCopy)
	return same && err == nil
}

// send sends the changes, and then reads the counts of licences again.
func (a *attempt) send(ctx context.Context, sender assignrun.Sender) error {
	err := a.job.Send(ctx, sender)
	a.outcome.Assigned = a.job.Assigned()
	if counts := a.outcome.Assigned; counts != nil {
		log.FromContext(ctx).Info("assigned licences", "people", *counts.Changed, "failed", *counts.Failed)
	}
	if err == nil && a.outcome.Assigned != nil {
		err = a.recount(ctx)
	}
	return err
}

// recount reads what Webex counts once licences were assigned, and writes the rows by it. To what the walk counted at
// locations come the units that were assigned since.
func (a *attempt) recount(ctx context.Context) error {
	if err := a.limiter.BackOff(ctx, cmp.Or(a.Settle, settle)); err != nil {
		return err
	}
	a.licenses = nil
	if err := a.readLicenses(ctx); err != nil {
		return err
	}
	a.usage.Recount(a.licenses)
	a.job.Moved(a.usage.Assign)
	existing, err := Rows(ctx, a.Client, a.customer)
	if err != nil {
		return err
	}
	d := a.diff(a.customer, existing)
	d.Marks, d.Removals = nil, nil // which are for the run's own walk to decide
	if err := a.write(ctx, &d); err != nil {
		return err
	}
	a.outcome.TotalUnits, a.outcome.ConsumedUnits = a.totals.Total, a.totals.Consumed
	a.job.Replan(a.usage.Licenses(), a.Clock.Now())
	return nil
}
