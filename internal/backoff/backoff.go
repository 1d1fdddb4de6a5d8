// Package backoff waits: by a clock, and for a Kubernetes API server that does not answer for
// the moment.
package backoff

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Policy is how an attempt asks the API server again that does not answer for the
// moment: it restarts, or etcd elects a leader, and a walk of 40 minutes is at stake.
type Policy struct {
	// First is the first wait, doubled each time up to Longest.
	First, Longest time.Duration
	// InAll bounds the waits of one call.
	InAll time.Duration
	// Clock sleeps.
	Clock clock.PassiveClock
}

// Default outlasts a rolling restart of a control plane.
func Default(clock clock.PassiveClock) Policy {
	return Policy{First: 200 * time.Millisecond, Longest: 15 * time.Second, InAll: 5 * time.Minute, Clock: clock}
}

// Reader returns a reader that asks again.
func (p Policy) Reader(r client.Reader) client.Reader { return patientReader{r, p} }

// Client returns a client that asks again, for reads and for the writes that attempts do.
func (p Policy) Client(c client.Client) client.Client { return patientClient{c, p} }

// do calls until the API server has answered, ctx ends, or the policy does.
func (p Policy) do(ctx context.Context, call func() error) error {
	wait := p.First
	for waited := time.Duration(0); ; waited += wait {
		err := call()
		if !unanswered(err) || ctx.Err() != nil || waited+wait > p.InAll {
			return err
		}
		if Sleep(ctx, p.Clock, wait) != nil {
			return err
		}
		wait = min(2*wait, p.Longest)
	}
}

// unanswered says whether the API server may well answer in a moment: it was not
// reached, is overloaded, or failed itself.
func unanswered(err error) bool {
	if status, ok := errors.AsType[*apierrors.StatusError](err); ok {
		code := status.Status().Code
		return code == http.StatusTooManyRequests || code == http.StatusUnauthorized || code >= http.StatusInternalServerError
	}
	_, ok := errors.AsType[*url.Error](err)
	return ok
}

type patientReader struct {
	client.Reader
	p Policy
}

func (r patientReader) Get(ctx context.Context, key client.ObjectKey, object client.Object, opts ...client.GetOption) error {
	return r.p.do(ctx, func() error { return r.Reader.Get(ctx, key, object, opts...) })
}

func (r patientReader) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	return r.p.do(ctx, func() error { return r.Reader.List(ctx, list, opts...) })
}

type patientClient struct {
	client.Client
	p Policy
}

func (c patientClient) Get(ctx context.Context, key client.ObjectKey, object client.Object, opts ...client.GetOption) error {
	return c.p.do(ctx, func() error { return c.Client.Get(ctx, key, object, opts...) })
}

func (c patientClient) Create(ctx context.Context, object client.Object, opts ...client.CreateOption) error {
	return c.p.do(ctx, func() error { return c.Client.Create(ctx, object, opts...) })
}

func (c patientClient) Patch(ctx context.Context, object client.Object, patch client.Patch, opts ...client.PatchOption) error {
	return c.p.do(ctx, func() error { return c.Client.Patch(ctx, object, patch, opts...) })
}

func (c patientClient) Delete(ctx context.Context, object client.Object, opts ...client.DeleteOption) error {
	return c.p.do(ctx, func() error { return c.Client.Delete(ctx, object, opts...) })
}

func (c patientClient) Apply(ctx context.Context, object runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
	return c.p.do(ctx, func() error { return c.Client.Apply(ctx, object, opts...) })
}

func (c patientClient) Status() client.SubResourceWriter {
	return patientStatus{c.Client.Status(), c.p}
}

type patientStatus struct {
	client.SubResourceWriter
	p Policy
}

func (s patientStatus) Apply(ctx context.Context, object runtime.ApplyConfiguration, opts ...client.SubResourceApplyOption) error {
	return s.p.do(ctx, func() error { return s.SubResourceWriter.Apply(ctx, object, opts...) })
}

// Sleep waits by the clock, if it is one that has timers, else in real time.
func Sleep(ctx context.Context, by clock.PassiveClock, wait time.Duration) error {
	timers, ok := by.(clock.Clock)
	if !ok {
		timers = clock.RealClock{}
	}
	timer := timers.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
