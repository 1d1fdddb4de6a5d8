package controllers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"

	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/backoff"
	"github.com/webex-operator/webex-license-operator/internal/budget"
	"github.com/webex-operator/webex-license-operator/internal/census"
	"github.com/webex-operator/webex-license-operator/internal/connection"
	"github.com/webex-operator/webex-license-operator/internal/discovery"
	"github.com/webex-operator/webex-license-operator/internal/metrics"
	"github.com/webex-operator/webex-license-operator/internal/rows"
	"github.com/webex-operator/webex-license-operator/internal/runner"
	"github.com/webex-operator/webex-license-operator/internal/shard"
	"github.com/webex-operator/webex-license-operator/internal/syncrun"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Options are what the controllers need besides a manager.
type Options struct {
	// Hosts says which hosts customers may name.
	Hosts connection.HostPolicy
	// Clock tells the time.
	Clock clock.PassiveClock
	// UserAgent is sent with each request to Webex.
	UserAgent string
	// MaxConcurrentSyncs is the number of runs at work at a time.
	MaxConcurrentSyncs int
	// RequestsPerSecond bounds the requests to Webex over all customers; 0 for no bound.
	RequestsPerSecond float64
	// ConcurrentReconciles is the number of reconciles at a time, for each kind.
	ConcurrentReconciles int
	// Shard is the part of the customers that this manager serves; the zero value is all.
	Shard shard.Shard
	// LeaseNamespace is where the leases of all managers are.
	LeaseNamespace string
	// Contested is after how long it is said that another manager keeps a customer of ours;
	// zero is the product's.
	Contested time.Duration
	// UpgradeSpread is over how long the runs are spread that an upgrade asks for.
	UpgradeSpread time.Duration
	// EnableAssignment lets assignments in mode Enforce change licences in Webex.
	EnableAssignment bool
	// TimeZoneData is the version of the time zone data that plans are computed with.
	TimeZoneData string
	// ObjectLimits are how many objects a namespace and the cluster hold well; nil for the published numbers.
	ObjectLimits census.Limits
	// DataVersion lets tests be another release; zero is the product's.
	DataVersion int32
	// Settle, CensusDebounce, Retry, Backoff and Timeouts change the waits of tests; zero values are the product's.
	Settle         time.Duration
	CensusDebounce time.Duration
	Retry          webex.RetryPolicy
	Backoff        func(uid string, failed int32) time.Duration
	Timeouts       connection.Timeouts
	// Patience is that of attempts with the API server; the zero value is the product's.
	Patience backoff.Policy
	// WrapClient lets tests see what is written; nil leaves the client as it is.
	WrapClient func(client.Client) client.Client
	// WrapRecorder lets tests see which events are told; nil leaves the recorder as it is.
	WrapRecorder func(events.EventRecorder) events.EventRecorder
	// SkipNameValidation lets one process hold several managers, as tests do.
	SkipNameValidation bool
}

// Setup registers all controllers with the manager.
func Setup(ctx context.Context, mgr ctrl.Manager, o Options) error {
	if err := SetupIndexes(ctx, mgr.GetFieldIndexer()); err != nil {
		return err
	}
	if o.ObjectLimits == nil {
		o.ObjectLimits = census.Published()
	}
	c := mgr.GetClient()
	if o.WrapClient != nil {
		c = o.WrapClient(c)
	}
	var recorder events.EventRecorder = mgr.GetEventRecorder("webex-license-operator")
	if o.WrapRecorder != nil {
		recorder = o.WrapRecorder(recorder)
	}
	recorder = clippedEvents{recorder}
	attempts := newRunner(o.MaxConcurrentSyncs, o.Clock)
	claims := &Claims{
		Client: c, Shard: o.Shard, Leases: &shard.Leases{Live: mgr.GetAPIReader(), Namespace: o.LeaseNamespace, Clock: o.Clock},
		Runner: attempts, Recorder: recorder, Clock: o.Clock, Contested: cmp.Or(o.Contested, contested),
	}
	policy := cmp.Or(o.Patience, backoff.Default(o.Clock))
	patient, live := policy.Client(c), policy.Reader(mgr.GetAPIReader())
	provider := &access.Provider{
		Client: patient, Live: live, Clock: o.Clock, Lease: o.Shard.LeaseName(),
		Hosts: o.Hosts, Timeouts: o.Timeouts, UserAgent: o.UserAgent, Poll: o.Retry.Base,
	}
	budgets := budget.New(o.RequestsPerSecond)
	engine := &syncrun.Engine{
		Client: patient, Live: live, Access: provider, Budgets: budgets,
		Recorder: recorder, Clock: o.Clock, Retry: o.Retry, Observe: metrics.ObserveRequest,
		DataVersion: o.DataVersion, Serves: claims.Serves, EnableAssignment: o.EnableAssignment, Settle: o.Settle,
		ObserveAssignment: metrics.ObserveAssignment,
	}
	claims.Store = provider.StoreTokens
	runs := &LicenseSyncReconciler{
		Client: c, Live: mgr.GetAPIReader(), Claims: claims, Engine: engine, Runner: attempts,
		Recorder: recorder, Clock: o.Clock, Backoff: o.Backoff, Concurrency: o.ConcurrentReconciles,
	}
	versions := objectVersions{Cache: mgr.GetCache(), Live: c}
	customers := &WebexCustomerAccessReconciler{
		Client: c, Live: mgr.GetAPIReader(), Versions: versions, Claims: claims, Recorder: recorder, Clock: o.Clock, Concurrency: o.ConcurrentReconciles,
		EnableAssignment: o.EnableAssignment,
		DataVersion:      cmp.Or(o.DataVersion, rows.DataVersion), UpgradeSpread: o.UpgradeSpread,
		Census: census.New(o.ObjectLimits), CensusDebounce: cmp.Or(o.CensusDebounce, censusDebounce),
	}
	schedules := &LicenseSyncScheduleReconciler{
		Client: c, Shard: o.Shard, Live: mgr.GetAPIReader(), Recorder: recorder, Clock: o.Clock,
		ObserveSkew: metrics.ObserveScheduleSkew, TimeZoneData: o.TimeZoneData, Creators: creators,
	}
	runs.Rushing = schedules.creations.rushing
	assignments := &WebexLicenseAssignmentReconciler{
		Client: c, Claims: claims, Versions: versions, EnableAssignment: o.EnableAssignment, Recorder: recorder, Clock: o.Clock, Concurrency: o.ConcurrentReconciles,
	}
	partners := &WebexPartnerReconciler{
		Client: c, Live: mgr.GetAPIReader(), Versions: versions, Shard: o.Shard, Recorder: recorder, Clock: o.Clock,
		Discoverer: &discovery.Discoverer{Access: provider, Budgets: budgets, Clock: o.Clock, Retry: o.Retry, Observe: metrics.ObserveRequest},
	}
	for _, setup := range []func(ctrl.Manager, bool) error{
		schedules.SetupWithManager, runs.SetupWithManager, customers.SetupWithManager, assignments.SetupWithManager, partners.SetupWithManager,
	} {
		if err := setup(mgr, o.SkipNameValidation); err != nil {
			return err
		}
	}
	return nil
}

// ClientOptions keep the content of Secrets and ConfigMaps out of the cache.
func ClientOptions() client.Options {
	return client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}, &corev1.ConfigMap{}}}}
}

// CachesSynced is a readiness check: true once the caches hold what is there, and while they
// are told of changes. It asks nothing outside, so an outage of Webex restarts no pod.
func CachesSynced(mgr ctrl.Manager, listings *metrics.Listings) healthz.Checker {
	return func(request *http.Request) error {
		ctx, cancel := context.WithTimeout(request.Context(), time.Second)
		defer cancel()
		if !mgr.GetCache().WaitForCacheSync(ctx) {
			return errors.New("the caches are not filled yet")
		}
		if kinds := listings.Failing(); len(kinds) > 0 {
			return fmt.Errorf("the API server lets nothing be listed and watched of %s: see the log", strings.Join(kinds, ", "))
		}
		return nil
	}
}

// Runner carries out the attempts of runs.
type Runner = runner.Runner[syncrun.Progress, syncrun.Outcome]

func newRunner(workers int, clock clock.PassiveClock) *Runner {
	return runner.New[syncrun.Progress](workers, clock, syncrun.Failed)
}
