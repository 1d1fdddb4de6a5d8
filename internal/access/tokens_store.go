package access

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/util/csaupgrade"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	apirefusal "github.com/webex-operator/webex-license-operator/internal/refusal"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// tokenSecretType marks the Secrets in which the operator keeps tokens. A type
// cannot be changed, so it tells them from those of others beyond doubt.
const tokenSecretType = corev1.SecretType(v1alpha1.GroupName + "/tokens")

// Keys of such a Secret, beside KeyAccessToken and KeyRefreshToken.
const (
	// keyTokensOf says whose tokens they are, since names may coincide.
	keyTokensOf         = "tokensOf"
	keySource           = "source"
	keySeed             = "seed"
	keyOrganization     = "organization"
	keyIssuedAt         = "issuedAt"
	keyAttemptedAt      = "attemptedAt"
	keyAttemptedBy      = "attemptedBy"
	keyAnsweredAt       = "answeredAt"
	keyExpiresAt        = "expiresAt"
	keyRefreshExpiresAt = "refreshExpiresAt"
	// Each refusal has three keys that begin with one of these.
	keyRefreshRefused = "refreshRefused"
	keyAppRefused     = "appRefused"
)

// TokenSecretName is the name of the Secret in which the operator keeps the tokens that stem from the credentials in a
// user's Secret, with a purpose of their own if it is not empty. A name that would be too long ends in a hash, and no
// label of it ends where it was cut.
func TokenSecretName(secret, purpose string) string {
	const most, suffix = 253, "-webex-token"
	name := secret
	if purpose != "" {
		name += "-" + purpose
	}
	if len(name)+len(suffix) > most {
		name = strings.TrimRight(name[:most-len(suffix)-11], ".-") + "." + digest(name)[:10]
	}
	return name + suffix
}

// tokenStore is one Secret of the operator, with one pair of tokens. Several
// customers, and partners, may use it; it goes with the last of them.
type tokenStore struct {
	provider *Provider
	user     user
	// secret is the name of the credentials Secret, name that of the Secret with the tokens.
	secret, name string
	// of is the value of keyTokensOf.
	of string
	// sharedBy says whether another user of the same credentials Secret uses the
	// same tokens.
	sharedBy func(other user) bool

	// What was last seen of the Secret.
	version string
	owners  []metav1.OwnerReference
}

// errChanged says that another writer changed a Secret in between.
var errChanged = errors.New("the Secret with tokens, or that with credentials, has changed")

func (s *tokenStore) key() client.ObjectKey {
	return client.ObjectKey{Namespace: s.user.namespace, Name: s.name}
}

// load reads the stored pair; the zero value if there is none.
func (s *tokenStore) load(ctx context.Context) (storedToken, error) {
	secret := &corev1.Secret{}
	err := s.provider.Live.Get(ctx, s.key(), secret)
	if apierrors.IsNotFound(err) {
		s.version, s.owners = "", nil
		return storedToken{}, nil
	}
	if err != nil {
		return storedToken{}, fmt.Errorf("reading the stored token: %w", err)
	}
	if secret.Type != tokenSecretType || string(secret.Data[keyTokensOf]) != s.of {
		// What it holds would be replaced, and go with the customer.
		return storedToken{}, failures.Terminal(v1alpha1.ReasonSecretNameReserved,
			"Secret %q is where the operator keeps tokens of Secret %q, but it holds something else: delete or rename it, or give Secret %q another name; then create a LicenseSync",
			s.name, s.secret, s.secret)
	}
	s.version, s.owners = secret.ResourceVersion, secret.OwnerReferences
	token, doubted := decodeToken(secret).believed(s.provider.Clock.Now())
	if len(doubted) > 0 {
		log.FromContext(ctx).Info("stored times of tokens are ahead of the clock and are not believed", "secret", s.name, "keys", doubted)
	}
	return token, nil
}

// keeps says whether the Secret stays as long as the user does.
func (s *tokenStore) keeps() bool {
	return slices.ContainsFunc(s.owners, func(owner metav1.OwnerReference) bool { return owner.UID == s.user.uid })
}

// write stores a pair if the Secret is still as it was loaded, and lets all own
// it that use it.
func (s *tokenStore) write(ctx context.Context, token storedToken) error {
	owners, err := s.users(ctx)
	if err != nil {
		return err
	}
	if s.version == "" {
		if err := s.create(ctx, owners); err != nil {
			return err
		}
	}
	return s.apply(ctx, token, owners, s.version)
}

// create makes the Secret, without tokens: of two processes one does, whereas applying what is
// not there yet is refused to neither. It has its owners from the first moment on, since adding
// some later may take a right to delete (admission plugin OwnerReferencesPermissionEnforcement).
func (s *tokenStore) create(ctx context.Context, owners []metav1.OwnerReference) error {
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.user.namespace, Name: s.name, OwnerReferences: owners},
		Type:       tokenSecretType, Data: map[string][]byte{keyTokensOf: []byte(s.of)},
	}
	if err := s.provider.Client.Create(ctx, secret, client.FieldOwner(FieldManager)); err != nil {
		return s.storeError(err)
	}
	s.version = secret.ResourceVersion
	// Applying is to take away again what was created: owners that are gone, for one.
	patch, err := csaupgrade.UpgradeManagedFieldsPatch(secret, sets.New(FieldManager), FieldManager)
	if err != nil || patch == nil {
		return err
	}
	if err := s.provider.Client.Patch(ctx, secret, client.RawPatch(types.JSONPatchType, patch)); err != nil {
		return s.storeError(err)
	}
	s.version = secret.ResourceVersion
	return nil
}

// overwrite stores a pair of which there is no other copy, whatever the Secret holds.
func (s *tokenStore) overwrite(ctx context.Context, token storedToken) error {
	return s.apply(ctx, token, s.owners, "")
}

func (s *tokenStore) apply(ctx context.Context, token storedToken, owners []metav1.OwnerReference, version string) error {
	references := make([]*metav1ac.OwnerReferenceApplyConfiguration, len(owners))
	for i, owner := range owners {
		references[i] = metav1ac.OwnerReference().WithAPIVersion(owner.APIVersion).WithKind(owner.Kind).WithName(owner.Name).WithUID(owner.UID)
	}
	secret := corev1ac.Secret(s.name, s.user.namespace).
		WithLabels(map[string]string{"app.kubernetes.io/managed-by": "webex-license-operator"}).
		WithOwnerReferences(references...).
		WithType(tokenSecretType).
		WithData(encodeToken(token, s.of))
	if version != "" {
		secret.WithResourceVersion(version)
	}
	err := s.provider.Client.Apply(ctx, secret, client.ForceOwnership, client.FieldOwner(FieldManager))
	if err != nil {
		return s.storeError(err)
	}
	s.owners = owners
	if secret.ResourceVersion != nil {
		s.version = *secret.ResourceVersion
	}
	return nil
}

// storeError is what a refused write means.
func (s *tokenStore) storeError(err error) error {
	switch {
	case apierrors.IsAlreadyExists(err), apierrors.IsConflict(err):
		return errChanged
	case apirefusal.Is(err):
		return &failures.Failure{
			Class: webex.ClassTransient, Reason: v1alpha1.ReasonWriteFailed, Err: err,
			Message: fmt.Sprintf("Kubernetes refuses Secret %q, where the operator keeps refreshed tokens: %s", s.name, apirefusal.Words(err)),
		}
	default:
		return fmt.Errorf("storing tokens: %w", err)
	}
}

// users are the customers and partners that use the tokens, as owners of the Secret.
func (s *tokenStore) users(ctx context.Context) ([]metav1.OwnerReference, error) {
	owners := map[types.UID]metav1.OwnerReference{s.user.uid: s.user.reference()}
	add := func(u user) {
		if s.sharedBy(u) {
			owners[u.uid] = u.reference()
		}
	}
	for _, index := range []string{IndexSecret, IndexWriteSecret} {
		customers, partners, err := s.provider.usersOf(ctx, s.user.namespace, index, s.secret)
		if err != nil {
			return nil, fmt.Errorf("listing the users of a Secret: %w", err)
		}
		for i := range customers {
			add(customerUser(&customers[i]))
		}
		for i := range partners {
			add(partnerUser(&partners[i]))
		}
	}
	return slices.SortedFunc(maps.Values(owners), func(a, b metav1.OwnerReference) int { return cmp.Compare(a.UID, b.UID) }), nil
}

// texts and times are the fields of a stored pair by the keys of its Secret.
func (t *storedToken) texts() map[string]*string {
	return map[string]*string{
		KeyAccessToken: &t.AccessToken, KeyRefreshToken: &t.RefreshToken, keySource: &t.source, keySeed: &t.seed,
		keyOrganization: &t.organization, keyAttemptedBy: &t.attemptedBy,
		keyRefreshRefused + "Version": &t.refresh.version, keyRefreshRefused + "Message": &t.refresh.message,
		keyAppRefused + "Version": &t.app.version, keyAppRefused + "Message": &t.app.message,
	}
}

func (t *storedToken) times() map[string]*time.Time {
	return map[string]*time.Time{
		keyIssuedAt: &t.issuedAt, keyAttemptedAt: &t.attemptedAt, keyAnsweredAt: &t.answeredAt,
		keyExpiresAt: &t.ExpiresAt, keyRefreshExpiresAt: &t.RefreshExpiresAt,
		keyRefreshRefused + "At": &t.refresh.at, keyAppRefused + "At": &t.app.at,
	}
}

func encodeToken(t storedToken, of string) map[string][]byte {
	data := map[string][]byte{keyTokensOf: []byte(of)}
	for key, text := range t.texts() {
		if *text != "" {
			data[key] = []byte(*text)
		}
	}
	for key, at := range t.times() {
		if !at.IsZero() {
			data[key] = at.UTC().AppendFormat(nil, time.RFC3339)
		}
	}
	return data
}

// decodeToken reads a stored pair. A time that cannot be read is unknown: a
// damaged Secret costs one refresh at most.
func decodeToken(secret *corev1.Secret) (t storedToken) {
	for key, text := range t.texts() {
		*text = string(secret.Data[key])
	}
	for key, at := range t.times() {
		*at, _ = time.Parse(time.RFC3339, string(secret.Data[key]))
	}
	return t
}
