package prometheus

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"testing"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const repository = "../.."

var cluster *Cluster

func TestMain(m *testing.M) {
	if Binary() == "" {
		fmt.Println("not run without Prometheus: make prometheus runs these tests")
		return
	}
	ctrl.SetLogger(logr.Discard())
	flag.Parse()
	// The tests wait for most of their time, whatever the number of cores.
	if err := flag.Set("test.parallel", "32"); err != nil {
		panic(err)
	}
	os.Exit(func() int {
		var err error
		if cluster, err = StartCluster(context.Background(), repository); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = cluster.Stop() }()
		return m.Run()
	}())
}

// Metrics are for those who may read them.
func TestAuthorization(t *testing.T) {
	t.Parallel()
	w := cluster.NewWorld(t, Options{}) // Prometheus scrapes, with the token of a ServiceAccount that may
	stranger, err := cluster.token(t.Context(), monitoringNamespace, strangerAccount)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who, token string
		want       int
	}{
		{"no token", "", http.StatusUnauthorized},
		{"a token that was never issued", "none", http.StatusInternalServerError}, // so answers controller-runtime
		{"a ServiceAccount without the right", stranger, http.StatusForbidden},
	} {
		if status, _ := w.scrape(c.token); status != c.want {
			t.Errorf("%s gets %d, not %d", c.who, status, c.want)
		}
	}
	w.AddCustomer("acme", webexsim.StandardOrganization())
	w.AwaitSynced("acme")
	w.AwaitScrape()
	truth := w.Sim.Truth(webexsim.StandardUUID).License("Webex Meetings Suite")
	for state, want := range map[string]int{"total": truth.Total, "consumed": truth.Consumed} {
		query := fmt.Sprintf(`webexlicense_units{license="Webex Meetings Suite",namespace=%q,state=%q}`, w.Namespace, state)
		if answer := w.Query(query); len(answer) != 1 || int(answer[0].Value) != want {
			t.Errorf("%s is %v, not %d", query, answer, want)
		}
	}
}
