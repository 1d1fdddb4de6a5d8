package controllers

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/syncrun"
	"github.com/webex-operator/webex-license-operator/internal/webexsim"
)

const (
	stormSchedules = 1000
	stormQPS       = 50
)

// BenchmarkScheduleStorm has 1,000 schedules of as many customers due in the same
// minute, and reports how late their runs were created and how many requests a
// second went to Webex meanwhile.
func BenchmarkScheduleStorm(b *testing.B) {
	for b.Loop() {
		storm(b)
	}
}

func storm(b *testing.B) {
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	sim, err := webexsim.New(webexsim.Options{TLS: true})
	must(b, err)
	defer sim.Close()
	admin, err := client.New(cluster.Config, client.Options{Scheme: testScheme()})
	must(b, err)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "storm-"}}
	must(b, admin.Create(ctx, namespace))
	defer func() { must(b, admin.Delete(context.WithoutCancel(ctx), namespace)) }()
	must(b, admin.Create(ctx, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: "webex-ca"}, Data: map[string]string{"ca.crt": string(sim.CACertificate())},
	}))
	done := stormManager(b, ctx, sim, namespace.Name)
	defer func() { cancel(); must(b, <-done) }()

	for i := range stormSchedules {
		createStormCustomer(b, ctx, admin, sim, namespace.Name, i)
	}
	await(b, func() bool {
		return stormRuns(b, ctx, admin, namespace.Name, v1alpha1.TriggerInitial) == stormSchedules
	})

	creationFloor(b, ctx, admin) // the first one warms the API server up
	floor := creationFloor(b, ctx, admin)
	b.ReportMetric(floor.Seconds(), "floor-s")

	due := time.Now().Truncate(time.Minute).Add(2 * time.Minute)
	for i := range stormSchedules {
		must(b, admin.Create(ctx, &v1alpha1.LicenseSyncSchedule{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: fmt.Sprintf("hourly-%04d", i)},
			Spec: v1alpha1.LicenseSyncScheduleSpec{
				CustomerAccessRef: &v1alpha1.LocalCustomerReference{Name: fmt.Sprintf("c%04d", i)},
				Schedule:          fmt.Sprintf("%d * * * *", due.UTC().Minute()),
			},
		}))
	}
	if time.Now().After(due) {
		b.Fatal("the machine is too slow to create the schedules before they are due")
	}
	time.Sleep(time.Until(due))
	peak := watchRate(ctx, sim)
	await(b, func() bool {
		return stormRuns(b, ctx, admin, namespace.Name, v1alpha1.TriggerSchedule) == stormSchedules
	})
	b.ReportMetric(float64(<-peak), "peak-requests/s")
	for quantile, seconds := range skewQuantiles(b) {
		b.ReportMetric(seconds, quantile)
	}
}

func stormManager(b *testing.B, ctx context.Context, sim *webexsim.Server, namespace string) <-chan error {
	b.Helper()
	mgr, err := ctrl.NewManager(cluster.Config, ctrl.Options{
		Scheme: testScheme(), Cache: CacheOptions([]string{namespace}), Client: ClientOptions(), Metrics: metricsserver.Options{BindAddress: "0"},
	})
	must(b, err)
	u, err := url.Parse(sim.URL())
	must(b, err)
	must(b, Setup(ctx, mgr, Options{
		Hosts: syncrun.HostPolicy{API: []string{u.Host}}, Clock: clock.RealClock{}, UserAgent: "bench",
		MaxConcurrentSyncs: 8, ConcurrentReconciles: 4, RequestsPerSecond: stormQPS, SkipNameValidation: true,
	}))
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	return done
}

func createStormCustomer(b *testing.B, ctx context.Context, admin client.Client, sim *webexsim.Server, namespace string, i int) {
	b.Helper()
	uuid, name := fmt.Sprintf("%08d-0000-4000-8000-000000000000", i+1), fmt.Sprintf("c%04d", i)
	sim.AddOrganization(webexsim.Generate(webexsim.GeneratorOptions{Seed: int64(i), UUID: uuid, Name: name, People: 1, Licenses: 1, Locations: 1}))
	sim.IssueToken(webexsim.TokenSpec{Organization: uuid, Access: "token-" + name})
	meta := metav1.ObjectMeta{Namespace: namespace, Name: name}
	must(b, admin.Create(ctx, &corev1.Secret{ObjectMeta: meta, Data: map[string][]byte{syncrun.KeyAccessToken: []byte("token-" + name)}}))
	must(b, admin.Create(ctx, &v1alpha1.WebexCustomerAccess{
		ObjectMeta: meta,
		Spec: v1alpha1.WebexCustomerAccessSpec{
			CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: name},
			Connection:           &v1alpha1.Connection{BaseURL: sim.URL(), CABundleRef: &v1alpha1.CABundleReference{Name: "webex-ca"}},
			Collection:           &v1alpha1.Collection{Levels: []v1alpha1.Level{v1alpha1.LevelCustomer}, Roles: new(false)},
		},
	}))
}

// creationFloor is how long the API server takes to create as many runs for as many
// clients with nobody watching them: no controller can have them created sooner.
func creationFloor(b *testing.B, ctx context.Context, admin client.Client) time.Duration {
	b.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "storm-floor-"}}
	must(b, admin.Create(ctx, namespace))
	defer func() { must(b, admin.Delete(context.WithoutCancel(ctx), namespace)) }()
	began := time.Now()
	workqueue.ParallelizeUntil(ctx, scheduleWorkers, stormSchedules, func(i int) {
		name := fmt.Sprintf("c%04d", i)
		must(b, admin.Create(ctx, &v1alpha1.LicenseSync{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: name},
			Spec:       v1alpha1.LicenseSyncSpec{CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: name}, Trigger: v1alpha1.TriggerSchedule},
		}))
	})
	return time.Since(began)
}

// stormRuns counts the completed runs of a trigger.
func stormRuns(b *testing.B, ctx context.Context, admin client.Client, namespace string, trigger v1alpha1.Trigger) int {
	b.Helper()
	var runs v1alpha1.LicenseSyncList
	must(b, admin.List(ctx, &runs, client.InNamespace(namespace), client.MatchingFields{"spec.trigger": string(trigger)}))
	n := 0
	for i := range runs.Items {
		if succeeded(&runs.Items[i]) {
			n++
		}
	}
	return n
}

// watchRate samples the simulator's request count for 20 s and sends the most
// that came within a second.
func watchRate(ctx context.Context, sim *webexsim.Server) <-chan int {
	peak := make(chan int, 1)
	go func() {
		most, last := 0, sim.TotalRequests()
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for range 20 {
			select {
			case <-ticker.C:
			case <-ctx.Done():
			}
			now := sim.TotalRequests()
			most, last = max(most, now-last), now
		}
		peak <- most
	}()
	return peak
}

// skewQuantiles reads the histogram of start skew: the upper bounds of the
// buckets that hold half, and 99 percent, of the runs.
func skewQuantiles(b *testing.B) map[string]float64 {
	b.Helper()
	families, err := metrics.Registry.Gather()
	must(b, err)
	quantiles := map[string]float64{}
	for _, family := range families {
		if family.GetName() != "webexlicense_schedule_skew_seconds" {
			continue
		}
		histogram := family.GetMetric()[0].GetHistogram()
		for name, share := range map[string]float64{"skew-p50-under-s": 0.5, "skew-p99-under-s": 0.99} {
			for _, bucket := range histogram.GetBucket() {
				if float64(bucket.GetCumulativeCount()) >= share*float64(histogram.GetSampleCount()) {
					quantiles[name] = bucket.GetUpperBound()
					break
				}
			}
		}
		quantiles["skew-mean-s"] = histogram.GetSampleSum() / float64(histogram.GetSampleCount())
		quantiles["runs"] = float64(histogram.GetSampleCount())
	}
	return quantiles
}

func await(b *testing.B, condition func() bool) {
	b.Helper()
	for deadline := time.Now().Add(5 * time.Minute); !condition(); {
		if time.Now().After(deadline) {
			b.Fatal("what must come did not come within 5 minutes")
		}
		time.Sleep(5 * time.Second) // each look lists thousands of runs, which costs the API server a part of what is measured
	}
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
