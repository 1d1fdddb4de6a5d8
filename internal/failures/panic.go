package failures

import (
	"context"
	"errors"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Carefully does a step. A panic in it, or on a goroutine that it started, is the failure of this
// one: what one organization answers must not end the work for all others.
func Carefully(ctx context.Context, do func(context.Context) error) error {
	return Panicked(ctx, webex.Recovered(func() error { return do(ctx) }))
}

// Panicked logs a panic, and makes a failure of it.
func Panicked(ctx context.Context, err error) error {
	cause, ok := errors.AsType[*webex.PanicError](err)
	if !ok {
		return err
	}
	log.FromContext(ctx).Error(cause, "a step panicked", "stack", string(cause.Stack))
	return &Failure{
		Class: webex.ClassPartial, Reason: v1alpha1.ReasonPartialResult, Err: cause,
		Message: "the operator met an answer that it cannot handle: nothing more is written; please report what its log says",
	}
}
