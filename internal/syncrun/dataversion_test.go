package syncrun

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/rows"
	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

var update = flag.Bool("update", false, "write the file of a new rows.DataVersion; those of earlier ones stay as they are")

// What a run writes about an organization that stays the same changes with rows.DataVersion, and
// with nothing else: a release that counts differently and keeps the version would leave
// customers with a mixture, and one that raises it for nothing runs all of them for nothing.
func TestDataVersion(t *testing.T) {
	t.Parallel()
	got := collected(t)
	path := func(version int32) string {
		return filepath.Join("testdata", fmt.Sprintf("collected-data.v%d.txt", version))
	}
	want, err := os.ReadFile(path(rows.DataVersion))
	if errors.Is(err, fs.ErrNotExist) && *update {
		want, err = got, os.WriteFile(path(rows.DataVersion), got, 0o600)
	}
	if err != nil {
		t.Fatalf("%v: go test ./internal/syncrun -update writes the file of a new DataVersion", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("runs collect something else than in rows.DataVersion %d: if that is meant, raise it, and let go test ./internal/syncrun -update write the file of the new one (-want +got):\n%s", rows.DataVersion, diff)
	}
	if rows.DataVersion == 1 {
		return
	}
	before, err := os.ReadFile(path(rows.DataVersion - 1))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(before, want) {
		t.Errorf("runs collect the same as in rows.DataVersion %d: an upgrade would run every customer for nothing", rows.DataVersion-1)
	}
}

// collected is what runs write about two organizations of the simulator, a line for each
// row and each status, without what follows from the spec alone and is brought up to date
// without a run: names, assignability, capacity.
func collected(t *testing.T) []byte {
	t.Helper()
	var lines []string
	line := func(about string, value any) {
		data, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, about+" "+string(data))
	}
	for _, spec := range []webexsim.OrganizationSpec{webexsim.StandardOrganization(), webexsim.TwoSubscriptionOrganization()} {
		a, err := newWalker(t, spec).attempt(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		a.customer.Name = "acme"
		found := a.usage.Rows()
		a.totals = usage.Sum(found)
		for _, counted := range found {
			row := rows.Desired(a.customer, counted, usage.Effective{})
			row.Status.Conditions, row.Status.Assignable, row.Status.AssignableReason = nil, nil, ""
			line(spec.Name+" row", map[string]any{"labels": row.Labels, "spec": row.Spec, "status": row.Status})
		}
		status := v1alpha1.WebexCustomerAccessStatus{}
		a.recordResult(&status, metav1.NewTime(time.Unix(0, 0)))
		status.CollectedSpecHash, status.CollectedDataVersion, status.LastSuccessfulSyncTime = "", 0, nil
		status.LastWalkTime, status.Walked = nil, nil // what is compared with is no figure
		line(spec.Name+" customer", status)
	}
	slices.Sort(lines)
	return []byte(strings.Join(lines, "\n") + "\n")
}
