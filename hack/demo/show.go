package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const (
	// syncTimeout bounds the first runs of all customers. They need about two seconds; the
	// rest is for a machine that does other things at the same time.
	syncTimeout = 2 * time.Minute
	// pollInterval is how often the demo looks whether they have ended.
	pollInterval = 200 * time.Millisecond
)

// show waits for the first runs and prints what they brought.
func (d *demo) show(ctx context.Context) error {
	say("waiting for the first runs, which start by themselves")
	synced, err := d.waitForRuns(ctx)
	if err != nil {
		return err
	}
	say("all synced, %.0f s since the start", time.Since(d.began).Seconds())
	for _, args := range [][]string{{"get", "webexcustomeraccesses", "-A"}, {"get", "webexlicenses", "-A"}, {"get", "licensesyncschedules", "-A"}} {
		if err := d.print(ctx, args...); err != nil {
			return err
		}
	}
	fmt.Println("\nWhat the customers ask for (kubectl describe webexcustomeraccess):")
	for _, c := range synced {
		for _, condition := range c.Status.Conditions {
			if condition.Status == metav1.ConditionFalse {
				fmt.Printf("  %s: %s=False, %s: %s\n", c.Name, condition.Type, condition.Reason, condition.Message)
			}
		}
	}
	if err := d.showAssignments(ctx); err != nil {
		return err
	}
	if err := d.showPartner(ctx); err != nil {
		return err
	}
	if !d.once {
		fmt.Printf(hints, v1alpha1.AnnotationRequestedAt, webexsim.StandardUUID, d.access.viewer, d.files.dir, d.webHint())
	}
	return d.files.write(readyFile, nil)
}

// print runs kubectl, and shows how it was called.
func (d *demo) print(ctx context.Context, args ...string) error {
	fmt.Printf("\n$ kubectl %s\n", strings.Join(args, " "))
	return d.kubectl(ctx, args...)
}

// waitForRuns returns the customers once each has been synced.
func (d *demo) waitForRuns(ctx context.Context) ([]v1alpha1.WebexCustomerAccess, error) {
	ctx, cancel := context.WithTimeout(ctx, syncTimeout)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	var list v1alpha1.WebexCustomerAccessList
	told := map[string]bool{}
	for {
		if err := d.access.client.List(ctx, &list, client.InNamespace(namespace)); err != nil && ctx.Err() == nil {
			return nil, fmt.Errorf("reading the customers: %w", err)
		}
		for i := range list.Items {
			customer := &list.Items[i]
			if told[customer.Name] || !observed(customer) {
				continue
			}
			if meta.IsStatusConditionTrue(customer.Status.Conditions, v1alpha1.ConditionStalled) {
				return nil, d.stuck("customer "+customer.Name+" cannot be synced", customer.Status.Conditions)
			}
			if isSynced(customer) {
				told[customer.Name] = true
				say("  %s (%s) is synced", customer.Name, customer.Status.Organization.DisplayName)
			}
		}
		if len(told) == len(customers) {
			return list.Items, nil
		}
		select {
		case <-ctx.Done():
			if !errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
				return nil, context.Cause(ctx)
			}
			return nil, d.firstMissing(list.Items, told)
		case <-tick.C:
		}
	}
}

func observed(c *v1alpha1.WebexCustomerAccess) bool {
	return c.Status.ObservedGeneration != nil && *c.Status.ObservedGeneration == c.Generation
}

func isSynced(c *v1alpha1.WebexCustomerAccess) bool {
	return c.Status.LastSuccessfulSyncTime != nil && c.Status.Organization != nil &&
		meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionReady)
}

// firstMissing describes a customer that was not synced in time.
func (d *demo) firstMissing(items []v1alpha1.WebexCustomerAccess, synced map[string]bool) error {
	i := slices.IndexFunc(items, func(c v1alpha1.WebexCustomerAccess) bool { return !synced[c.Name] })
	if i < 0 {
		return fmt.Errorf("%d of %d customers exist after %s", len(items), len(customers), syncTimeout)
	}
	return d.stuck(fmt.Sprintf("customer %s is not synced after %s", items[i].Name, syncTimeout), items[i].Status.Conditions)
}

// stuck says what an object's conditions say, and where to read on.
func (d *demo) stuck(what string, conditions []metav1.Condition) error {
	var text strings.Builder
	text.WriteString(what)
	for _, condition := range conditions {
		fmt.Fprintf(&text, "\n  %s=%s, %s: %s", condition.Type, condition.Status, condition.Reason, condition.Message)
	}
	if len(conditions) == 0 {
		text.WriteString("\n  it has no condition: the operator did not look at it")
	}
	path := d.files.path(managerLog)
	fmt.Fprintf(&text, "\nthe end of %s:\n%s", path, tail(path))
	return errors.New(text.String())
}

// hints take the annotation for a run now, the organization of acme, KUBECONFIG, the directory of
// the demo and that of webHint.
const hints = `
All of this stays up until Ctrl-C. In another terminal, in this directory:

  export KUBECONFIG=%[3]s PATH=%[4]s:$PATH
  kubectl get webex                          # customers, assignments, schedules, runs and rows
  kubectl get webexlicenses -o wide --field-selector spec.level=Site
  kubectl explain webexlicense.status
  kubectl webex licenses -A --at provider    # the plugin: rolled up; kubectl webex --help

%[5]s

Give a person in Chicago Real-Time Translations (in the simulator) and run a sync: one row more
there, and one unit more in use at level Customer:

  curl --cacert bin/demo/webexsim-ca.crt -d '{"add": ["Real-Time Translations"]}' \
    $(cat bin/demo/webexsim-control.url)/organizations/%[2]s/people/1/licenses
  kubectl create -f config/samples/demo/licensesync.yaml
  kubectl get webexlicenses | grep acme-real-time-translations
  kubectl get licensesyncs

Or ask for the run without an object of your own:

  kubectl annotate wxca acme --overwrite %[1]s="$(date)"

A schedule runs all customers each minute, so that you need not ask at all. Watch it fire; have
it run now; stop it:

  kubectl get licensesyncs --watch -l licensing.webex-operator.io/schedule=every-minute
  kubectl annotate wxsched every-minute --overwrite %[1]s="$(date)"
  kubectl patch wxsched every-minute --type merge -p '{"spec": {"suspend": true}}'

Take from that person what the assignment messaging gave, as a hand in Control Hub might: the next
run gives it back, and says so. Then have meetings take a licence, too:

  curl --cacert bin/demo/webexsim-ca.crt -d '{"remove": ["Advanced Messaging"]}' \
    $(cat bin/demo/webexsim-control.url)/organizations/%[2]s/people/1/licenses
  kubectl get events --watch --field-selector involvedObject.kind=WebexLicenseAssignment
  kubectl patch wxla meetings --type merge -p '{"spec": {"mode": "Enforce"}}'
  kubectl get wxla --watch

The partner makes two customers more within a minute of the first. See what else it knows:

  kubectl webex partners provider
  kubectl get wxca --watch -l licensing.webex-operator.io/partner=provider
  kubectl label wxca -l licensing.webex-operator.io/partner=provider tier=gold  # yours: it stays

Say which subscription and Meetings site globex assigns licences from:

  kubectl get webexlicenses -o wide --field-selector spec.customerAccessRef.name=globex
  kubectl patch wxca globex --type merge \
    -p '{"spec": {"defaultSubscription": "Sub2000001", "defaultSiteURL": "globex.example.webex.com"}}'
  kubectl get webexlicenses -o wide --field-selector spec.customerAccessRef.name=globex

`
