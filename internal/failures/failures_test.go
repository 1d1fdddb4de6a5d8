package failures

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

const trackingID = "ROUTERGW_5f2c1a9e-0b1d-4c8e-9f53-1b2c3d4e5f60"

func TestFailureOfTheWebexAPI(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err       webex.Error
		reason    string
		retriable bool
		remedy    string
	}{
		"401":           {webex.Error{Class: webex.ClassAuth, Status: 401}, v1alpha1.ReasonCredentialsRejected, false, "spec.credentialsSecretRef"},
		"refused grant": {webex.Error{Class: webex.ClassAuth, Status: 400, Err: webex.ErrRefreshRefused}, v1alpha1.ReasonCredentialsRejected, false, "spec.credentialsSecretRef"},
		"403":           {webex.Error{Class: webex.ClassTerminal, Status: 403}, v1alpha1.ReasonForbidden, false, "spec.credentialsSecretRef"},
		"404":           {webex.Error{Class: webex.ClassTerminal, Status: 404}, v1alpha1.ReasonRejected, false, "check the organization id"},
		"429":           {webex.Error{Class: webex.ClassRateLimited, Status: 429, RetryAfter: time.Minute}, v1alpha1.ReasonRateLimited, true, "goes on by itself"},
		"503":           {webex.Error{Class: webex.ClassTransient, Status: 503}, v1alpha1.ReasonAPIUnavailable, true, "try again later"},
		"no connection": {webex.Error{Class: webex.ClassTransient}, v1alpha1.ReasonAPIUnavailable, true, "spec.connection"},
		"cut off":       {webex.Error{Class: webex.ClassPartial, Status: 200, Err: webex.ErrCut}, v1alpha1.ReasonPartialResult, true, "try again later"},
		"not JSON":      {webex.Error{Class: webex.ClassPartial, Status: 200, Err: webex.ErrNotJSON}, v1alpha1.ReasonPartialResult, true, "check the base URL"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			test.err.Operation, test.err.TrackingID = "list people", trackingID
			failure := Of(t.Context(), fmt.Errorf("walking: %w", &test.err))

			g.Expect(failure.Reason).To(Equal(test.reason))
			g.Expect(failure.Class).To(Equal(test.err.Class))
			g.Expect(failure.Retriable()).To(Equal(test.retriable))
			g.Expect(Retriable(failure.Reason)).To(Equal(test.retriable), "run and customer decide alike")
			g.Expect(failure.RetryAfter).To(Equal(test.err.RetryAfter))
			g.Expect(failure.Message).To(ContainSubstring(test.remedy))
			g.Expect(failure.Message).NotTo(ContainSubstring(trackingID), "it changes with each attempt")
			g.Expect(failure.TrackingID).To(Equal(trackingID))
			g.Expect(errors.Is(failure, &test.err)).To(BeTrue(), "the cause stays within reach")
		})
	}
}

// What write credentials cannot do is told by their own field, and is no verdict on those that read.
func TestFailureOfAWrite(t *testing.T) {
	t.Parallel()
	const field = "spec.assignment.credentialsSecretRef"
	for name, test := range map[string]struct {
		err             error
		reason, message string
	}{
		"401":            {&webex.Error{Class: webex.ClassAuth, Status: 401}, v1alpha1.ReasonWriteCredentialsRefused, field},
		"403":            {&webex.Error{Class: webex.ClassTerminal, Status: 403}, v1alpha1.ReasonWriteCredentialsRefused, field},
		"proxy":          {&webex.Error{Class: webex.ClassTerminal, Err: webex.ErrProxyAuthentication}, v1alpha1.ReasonWriteCredentialsRefused, field},
		"no Secret":      {Auth(v1alpha1.ReasonSecretNotFound, "Secret of %s", field), v1alpha1.ReasonWriteCredentialsRefused, field},
		"no key":         {Auth(v1alpha1.ReasonSecretKeyMissing, "key"), v1alpha1.ReasonWriteCredentialsRefused, "key"},
		"refused tokens": {Auth(v1alpha1.ReasonCredentialsRejected, "authorize again"), v1alpha1.ReasonWriteCredentialsRefused, "authorize again"},
		"400":            {&webex.Error{Class: webex.ClassTerminal, Status: 400}, v1alpha1.ReasonRejected, ""},
		"429":            {&webex.Error{Class: webex.ClassRateLimited, Status: 429}, v1alpha1.ReasonRateLimited, ""},
		"503":            {&webex.Error{Class: webex.ClassTransient, Status: 503}, v1alpha1.ReasonAPIUnavailable, ""},
	} {
		g := NewWithT(t)
		failure := OfWrite(t.Context(), test.err)
		g.Expect(failure.Reason).To(Equal(test.reason), name)
		g.Expect(failure.Message).To(ContainSubstring(test.message), name)
		g.Expect(failure.Message).NotTo(ContainSubstring("of spec.credentialsSecretRef"), name)
		g.Expect(errors.Is(failure, test.err) || failure.Class == webex.ClassAuth).To(BeTrue(), name)
	}
}

// The text of an unknown error may hold anything; a condition does not repeat it.
func TestFailureOfAnythingElse(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	secret := errors.New(`Post "https://host/?access_token=secret": dial tcp 10.0.0.1:443`)
	failure := Of(t.Context(), secret)
	g.Expect(failure.Reason).To(Equal(v1alpha1.ReasonWriteFailed))
	g.Expect(failure.Retriable()).To(BeTrue())
	g.Expect(failure.Message).NotTo(Or(ContainSubstring("secret"), ContainSubstring("10.0.0.1")))
	g.Expect(errors.Is(failure, secret)).To(BeTrue())
}

func TestFailureOfAStoppedAttempt(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("the operator is shutting down")
	cancel(stopped)
	for _, err := range []error{
		ctx.Err(),
		&webex.Error{Class: webex.ClassTransient, Err: ctx.Err()},
		&Failure{Class: webex.ClassTransient, Reason: v1alpha1.ReasonWriteFailed, Err: ctx.Err()},
	} {
		failure := Of(ctx, err)
		g.Expect(failure.Reason).To(Equal(v1alpha1.ReasonCanceled), "%T", err)
		g.Expect(errors.Is(failure, stopped)).To(BeTrue())
	}
}

func TestFailureKeepsItsOwnVerdict(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	own := Terminal(v1alpha1.ReasonHostNotAllowed, "spec.connection.baseURL: %s", "no")
	g.Expect(Of(t.Context(), fmt.Errorf("connecting: %w", own))).To(BeIdenticalTo(own))
	g.Expect(own.Retriable()).To(BeFalse())
}
