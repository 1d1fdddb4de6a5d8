package follow

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
)

// Change is what a watch tells: a run as it is now, one that is gone, or, after
// a list, which runs there are.
type Change struct {
	Run    *v1alpha1.LicenseSync
	Gone   bool
	Listed map[Key]bool
}

// pause is how long to wait before a lost watch is set up again.
const pause = time.Second

// Watch tells all changes of runs in the session's namespace until ctx ends. A
// watch that breaks off is set up again, and what happened meanwhile is told: the
// list has it, and runs that the list no longer has are gone.
//
// An error means that watching makes no sense: the first list failed, or the
// cluster does not allow it.
func Watch(ctx context.Context, session *cluster.Session, changes chan<- Change) error {
	tell := func(c Change) {
		select {
		case changes <- c:
		case <-ctx.Done():
		}
	}
	for first := true; ; first = false {
		version, err := list(ctx, session, tell)
		if err == nil {
			err = stream(ctx, session, version, tell)
		}
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // whoever ended ctx knows why
		case err != nil && (first || apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err)):
			return cluster.Explain(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// list tells all runs as they are, and returns the version to watch from.
func list(ctx context.Context, session *cluster.Session, tell func(Change)) (string, error) {
	exists := map[Key]bool{}
	version := ""
	for token := ""; ; {
		var page v1alpha1.LicenseSyncList
		if err := session.Client.List(ctx, &page, session.In(), client.Limit(500), client.Continue(token)); err != nil {
			return "", err
		}
		for i := range page.Items {
			exists[Key{page.Items[i].Namespace, page.Items[i].Name}] = true
			tell(Change{Run: &page.Items[i]})
		}
		version = page.ResourceVersion
		if token = page.Continue; token == "" {
			break
		}
	}
	tell(Change{Listed: exists})
	return version, nil
}

// stream tells changes until the watch breaks off.
func stream(ctx context.Context, session *cluster.Session, version string, tell func(Change)) error {
	w, err := session.Client.Watch(ctx, &v1alpha1.LicenseSyncList{}, session.In(), &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: version}})
	if err != nil {
		return err
	}
	defer w.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case event, open := <-w.ResultChan():
			if !open || event.Type == watch.Error {
				return nil
			}
			if run, ok := event.Object.(*v1alpha1.LicenseSync); ok {
				tell(Change{Run: run, Gone: event.Type == watch.Deleted})
			}
		}
	}
}
