package follow

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	toolswatch "k8s.io/client-go/tools/watch"
	"k8s.io/klog/v2"
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

// pause is how long to wait before runs are listed again.
const pause = time.Second

// Watch tells all changes of runs in the session's namespace until ctx ends. A
// watch that breaks off goes on where it was; if the API server no longer has what
// happened since, the runs are listed again, and those that the list no longer has
// are gone.
//
// An error means that watching makes no sense: the first list or watch failed, or
// the cluster does not allow it.
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
			return nil //nolint:nilerr // the caller ended ctx
		case err != nil && (first || apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err)):
			return err
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
	var last v1alpha1.LicenseSyncList
	runs, err := cluster.List(ctx, session, &last, func(l *v1alpha1.LicenseSyncList) []v1alpha1.LicenseSync { return l.Items })
	if err != nil {
		return "", err
	}
	exists := map[Key]bool{}
	for i := range runs {
		exists[Key{runs[i].Namespace, runs[i].Name}] = true
		tell(Change{Run: &runs[i]})
	}
	tell(Change{Listed: exists})
	return last.ResourceVersion, nil
}

// stream tells changes until the API server no longer has those that follow.
func stream(ctx context.Context, session *cluster.Session, version string, tell func(Change)) error {
	// The log of each retry would run over the screen.
	retrying, stop := context.WithCancelCause(klog.NewContext(ctx, logr.Discard()))
	defer stop(nil)
	established := false
	w, err := toolswatch.NewRetryWatcherWithContext(retrying, version, &cache.ListWatch{
		WatchFuncWithContext: func(request context.Context, options metav1.ListOptions) (watch.Interface, error) {
			w, err := session.Client.Watch(klog.NewContext(request, klog.FromContext(ctx)), &v1alpha1.LicenseSyncList{}, session.In(), &client.ListOptions{Raw: &options})
			// The RetryWatcher would ask for a version forever that the server no longer has.
			if err != nil && (!established || expired(err)) {
				stop(err)
			}
			established = established || err == nil
			return w, err
		},
	})
	if err != nil {
		return err
	}
	for event := range w.ResultChan() {
		if event.Type == watch.Error {
			stop(apierrors.FromObject(event.Object))
		} else if run, ok := event.Object.(*v1alpha1.LicenseSync); ok {
			tell(Change{Run: run, Gone: event.Type == watch.Deleted})
		}
	}
	if err = context.Cause(retrying); expired(err) {
		return nil
	}
	return cluster.Explain(err)
}

func expired(err error) bool { return apierrors.IsGone(err) || apierrors.IsResourceExpired(err) }
