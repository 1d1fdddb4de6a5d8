package overview

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

func is(conditionType string, status metav1.ConditionStatus, reason string) metav1.Condition {
	return metav1.Condition{Type: conditionType, Status: status, Reason: reason, Message: "says so"}
}

// Figures of locations are told apart only where an earlier run counted them.
func TestPeopleRead(t *testing.T) {
	run := time.Date(2026, 3, 10, 9, 30, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		run, walk *time.Time
		apart     bool
	}{
		"never read":             {},
		"does not say":           {run: &run},
		"read by this run":       {run: &run, walk: new(run)},
		"read by another":        {run: &run, walk: new(run.Add(-5 * time.Minute)), apart: true},
		"read, and then no more": {walk: &run},
	} {
		if got := PeopleRead(c.run, c.walk); (got != nil) != c.apart || c.apart && got != c.walk {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestIssues(t *testing.T) {
	const yes, no = metav1.ConditionTrue, metav1.ConditionFalse
	healthy := []metav1.Condition{
		is("Ready", yes, "Synced"), is("CredentialsValid", yes, "Accepted"), is("CapacityOK", yes, "WithinThresholds"),
		is("DefaultsResolved", yes, "Resolved"), is("DataFresh", yes, "Fresh"),
	}
	for _, c := range []struct {
		name       string
		conditions []metav1.Condition
		adjust     func(*v1alpha1.WebexCustomerAccess)
		want       []string
	}{
		{name: "healthy", conditions: healthy},
		{name: "new: nothing is known, so nothing is wrong", conditions: []metav1.Condition{is("Ready", metav1.ConditionUnknown, "Pending"), is("DataFresh", no, "NeverSynced")}, want: []string{"Warning NeverSynced"}},
		{
			name:       "one cause, one issue",
			conditions: []metav1.Condition{is("Ready", no, "CredentialsRejected"), is("CredentialsValid", no, "CredentialsRejected"), is("DataFresh", no, "Stale")},
			want:       []string{"Error CredentialsRejected", "Warning Stale"},
		},
		{
			name:       "credentials that end are told of while they work",
			conditions: append([]metav1.Condition{is("CredentialsValid", yes, "ExpiresSoon")}, healthy[0]),
			want:       []string{"Warning ExpiresSoon"},
		},
		{
			name:       "an exhausted licence goes before a held removal",
			conditions: []metav1.Condition{is("PruneHeld", yes, "ApprovalRequired"), is("CapacityOK", no, "Exhausted")},
			want:       []string{"Error Exhausted", "Warning ApprovalRequired"},
		},
		{name: "Kubernetes takes no run, fresh figures", conditions: append([]metav1.Condition{is("Reconciling", yes, "RunRefused")}, healthy...), want: []string{"Warning RunRefused"}},
		{name: "Kubernetes takes no run", conditions: []metav1.Condition{is("Ready", no, "RunRefused"), is("Stalled", yes, "RunRefused")}, want: []string{"Error RunRefused"}},
		{name: "a run is under way", conditions: append([]metav1.Condition{is("Reconciling", yes, "Running")}, healthy...)},
		{name: "nothing is held any more", conditions: append([]metav1.Condition{is("PruneHeld", no, "Done")}, healthy...)},
		{name: "fresh, and not scheduled", conditions: append([]metav1.Condition{is("DataFresh", yes, "NotScheduled")}, healthy[:4]...), want: []string{"Warning NotScheduled"}},
		{
			name: "a failed run beside good figures", conditions: healthy, want: []string{"Warning APIUnavailable"},
			adjust: func(c *v1alpha1.WebexCustomerAccess) { c.Status.LastRun = &v1alpha1.LastRun{Reason: "APIUnavailable"} },
		},
		{
			name: "a canceled run is what a person wanted", conditions: healthy,
			adjust: func(c *v1alpha1.WebexCustomerAccess) { c.Status.LastRun = &v1alpha1.LastRun{Reason: "Canceled"} },
		},
		{
			name: "suspended with good figures", conditions: healthy, want: []string{"Warning Suspended"},
			adjust: func(c *v1alpha1.WebexCustomerAccess) { c.Spec.Suspend = new(true) },
		},
		{
			name: "suspended without", conditions: []metav1.Condition{is("Ready", yes, "Suspended"), is("DataFresh", no, "NeverSynced")}, want: []string{"Warning NeverSynced", "Warning Suspended"},
			adjust: func(c *v1alpha1.WebexCustomerAccess) { c.Spec.Suspend = new(true) },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			customer := &v1alpha1.WebexCustomerAccess{Status: v1alpha1.WebexCustomerAccessStatus{Conditions: c.conditions}}
			if c.adjust != nil {
				c.adjust(customer)
			}
			var got []string
			for _, issue := range Of(customer, nil, nil).Issues {
				got = append(got, string(issue.Severity)+" "+issue.Reason)
				if issue.Message == "" {
					t.Errorf("%s has no message", issue.Reason)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error("(-want +got)\n", diff)
			}
		})
	}
}

func TestCredentialsExpiration(t *testing.T) {
	soon, late := metav1.Unix(1000, 0), metav1.Unix(9000, 0)
	for _, c := range []struct {
		status v1alpha1.CredentialsStatus
		want   *time.Time
	}{
		{v1alpha1.CredentialsStatus{Kind: v1alpha1.CredentialKindIntegration, AccessTokenExpirationTime: &soon, RefreshTokenExpirationTime: &late}, new(late.UTC())},
		{v1alpha1.CredentialsStatus{Kind: v1alpha1.CredentialKindAccessToken, AccessTokenExpirationTime: &soon}, new(soon.UTC())},
		{v1alpha1.CredentialsStatus{Kind: v1alpha1.CredentialKindAccessToken}, nil},
	} {
		customer := &v1alpha1.WebexCustomerAccess{Status: v1alpha1.WebexCustomerAccessStatus{Credentials: &c.status}}
		if diff := cmp.Diff(c.want, Of(customer, nil, nil).CredentialsExpiration); diff != "" {
			t.Error(diff)
		}
	}
}

func TestRuns(t *testing.T) {
	run := func(name, customer string, conditions ...metav1.Condition) v1alpha1.LicenseSync {
		r := v1alpha1.LicenseSync{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: v1alpha1.LicenseSyncStatus{Conditions: conditions}}
		r.Spec.CustomerAccessRef.Name = customer
		return r
	}
	active := run("b", "acme", is("Ready", metav1.ConditionUnknown, "Running"))
	canceling := active
	canceling.Name, canceling.Spec.Cancel = "a", new(true)
	runs := []v1alpha1.LicenseSync{
		active, canceling, run("done", "acme", is("Complete", metav1.ConditionTrue, "Succeeded")),
		run("failed", "acme", is("Failed", metav1.ConditionTrue, "Forbidden")), run("other", "globex"),
	}
	customer := &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Name: "acme"}}
	if got := Of(customer, runs, nil).Active; !cmp.Equal(got, []string{"a", "b"}) {
		t.Errorf("active: %v", got)
	}
	for i, want := range []string{"Running false false", "Canceling false false", "Pending true false", "Pending true true", "Pending false false"} {
		r := RunOf(&runs[i])
		if got := r.Status + map[bool]string{true: " true", false: " false"}[r.Finished] + map[bool]string{true: " true", false: " false"}[r.Failed]; got != want {
			t.Errorf("%s: %s, want %s", r.Name, got, want)
		}
	}
}
