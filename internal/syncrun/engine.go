package syncrun

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/assignrun"
	"github.com/webex-operator/webex-license-operator/internal/backoff"
	"github.com/webex-operator/webex-license-operator/internal/budget"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/subjects"
	"github.com/webex-operator/webex-license-operator/internal/survey"
	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// FieldManager is the owner, in server-side apply, of all that runs write.
const FieldManager = access.FieldManager

// Indexes of the cache that the engine and the reconcilers read by.
const (
	// IndexCustomer finds rows and runs by spec.customerAccessRef.name.
	IndexCustomer = "spec.customerAccessRef.name"
	// IndexCABundleSecret finds customers by spec.connection.caBundleRef.name, if that is a Secret.
	IndexCABundleSecret = "spec.connection.caBundleRef.name"
)

// Engine carries out attempts of runs. It keeps no state of them, but for hints.
type Engine struct {
	// Client reads rows and customers from the cache and writes with server-side apply.
	Client client.Client
	// Live reads past the cache: a customer before its status is written.
	Live client.Reader
	// Access opens the way to Webex.
	Access *access.Provider
	// Budgets bound the requests of each token owner.
	Budgets *budget.Budgets
	// Clock tells the time.
	Clock clock.PassiveClock
	// Recorder is told when the capacity of a row changes.
	Recorder events.EventRecorder
	// Observe is told of each attempt of a request, if set.
	Observe func(webex.Call)
	// Serves says whether a customer, as it is when an attempt begins, is this operator's to
	// read; nil stands for always.
	Serves func(*v1alpha1.WebexCustomerAccess) bool
	// DataVersion overrides the version of what runs collect; for tests.
	DataVersion int32
	// EnableAssignment lets assignments in mode Enforce change licences in Webex.
	EnableAssignment bool
	// Settle is how long Webex gets to count licences that were assigned; 15 seconds by default.
	Settle time.Duration
	// ObserveAssignment is told of each licence that was given or taken, or not, as by [assignrun.Sender].
	ObserveAssignment func(operation, result string)
	// Retry overrides the client's policy of retries within one attempt; for tests.
	Retry webex.RetryPolicy

	memory survey.Memory
	// choose says whether people are read by location; nil leaves it to the estimate. For tests.
	choose func(*survey.Estimate) bool
}

// Outcome is how an attempt ended.
type Outcome struct {
	// Failure is nil if the attempt succeeded.
	Failure *failures.Failure
	// Walk says why the attempt walked, or that it did not; empty if it came not so far, or has no people to read.
	Walk v1alpha1.WalkReason
	// Rows, Changes, TotalUnits and ConsumedUnits say what a successful attempt did and found.
	Rows                      v1alpha1.RowCounts
	Changes                   []v1alpha1.Change
	TotalUnits, ConsumedUnits int64
	// Missing says what a successful attempt did without; empty for nothing.
	Missing string
	// Counted says what a successful attempt saw of people and workspaces; zero if it read none.
	Counted usage.Stats
	// Held is set if removals wait for approval.
	Held *v1alpha1.HeldPrune
	// Assigned counts the people whose licences were changed in Webex; nil if none was to be.
	Assigned *v1alpha1.AssignedPeople
	// Requests, Retries and Throttled are what the attempt cost.
	Requests, Retries int64
	Throttled         time.Duration
}

// Progress is how far an attempt is; Total is 0 if unknown.
type Progress struct {
	Step        v1alpha1.RunStep
	Done, Total int64
}

// attempt carries what the steps of one attempt hand on.
type attempt struct {
	*Engine
	sync     *v1alpha1.LicenseSync
	customer *v1alpha1.WebexCustomerAccess
	worker   Worker
	// step is the step under way.
	step v1alpha1.RunStep

	session      *access.Session
	writer       *access.Session // nil unless licences are assigned
	limiter      *budget.Limiter
	webex        *webex.Client
	organization webex.Organization
	// named is the organization that requests name; zero: the token's own.
	named     webex.OrganizationID
	licenses  []usage.License
	locations []usage.Location
	roles     []string
	usage     *usage.Aggregator
	totals    usage.Totals
	// job is what is to be done about assignments, nil if there are none; roster are the people whom it needs.
	job    *assignrun.Job
	roster *subjects.Roster
	// chosen are the defaults of the spec that the rows were decided by, rowsHash identifies them.
	chosen   usage.Defaults
	rowsHash string
	// walkTime is when the walk began.
	walkTime metav1.Time
	// assigning is set before the first licence is assigned.
	assigning bool

	requests, retries, throttled atomic.Int64

	outcome Outcome
}

// Worker carries an attempt out.
type Worker interface {
	budget.Worker
	// Report publishes progress. It does not block on the reader.
	Report(progress Progress)
}

// ErrNotServed ends an attempt before its first request: another manager serves the customer.
var ErrNotServed = errors.New("another manager serves the customer")

// Run makes one attempt at a run. It stops early when ctx ends.
func (e *Engine) Run(ctx context.Context, run *v1alpha1.LicenseSync, worker Worker) Outcome {
	a := &attempt{Engine: e, sync: run, customer: &v1alpha1.WebexCustomerAccess{}, worker: worker}
	steps := []struct {
		name v1alpha1.RunStep
		do   func(context.Context) error
	}{
		{v1alpha1.StepCredentials, a.connect},
		{v1alpha1.StepOrganization, a.knock},
		{v1alpha1.StepOrganization, a.identify},
		{v1alpha1.StepLicenses, a.readLicenses},
		{v1alpha1.StepLicenses, a.gatherAssignments},
		{v1alpha1.StepUnchanged, a.findUnchanged},
		{v1alpha1.StepLocations, a.readLocations},
		{v1alpha1.StepRoles, a.readRoles},
		{v1alpha1.StepPeople, a.readPeople},
		{v1alpha1.StepWorkspaces, a.readWorkspaces},
		{v1alpha1.StepApplying, a.apply},
		{v1alpha1.StepPlanning, a.planAssignments},
		{v1alpha1.StepAssigning, a.assign},
	}
	defer func() {
		for _, session := range []*access.Session{a.session, a.writer} {
			if session != nil {
				session.Close()
			}
		}
	}()
	for _, step := range steps {
		a.step = step.name
		worker.Report(Progress{Step: step.name})
		if err := failures.Carefully(ctx, step.do); err != nil {
			a.outcome.Failure = a.judge(failures.Of(ctx, err))
			break
		}
		if a.unmoved() {
			break
		}
	}
	a.conclude(ctx)
	return a.outcome
}

// Failed is the outcome of an attempt that an error kept from beginning, or that panicked
// outside of its steps.
func Failed(ctx context.Context, err error) Outcome {
	return Outcome{Failure: failures.Of(ctx, failures.Panicked(ctx, err))}
}

// conclude records the facts on the customer, last of all writes. It gets time
// of its own, so that an attempt which ran out of time can still say so.
func (a *attempt) conclude(ctx context.Context) {
	a.outcome.Requests, a.outcome.Retries = a.requests.Load(), a.retries.Load()
	a.outcome.Throttled = time.Duration(a.throttled.Load())
	if ctx.Err() != nil {
		return // stopped from outside: nothing was learned about the customer
	}
	failure := a.outcome.Failure
	if failure != nil {
		if errors.Is(failure, ErrNotServed) {
			return
		}
		if failure.Reason == v1alpha1.ReasonCredentialsRejected {
			a.Budgets.Refuse(a.limiter.Owner, a.session.SecretVersion, a.Clock.Now())
		}
		log.FromContext(ctx).Info("attempt failed", "reason", failure.Reason, "message", failure.Message,
			"trackingID", failure.TrackingID, "cause", failure.Cause())
	}
	if a.customer.UID == "" {
		return // it is gone, or could not be read
	}
	ctx, cancel := backoff.Outlive(ctx, concludeGrace)
	defer cancel()
	err := a.recordFacts(ctx)
	switch {
	case err == nil:
	case failure == nil:
		a.outcome.Failure = failures.Of(ctx, err)
	default: // the run tells why it failed; its customer does not until the next attempt
		log.FromContext(ctx).Error(err, "the customer's status could not be written after an attempt that failed")
	}
}

// miss notes what the attempt does without.
func (a *attempt) miss(what string) {
	if a.outcome.Missing != "" {
		what = a.outcome.Missing + "; " + what
	}
	a.outcome.Missing = what
}

// concludeGrace is how long the facts of an attempt may still be written once it was stopped.
const concludeGrace = 30 * time.Second

func (a *attempt) now() metav1.Time { return metav1.NewTime(a.Clock.Now()) }

// observe counts an attempt of a request for the run's status, and tells Observe of it.
func (a *attempt) observe(call webex.Call) {
	a.requests.Add(1)
	if call.Retried {
		a.retries.Add(1)
	}
	a.throttled.Add(int64(call.Throttled))
	if a.Observe != nil {
		a.Observe(call)
	}
}
