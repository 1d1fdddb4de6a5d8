// Package cluster reaches the Kubernetes API the way kubectl does: the same
// flags, the same files, the same environment.
package cluster

import (
	"context"
	"errors"
	goflag "flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// Flags are kubectl's own flags, with their meaning there. They come from
// client-go; cli-runtime has the same ones and ten more modules.
type Flags struct {
	rules     *clientcmd.ClientConfigLoadingRules
	overrides clientcmd.ConfigOverrides
	all       bool
	extra     []string
	// UserAgent tells the API server who asks.
	UserAgent string
	// Warning is told what the API server warns of.
	Warning func(text string)
	// WarningsAsErrors says that a warning is a failure.
	WarningsAsErrors bool
}

// Bind adds the flags that every command has.
func (f *Flags) Bind(flags *pflag.FlagSet) {
	f.rules = clientcmd.NewDefaultClientConfigLoadingRules()
	flags.StringVar(&f.rules.ExplicitPath, "kubeconfig", "", "Path to the kubeconfig file; default: $KUBECONFIG, or ~/.kube/config")
	names := clientcmd.RecommendedConfigOverrideFlags("")
	names.ClusterOverrideFlags.APIServer.ShortName = "s"
	clientcmd.BindOverrideFlags(&f.overrides, flags, names)
	flags.StringArrayVar(&f.extra, "as-user-extra", nil, "User extras to impersonate for the operation, as key=value")
	flags.BoolVar(&f.WarningsAsErrors, "warnings-as-errors", false, "Treat warnings of the server as errors")
	_ = flags.String("cache-dir", "", "Taken for kubectl's sake: nothing is cached")
	logging := goflag.NewFlagSet("", goflag.ContinueOnError)
	klog.InitFlags(logging)
	for _, name := range []string{"v", "vmodule"} {
		flags.AddGoFlag(logging.Lookup(name))
	}
	_ = flags.Duration("log-flush-frequency", 0, "Taken for kubectl's sake: each line is written at once")
	flags.VisitAll(func(flag *pflag.Flag) { flag.Hidden = !slices.Contains(shown, flag.Name) })
}

// shown are the flags that help tells of. The others are for rare cases, and
// kubectl options explains them.
var shown = []string{"kubeconfig", clientcmd.FlagContext, clientcmd.FlagNamespace, clientcmd.FlagTimeout}

// BindAll adds -A.
func (f *Flags) BindAll(flags *pflag.FlagSet) {
	flags.BoolVarP(&f.all, "all-namespaces", "A", false, "Look into all namespaces")
}

// Session is a connection to a cluster.
type Session struct {
	// Client reads and writes.
	Client client.WithWatch
	// Namespace is the one to look into; empty means all.
	Namespace string
	// Warn is told, once for each, of objects that cannot be read whole; nil for not at all.
	Warn func(format string, args ...any)

	warned map[string]bool
}

// warn tells what of an object could not be read: whatever is shown of it lacks that.
func (s *Session) warn(object any) {
	var unreadable []v1alpha1.UnreadableField
	var kind string
	switch o := object.(type) {
	case *v1alpha1.WebexCustomerAccess:
		kind, unreadable = "WebexCustomerAccess", o.Unreadable
	case *v1alpha1.LicenseSync:
		kind, unreadable = "LicenseSync", o.Unreadable
	case *v1alpha1.LicenseSyncSchedule:
		kind, unreadable = "LicenseSyncSchedule", o.Unreadable
	case *v1alpha1.WebexLicense:
		kind, unreadable = "WebexLicense", o.Unreadable
	case *v1alpha1.WebexLicenseAssignment:
		kind, unreadable = "WebexLicenseAssignment", o.Unreadable
	case *v1alpha1.WebexPartner:
		kind, unreadable = "WebexPartner", o.Unreadable
	}
	for _, field := range unreadable {
		named, ok := object.(client.Object)
		if text := fmt.Sprintf("%s %s/%s: %s", kind, named.GetNamespace(), named.GetName(), field); ok && s.Warn != nil && !s.warned[text] {
			if s.warned == nil {
				s.warned = map[string]bool{}
			}
			s.warned[text] = true
			s.Warn("%s", text)
		}
	}
}

// All says whether all namespaces are looked into, so that names need theirs.
func (s *Session) All() bool { return s.Namespace == "" }

// In limits a list to the session's namespace.
func (s *Session) In() client.InNamespace { return client.InNamespace(s.Namespace) }

// Parallel requests of a command such as sync on 200 customers; kubectl's own
// client has the same bounds.
const (
	requestsPerSecond = 50
	burst             = 300
)

// Connect makes a session. No request is sent yet.
func (f *Flags) Connect() (*Session, error) {
	for _, extra := range f.extra {
		key, value, ok := strings.Cut(extra, "=")
		if !ok {
			return nil, fmt.Errorf("--as-user-extra is %q: use key=value", extra)
		}
		if f.overrides.AuthInfo.ImpersonateUserExtra == nil {
			f.overrides.AuthInfo.ImpersonateUserExtra = map[string][]string{}
		}
		f.overrides.AuthInfo.ImpersonateUserExtra[key] = append(f.overrides.AuthInfo.ImpersonateUserExtra[key], value)
	}
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(f.rules, &f.overrides)
	namespace, _, err := loader.Namespace()
	if err != nil {
		return nil, explainConfig(err)
	}
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, explainConfig(err)
	}
	config.UserAgent = f.UserAgent
	config.QPS, config.Burst = requestsPerSecond, burst
	config.WarningHandlerWithContext = warnings{f.Warning}
	scheme, err := Scheme()
	if err != nil {
		return nil, err
	}
	c, err := client.NewWithWatch(config, client.Options{Scheme: scheme, Mapper: mapper(scheme)})
	if err != nil {
		return nil, explainConfig(err)
	}
	return f.SessionFor(c, namespace), nil
}

// warnings hands on what the API server warns of.
type warnings struct{ tell func(text string) }

// HandleWarningHeaderWithContext takes a warning; others than of code 299 are not the
// API server's.
func (w warnings) HandleWarningHeaderWithContext(_ context.Context, code int, _, text string) {
	if code == 299 && text != "" && w.tell != nil {
		w.tell(text)
	}
}

// Scheme knows the operator's kinds, Secrets and ConfigMaps.
func Scheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	return scheme, errors.Join(corev1.AddToScheme(scheme), v1alpha1.AddToScheme(scheme))
}

// mapper knows the resources of the kinds that commands use, which saves asking
// the server what it has.
func mapper(scheme *runtime.Scheme) meta.RESTMapper {
	m := meta.NewDefaultRESTMapper(scheme.PreferredVersionAllGroups())
	for kind, plural := range map[string]string{
		"WebexCustomerAccess": "webexcustomeraccesses", "WebexLicense": "webexlicenses",
		"LicenseSync": "licensesyncs", "LicenseSyncSchedule": "licensesyncschedules",
		"WebexLicenseAssignment": "webexlicenseassignments", "WebexPartner": "webexpartners",
	} {
		m.AddSpecific(v1alpha1.GroupVersion.WithKind(kind), v1alpha1.GroupVersion.WithResource(plural),
			v1alpha1.GroupVersion.WithResource(plural), meta.RESTScopeNamespace)
	}
	m.Add(corev1.SchemeGroupVersion.WithKind("Secret"), meta.RESTScopeNamespace)
	m.Add(corev1.SchemeGroupVersion.WithKind("ConfigMap"), meta.RESTScopeNamespace)
	return m
}

// pageSize is that of kubectl's lists.
const pageSize = 500

// List reads all objects that the options select, page by page, so that ten
// thousand rows are no single answer.
func List[T any, L client.ObjectList](ctx context.Context, s *Session, list L, items func(L) []T, opts ...client.ListOption) ([]T, error) {
	var all []T
	for token := ""; ; {
		if err := s.Client.List(ctx, list, append([]client.ListOption{s.In(), client.Limit(pageSize), client.Continue(token)}, opts...)...); err != nil {
			return nil, Explain(err)
		}
		for _, item := range items(list) {
			s.warn(&item)
			all = append(all, item)
		}
		if token = list.GetContinue(); token == "" {
			return all, nil
		}
	}
}

// Customers lists customers.
func Customers(ctx context.Context, s *Session, opts ...client.ListOption) ([]v1alpha1.WebexCustomerAccess, error) {
	return List(ctx, s, &v1alpha1.WebexCustomerAccessList{}, func(l *v1alpha1.WebexCustomerAccessList) []v1alpha1.WebexCustomerAccess { return l.Items }, opts...)
}

// Licenses lists licence rows.
func Licenses(ctx context.Context, s *Session, opts ...client.ListOption) ([]v1alpha1.WebexLicense, error) {
	return List(ctx, s, &v1alpha1.WebexLicenseList{}, func(l *v1alpha1.WebexLicenseList) []v1alpha1.WebexLicense { return l.Items }, opts...)
}

// Runs lists runs.
func Runs(ctx context.Context, s *Session, opts ...client.ListOption) ([]v1alpha1.LicenseSync, error) {
	return List(ctx, s, &v1alpha1.LicenseSyncList{}, func(l *v1alpha1.LicenseSyncList) []v1alpha1.LicenseSync { return l.Items }, opts...)
}

// Schedules lists schedules.
func Schedules(ctx context.Context, s *Session, opts ...client.ListOption) ([]v1alpha1.LicenseSyncSchedule, error) {
	return List(ctx, s, &v1alpha1.LicenseSyncScheduleList{}, func(l *v1alpha1.LicenseSyncScheduleList) []v1alpha1.LicenseSyncSchedule { return l.Items }, opts...)
}

// Assignments lists who shall hold licences.
func Assignments(ctx context.Context, s *Session, opts ...client.ListOption) ([]v1alpha1.WebexLicenseAssignment, error) {
	return List(ctx, s, &v1alpha1.WebexLicenseAssignmentList{}, func(l *v1alpha1.WebexLicenseAssignmentList) []v1alpha1.WebexLicenseAssignment { return l.Items }, opts...)
}

// AssignmentsIfAny lists them as far as the caller may.
func AssignmentsIfAny(ctx context.Context, s *Session) ([]v1alpha1.WebexLicenseAssignment, error) {
	all, err := Assignments(ctx, s)
	return ifAny(s, all, err, "assignments of licences are not shown: you may not read them (webexlicenseassignment-viewer-role)")
}

// Partners lists credentials of partners.
func Partners(ctx context.Context, s *Session, opts ...client.ListOption) ([]v1alpha1.WebexPartner, error) {
	return List(ctx, s, &v1alpha1.WebexPartnerList{}, func(l *v1alpha1.WebexPartnerList) []v1alpha1.WebexPartner { return l.Items }, opts...)
}

// PartnersIfAny lists them as far as the caller may.
func PartnersIfAny(ctx context.Context, s *Session) ([]v1alpha1.WebexPartner, error) {
	all, err := Partners(ctx, s)
	return ifAny(s, all, err, "partners are not shown: you may not read them (webexpartner-viewer-role)")
}

// ifAny lets a command do without a kind that needs a role of its own, or that older operators do not bring. A person is
// told of what is missing.
func ifAny[T any](s *Session, all []T, err error, missing string) ([]T, error) {
	switch {
	case missingKind(err):
		return nil, nil
	case apierrors.IsForbidden(err):
		if s.Warn != nil {
			s.Warn("%s", missing)
		}
		return nil, nil
	}
	return all, err
}

// CompletionTimeout bounds what a shell waits for when Tab is pressed.
const CompletionTimeout = 3 * time.Second

// SessionFor is a session with a client of one's own, in the namespace that the
// flags name or else in the given one.
func (f *Flags) SessionFor(c client.WithWatch, namespace string) *Session {
	if f.overrides.Context.Namespace != "" {
		namespace = f.overrides.Context.Namespace
	}
	if f.all {
		namespace = ""
	}
	return &Session{Client: c, Namespace: namespace}
}
