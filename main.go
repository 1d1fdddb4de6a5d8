// The manager of webex-license-operator: flags and wiring, nothing else.
package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	goruntime "runtime"
	"runtime/debug"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	controllerconfig "sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/controllers"
	"github.com/webex-operator/webex-license-operator/internal/census"
	"github.com/webex-operator/webex-license-operator/internal/connection"
	"github.com/webex-operator/webex-license-operator/internal/metrics"
	"github.com/webex-operator/webex-license-operator/internal/shard"
	"github.com/webex-operator/webex-license-operator/internal/zonedata"
)

// version is set by the linker.
var version = "dev"

type options struct {
	metricsAddress, probeAddress   string
	profileAddress                 string
	metricsSecure, leaderElect     bool
	metricsCertDir                 string
	leaderElectionNamespace        string
	lease, renewDeadline, retry    time.Duration
	watchNamespaces                string
	labelSelector, shardName       string
	allowedAPIHosts, allowedProxy  string
	maxConcurrentSyncs, reconciles int
	requestsPerSecond              float64
	upgradeSpread                  time.Duration
	enableAssignment               bool
	maxSeries                      int
	objectLimitsFactor             float64
	zap                            zap.Options
}

// bind adds the options to a set of flags; docs/flags.md lists them.
func (o *options) bind(flags *flag.FlagSet) {
	flags.StringVar(&o.metricsAddress, "metrics-bind-address", "0", "Address of the metrics endpoint, such as :8443; 0 turns it off.")
	flags.BoolVar(&o.metricsSecure, "metrics-secure", true, "Serve metrics over TLS, to clients that the API server authorizes.")
	flags.StringVar(&o.metricsCertDir, "metrics-cert-dir", "", "Directory with tls.crt and tls.key for the metrics endpoint, read again when they change; default: a certificate of its own.")
	flags.StringVar(&o.probeAddress, "health-probe-bind-address", ":8081", "Address of /healthz and /readyz; 0 turns them off.")
	flags.StringVar(&o.profileAddress, "pprof-bind-address", "0", "Address of /debug/pprof/, such as 127.0.0.1:6060, for go tool pprof, without authentication; 0 turns it off.")
	flags.BoolVar(&o.leaderElect, "leader-elect", false, "Let one of several replicas work, the others stand by.")
	flags.StringVar(&o.leaderElectionNamespace, "leader-election-namespace", "", "Namespace of the leader's lease; default: the namespace of the pod.")
	// Defaults as Flux has them: a hiccup of the API server should not cost the lease.
	flags.DurationVar(&o.lease, "leader-election-lease-duration", 35*time.Second,
		"How long the others wait for a silent leader before one takes its place.")
	flags.DurationVar(&o.renewDeadline, "leader-election-renew-deadline", 30*time.Second,
		"How long the leader tries to renew its lease before it ends; less than the duration.")
	flags.DurationVar(&o.retry, "leader-election-retry-period", 5*time.Second, "How often replicas look at the lease.")
	flags.StringVar(&o.watchNamespaces, "watch-namespaces", "", "Comma-separated namespaces to watch; default: all.")
	flags.StringVar(&o.labelSelector, "watch-label-selector", "",
		"Labels of the customers and schedules that this manager serves, such as "+v1alpha1.LabelShard+"=a; other managers serve the rest. Needs --leader-elect; default: all.")
	flags.StringVar(&o.shardName, "shard-name", "",
		"Name of what --watch-label-selector selects, in status.shard of customers and in the name of the lease; default: a hash of the selector. A shard that keeps its name may get another selector.")
	flags.StringVar(&o.allowedAPIHosts, "allowed-api-hosts", strings.Join(connection.DefaultAPIHosts(), ","),
		"Comma-separated hosts (host or host:port) that customers may name in connection.baseURL.")
	flags.StringVar(&o.allowedProxy, "allowed-proxy-hosts", "",
		"Comma-separated hosts (host or host:port) that customers may name in connection.proxyURL.")
	flags.IntVar(&o.maxConcurrentSyncs, "max-concurrent-syncs", 8, "Number of runs at work at a time, over all customers.")
	flags.Float64Var(&o.requestsPerSecond, "webex-qps", 50, "Requests to Webex per second, over all customers; 0 for no bound. Each token owner has a bound of its own besides.")
	flags.DurationVar(&o.upgradeSpread, "upgrade-spread", time.Hour, "Time over which the runs are spread that an upgrade asks for, one for each customer; 0 for at once.")
	flags.BoolVar(&o.enableAssignment, "enable-assignment", false,
		"Let WebexLicenseAssignments in mode Enforce change licences in Webex, with the write credentials of spec.assignment of their customer.")
	flags.IntVar(&o.maxSeries, "metrics-max-series", metrics.DefaultMaxSeries,
		"Most series of webexlicense_units, 2 for each purchased licence; if there were more, there are none.")
	flags.Float64Var(&o.objectLimitsFactor, "object-limits-factor", 1,
		"How many times the objects that Kubernetes aims at (1,500 of a kind in a namespace, 10,000 in a cluster) this cluster holds well; condition ObjectCountOK warns from 80 percent on. 0 for no limits.")
	flags.IntVar(&o.reconciles, "max-concurrent-reconciles", 4, "Number of reconciles at a time, for each kind. None of them waits for Webex.")
	o.zap.BindFlags(flags)
}

func main() {
	var o options
	o.bind(flag.CommandLine)
	flag.Parse()
	logger := zap.New(zap.UseFlagOptions(&o.zap))
	ctrl.SetLogger(logger)
	klog.SetLogger(logger)
	if err := run(o); err != nil {
		logger.Error(err, "the manager ended")
		os.Exit(1)
	}
}

// gcPercent is how much garbage there may be, in percent of what is in use, if GOGC does not
// say otherwise. Nearly all that is in use are the caches, so that this is most of the memory.
const gcPercent = 50

func run(o options) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	part, err := o.shard()
	if err != nil {
		return err
	}
	if o.profileAddress != "0" {
		// Each wait of a millisecond or more is in the block profile, shorter ones now and then.
		goruntime.SetBlockProfileRate(int(time.Millisecond))
	}
	zones := zonedata.InUse()
	ctrl.Log.Info("time zone data", "version", zones.Version, "source", zones.Source)
	config := ctrl.GetConfigOrDie()
	config.UserAgent = "webex-license-operator/" + version
	withoutProxy(config)
	listings := &metrics.Listings{Clock: clock.RealClock{}}
	settings := managerOptions(o, part)
	settings.Cache.DefaultWatchErrorHandler = listings.Failed
	mgr, err := ctrl.NewManager(config, settings)
	if err != nil {
		return fmt.Errorf("preparing the manager: %w", err)
	}
	ctx := ctrl.SetupSignalHandler()
	err = controllers.Setup(ctx, mgr, controllers.Options{
		Hosts:                connection.HostPolicy{API: list(o.allowedAPIHosts), Proxies: list(o.allowedProxy)},
		Clock:                clock.RealClock{},
		UserAgent:            "webex-license-operator/" + version + " (+https://github.com/webex-operator/webex-license-operator)",
		MaxConcurrentSyncs:   o.maxConcurrentSyncs,
		RequestsPerSecond:    o.requestsPerSecond,
		UpgradeSpread:        o.upgradeSpread,
		EnableAssignment:     o.enableAssignment,
		Shard:                part,
		LeaseNamespace:       shard.LeaseNamespace(o.leaderElectionNamespace),
		ConcurrentReconciles: o.reconciles,
		TimeZoneData:         zones.Version,
		ObjectLimits:         census.Published().Times(o.objectLimitsFactor),
	})
	if err != nil {
		return fmt.Errorf("preparing the controllers: %w", err)
	}
	state := &metrics.State{Reader: mgr.GetCache(), Active: mgr.Elected(), Shard: part, MaxSeries: o.maxSeries, Zones: zones}
	if err := errors.Join(ctrlmetrics.Registry.Register(state), ctrlmetrics.Registry.Register(listings)); err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	if err := mgr.AddHealthzCheck("alive", healthz.Ping); err != nil {
		return err
	}
	if err := mgr.AddReadyzCheck("caches", controllers.CachesSynced(mgr, listings)); err != nil {
		return err
	}
	return mgr.Start(ctx)
}

// withoutProxy has the API server of the manager's own cluster asked directly: a proxy of the
// environment is for Webex, and knows no address of the cluster.
func withoutProxy(config *rest.Config) {
	own := "https://" + net.JoinHostPort(os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT"))
	if config.Host == own && config.Proxy == nil {
		config.Proxy = http.ProxyURL(nil)
	}
}

// shard is the part of the customers that the manager serves.
func (o options) shard() (shard.Shard, error) {
	part, err := shard.Parse(o.shardName, o.labelSelector)
	if err == nil && !part.Whole() && !o.leaderElect {
		err = errors.New("--watch-label-selector: needs --leader-elect, by which managers know of each other which customers are served")
	}
	return part, err
}

func managerOptions(o options, part shard.Shard) ctrl.Options {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))

	server := metricsserver.Options{BindAddress: o.metricsAddress, SecureServing: o.metricsSecure, CertDir: o.metricsCertDir}
	if o.metricsSecure {
		server.FilterProvider = filters.WithAuthenticationAndAuthorization
		// No HTTP/2: a scrape has no use for it, and its resets cost a server more than a
		// client (CVE-2023-44487).
		server.TLSOpts = []func(*tls.Config){func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} }}
	}
	return ctrl.Options{
		Scheme:                  scheme,
		Cache:                   controllers.CacheOptions(list(o.watchNamespaces)),
		Client:                  controllers.ClientOptions(),
		Metrics:                 server,
		HealthProbeBindAddress:  o.probeAddress,
		PprofBindAddress:        o.profileAddress,
		LeaderElection:          o.leaderElect,
		LeaderElectionID:        part.LeaseName(),
		LeaderElectionNamespace: o.leaderElectionNamespace,
		LeaseDuration:           &o.lease,
		RenewDeadline:           &o.renewDeadline,
		RetryPeriod:             &o.retry,
		// A replica that stands by has its caches full, and goes on at once.
		Controller: controllerconfig.Controller{EnableWarmup: new(true)},
		// Runs stop at once, but for one that is about to get new tokens: it has a minute
		// to get and store them, since it may hold the only copy.
		GracefulShutdownTimeout: new(65 * time.Second),
		// The process ends right after, so the lease can go at once.
		LeaderElectionReleaseOnCancel: true,
	}
}

func list(commaSeparated string) []string {
	var items []string
	for item := range strings.SplitSeq(commaSeparated, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
