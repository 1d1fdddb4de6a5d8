package cli

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/screentest"
)

// script is what the operator does to the runs of each customer, one step after
// the other. A customer without one is left waiting.
type script map[string][]func(*v1alpha1.LicenseSync)

// operator stands for one: it gives the runs that are created fixed names, and
// plays the script to each watch.
func operator(steps script) interceptor.Funcs {
	var mu sync.Mutex
	var created []*v1alpha1.LicenseSync
	return interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, object client.Object, opts ...client.CreateOption) error {
			mu.Lock()
			defer mu.Unlock()
			if run, ok := object.(*v1alpha1.LicenseSync); ok {
				run.Name, run.CreationTimestamp = run.GenerateName+"new", metav1.NewTime(now)
				created = append(created, run.DeepCopy())
			}
			return c.Create(ctx, object, opts...)
		},
		Watch: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) (watch.Interface, error) {
			mu.Lock()
			defer mu.Unlock()
			w := watch.NewRaceFreeFake()
			slices.SortFunc(created, func(a, b *v1alpha1.LicenseSync) int { return strings.Compare(a.Name, b.Name) })
			for _, run := range created {
				for _, step := range steps[run.Spec.CustomerAccessRef.Name] {
					step(run)
					run.ResourceVersion = "1000"
					w.Modify(run.DeepCopy())
				}
			}
			return w, nil
		},
	}
}

// gently is a script step that keeps the conditions of one step out of the next.
func gently(step func(*v1alpha1.LicenseSync)) func(*v1alpha1.LicenseSync) {
	return func(run *v1alpha1.LicenseSync) {
		run.Status = v1alpha1.LicenseSyncStatus{}
		step(run)
	}
}

func goodScript() script {
	throttled := func(run *v1alpha1.LicenseSync) {
		condition(&run.Status.Conditions, v1alpha1.ConditionReady, metav1.ConditionUnknown, v1alpha1.ReasonRateLimited, "Webex asked to wait")
		run.Status.NextAttemptTime = at(-30 * time.Second)
	}
	return script{
		"acme":    {gently(activeRun(v1alpha1.ReasonRunning, v1alpha1.StepPeople, 400)), gently(throttled), gently(succeededRun(42*time.Second, 1, 3, 0, 0))},
		"globex":  {gently(activeRun(v1alpha1.ReasonRunning, v1alpha1.StepLicenses, 0)), gently(succeededRun(61*time.Second, 0, 2, 1, 9))},
		"initech": {gently(activeRun(v1alpha1.ReasonRunning, v1alpha1.StepPeople, 10)), gently(succeededRun(12*time.Second, 0, 0, 0, 0))},
	}
}

func badScript() script {
	s := goodScript()
	s["globex"] = []func(*v1alpha1.LicenseSync){gently(activeRun(v1alpha1.ReasonRunning, v1alpha1.StepPeople, 10)), gently(failedRun(v1alpha1.ReasonForbidden, "the token lacks a scope (people)"))}
	return s
}

func TestSyncGolden(t *testing.T) {
	for name, c := range map[string]struct {
		args  string
		steps script
	}{
		"sync":        {args: "sync acme globex"},
		"sync-json":   {args: "sync acme -o json"},
		"sync-wait":   {args: "sync --all --wait", steps: goodScript()},
		"sync-failed": {args: "sync -l tier=gold --wait", steps: badScript()},
		"sync-csv":    {args: "sync initech --wait -o csv", steps: goodScript()},
		"retry":       {args: "retry globex --wait", steps: goodScript()},
	} {
		t.Run(name, func(t *testing.T) {
			newWorldWith(t, operator(c.steps), fleet()...).golden(name, strings.Fields(c.args)...)
		})
	}
}

// On a terminal the runs are drawn in place. What stands there at the end is one
// frame, and the sum below it.
func TestSyncOnATerminal(t *testing.T) {
	w := newWorldWith(t, operator(badScript()), fleet()...)
	w.live = true
	w.terminal = &screentest.Screen{Columns: 100, Height: 30}
	got := w.run("sync", "--all", "--wait")
	if got.code != ExitFailure {
		t.Errorf("exit code %d", got.code)
	}
	if faults := w.terminal.Faults(); len(faults) > 0 {
		t.Error(faults)
	}
	compareGolden(t, "sync-terminal", "$ kubectl webex sync --all --wait\n"+w.terminal.Text()+"(exit code 1)\n")
}

func TestSyncObjects(t *testing.T) {
	w := newWorldWith(t, operator(nil), fleet()...)
	w.expect("sync acme --keep 1h", 0, "customer acme: run acme-new created")
	run := &v1alpha1.LicenseSync{}
	w.fetch(run, "acme-new")
	if run.Spec.Trigger != v1alpha1.TriggerManual || run.Spec.CustomerAccessRef.Name != "acme" || ptr.Deref(run.Spec.TTLSecondsAfterFinished, 0) != 3600 ||
		run.Labels[v1alpha1.LabelCustomer] != "acme" || run.Labels[v1alpha1.LabelTrigger] != "Manual" {
		t.Errorf("%+v", run)
	}
	w = newWorldWith(t, operator(nil), fleet()...)
	w.expect("sync acme --keep 0", 0, "customer acme: run acme-new created")
	if w.fetch(run, "acme-new"); run.Spec.TTLSecondsAfterFinished != nil {
		t.Errorf("kept for %d s", *run.Spec.TTLSecondsAfterFinished)
	}
}

func TestSyncMistakes(t *testing.T) {
	for args, want := range map[string]string{
		"sync":                              `2 error: sync which customers? Name some, or use --all or -l SELECTOR`,
		"sync acme --all":                   `2 error: sync which customers? Name some, or use --all or -l SELECTOR`,
		"sync --all -l tier=gold":           `2 error: if any flags in the group [all selector] are set none of the others can be; [all selector] were all set`,
		"sync acme --timeout 1m":            `2 error: --timeout is about waiting: add --wait`,
		"sync acme --wait --timeout -1m":    `2 error: --timeout is -1m0s: use a time to come, such as 30m`,
		"sync acme --keep 9000h":            `2 error: --keep is 9000h0m0s: use a time up to 8760h, or 0 for ever`,
		"sync umbrella":                     `1 error: customer umbrella is suspended, its run would not begin: kubectl webex resume customer umbrella`,
		"sync acmee":                        `1 error: there is no customer "acmee" in namespace webex: kubectl webex status lists them, or look elsewhere with -n or -A`,
		"sync -l tier=tin":                  `1 error: there is no customer to sync: kubectl webex status lists those there are, or look elsewhere with -n or -A`,
		"retry acme":                        `1 error: the last run of customer acme did not fail: kubectl webex sync acme starts another`,
		"retry umbrella":                    `1 error: customer umbrella has no run that ended: kubectl webex sync umbrella starts one`,
		"retry acme-x7k2p":                  `1 error: run acme-x7k2p has not ended: wait for it, or end it with kubectl webex cancel acme-x7k2p`,
		"retry nosuch":                      `1 error: there is no run or customer "nosuch" in namespace webex: kubectl webex runs lists the runs, or look elsewhere with -n or -A`,
		"retry job/acme":                    `2 error: retry what? Use the name of a run or a customer, run/NAME or customer/NAME`,
		"retry customer/acme-x7k2p":         `1 error: there is no run or customer "acme-x7k2p" in namespace webex: kubectl webex runs lists the runs, or look elsewhere with -n or -A`,
		"sync acme --wait --timeout 1m foo": `1 error: there is no customer "foo" in namespace webex: kubectl webex status lists them, or look elsewhere with -n or -A`,
	} {
		got := newWorld(t, fleet()...).run(strings.Fields(args)...)
		first, _, _ := strings.Cut(got.err, "\n")
		if is := string(rune('0'+got.code)) + " " + first; is != want {
			t.Errorf("%s:\n%s\nwant\n%s", args, is, want)
		}
	}
}

func TestRetry(t *testing.T) {
	twin := fleetRun("globex", "globex", time.Hour, v1alpha1.TriggerManual, failedRun(v1alpha1.ReasonForbidden, "no"))
	twin.Spec.BackoffLimit, twin.Spec.ActiveDeadlineSeconds = new(int32(2)), 600
	w := newWorldWith(t, operator(nil), append(fleet(), twin)...)
	w.expect("retry globex", 2, `error: "globex" is a run and a customer: say run/globex or customer/globex`, "See 'kubectl webex retry --help'.")
	w.expect("retry run/globex", 0, "customer globex: run globex-new created")
	run := &v1alpha1.LicenseSync{}
	if w.fetch(run, "globex-new"); ptr.Deref(run.Spec.BackoffLimit, 0) != 2 || run.Spec.ActiveDeadlineSeconds != 600 || run.Spec.ScheduledTime != nil {
		t.Errorf("%+v", run.Spec)
	}
	if got := w.run("__complete", "retry", ""); got.out != "globex\nnightly-globex-c8cbe600-29552790\n:4\n" {
		t.Errorf("offered %q", got.out)
	}
}

// One run that cannot be created does not keep the others back.
func TestSyncCreatesWhatItCan(t *testing.T) {
	funcs := operator(nil)
	create := funcs.Create
	funcs.Create = func(ctx context.Context, c client.WithWatch, object client.Object, opts ...client.CreateOption) error {
		if run, ok := object.(*v1alpha1.LicenseSync); ok && run.Spec.CustomerAccessRef.Name == "globex" {
			return errors.New("quota exceeded")
		}
		return create(ctx, c, object, opts...)
	}
	newWorldWith(t, funcs, fleet()...).expect("sync acme globex initech", 1,
		"customer acme: run acme-new created", "customer initech: run initech-new created",
		"error: 1 of 3 runs could not be created: customer globex: quota exceeded")
}

func TestWaitingEnds(t *testing.T) {
	t.Run("by time-out", func(t *testing.T) {
		w := newWorldWith(t, operator(nil), fleet()...)
		w.expect("sync acme --wait --timeout 50ms", 1,
			"0 of 1 run succeeded: rows +0 ~0 -0, 0 requests to Webex",
			"error: timed out after 0s; 1 run goes on: kubectl webex runs --active shows them, kubectl webex cancel RUN ends one")
	})
	t.Run("by Ctrl-C", func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		funcs := operator(nil)
		play := funcs.Watch
		funcs.Watch = func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) (watch.Interface, error) {
			defer interrupt()
			return play(ctx, c, list, opts...)
		}
		w := newWorldWith(t, funcs, fleet()...)
		w.ctx = ctx
		w.expect("sync acme globex --wait", 130, "error: interrupted; 2 runs go on: kubectl webex runs --active shows them, kubectl webex cancel RUN ends one")
	})
	t.Run("when the cluster refuses", func(t *testing.T) {
		funcs := operator(nil)
		funcs.Watch = func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) (watch.Interface, error) {
			return nil, errors.New("watching is not allowed")
		}
		w := newWorldWith(t, funcs, fleet()...)
		w.expect("sync acme --wait", 1, "0 of 1 run succeeded: rows +0 ~0 -0, 0 requests to Webex", "error: watching is not allowed")
	})
}

// A watch that breaks off goes on from the version that was told last, without
// another list.
func TestWatchGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		funcs := operator(goodScript())
		play, watched := funcs.Watch, []string{}
		var lists int
		funcs.List = func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			lists++
			return c.List(ctx, list, opts...)
		}
		funcs.Watch = func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) (watch.Interface, error) {
			options := client.ListOptions{}
			options.ApplyOptions(opts)
			watched = append(watched, options.Raw.ResourceVersion)
			switch len(watched) {
			case 1:
				w := watch.NewRaceFreeFake()
				run := &v1alpha1.LicenseSync{ObjectMeta: metav1.ObjectMeta{Namespace: "webex", Name: "acme-new", ResourceVersion: "1000"}}
				activeRun(v1alpha1.ReasonRunning, v1alpha1.StepPeople, 10)(run)
				w.Modify(run)
				w.Stop()
				return w, nil
			case 2: // the API server starts again
				return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
			}
			return play(ctx, c, list, opts...)
		}
		w := newWorldWith(t, funcs, fleet()...)
		w.expect("sync acme --wait", 0, "acme: run acme-new began", "acme: Webex asked to wait, goes on in 30s", "acme: done in 42s, rows +1 ~3 -0", "1 of 1 run succeeded: rows +1 ~3 -0, 9 requests to Webex")
		if len(watched) != 3 || watched[1] != "1000" || watched[2] != "1000" || lists != 3 {
			t.Errorf("watched from %q, %d lists", watched, lists)
		}
	})
}

// What an API server no longer tells of is in the list, whether it says so as it
// takes up the watch, or later.
func TestWatchExpires(t *testing.T) {
	gone := apierrors.NewResourceExpired("too old resource version")
	for name, expire := range map[string]func() (watch.Interface, error){
		"at once": func() (watch.Interface, error) { return nil, gone },
		"later": func() (watch.Interface, error) {
			w := watch.NewRaceFreeFake()
			w.Error(&gone.ErrStatus)
			return w, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				funcs := operator(nil)
				funcs.Watch = func(ctx context.Context, c client.WithWatch, _ client.ObjectList, _ ...client.ListOption) (watch.Interface, error) {
					run := &v1alpha1.LicenseSync{}
					if err := c.Get(ctx, client.ObjectKey{Namespace: "webex", Name: "acme-new"}, run); err != nil {
						return nil, err
					}
					gently(succeededRun(42*time.Second, 0, 0, 0, 0))(run)
					if err := c.Status().Update(ctx, run); err != nil {
						return nil, err
					}
					if err := c.Delete(ctx, &v1alpha1.LicenseSync{ObjectMeta: metav1.ObjectMeta{Namespace: "webex", Name: "globex-new"}}); err != nil {
						return nil, err
					}
					return expire()
				}
				newWorldWith(t, funcs, fleet()...).expect("sync acme globex --wait", 1,
					"acme: done in 42s, rows +0 ~0 -0", "globex: the run was deleted before its end was seen",
					"1 of 2 runs succeeded: rows +0 ~0 -0, 9 requests to Webex",
					"error: run globex-new of customer globex failed: Deleted: the run was deleted before its end was seen")
			})
		})
	}
}
