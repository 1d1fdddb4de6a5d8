package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// The assignments of config/samples/demo: one that is carried out, and one that only reports.
const enforced, reported = "messaging", "meetings"

// planChanges is the exit status of kubectl webex plan if there is anything to change.
const planChanges = 2

// showAssignments prints what the assignments plan, and what the enforced one did. Its run gives
// Webex 15 seconds to count that, of which the viewer has read for some by now.
func (d *demo) showAssignments(ctx context.Context) error {
	if _, err := d.await(ctx, reported, func(s v1alpha1.WebexLicenseAssignmentStatus) bool { return s.Plan != nil }); err != nil {
		return err
	}
	if err := d.plugin(ctx, "plan", reported, "-n", namespace); err != nil {
		return err
	}
	say("waiting for Webex to count what %s gave", enforced)
	done, err := d.await(ctx, enforced, func(s v1alpha1.WebexLicenseAssignmentStatus) bool {
		return s.LastRun != nil && ptr.Deref(s.LastRun.Added, 0) > 0
	})
	if err != nil {
		return err
	}
	if err := d.print(ctx, "get", "webexlicenseassignments", "-A"); err != nil {
		return err
	}
	fmt.Printf("\n%s gave a person %s, of which one more unit is in use than above:\n", enforced, done.License.Name)
	return d.print(ctx, "get", "webexlicenses", "-n", namespace, done.License.Row)
}

// await returns the status of an assignment once it is as it should be.
func (d *demo) await(ctx context.Context, name string, is func(v1alpha1.WebexLicenseAssignmentStatus) bool) (v1alpha1.WebexLicenseAssignmentStatus, error) {
	assignment := &v1alpha1.WebexLicenseAssignment{}
	err := wait.PollUntilContextTimeout(ctx, pollInterval, syncTimeout, true, func(ctx context.Context) (bool, error) {
		err := d.access.client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, assignment)
		return err == nil && is(assignment.Status), err
	})
	if wait.Interrupted(err) && ctx.Err() == nil {
		err = d.stuck(fmt.Sprintf("assignment %s is not carried out after %s", name, syncTimeout), assignment.Status.Conditions)
	}
	return assignment.Status, err
}

// plugin runs kubectl webex against the cluster, with the viewer's terminal.
func (d *demo) plugin(ctx context.Context, args ...string) error {
	fmt.Printf("\n$ kubectl webex %s\n", strings.Join(args, " "))
	cmd := exec.CommandContext(ctx, d.files.path("kubectl-webex"+exeSuffix), args...) //nolint:gosec // our own program
	cmd.Env = append(os.Environ(), "KUBECONFIG="+d.access.viewer)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == planChanges {
		return nil
	}
	if err != nil {
		return fmt.Errorf("kubectl webex %v: %w", args, err)
	}
	return nil
}
