package walk

import (
	"context"
	"errors"
	"iter"
	"net/http"

	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Operator reads with the operator's own client, into its own counters, page by page as internal/syncrun does. What a
// run has besides is left out, because it needs Kubernetes: credentials, the request budget, the choice of the way,
// progress, rows in the API server.
func Operator(ctx context.Context, s Service, way Way) (Result, error) {
	client, err := webex.New(webex.Config{
		BaseURL: s.BaseURL, HTTP: &http.Client{Transport: s.Transport}, Tokens: webex.StaticToken(s.Token),
	})
	if err != nil {
		return Result{}, err
	}
	counters, err := counters(ctx, client, way)
	if err != nil {
		return Result{}, err
	}
	pages, err := pages(ctx, client, way)
	if err != nil {
		return Result{}, err
	}
	result := Result{Units: map[string]int64{}}
	for page, err := range pages {
		if err != nil {
			return Result{}, err
		}
		result.People += int64(len(page))
		for i := range page {
			switch p := &page[i]; {
			case p.Incomplete:
				return Result{}, errors.New("the service could not read every field of a person")
			case p.Type != "" && p.Type != "person":
			case way == AllPeople:
				counters.AddAnywhere(p.ID, p.Licenses)
			default:
				counters.AddPerson(p.ID, p.LocationID, p.Licenses)
			}
		}
	}
	for _, row := range counters.Rows() {
		if row.Level == usage.LevelSite {
			result.Units[row.LicenseID] += *row.Consumed
		} else {
			result.Units[row.LicenseID] += *row.UnitsWithoutLocation
		}
	}
	return result, nil
}

// counters are those of a run: they know the licences, and the locations if people come with theirs.
func counters(ctx context.Context, client *webex.Client, way Way) (*usage.Aggregator, error) {
	var licenses []usage.License
	for l, err := range client.Licenses(ctx, webex.OrganizationID{}) {
		if err != nil {
			return nil, err
		}
		licenses = append(licenses, usage.License{ID: l.ID, Name: l.Name})
	}
	var locations []usage.Location
	if way == CallingData {
		for l, err := range client.Locations(ctx, webex.OrganizationID{}) {
			if err != nil {
				return nil, err
			}
			locations = append(locations, usage.Location{ID: l.ID, Name: l.Name})
		}
	}
	return usage.NewAggregator(licenses, locations, usage.Options{Customer: true, Site: true}), nil
}

func pages(ctx context.Context, client *webex.Client, way Way) (iter.Seq2[[]webex.Person, error], error) {
	switch way {
	case AllPeople:
		return client.AllPeople(ctx, webex.OrganizationID{}), nil
	case CallingData:
		return client.PeoplePages(ctx, webex.OrganizationID{}), nil
	case NoPeople:
		return func(func([]webex.Person, error) bool) {}, nil
	}
	return nil, noWay(way)
}
