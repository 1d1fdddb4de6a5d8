package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/connect"
	"github.com/webex-operator/webex-license-operator/internal/access"
)

// rehearse has the cluster check all objects without writing them: what is missing
// shows while no token was used.
func (w *wizard) rehearse(ctx context.Context) error {
	if w.flags.dryRun == dryRunClient || w.session == nil {
		return nil
	}
	for _, o := range w.plan.Objects() {
		if err := w.put(ctx, o, true); err != nil {
			return err
		}
	}
	return nil
}

// put creates an object, or changes it where it differs.
func (w *wizard) put(ctx context.Context, o connect.Object, dry bool) error {
	wanted := o.Wanted.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a copy has the type of the original
	create, patch := []client.CreateOption{fieldManager}, []client.PatchOption{fieldManager}
	if dry {
		create, patch = append(create, client.DryRunAll), append(patch, client.DryRunAll)
	}
	var err error
	if o.Before == nil {
		err = w.session.Client.Create(ctx, wanted, create...)
	} else {
		err = w.session.Client.Patch(ctx, wanted, changes(o), patch...)
	}
	var status apierrors.APIStatus
	switch {
	case err == nil:
		return nil
	case errors.As(err, &status) && apierrors.IsNotFound(err) && status.Status().Details != nil && status.Status().Details.Kind == "namespaces":
		return fmt.Errorf("there is no namespace %s: kubectl create namespace %s makes it, or choose another with -n", w.namespace, w.namespace)
	case apierrors.IsForbidden(err) && o.Kind != "customer" && o.Kind != "partner":
		return fmt.Errorf("writing %s %s: %w: ask an administrator of the cluster for the role edit in namespace %s", o.Kind, wanted.GetName(), err, w.namespace)
	}
	return fmt.Errorf("writing %s %s: %w", o.Kind, wanted.GetName(), cluster.Explain(err))
}

// changes is the patch from what there is to what is wanted; other changes
// stay.
func changes(o connect.Object) client.Patch {
	o.Wanted.SetResourceVersion(o.Before.GetResourceVersion())
	return client.MergeFrom(o.Before)
}

func unchanged(o connect.Object) bool {
	if o.Before == nil {
		return false
	}
	patch, err := changes(o).Data(o.Wanted)
	return err == nil && string(patch) == "{}"
}

// renewal is what to do about tokens that Webex may replace; nil if nothing may be
// written.
func (w *wizard) renewal() *access.Renewal {
	if w.isDry() || w.plan.Secret == nil {
		return nil
	}
	return &access.Renewal{
		Before: func(ctx context.Context) error {
			if w.flags.yes {
				return nil
			}
			return w.confirm(ctx, fmt.Sprintf("To try the credentials, the refresh token has to be used, and Webex may replace it. Write Secret %s with what Webex answers, at once?", w.plan.Secret.Name), false)
		},
		Keep: w.keep,
	}
}

// keepAttempts give the API server 12 s to come back, as the operator does.
const keepAttempts = 7

// keep writes the Secret with new tokens, of which there is no other copy. If the
// cluster does not take them, they are put into a file.
func (w *wizard) keep(ctx context.Context, values map[string]string) error {
	w.plan.Put(values)
	var err error
	for attempt, wait := 1, 200*time.Millisecond; ; attempt, wait = attempt+1, 2*wait {
		if err = w.put(ctx, w.plan.SecretObject(), false); err == nil {
			break
		}
		if attempt == keepAttempts || apierrors.IsForbidden(err) || apierrors.IsInvalid(err) {
			return w.rescue(err)
		}
		select {
		case <-ctx.Done():
			return w.rescue(err)
		case <-time.After(wait):
		}
	}
	w.kept = true
	stored := &corev1.Secret{}
	if err := w.session.Client.Get(ctx, client.ObjectKeyFromObject(w.plan.Secret), stored); err == nil {
		w.plan.SecretBefore, w.plan.Secret = stored, stored.DeepCopy()
	}
	w.note("the refresh token was used: Secret %s is written and holds what Webex answered", w.plan.Secret.Name)
	return nil
}

// rescue keeps new tokens in a file that only its owner reads.
func (w *wizard) rescue(cause error) error {
	file, err := os.CreateTemp("", w.plan.Secret.Name+"-*.yaml")
	if err != nil {
		return fmt.Errorf("new tokens could be stored neither in the cluster (%w) nor in a file (%w): authorize again", cause, err)
	}
	defer func() { _ = file.Close() }()
	secret := w.plan.Secret.DeepCopy()
	secret.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}
	secret.ResourceVersion, secret.UID, secret.ManagedFields = "", "", nil
	content, err := yaml.Marshal(secret)
	if err == nil {
		_, err = file.Write(content)
	}
	if err != nil {
		return fmt.Errorf("new tokens could be stored neither in the cluster (%w) nor in a file (%w): authorize again", cause, err)
	}
	return fmt.Errorf("%w. Webex has replaced the refresh token: the Secret with the new one is in %s, which only you can read. kubectl apply -f it, delete the file, and go on with --secret %s",
		cause, file.Name(), secret.Name)
}

func (w *wizard) write(ctx context.Context) error {
	if w.isDry() {
		return w.showDry(ctx)
	}
	if !w.flags.yes {
		if err := w.preview(); err != nil {
			return err
		}
	}
	if err := w.confirm(ctx, fmt.Sprintf("Write this to namespace %s?", w.namespace), w.flags.yes); err != nil {
		return err
	}
	for _, o := range w.plan.Objects() {
		if unchanged(o) {
			continue
		}
		if err := w.put(ctx, o, false); err != nil {
			return w.half(o, err)
		}
		w.done(o, "")
	}
	w.kept = false
	return w.objects(ctx)
}

// half says what was written before an object that could not be.
func (w *wizard) half(failed connect.Object, err error) error {
	if failed.Kind != "customer" && failed.Kind != "partner" || w.plan.Secret == nil || w.kept {
		return err
	}
	return fmt.Errorf("%w. Secret %s was written: once this is mended, go on with --secret %s", err, w.plan.Secret.Name, w.plan.Secret.Name)
}

func (w *wizard) done(o connect.Object, how string) {
	verb := "created"
	if o.Before != nil {
		verb = "configured"
	}
	out := w.Out.Out
	if w.flags.output != "" {
		out = w.Err.Out
	}
	fmt.Fprintf(out, "%s %s %s%s\n", o.Kind, o.Wanted.GetName(), verb, how)
}

func (w *wizard) showDry(ctx context.Context) error {
	how := " (dry run)"
	if w.flags.dryRun == dryRunServer {
		how = " (server dry run)"
		if err := w.rehearse(ctx); err != nil {
			return err
		}
	}
	if w.flags.output == "" {
		if err := w.preview(); err != nil {
			return err
		}
		for _, o := range w.plan.Objects() {
			w.done(o, how)
		}
		return nil
	}
	if w.plan.Secret != nil {
		w.note("Secret %s is left out, since secrets do not belong in Git: the same command without --dry-run writes it, or let SOPS, Sealed Secrets or External Secrets make it with keys %s", w.plan.Secret.Name, keysOf(w.plan.Secret))
	}
	return w.documents()
}

// preview shows the objects to a person, with the Secret's keys and no values.
func (w *wizard) preview() error {
	for _, o := range w.plan.Objects() {
		content, err := yaml.Marshal(shown(o))
		if err != nil {
			return err
		}
		fmt.Fprintf(w.Err.Out, "---\n%s", cleanLines(content))
	}
	return nil
}

// objects writes the objects as they are now, if -o asks for them.
func (w *wizard) objects(ctx context.Context) error {
	if w.flags.output == "" {
		return nil
	}
	var written client.Object = w.plan.Customer
	if w.flags.partner {
		written = w.plan.Partner
	}
	err := w.session.Client.Get(ctx, client.ObjectKeyFromObject(written), written)
	if err != nil {
		return cluster.Explain(err)
	}
	return w.documents()
}

// documents writes the objects, without the Secret, for a file in Git.
func (w *wizard) documents() error {
	var items []any
	for _, o := range w.plan.Objects() {
		if o.Kind != "secret" {
			items = append(items, shown(o))
		}
	}
	if w.flags.output == "json" {
		var document any = map[string]any{"apiVersion": "v1", "kind": "List", "items": items}
		if len(items) == 1 {
			document = items[0]
		}
		encoder := json.NewEncoder(w.Out.Data())
		encoder.SetIndent("", "  ")
		return encoder.Encode(document)
	}
	for i, item := range items {
		if i > 0 {
			fmt.Fprintln(w.Out.Data(), "---")
		}
		content, err := yaml.Marshal(item)
		if err != nil {
			return err
		}
		if _, err := w.Out.Data().Write(content); err != nil {
			return err
		}
	}
	return nil
}

// shown is an object as a person would write it. Values of a Secret are not.
func shown(o connect.Object) any {
	switch object := o.Wanted.(type) {
	case *v1alpha1.WebexCustomerAccess:
		return shownCustomer(object)
	case *v1alpha1.WebexPartner:
		return map[string]any{"apiVersion": v1alpha1.GroupVersion.String(), "kind": "WebexPartner", "metadata": shownMeta(object), "spec": object.Spec}
	case *v1alpha1.LicenseSyncSchedule:
		return shownSchedule(object)
	case *corev1.Secret:
		values := map[string]any{}
		for key := range object.Data {
			values[key] = "[redacted]"
		}
		return map[string]any{"apiVersion": "v1", "kind": "Secret", "metadata": shownMeta(object), "stringData": values}
	case *corev1.ConfigMap:
		return map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": shownMeta(object), "data": object.Data}
	}
	return nil
}

func shownCustomer(c *v1alpha1.WebexCustomerAccess) any {
	spec, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&c.Spec)
	if err != nil {
		panic(err) // a spec always has this form
	}
	if c.ResourceVersion == "" {
		delete(spec, "deletionPolicy") // the API server fills it in
	}
	return map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(), "kind": "WebexCustomerAccess", "metadata": shownMeta(c), "spec": spec,
	}
}

func shownMeta(o client.Object) map[string]any {
	meta := map[string]any{"name": o.GetName()}
	if o.GetNamespace() != "" {
		meta["namespace"] = o.GetNamespace()
	}
	if len(o.GetLabels()) > 0 {
		meta["labels"] = o.GetLabels()
	}
	return meta
}
