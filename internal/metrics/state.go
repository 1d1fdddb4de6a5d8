package metrics

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/shard"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/internal/zonedata"
)

// DefaultMaxSeries bounds the series of webexlicense_units: 2 for each of 2,500 purchased licences. One takes about 280
// bytes in a scrape, so that they stay below 1.4 MB.
const DefaultMaxSeries = 5000

// State is a collector of what the objects in the cache say.
type State struct {
	// Reader reads the cache; required. What it returns is not changed.
	Reader client.Reader
	// Active is closed once this replica is the one at work, which alone reports; nil for always.
	Active <-chan struct{}
	// Shard is what this manager serves. It reports of nothing else, so that sums over managers
	// are right; the zero value is all.
	Shard shard.Shard
	// MaxSeries bounds the series of webexlicense_units. If there were more, there are none at all, since a part of the
	// licences would pass for the whole: webexlicense_units_dropped_series says how many, and the totals of the customers
	// remain. 0 turns them off.
	MaxSeries int
	// Zones is the time zone data of the process.
	Zones zonedata.Data
}

var object = []string{"namespace", "name"}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("webexlicense_"+name, help, labels, nil)
}

var (
	customerInfo = describe("customer_info", "A customer, with its organization and its place in the hierarchy, and the partner that made it, if any; always 1.",
		"namespace", "name", "organization", "hierarchy_path", "partner")
	customerCondition = describe("customer_condition", "The state of each condition of a customer; 1 for the status and reason that it has.",
		"namespace", "name", "type", "status", "reason")
	customerSuspended   = describe("customer_suspended", "1 if the customer is suspended, else 0.", object...)
	customerLastSuccess = describe("customer_last_success_timestamp_seconds", "When the last successful run of a customer ended.", object...)
	customerLastWalk    = describe("customer_last_walk_timestamp_seconds", "When the last run of a customer ended that read people and workspaces, by which rows at level Site were counted.", object...)
	customerNotBefore   = describe("customer_not_before_timestamp_seconds", "Until when Webex asked not to be called, while that is so.", object...)
	customerHeldRows    = describe("customer_held_rows", "Rows whose removal waits for approval.", object...)
	customerUnits       = describe("customer_units", "Units of all purchased licences of a customer, total and consumed.", "namespace", "name", "state")
	credentialExpiry    = describe("credentials_expiry_timestamp_seconds", "When a customer's access and refresh tokens end, where that is known.",
		"namespace", "name", "token")
	licenseUnits = describe("units", "Units of a purchased licence of a customer, total and consumed.",
		"namespace", "customer", "name", "license", "subscription", "state")
	droppedSeries     = describe("units_dropped_series", "Series of webexlicense_units that are not there because they are more than --metrics-max-series.")
	scheduleCondition = describe("schedule_condition", "The state of each condition of a schedule; 1 for the status and reason that it has.",
		"namespace", "name", "type", "status", "reason")
	scheduleSuspended  = describe("schedule_suspended", "1 if the schedule is suspended, else 0.", object...)
	scheduleNext       = describe("schedule_next_timestamp_seconds", "When the next run of a schedule starts.", object...)
	scheduleLastMissed = describe("schedule_last_missed_timestamp_seconds", "The latest slot of a schedule that was not run.", object...)
	runsUnfinished     = describe("sync_runs_unfinished", "Runs that have not ended, by the reason of their Ready condition; New before they have one.", "reason")
	cacheObjects       = describe("cache_objects", "Objects in the operator's cache that this manager serves, by kind.", "kind")
	timeZoneData       = describe("time_zone_data_info", "The time zone data that schedules are computed with: the version of the IANA database, and where it is; always 1.", "version", "source")
	shardLeader        = describe("shard_leader", "A shard of which this manager is the leader, named as in status.shard; empty for a manager without a selector. Always 1.", "shard")
	shardCustomers     = describe("shard_customers", "Customers of each shard by their status.shard, empty for none. Each manager counts those of all shards, so that one whose manager is gone is seen.", "shard")
)

// Describe implements [prometheus.Collector].
func (s *State) Describe(ch chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{
		customerInfo, customerCondition, customerSuspended, customerLastSuccess, customerLastWalk, customerNotBefore, customerHeldRows, customerUnits,
		credentialExpiry, licenseUnits, droppedSeries, assignmentCondition, assignmentPeople, assignmentFailedPeople,
		partnerCondition, partnerOrganizations,
		scheduleCondition, scheduleSuspended, scheduleNext, scheduleLastMissed, runsUnfinished, cacheObjects, timeZoneData, shardLeader, shardCustomers,
	} {
		ch <- desc
	}
}

// scrapeTimeout is far above what reading the cache takes, and bounds the wait for a cache that is not filled yet.
const scrapeTimeout = 5 * time.Second

// Collect implements [prometheus.Collector].
func (s *State) Collect(ch chan<- prometheus.Metric) {
	if s.Active != nil {
		select {
		case <-s.Active:
		default:
			return
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	e := &emitter{ch: ch}
	if s.Zones.Version != "" {
		e.gauge(timeZoneData, 1, s.Zones.Version, s.Zones.Source)
	}
	if err := s.shards(ctx, e); err != nil {
		ch <- prometheus.NewInvalidMetric(cacheObjects, err)
		return
	}
	for kind, collect := range map[string]func(context.Context, *emitter) (int, error){
		"WebexCustomerAccess": s.customers, "WebexLicense": s.licenses, "WebexLicenseAssignment": s.assignments,
		"WebexPartner": s.partners, "LicenseSyncSchedule": s.schedules, "LicenseSync": s.runs,
	} {
		var n int
		// The registry calls Collect on a goroutine of its own: a panic on it would end the process.
		err := webex.Recovered(func() (err error) { n, err = collect(ctx, e); return err })
		if err != nil {
			ch <- prometheus.NewInvalidMetric(cacheObjects, err) // the scrape says that something is missing
		} else {
			e.gauge(cacheObjects, float64(n), kind)
		}
	}
}

// shards finds out which customers this manager serves, and counts those of all.
func (s *State) shards(ctx context.Context, e *emitter) error {
	var customers v1alpha1.WebexCustomerAccessList
	if err := s.all(ctx, &customers); err != nil {
		return err
	}
	e.ours = make(map[client.ObjectKey]bool, len(customers.Items))
	counts := map[string]int{s.Shard.Name(): 0}
	for i := range customers.Items {
		customer := &customers.Items[i]
		e.ours[client.ObjectKeyFromObject(customer)] = s.Shard.Holds(customer)
		counts[customer.Status.Shard]++
	}
	e.gauge(shardLeader, 1, s.Shard.Name())
	for shard, n := range counts {
		e.gauge(shardCustomers, float64(n), shard)
	}
	return nil
}

// reports says whether this manager reports of a row or run: if it serves the customer, and,
// if that is gone, by the object's own labels.
func (s *State) reports(e *emitter, object client.Object, customer string) bool {
	ours, known := e.ours[client.ObjectKey{Namespace: object.GetNamespace(), Name: customer}]
	return ours || !known && s.Shard.Matches(object)
}

// emitter sends samples.
type emitter struct {
	ch chan<- prometheus.Metric
	// ours says of each customer whether this manager serves it.
	ours map[client.ObjectKey]bool
}

func (e *emitter) gauge(desc *prometheus.Desc, value float64, labels ...string) {
	e.ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
}

// at sends a time, if it is known.
func (e *emitter) at(desc *prometheus.Desc, t *metav1.Time, labels ...string) {
	if t != nil {
		e.gauge(desc, float64(t.Unix()), labels...)
	}
}

func (e *emitter) flag(desc *prometheus.Desc, on bool, labels ...string) {
	value := 0.0
	if on {
		value = 1
	}
	e.gauge(desc, value, labels...)
}

func (e *emitter) units(desc *prometheus.Desc, total, consumed *int64, labels ...string) {
	for _, u := range []struct {
		state string
		value *int64
	}{{"total", total}, {"consumed", consumed}} {
		if u.value != nil {
			e.gauge(desc, float64(*u.value), append(labels, u.state)...)
		}
	}
}

func (e *emitter) conditions(desc *prometheus.Desc, conditions []metav1.Condition, of ...string) {
	for i := range conditions {
		c := &conditions[i]
		e.gauge(desc, 1, append(slices.Clip(of), c.Type, string(c.Status), c.Reason)...)
	}
}

// all lists the cache without copies.
func (s *State) all(ctx context.Context, list client.ObjectList) error {
	return s.Reader.List(ctx, list, client.UnsafeDisableDeepCopy)
}

func (s *State) customers(ctx context.Context, e *emitter) (int, error) {
	var customers v1alpha1.WebexCustomerAccessList
	if err := s.all(ctx, &customers); err != nil {
		return 0, err
	}
	served := 0
	for i := range customers.Items {
		if c := &customers.Items[i]; s.Shard.Holds(c) {
			e.customer(c)
			served++
		}
	}
	return served, nil
}

func (e *emitter) customer(c *v1alpha1.WebexCustomerAccess) {
	namespace, name := c.Namespace, c.Name
	organization := ""
	if c.Status.Organization != nil {
		organization = c.Status.Organization.ID
	}
	e.gauge(customerInfo, 1, namespace, name, organization, c.Spec.HierarchyPath, c.Labels[v1alpha1.LabelPartner])
	e.conditions(customerCondition, c.Status.Conditions, namespace, name)
	e.flag(customerSuspended, ptr.Deref(c.Spec.Suspend, false), namespace, name)
	e.at(customerLastSuccess, c.Status.LastSuccessfulSyncTime, namespace, name)
	e.at(customerLastWalk, c.Status.LastWalkTime, namespace, name)
	e.at(customerNotBefore, c.Status.NotBefore, namespace, name)
	held := 0.0
	if c.Status.HeldPrune != nil {
		held = float64(ptr.Deref(c.Status.HeldPrune.Rows, 0))
	}
	e.gauge(customerHeldRows, held, namespace, name)
	if totals := c.Status.Totals; totals != nil {
		e.units(customerUnits, totals.TotalUnits, totals.ConsumedUnits, namespace, name)
	}
	if credentials := c.Status.Credentials; credentials != nil {
		e.at(credentialExpiry, credentials.AccessTokenExpirationTime, namespace, name, "access")
		e.at(credentialExpiry, credentials.RefreshTokenExpirationTime, namespace, name, "refresh")
	}
}

// licenses sends the rows of purchased licences at level Customer. Those at level Site share the same pools,
// included licences say nothing about capacity, and what is superseded is no more.
func (s *State) licenses(ctx context.Context, e *emitter) (int, error) {
	var rows v1alpha1.WebexLicenseList
	if err := s.all(ctx, &rows); err != nil {
		return 0, err
	}
	var counted []*v1alpha1.WebexLicense
	served := 0
	for i := range rows.Items {
		row := &rows.Items[i]
		if !s.reports(e, row, row.Spec.CustomerAccessRef.Name) {
			continue
		}
		served++
		if row.Spec.Level == v1alpha1.LevelCustomer && row.Status.Class == v1alpha1.ClassPurchased && !ptr.Deref(row.Status.Superseded, false) {
			counted = append(counted, row)
		}
	}
	if series := 2 * len(counted); series > s.MaxSeries {
		e.gauge(droppedSeries, float64(series))
		return served, nil
	}
	e.gauge(droppedSeries, 0)
	for _, row := range counted {
		e.units(licenseUnits, row.Status.TotalUnits, row.Status.ConsumedUnits,
			row.Namespace, row.Spec.CustomerAccessRef.Name, row.Name, row.Status.Name, row.Status.SubscriptionID)
	}
	return served, nil
}

func (s *State) schedules(ctx context.Context, e *emitter) (int, error) {
	var schedules v1alpha1.LicenseSyncScheduleList
	if err := s.all(ctx, &schedules); err != nil {
		return 0, err
	}
	served := 0
	for i := range schedules.Items {
		schedule := &schedules.Items[i]
		if !s.Shard.Matches(schedule) {
			continue
		}
		served++
		namespace, name := schedule.Namespace, schedule.Name
		e.conditions(scheduleCondition, schedule.Status.Conditions, namespace, name)
		e.flag(scheduleSuspended, ptr.Deref(schedule.Spec.Suspend, false), namespace, name)
		e.at(scheduleNext, schedule.Status.NextScheduleTime, namespace, name)
		e.at(scheduleLastMissed, schedule.Status.LastMissedTime, namespace, name)
	}
	return served, nil
}

func (s *State) runs(ctx context.Context, e *emitter) (int, error) {
	var syncs v1alpha1.LicenseSyncList
	if err := s.all(ctx, &syncs); err != nil {
		return 0, err
	}
	served, unfinished := 0, map[string]int{}
	for i := range syncs.Items {
		if !s.reports(e, &syncs.Items[i], syncs.Items[i].Spec.CustomerAccessRef.Name) {
			continue
		}
		served++
		if conditions := syncs.Items[i].Status.Conditions; !isTrue(conditions, v1alpha1.ConditionComplete) && !isTrue(conditions, v1alpha1.ConditionFailed) {
			reason := "New"
			if ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady); ready != nil {
				reason = ready.Reason
			}
			unfinished[reason]++
		}
	}
	for reason, n := range unfinished {
		e.gauge(runsUnfinished, float64(n), reason)
	}
	return served, nil
}

func isTrue(conditions []metav1.Condition, kind string) bool {
	return meta.IsStatusConditionTrue(conditions, kind)
}
