package controllers

import (
	"context"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/status"
	"github.com/webex-operator/webex-license-operator/test/statuslint"
)

// versions are the highest versions of objects that any reader has seen, by name.
type versions struct{ byName sync.Map }

func (v *versions) see(object client.Object) {
	version, err := strconv.ParseInt(object.GetResourceVersion(), 10, 64)
	if err != nil {
		return // no version of a real API server
	}
	for {
		before, known := v.byName.LoadOrStore(object.GetName(), version)
		if !known || before.(int64) >= version || v.byName.CompareAndSwap(object.GetName(), before, version) {
			return
		}
	}
}

func (v *versions) of(name string) int64 {
	version, _ := v.byName.Load(name)
	n, _ := version.(int64)
	return n
}

// lintingClient runs the status linter on every status that the operator writes, and
// notes which reconciles are at work, and which customers they look at.
type lintingClient struct {
	client.Client
	t          *testing.T
	taken      *versions
	reconciles *reconciles
}

func (c lintingClient) Get(ctx context.Context, key client.ObjectKey, object client.Object, opts ...client.GetOption) error {
	c.reconciles.begin(ctx, reconciled{kindOfType(object), key.Name})
	err := c.Client.Get(ctx, key, object, opts...)
	if _, ok := object.(*v1alpha1.WebexCustomerAccess); ok && err == nil {
		c.taken.see(object)
	}
	return err
}

func (c lintingClient) Status() client.SubResourceWriter {
	return lintingWriter{SubResourceWriter: c.Client.Status(), c: c}
}

type lintingWriter struct {
	client.SubResourceWriter
	c lintingClient
}

func (w lintingWriter) Apply(ctx context.Context, configuration runtime.ApplyConfiguration, opts ...client.SubResourceApplyOption) error {
	err := w.SubResourceWriter.Apply(ctx, configuration, opts...)
	if err != nil {
		return err
	}
	written, ok := statusOf(configuration)
	if !ok {
		return nil // facts of a run: conditions are the reconciler's
	}
	for _, finding := range statuslint.Lint(written) {
		w.c.t.Errorf("status linter: %s", finding)
	}
	expectExplained(w.c.t, kindOf(configuration), written.Conditions)
	return nil
}

func statusOf(configuration runtime.ApplyConfiguration) (statuslint.Object, bool) {
	typed, err := status.ApplyConfiguration[struct {
		Status struct {
			ObservedGeneration *int64             `json:"observedGeneration"`
			Conditions         []metav1.Condition `json:"conditions"`
		} `json:"status"`
	}](configuration)
	if err != nil || typed.Status.ObservedGeneration == nil || *typed.Status.ObservedGeneration < 0 { // -1: not observed yet
		return statuslint.Object{}, false
	}
	generation := *typed.Status.ObservedGeneration
	return statuslint.Object{Generation: generation, ObservedGeneration: generation, Conditions: typed.Status.Conditions}, true
}

func kindOf(configuration runtime.ApplyConfiguration) string {
	typed, err := status.ApplyConfiguration[metav1.TypeMeta](configuration)
	if err != nil {
		return ""
	}
	return typed.Kind
}

// writeCounter counts the operator's writes as the API server sees them, by
// "verb resource" such as "PATCH webexlicenses/status".
type writeCounter struct {
	mu     sync.Mutex
	counts map[string]int
	// secrets counts how often a Secret was read past the cache.
	secrets int
	// secretsReleased, if set, is what such a reading waits for.
	secretsReleased chan struct{}
	// before, if set, is called ahead of each write; beforePath the same, with the path.
	before, beforePath func(what string)
}

func (w *writeCounter) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		if request.Method == http.MethodGet && strings.Contains(request.URL.Path, "/secrets/") {
			w.mu.Lock()
			w.secrets++
			released := w.secretsReleased
			w.mu.Unlock()
			if released != nil {
				<-released
			}
		}
		if request.Method != http.MethodGet {
			what := request.Method + " " + resourceOf(request.URL.Path)
			w.mu.Lock()
			if w.counts == nil {
				w.counts = map[string]int{}
			}
			w.counts[what]++
			before, beforePath := w.before, w.beforePath
			w.mu.Unlock()
			if beforePath != nil {
				beforePath(request.URL.Path)
			}
			if before != nil {
				before(what)
			}
		}
		return next.RoundTrip(request)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// resourceOf is the resource of a path such as
// /apis/group/version/namespaces/NAMESPACE/RESOURCE/NAME/status.
func resourceOf(path string) string {
	_, rest, found := strings.Cut(path, "/namespaces/")
	parts := strings.Split(rest, "/")
	if !found || len(parts) < 2 {
		return path
	}
	if len(parts) > 3 {
		return parts[1] + "/" + parts[3]
	}
	return parts[1]
}

// hold keeps back each write of an object's status until it is released. It says on a
// channel that there is one.
func (w *writeCounter) hold(resource, name string) (held <-chan struct{}, release func()) {
	arrived, released := make(chan struct{}), make(chan struct{})
	var once sync.Once
	w.mu.Lock()
	defer w.mu.Unlock()
	w.beforePath = func(path string) {
		if strings.HasSuffix(path, "/"+resource+"/"+name+"/status") {
			once.Do(func() { close(arrived) })
			<-released
		}
	}
	return arrived, sync.OnceFunc(func() { close(released) })
}

// holdSecrets keeps back each reading of a Secret, with which an attempt begins, until it is released.
func (w *writeCounter) holdSecrets() (release func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	released := make(chan struct{})
	w.secretsReleased = released
	return sync.OnceFunc(func() { close(released) })
}

// secretReads is how often a Secret was read past the cache.
func (w *writeCounter) secretReads() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.secrets
}

// reset forgets what was counted.
func (w *writeCounter) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counts, w.secrets = nil, 0
}

// all returns a copy of the counts, without events, which are not state.
func (w *writeCounter) all() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	counts := maps.Clone(w.counts)
	maps.DeleteFunc(counts, func(key string, _ int) bool { return strings.HasSuffix(key, " events") })
	return counts
}
