package discovery

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/budget"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/partner"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// patience bounds a discovery with all its retries: it is a handful of requests.
const patience = 2 * time.Minute

// Discoverer makes discoveries. It keeps nothing of them.
type Discoverer struct {
	// Access opens the way to Webex.
	Access *access.Provider
	// Budgets bound the requests of each token owner: those that runs use.
	Budgets *budget.Budgets
	// Clock tells the time.
	Clock clock.PassiveClock
	// Observe is told of each attempt of a request, if set.
	Observe func(webex.Call)
	// Retry overrides the client's policy of retries; for tests.
	Retry webex.RetryPolicy
}

// Found is what a discovery found.
type Found struct {
	// Own is the partner's own organization. Organizations may have it among them.
	Own webex.OrganizationID
	// Organizations are all that the credentials see, each once, in the order of Webex; with tags
	// if the spec names any.
	Organizations []partner.Organization
	// SecretVersion is the version of the credentials Secret; empty if that could not be read. It
	// comes with failures, too.
	SecretVersion string
}

// discovery carries what the steps of one discovery hand on.
type discovery struct {
	*Discoverer
	partner *v1alpha1.WebexPartner
	session *access.Session
	webex   *webex.Client
	found   Found
}

// Discover lists the organizations that a partner's credentials see. Its error is a
// [*failures.Failure].
func (d *Discoverer) Discover(ctx context.Context, p *v1alpha1.WebexPartner) (Found, error) {
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	run := &discovery{Discoverer: d, partner: p}
	for _, step := range []struct {
		do    func(context.Context) error
		judge func(*failures.Failure)
	}{
		{run.connect, func(*failures.Failure) {}},
		{run.list, run.judgeList},
		{run.identify, run.judgeOwn},
		{run.readTags, run.judgeTags},
	} {
		err := failures.Carefully(within, step.do)
		if err == nil {
			continue
		}
		failure := *failures.Of(ctx, err) // of the caller's context: this one's end is Webex' fault
		step.judge(&failure)
		run.conclude(ctx, &failure)
		return Found{SecretVersion: run.found.SecretVersion}, &failure
	}
	return run.found, nil
}

// connect opens the way to Webex, unless what was refused would be asked for again.
func (d *discovery) connect(ctx context.Context) error {
	session, err := d.Access.OpenPartner(ctx, d.partner)
	d.session, d.found.SecretVersion = session, session.SecretVersion
	if err != nil {
		return err
	}
	if err := d.refusedBefore(ctx); err != nil {
		return err
	}
	notBefore, err := access.NotBefore(ctx, d.Access.Client, d.partner.Namespace, d.partner.Spec.CredentialsSecretRef.Name, d.Clock.Now())
	if err != nil {
		return err
	}
	if wait := notBefore.Sub(d.Clock.Now()); wait > 0 {
		return &webex.Error{Class: webex.ClassRateLimited, Operation: "list organizations", RetryAfter: wait}
	}
	if err := session.Connect(ctx, d.Observe); err != nil {
		return err
	}
	d.webex, err = d.client(notBefore)
	return err
}

// refusedBefore fails if Webex refused the credentials as they are, to this partner or to another user.
func (d *discovery) refusedBefore(ctx context.Context) error {
	if d.saidBefore(v1alpha1.ReasonCredentialsRejected) && ptr.Deref(d.partner.Status.ObservedGeneration, 0) == d.partner.Generation {
		return failures.Auth(v1alpha1.ReasonCredentialsRejected, "%s", d.partner.Status.Failure.Message)
	}
	if d.Budgets.Refused(d.session.Owner, d.session.SecretVersion) {
		return failures.Auth(v1alpha1.ReasonCredentialsRejected, "%s", failures.CredentialsRejected)
	}
	return d.session.RefusedToOthers(ctx)
}

// saidBefore says whether the discovery before failed for the same reason by the same Secret.
func (d *discovery) saidBefore(reason string) bool {
	f := d.partner.Status.Failure
	return f != nil && f.Reason == reason && f.ObservedSecretResourceVersion == d.found.SecretVersion
}

func (d *discovery) client(notBefore time.Time) (*webex.Client, error) {
	limiter := &budget.Limiter{
		Budgets: d.Budgets, Owner: d.session.Owner, NotBefore: &metav1.Time{Time: notBefore}, Worker: waiter{}, Clock: d.Clock,
		Tell: func(context.Context, time.Time) {}, // a restart asks once too early
	}
	if c := d.partner.Spec.Connection; c != nil {
		limiter.RequestsPerMinute = c.RequestsPerMinute
	}
	return webex.New(webex.Config{
		BaseURL: d.session.BaseURL.String(), HTTP: d.session.HTTP, Tokens: d.session.Tokens,
		Limiter: limiter, Sleep: limiter.BackOff, Retry: d.Retry,
		UserAgent: d.Access.UserAgent, Observe: d.Observe, Now: d.Clock.Now,
	})
}
