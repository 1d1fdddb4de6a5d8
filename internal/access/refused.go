package access

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/skew"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// RefusedToOthers fails if Webex refused the credentials, as they are in the Secret, to another customer or partner that
// has the same tokens by it: all would be refused the same, and asking again is what ends accounts.
func (s *Session) RefusedToOthers(ctx context.Context) error {
	customers, partners, err := s.provider.usersOf(ctx, s.user.namespace, IndexSecret, s.user.secrets[readSecret])
	if err != nil {
		return err
	}
	for i := range customers {
		status := &customers[i].Status
		if status.LastRun != nil && status.LastRun.Reason == v1alpha1.ReasonCredentialsRejected && status.Credentials != nil &&
			s.refusedTo(customerUser(&customers[i]), status.Credentials.ObservedSecretResourceVersion) {
			return failures.Auth(v1alpha1.ReasonCredentialsRejected, "%s", status.LastRun.Message)
		}
	}
	for i := range partners {
		failure := partners[i].Status.Failure
		if failure != nil && failure.Reason == v1alpha1.ReasonCredentialsRejected &&
			s.refusedTo(partnerUser(&partners[i]), failure.ObservedSecretResourceVersion) {
			return failures.Auth(v1alpha1.ReasonCredentialsRejected, "%s", failure.Message)
		}
	}
	return nil
}

// refusedTo says whether what was refused to another user, of this version of the Secret, is what the session has.
func (s *Session) refusedTo(other user, version string) bool {
	return other.uid != s.user.uid && version == s.SecretVersion && baseURL(other) == baseURL(s.user) && s.credentials.areThoseOf(other)
}

func baseURL(u user) string {
	if u.connection == nil {
		return ""
	}
	return u.connection.BaseURL
}

// NotBefore is the end of the wait that Webex asked the owner of a Secret's credentials for; zero if it asked for none.
// Webex counts by owner, so what one customer of a partner was told holds for all that share its Secret; and since it is
// stored, for the next operator, too. One that is further off than Webex can ask for is not believed.
func NotBefore(ctx context.Context, reader client.Reader, namespace, secret string, now time.Time) (latest time.Time, _ error) {
	var sharing v1alpha1.WebexCustomerAccessList
	err := reader.List(ctx, &sharing, client.InNamespace(namespace), client.MatchingFields{IndexSecret: secret}, client.UnsafeDisableDeepCopy)
	for i := range sharing.Items {
		if until := skew.Believed(sharing.Items[i].Status.NotBefore, now, webex.LongestWait); until != nil && until.After(latest) {
			latest = until.Time
		}
	}
	return latest, err
}

// usersOf are the customers and partners that an index finds by a Secret. They are the cache's.
func (p *Provider) usersOf(ctx context.Context, namespace, index, secret string) ([]v1alpha1.WebexCustomerAccess, []v1alpha1.WebexPartner, error) {
	var customers v1alpha1.WebexCustomerAccessList
	var partners v1alpha1.WebexPartnerList
	found := []client.ListOption{client.InNamespace(namespace), client.MatchingFields{index: secret}, client.UnsafeDisableDeepCopy}
	err := p.Client.List(ctx, &customers, found...)
	if err == nil && index == IndexSecret {
		err = p.Client.List(ctx, &partners, found...)
	}
	return customers.Items, partners.Items, err
}
