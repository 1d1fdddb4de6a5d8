package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/operator"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// verified is how many customers of a group are compared with the simulator's own count after each step.
const verified = 10

// verify fails if rows are not right.
func (w *world) verify(ctx context.Context, groups []*group) error {
	for _, g := range groups {
		every := max(len(g.customers)/verified, 1)
		for i := 0; i < len(g.customers); i += every {
			if err := w.verifyCustomer(ctx, g, i); err != nil {
				return fmt.Errorf("the rows of %s: %w", g.customers[i], err)
			}
		}
	}
	return nil
}

func (w *world) verifyCustomer(ctx context.Context, g *group, i int) error {
	truth, err := g.sim.Truth(ctx, g.sim.Organizations[i])
	if err != nil {
		return err
	}
	key := g.customers[i]
	var rows v1alpha1.WebexLicenseList
	if err := w.client.List(ctx, &rows, client.InNamespace(key.Namespace), client.MatchingLabels{v1alpha1.LabelCustomer: key.Name}); err != nil {
		return err
	}
	// Without the level Site no run reads people, and rows tell less about themselves.
	want, shown := operator.Expected(key.Name, truth, nil), operator.Shown
	if len(g.Levels) == 1 && g.Levels[0] == v1alpha1.LevelCustomer {
		want, shown = expectedUnits(truth), shownUnits
	}
	have := map[string]string{}
	for _, row := range rows.Items {
		have[operator.Key(&row)] = shown(&row)
	}
	if diff := cmp.Diff(want, have); diff != "" {
		return errors.New("are not what the simulator counts (-want +got):\n" + diff)
	}
	return nil
}

func expectedUnits(truth webexsim.Truth) map[string]string {
	want := map[string]string{}
	for _, l := range truth.Licenses {
		want[l.ID+"@"] = fmt.Sprintf("%s: %d of %d", l.Name, l.Consumed, l.Total)
	}
	return want
}

func shownUnits(row *v1alpha1.WebexLicense) string {
	s := row.Status
	if s.ConsumedUnits == nil || s.TotalUnits == nil {
		return s.Name + ": unknown"
	}
	return fmt.Sprintf("%s: %d of %d", s.Name, *s.ConsumedUnits, *s.TotalUnits)
}

// storage adds how many rows there are, and what they take in etcd.
func (w *world) storage(ctx context.Context, step Step, groups []*group, grown float64, took time.Duration) error {
	var rows, bytes int
	for _, g := range groups {
		for _, namespace := range g.namespaces() {
			items, err := w.stored(ctx, namespace)
			if err != nil {
				return err
			}
			rows += len(items)
			for _, item := range items {
				bytes += len(item)
			}
		}
	}
	w.figures.add(step.As, "rows", float64(rows))
	w.figures.add(step.As, "bytes of a row", float64(bytes)/float64(rows))
	w.figures.add(step.As, "etcd file bytes per row", grown/float64(rows))
	if w.floor > 0 && step.Do == "cold" {
		w.figures.add(step.As, "seconds, times the floor", took.Seconds()/(w.floor*float64(rows)))
	}
	return nil
}

// stored are the rows of a namespace as JSON, which is how the API server stores objects of CustomResourceDefinitions.
func (w *world) stored(ctx context.Context, namespace string) ([]json.RawMessage, error) {
	var items []json.RawMessage
	for page := ""; ; {
		url := fmt.Sprintf("%s/apis/%s/namespaces/%s/webexlicenses?limit=500&continue=%s", w.cluster.Config.Host, v1alpha1.GroupVersion, namespace, page)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return nil, err
		}
		response, err := w.http.Do(request)
		if err != nil {
			return nil, err
		}
		var list struct {
			Metadata struct{ Continue string }
			Items    []json.RawMessage
		}
		data, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err = errors.Join(err, json.Unmarshal(data, &list)); err != nil {
			return nil, fmt.Errorf("listing rows: %s: %w", response.Status, err)
		}
		items = append(items, list.Items...)
		if page = strings.TrimSpace(list.Metadata.Continue); page == "" {
			return items, nil
		}
	}
}
