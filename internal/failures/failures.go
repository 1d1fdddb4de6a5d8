// Package failures says why an attempt ended, what follows from it, and what a person
// can do: each error of Webex and of the Kubernetes API has its class, reason and remedy here.
package failures

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/refusal"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Failure is why an attempt ended without success. Its class decides what
// follows: whether it is tried again, and when.
type Failure struct {
	// Class decides what follows.
	Class webex.Class
	// Reason is the reason of the conditions, on the run and on its customer.
	Reason string
	// Message is stable, in lower case, and names the remedy.
	Message string
	// TrackingID identifies the failed request to Webex support, if there was one.
	TrackingID string
	// RetryAfter is how long Webex asked not to be called, for ClassRateLimited.
	RetryAfter time.Duration
	// Unconfirmed says that this no was said for the first time: it is not believed
	// before another attempt was told the same.
	Unconfirmed bool
	// Repeated says that nothing was asked, since Webex said no a while ago.
	Repeated bool
	// Final says that another attempt of the run would end the same.
	Final bool
	// Err is the cause, for errors.Is and errors.As.
	Err error
}

// Error returns the message.
func (f *Failure) Error() string { return f.Message }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Cause is the text of the cause, for logs; the errors of the Webex client are free of tokens and personal data.
func (f *Failure) Cause() string {
	if f.Err == nil {
		return ""
	}
	return f.Err.Error()
}

// Retriable says whether the operator goes on by itself.
func (f *Failure) Retriable() bool {
	return !f.Final && (f.Unconfirmed || f.Class != webex.ClassTerminal && f.Class != webex.ClassAuth)
}

// ConcernsCredentials says whether a change of the credentials Secret may mend it.
func ConcernsCredentials(reason string) bool {
	switch reason {
	case v1alpha1.ReasonCredentialsRejected, v1alpha1.ReasonSecretNotFound, v1alpha1.ReasonSecretKeyMissing,
		v1alpha1.ReasonSecretKeyInvalid, v1alpha1.ReasonForbidden, v1alpha1.ReasonOrganizationMismatch, v1alpha1.ReasonOrganizationRequired,
		v1alpha1.ReasonDuplicateOrganization, v1alpha1.ReasonProxyAuthenticationFailed:
		return true
	}
	return false
}

// ClassOf is the class of a reason that is not retried.
func ClassOf(reason string) webex.Class {
	if ConcernsCredentials(reason) {
		return webex.ClassAuth
	}
	return webex.ClassTerminal
}

// Retriable says whether an attempt that ended for a reason is tried again
// without a change of spec or Secret.
func Retriable(reason string) bool {
	switch reason {
	case v1alpha1.ReasonAPIUnavailable, v1alpha1.ReasonRateLimited, v1alpha1.ReasonPartialResult,
		v1alpha1.ReasonWriteFailed, v1alpha1.ReasonRowsRefused, v1alpha1.ReasonCABundleInvalid, v1alpha1.ReasonDeadlineExceeded:
		return true
	}
	return false
}

// Terminal is a failure that only a change of the customer's spec mends.
func Terminal(reason, format string, args ...any) *Failure {
	return &Failure{Class: webex.ClassTerminal, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// Auth is a failure that only a change of the credentials Secret mends.
func Auth(reason, format string, args ...any) *Failure {
	return &Failure{Class: webex.ClassAuth, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// Partial is a failure of a walk whose answers are not whole.
func Partial(message string) *Failure {
	return &Failure{Class: webex.ClassPartial, Reason: v1alpha1.ReasonPartialResult, Message: message}
}

// Of classifies any error of an attempt. Once the context has ended, that
// is the cause of whatever failed, rows that could not be written included.
func Of(ctx context.Context, err error) *Failure {
	if ctx.Err() != nil {
		return &Failure{Class: webex.ClassTransient, Reason: v1alpha1.ReasonCanceled, Message: "the attempt was stopped", Err: context.Cause(ctx)}
	}
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure
	}
	if apiError, ok := webex.AsError(err); ok {
		return apiFailure(apiError)
	}
	return &Failure{
		Class:   webex.ClassTransient,
		Reason:  v1alpha1.ReasonWriteFailed,
		Message: "the Kubernetes API did not answer as expected: " + APIServerWords(err),
		Err:     err,
	}
}

// OfWrite classifies an error of the write credentials, or of a request with them. What they cannot do is no verdict on
// those that a customer is read with, and has a reason of its own.
func OfWrite(ctx context.Context, err error) *Failure {
	f := *Of(ctx, err)
	switch f.Reason {
	case v1alpha1.ReasonForbidden:
		f.Message = writeForbidden
	case v1alpha1.ReasonCredentialsRejected:
		if f.Message == CredentialsRejected { // else it says what was refused, by the name of the Secret
			f.Message = writeRejected
		}
	case v1alpha1.ReasonProxyAuthenticationFailed:
		f.Message = writeThroughProxy
	case v1alpha1.ReasonSecretNotFound, v1alpha1.ReasonSecretKeyMissing, v1alpha1.ReasonSecretKeyInvalid, v1alpha1.ReasonSecretNameReserved,
		v1alpha1.ReasonOrganizationRequired, v1alpha1.ReasonOrganizationMismatch:
	default:
		return &f
	}
	f.Reason = v1alpha1.ReasonWriteCredentialsRefused
	return &f
}

const (
	writeRejected     = "Webex refused the write credentials: put a valid token into the Secret of spec.assignment.credentialsSecretRef"
	writeThroughProxy = "the proxy refused the user name and password of the write credentials: put those that it knows into the Secret of " +
		"spec.assignment.credentialsSecretRef, keys proxyUsername and proxyPassword, or take the keys out if the proxy wants none"
	writeForbidden = "Webex does not let the write credentials change this organization: the token in the Secret of spec.assignment.credentialsSecretRef needs " +
		"the scope spark-admin:people_write, and an owner who is a full or user administrator of this organization"
)

// CredentialsRejected says that Webex refused the credentials, and the remedy.
const CredentialsRejected = "Webex refused the credentials: put a valid token into the Secret of spec.credentialsSecretRef; nothing is tried before the Secret changes"

// apiFailure gives an error of the Webex API its reason and its remedy.
func apiFailure(e *webex.Error) *Failure {
	f := &Failure{Class: e.Class, TrackingID: e.TrackingID, RetryAfter: e.RetryAfter, Message: e.Error(), Err: e}
	switch e.Class {
	case webex.ClassAuth:
		f.Reason = v1alpha1.ReasonCredentialsRejected
		f.Message = CredentialsRejected
	case webex.ClassRateLimited:
		f.Reason = v1alpha1.ReasonRateLimited
		f.Message = "Webex asked to wait before the next request: the run goes on by itself afterwards"
	case webex.ClassPartial:
		f.Reason = v1alpha1.ReasonPartialResult
	case webex.ClassTransient:
		f.Reason = v1alpha1.ReasonAPIUnavailable
		if e.Status == 0 {
			f.Message += "; spec.connection says how the API is reached"
		}
	default:
		f.Reason = v1alpha1.ReasonRejected
		if errors.Is(e, webex.ErrProxyAuthentication) {
			f.Reason = v1alpha1.ReasonProxyAuthenticationFailed
			f.Message = fmt.Sprintf("the proxy of spec.connection.proxyURL, or of the operator's environment, refused the user name and password: for proxyURL, put those that it knows into the Secret of spec.credentialsSecretRef, keys %s and %s", "proxyUsername", "proxyPassword")
		}
		if e.Status == http.StatusForbidden {
			f.Reason = v1alpha1.ReasonForbidden
			f.Message += "; the token is that of the Secret of spec.credentialsSecretRef. Webex is asked again every 6 hours, when Secret or spec change, and by a LicenseSync that you create"
		}
	}
	return f
}

// APIServerWords are the words of the API server, or where to look if it has none.
func APIServerWords(err error) string {
	if _, ok := errors.AsType[*apierrors.StatusError](err); ok {
		return refusal.Words(err)
	}
	return "the cause is in the operator's log"
}
