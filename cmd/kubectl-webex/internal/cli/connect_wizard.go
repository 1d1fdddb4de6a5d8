package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/connect"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/manifest"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/connection"
	"github.com/webex-operator/webex-license-operator/internal/pasted"
)

// wizard is one conversation of connect, from its first question to the first run.
type wizard struct {
	*app
	flags *connectFlags
	name  string
	plan  *connect.Plan
	// session is nil if --dry-run=client found no cluster.
	session   *cluster.Session
	namespace string
	// customers are all that there are, as far as they may be seen.
	customers []v1alpha1.WebexCustomerAccess
	// policy is where requests may go.
	policy connection.HostPolicy
	// scheduled is true if a schedule will read the customer, or whether one does cannot be seen.
	scheduled bool
	// onlySchedule is set if nothing else of the customer is to change.
	onlySchedule bool
	// kept is set once the Secret holds tokens that only it has.
	kept bool
}

func (w *wizard) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{w.begin, w.look, w.credentials, w.schedule, w.rehearse, w.reach, w.signIn, w.inquire, w.write, w.follow} {
		err := step(ctx)
		if err == nil {
			continue
		}
		if w.kept {
			return fmt.Errorf("%w. Secret %s holds the new tokens: once this is mended, go on with --secret %s", err, w.plan.Secret.Name, w.plan.Secret.Name)
		}
		return err
	}
	return nil
}

// begin finds the customer's name, and the cluster.
func (w *wizard) begin(ctx context.Context) error {
	var err error
	for w.name == "" {
		if w.name, err = w.ask(ctx, "Name for the customer, such as acme:"); err != nil {
			return err
		}
	}
	// The name is not repeated: it may be a token, typed by mistake.
	if len(w.name) > validation.DNS1123LabelMaxLength || len(validation.IsDNS1123Subdomain(w.name)) > 0 {
		return usagef("that is no name of a customer: use up to 63 lower case letters, digits, - and .")
	}
	session, err := w.connect()
	if err != nil {
		return w.alone(err)
	}
	w.session, w.namespace = session, session.Namespace
	return nil
}

// alone goes on without a cluster, if that is good enough.
func (w *wizard) alone(err error) error {
	if w.flags.dryRun != dryRunClient {
		return err
	}
	w.session = nil
	w.note("the cluster was not looked at: %v", err)
	return nil
}

func (w *wizard) look(ctx context.Context) error {
	if w.session == nil {
		return nil
	}
	var err error
	if w.flags.partner {
		w.plan.PartnerBefore, err = existing(ctx, w, &v1alpha1.WebexPartner{}, w.name)
	} else {
		w.plan.CustomerBefore, err = existing(ctx, w, &v1alpha1.WebexCustomerAccess{}, w.name)
	}
	if err != nil {
		return w.alone(err)
	}
	everywhere := &cluster.Session{Client: w.session.Client}
	w.customers, err = cluster.Customers(ctx, everywhere)
	if apierrors.IsForbidden(err) {
		w.note("you may look into namespace %s only: whether another customer reads the organization is for the first run to find out", w.namespace)
		w.customers, err = cluster.Customers(ctx, w.session)
	}
	return err
}

func (w *wizard) credentials(ctx context.Context) error {
	f := w.flags
	if before := w.plan.CustomerBefore; before != nil && f.schedule != "" && !f.given() && f.secret == "" && !f.signIn && !f.assignment {
		w.onlySchedule = true
		return w.planCustomer(ctx, before.Spec.CredentialsSecretRef.Name)
	}
	secret, err := w.secretName()
	if err != nil {
		return err
	}
	values := connect.Credentials{}
	if err := w.gather(ctx, secret, values); err != nil {
		return err
	}
	if err := w.planBundle(ctx); err != nil {
		return err
	}
	if w.flags.signIn || w.flags.given() || w.flags.secret == "" {
		err = w.planSecret(ctx, secret, values)
	} else {
		err = w.useSecret(ctx, secret)
	}
	if err != nil {
		return err
	}
	if w.flags.partner {
		return w.planPartner(secret)
	}
	return w.planCustomer(ctx, secret)
}

// gather brings the values together that flags name, a sign-in gives or a person answers.
func (w *wizard) gather(ctx context.Context, secret string, values connect.Credentials) error {
	reader := &connect.Reader{In: w.In, Getenv: w.Getenv}
	for _, e := range connect.Entries {
		if source := *w.flags.values[e.Key]; source != "" {
			value, err := reader.Read(e, source)
			if err != nil {
				return err
			}
			values[e.Key] = value
		}
	}
	switch {
	case w.flags.signIn:
		return w.integration(ctx, secret, values)
	case w.flags.given(), w.flags.secret != "":
		return nil
	case !w.InLive:
		return usagef("there is no customer %s: add credentials, such as --token-file, or --secret with the name of a Secret", w.name)
	}
	return w.interview(ctx, values)
}

func (w *wizard) planSecret(ctx context.Context, name string, values connect.Credentials) error {
	before, err := existing(ctx, w, &corev1.Secret{}, name)
	if err != nil {
		return err
	}
	if before != nil && !w.owns(name) {
		return fmt.Errorf("there is a Secret %s already: leave the credentials out to use it (--secret %s), or give it another name with --secret", name, name)
	}
	w.plan.SetSecret(w.namespace, name, before, values)
	if _, err := access.CheckSecret(w.plan.Secret); err != nil && !w.flags.signIn { // else more is to come
		return missing(err)
	}
	var sharing []string
	for i := range w.customers {
		if c := &w.customers[i]; c.Namespace == w.namespace && c.Name != w.name && (c.Spec.CredentialsSecretRef.Name == name || access.WriteSecretOf(c) == name) {
			sharing = append(sharing, c.Name)
		}
	}
	if len(sharing) > 0 {
		w.note("Secret %s is also that of %s: they get the new credentials, too", name, enumerate(sharing))
	}
	return nil
}

// missing says by which flag a key comes into the Secret.
func missing(err error) error {
	key, is := errors.AsType[access.MissingKeyError](err)
	for _, e := range connect.Entries {
		if is && e.Key == string(key) {
			return fmt.Errorf("the %s is missing: add --%s. An access token stands alone (--token-file); an integration needs --client-id, --client-secret-file and --refresh-token-file, a Service App --application-id, too", e.Name, e.Flag)
		}
	}
	return err
}

// useSecret looks at a Secret that stays as it is.
func (w *wizard) useSecret(ctx context.Context, name string) error {
	if w.session == nil {
		return nil
	}
	secret := &corev1.Secret{}
	if err := get(ctx, w.session, secret, "secret", name, "kubectl get secrets lists them, and with --token-file and its like a new one is made"); err != nil {
		return err
	}
	_, err := access.CheckSecret(secret)
	return err
}

// existing is an object that there is; nil if there is none.
func existing[T any, P interface {
	*T
	client.Object
}](ctx context.Context, w *wizard, object P, name string,
) (P, error) {
	if w.session == nil {
		return nil, nil
	}
	err := w.session.Client.Get(ctx, client.ObjectKey{Namespace: w.namespace, Name: name}, object)
	switch {
	case cluster.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, cluster.Explain(err) // what could not be read is not there, and not an empty object either
	}
	return object, nil
}

func (w *wizard) planBundle(ctx context.Context) error {
	if w.flags.bundleFile == "" {
		return nil
	}
	file, err := os.ReadFile(w.flags.bundleFile)
	if err != nil {
		return fmt.Errorf("--ca-bundle-file: %w: name a PEM file", err)
	}
	bundle, err := pasted.PEM(file)
	if err != nil {
		return fmt.Errorf("the file of --ca-bundle-file %w", err)
	}
	before, err := existing(ctx, w, &corev1.ConfigMap{}, bundleName(w.name))
	if err != nil {
		return err
	}
	w.plan.SetBundle(w.namespace, bundleName(w.name), bundle, before)
	return nil
}

// planCustomer plans the customer, as far as it does not depend on Webex, and looks
// for mistakes before more is asked.
func (w *wizard) planCustomer(ctx context.Context, secret string) error {
	c := &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: w.name}}
	if before := w.plan.CustomerBefore; before != nil {
		c = before.DeepCopy()
	}
	c.TypeMeta = metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "WebexCustomerAccess"}
	w.plan.Customer = c
	if w.flags.assignment {
		setWriteSecret(c, secret)
	} else {
		c.Spec.CredentialsSecretRef.Name = secret
	}
	c.Spec.Collection = w.flags.collection(c.Spec.Collection)
	c.Spec.Connection = w.flags.connection(c.Spec.Connection, w.name)
	set(&c.Spec.HierarchyPath, w.flags.hierarchy)
	set(&c.Spec.CustomerName, w.flags.customerName)
	set(&c.Spec.DefaultSubscription, w.flags.subscription)
	set(&c.Spec.DefaultSiteURL, w.flags.siteURL)
	if len(w.flags.labels) > 0 {
		if c.Labels == nil {
			c.Labels = map[string]string{}
		}
		maps.Copy(c.Labels, w.flags.labels)
	}
	return w.lintPlan(ctx)
}

func set(field *string, value string) {
	if value != "" {
		*field = value
	}
}

// lintPlan finds what the API server would refuse, by its own code.
func (w *wizard) lintPlan(ctx context.Context) error {
	checker, err := manifest.NewChecker()
	if err != nil {
		return err
	}
	content, err := yaml.Marshal(shownCustomer(w.plan.Customer))
	if err != nil {
		return err
	}
	var faults []error
	for _, f := range checker.Check(ctx, []manifest.File{{Name: w.name, Content: content}}, w.Now()).Findings {
		if f.Severity == manifest.Error {
			faults = append(faults, fmt.Errorf("%s: %s", f.Field, f.Message))
		}
	}
	if len(faults) > 0 {
		return &usageError{errors.Join(faults...).Error()}
	}
	return nil
}

// credentialKinds are the kinds of credentials that can be typed, and their keys.
var credentialKinds = []struct {
	option
	keys []string
}{
	{
		option{"token", "An access token: for a first look, it is not renewed"},
		[]string{access.KeyAccessToken},
	},
	{
		option{"integration", "An integration: client id, client secret, refresh token; for partners"},
		[]string{access.KeyClientID, access.KeyClientSecret, access.KeyRefreshToken},
	},
	{
		option{"serviceapp", "A Service App: the same and an application id; for one organization"},
		[]string{access.KeyApplicationID, access.KeyClientID, access.KeyClientSecret, access.KeyRefreshToken},
	},
}

func (w *wizard) interview(ctx context.Context, values connect.Credentials) error {
	var options []option
	for _, kind := range credentialKinds {
		options = append(options, kind.option)
	}
	fmt.Fprintf(w.Err.Out, "How does the operator log in to Webex? %s says how to get each.\n", connect.Page)
	chosen, err := w.choose(ctx, "Number:", options, -1)
	if err != nil {
		return err
	}
	return w.askFor(ctx, credentialKinds[chosen].keys, values)
}

// askFor asks for the values that are not there yet.
func (w *wizard) askFor(ctx context.Context, keys []string, values connect.Credentials) error {
	for _, key := range keys {
		e := connect.EntryOf(key)
		ask := w.ask
		if e.Secret {
			ask = w.askSecret
		}
		if values[key] == "" && !w.InLive {
			return usagef("--%s is missing, and there is no terminal to ask on", e.Flag)
		}
		for values[key] == "" {
			answer, err := ask(ctx, strings.ToUpper(e.Name[:1])+e.Name[1:]+":")
			if err != nil {
				return err
			}
			value, err := connect.Check(e, answer)
			if err != nil {
				fmt.Fprintln(w.Err.Out, err)
				continue
			}
			values[key] = value
		}
	}
	return nil
}

func (w *wizard) isDry() bool { return w.flags.dryRun != dryRunNone }
