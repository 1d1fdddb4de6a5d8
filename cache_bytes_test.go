package main

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/controllers"
	"github.com/webex-operator/webex-license-operator/internal/rows"
	"github.com/webex-operator/webex-license-operator/internal/shard"
	"github.com/webex-operator/webex-license-operator/internal/usage"
)

// What the manager's cache needs for one object of each kind, with its place in indexes, is
// below a bound, as docs/capacity.md says: memory is nearly all the cache. The bounds are a fifth
// more than what was measured. The objects are those of customers with 10 licences and 5
// locations, each read at another time.
func TestBytesOfCachedObjects(t *testing.T) {
	for _, test := range []struct {
		kind  client.Object
		bound float64
		of    func(customer int) []client.Object
	}{
		{&v1alpha1.WebexLicense{}, 1400, rowsOf},
		{&v1alpha1.LicenseSync{}, 1950, runsOf},
		{&v1alpha1.WebexCustomerAccess{}, 4100, func(i int) []client.Object { return []client.Object{customer(i)} }},
		{&v1alpha1.LicenseSyncSchedule{}, 2000, func(i int) []client.Object { return []client.Object{scheduleOf(i)} }},
	} {
		customers := 1_200 / len(test.of(0))
		few, n := liveBytes(t, test.kind, test.of, customers/10)
		many, m := liveBytes(t, test.kind, test.of, customers)
		each := float64(many-few) / float64(m-n)
		t.Logf("%T: %.0f bytes for each of %d", test.kind, each, m)
		if each > test.bound {
			t.Errorf("a %T takes %.0f bytes of the cache, more than %.0f: see what it holds that others hold, too", test.kind, each, test.bound)
		}
	}
}

// liveBytes stores the objects of some customers as the manager's cache does, and says how many
// bytes are in use then, and for how many objects.
func liveBytes(t *testing.T, kind client.Object, of func(int) []client.Object, customers int) (bytes, objects int) {
	t.Helper()
	options := managerOptions(options{}, shard.Shard{}).Cache
	transform := options.DefaultTransform
	for object, by := range options.ByObject {
		if reflect.TypeOf(object) == reflect.TypeOf(kind) && by.Transform != nil {
			transform = by.Transform
		}
	}
	found := indexers{kind: kind, all: toolscache.Indexers{toolscache.NamespaceIndex: toolscache.MetaNamespaceIndexFunc}}
	if err := controllers.SetupIndexes(t.Context(), found); err != nil {
		t.Fatal(err)
	}
	store := toolscache.NewIndexer(toolscache.MetaNamespaceKeyFunc, found.all)
	documents := documentsOf(t, kind, of, customers)
	before := inUse()
	for _, document := range documents {
		object := kind.DeepCopyObject()
		if err := json.Unmarshal(document, object); err != nil {
			t.Fatal(err)
		}
		cached, err := transform(object)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Add(cached); err != nil {
			t.Fatal(err)
		}
	}
	bytes = inUse() - before
	runtime.KeepAlive(documents)
	runtime.KeepAlive(store)
	return bytes, len(documents)
}

// indexers keeps what is registered for a kind, with the keys that controller-runtime makes: one
// within the namespace of an object, and one of all namespaces.
type indexers struct {
	kind client.Object
	all  toolscache.Indexers
}

func (i indexers) IndexField(_ context.Context, object client.Object, field string, values client.IndexerFunc) error {
	if reflect.TypeOf(object) == reflect.TypeOf(i.kind) {
		i.all[field] = func(object any) (keys []string, err error) {
			o := object.(client.Object)
			for _, value := range values(o) {
				keys = append(keys, o.GetNamespace()+"/"+value, "__all_namespaces/"+value)
			}
			return keys, nil
		}
	}
	return nil
}

// inUse is the memory that is still needed.
func inUse() int {
	var stats runtime.MemStats
	for range 3 { // what has a finalizer goes later
		runtime.GC()
	}
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc) //nolint:gosec // some MiB
}

// documentsOf are objects as the API server sends them.
func documentsOf(t *testing.T, kind client.Object, of func(int) []client.Object, customers int) (documents [][]byte) {
	t.Helper()
	name := strings.TrimPrefix(fmt.Sprintf("%T", kind), "*v1alpha1.")
	fields := metav1.NewFieldsV1(`{"f:metadata":{"f:labels":{}},"f:spec":{"f:a":{},"f:b":{}},"f:status":{}}`)
	for i := range customers {
		for _, object := range of(i) {
			object.GetObjectKind().SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(name))
			object.SetUID(uid(name, len(documents)))
			object.SetResourceVersion(fmt.Sprint(100_000 + len(documents)))
			object.SetGeneration(1)
			object.SetCreationTimestamp(minute(i))
			object.SetManagedFields([]metav1.ManagedFieldsEntry{{Manager: "webex-license-operator", Operation: metav1.ManagedFieldsOperationApply, FieldsType: "FieldsV1", FieldsV1: fields}})
			document, err := json.Marshal(object)
			if err != nil {
				t.Fatal(err)
			}
			documents = append(documents, document)
		}
	}
	return documents
}

func uid(kind string, i int) types.UID {
	return types.UID(fmt.Sprintf("%08x-5a0d-4c3e-9f1b-%012x", len(kind), i))
}

// minute is when a customer was read.
func minute(customer int) metav1.Time {
	return metav1.NewTime(time.Date(2027, 1, 1, 2, customer, 0, 0, time.UTC))
}

// licenses and locations of each customer.
const licenses, locations = 10, 5

func said(at metav1.Time, reasons ...string) (conditions []metav1.Condition) {
	for i := 0; i < len(reasons); i += 3 {
		conditions = append(conditions, metav1.Condition{
			Type: reasons[i], Status: metav1.ConditionTrue, Reason: reasons[i+1], Message: reasons[i+2], ObservedGeneration: 1, LastTransitionTime: at,
		})
	}
	return conditions
}

func customer(i int) *v1alpha1.WebexCustomerAccess {
	at := minute(i)
	c := &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{
		Namespace: fmt.Sprintf("msp-%03d", i/15), Name: fmt.Sprintf("customer-%05d", i), Labels: map[string]string{"licensing.webex-operator.io/sync": "nightly"},
	}}
	c.UID = uid("WebexCustomerAccess", i+1)
	c.Spec = v1alpha1.WebexCustomerAccessSpec{
		OrganizationID: string(uid("Organization", i)), HierarchyPath: fmt.Sprintf("emea/branch-%d", i%20), DeletionPolicy: v1alpha1.DeletionPolicyDelete,
		CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: fmt.Sprintf("customer-%05d", i)},
		Connection:           &v1alpha1.Connection{BaseURL: "https://webexapis.com/v1", RequestsPerMinute: 240},
		Collection:           &v1alpha1.Collection{Levels: []v1alpha1.Level{v1alpha1.LevelCustomer, v1alpha1.LevelSite}},
	}
	c.Status = v1alpha1.WebexCustomerAccessStatus{
		Conditions: said(at,
			v1alpha1.ConditionCapacityOK, "WithinThresholds", "all purchased licences are used below spec.thresholds",
			v1alpha1.ConditionCredentialsValid, "Accepted", "Webex accepted the credentials",
			v1alpha1.ConditionDataFresh, "Fresh", "the last complete run is younger than spec.staleAfter",
			v1alpha1.ConditionDefaultsResolved, "Resolved", "licences are assigned from one subscription and one Meetings site",
			v1alpha1.ConditionObjectCountOK, "WithinLimits", "namespace and cluster hold fewer objects than their limits",
			v1alpha1.ConditionReady, "Synced", "the licence rows are those of the last complete run"),
		ObservedGeneration: new(int64(1)), CollectedDataVersion: 3, CollectedSpecHash: "527e7199bd92c449",
		Organization:  &v1alpha1.OrganizationStatus{ID: c.Spec.OrganizationID, DisplayName: fmt.Sprintf("Generated %d", i)},
		Subscriptions: []string{fmt.Sprintf("Sub-%06d", i)}, SiteURLs: []string{fmt.Sprintf("customer-%05d.webex.com", i)},
		Roles:       []string{"Device Administrator", "Full Administrator", "Read-only Administrator", "Sales Administrator", "User Administrator"},
		Credentials: &v1alpha1.CredentialsStatus{Kind: v1alpha1.CredentialKindAccessToken, ObservedSecretResourceVersion: fmt.Sprint(5000 + i)},
		LastRun: &v1alpha1.LastRun{
			Name: c.Name + "-initial", Reason: "Succeeded", Message: "the run completed", ObservedGeneration: new(int64(1)), EndTime: &at,
		},
		LastSuccessfulSyncTime: &at,
		Totals: &v1alpha1.CustomerTotals{
			Licenses: new(int64(licenses)), Locations: new(int64(locations)), TotalUnits: new(int64(1000 + i)), ConsumedUnits: new(int64(900)), AvailableUnits: new(int64(100 + i)),
		},
	}
	return c
}

func rowsOf(i int) (all []client.Object) {
	c, at := customer(i), minute(i)
	for license := range licenses {
		for location := range locations + 1 {
			n := int64(i + license + location)
			row := usage.Row{
				Key:  usage.Key{Level: usage.LevelCustomer, LicenseID: fmt.Sprintf("Y2lzY29zcGFyazovL3VzL0xJQ0VOU0UvNWU0MWFiMDgtNzQzOS00MTFlLTg2YzMtMDkxMGEyZGVjODkwOkZNU185ZWNhNzgxNC0zMzEz%06d%02d", i, license)},
				Name: fmt.Sprintf("Webex Calling - Professional %d", license), OfferCode: fmt.Sprintf("BC%d", license), Class: usage.ClassPurchased,
				SubscriptionID: c.Status.Subscriptions[0], SiteURL: c.Status.SiteURLs[0], SiteType: "Control Hub managed site",
				Total: new(10 * n), Consumed: new(9 * n), Available: new(n), UtilizationPercent: new(int32(90)), ByUsers: new(8 * n), ByWorkspaces: new(n),
			}
			if location > 0 {
				row.Level, row.LocationID = usage.LevelSite, fmt.Sprintf("Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OL2UyZmE5MzRlLWI0ZDYtNDRiMC1iNTJlL%06d%02d", i, location)
				row.LocationName = fmt.Sprintf("Location %d", location)
			} else {
				row.UnitsWithoutLocation, row.ResidualUnits, row.Holders = new(n), new(int64(0)), new(n)
			}
			object := rows.Desired(c, row, usage.Effective{})
			object.Status.LastChangeTime, object.Status.ObservedGeneration = &at, new(int64(1))
			for j := range object.Status.Conditions {
				object.Status.Conditions[j].LastTransitionTime, object.Status.Conditions[j].ObservedGeneration = at, 1
			}
			all = append(all, object)
		}
	}
	return all
}

// runsOf are two runs of a schedule, of which one changed as many rows as it tells of, and one none.
func runsOf(i int) (all []client.Object) {
	c, at := customer(i), minute(i)
	for day := range 2 {
		run := &v1alpha1.LicenseSync{ObjectMeta: metav1.ObjectMeta{
			Namespace: c.Namespace, Name: fmt.Sprintf("nightly-%s-1a2b3c4d-%d", c.Name, 30_000_000+1440*day),
			Labels:          map[string]string{v1alpha1.LabelCustomer: c.Name, v1alpha1.LabelTrigger: string(v1alpha1.TriggerSchedule), v1alpha1.LabelSchedule: "nightly"},
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(c, v1alpha1.GroupVersion.WithKind("WebexCustomerAccess"))},
		}}
		run.Spec = v1alpha1.LicenseSyncSpec{CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: c.Name}, Trigger: v1alpha1.TriggerSchedule, ScheduledTime: &at}
		ready := "the organization was read and its licence rows are up to date"
		run.Status = v1alpha1.LicenseSyncStatus{
			Conditions:         said(at, v1alpha1.ConditionComplete, "Succeeded", ready, v1alpha1.ConditionReady, "Succeeded", ready),
			ObservedGeneration: new(int64(1)), StartTime: &at, CompletionTime: &at, Duration: &metav1.Duration{Duration: 4 * time.Second},
			Progress:   &v1alpha1.Progress{Step: v1alpha1.StepFinished},
			Rows:       &v1alpha1.RowCounts{Added: new(int32(0)), Updated: new(int32(10 * day)), Removed: new(int32(0)), Unchanged: new(int32(60 - 10*day))},
			TotalUnits: new(int64(1000 + i)), ConsumedUnits: new(int64(900)), Requests: new(int64(7)), Retries: new(int64(0)), ThrottledSeconds: new(int64(0)), FailedAttempts: new(int32(0)),
			Explained: &v1alpha1.Explained{People: new(int64(100 + i)), Workspaces: new(int64(5))},
			Message:   fmt.Sprintf("0 rows added, %d updated, 0 removed, %d unchanged", 10*day, 60-10*day),
		}
		for n := range 10 * day {
			run.Status.Changes = append(run.Status.Changes, v1alpha1.Change{
				Kind: v1alpha1.ChangeUpdated, License: fmt.Sprintf("Webex Calling - Professional %d", n), Location: fmt.Sprintf("Location %d", n/2),
				Row: fmt.Sprintf("%s-webex-calling-professional-location-%d-%012x", c.Name, n, i*10+n), Before: fmt.Sprintf("%d/900", 800+n), After: fmt.Sprintf("%d/900", 801+n),
			})
		}
		all = append(all, run)
	}
	return all
}

func scheduleOf(i int) *v1alpha1.LicenseSyncSchedule {
	at := minute(i)
	s := &v1alpha1.LicenseSyncSchedule{ObjectMeta: metav1.ObjectMeta{Namespace: fmt.Sprintf("msp-%03d", i/15), Name: fmt.Sprintf("customer-%05d-nightly", i)}}
	s.Spec.CustomerAccessRef = &v1alpha1.LocalCustomerReference{Name: fmt.Sprintf("customer-%05d", i)}
	s.Spec.Schedule, s.Spec.TimeZone = "0 2 * * *", "Europe/Berlin"
	s.Status.Conditions = said(at, v1alpha1.ConditionReady, "Scheduled", "runs start as planned")
	s.Status.ObservedGeneration = new(int64(1))
	return s
}
