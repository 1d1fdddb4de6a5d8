package assignrun

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/utils/clock"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/assign"
	"github.com/webex-operator/webex-license-operator/internal/budget"
	"github.com/webex-operator/webex-license-operator/internal/subjects"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// slow is a Webex that takes a second for each change, and carries it out.
type slow struct {
	latency time.Duration

	mu             sync.Mutex
	patches        int
	underWay, most int
}

// RoundTrip answers a change of one person.
func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	var asked struct {
		PersonID string `json:"personId"`
		Licenses []struct{ ID string }
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		return nil, err
	}
	s.count(1)
	time.Sleep(s.latency)
	s.count(-1)
	body := fmt.Sprintf(`{"personId":%q,"licenses":[%q]}`, asked.PersonID, asked.Licenses[0].ID)
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

func (s *slow) count(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.underWay += n
	s.most = max(s.most, s.underWay)
	if n > 0 {
		s.patches++
	}
}

// lone is the only attempt of its operator.
type lone struct{}

func (lone) Rest(_ context.Context, _ budget.Rest, wait func() error) error { return wait() }
func (lone) Room() bool                                                     { return true }

// rollout is a job that gives one licence to people who do not have it.
func rollout(people int) *Job {
	j := &Job{
		wards: []ward{{WebexLicenseAssignment: &v1alpha1.WebexLicenseAssignment{}}},
		world: assign.World{
			Licenses:    []assign.License{{ID: "suite", OfferCode: "EE", Purchased: true, Assignable: true, Free: new(int64(people))}},
			Assignments: []assign.Assignment{{OfferCode: "EE", Enforce: true}},
		},
	}
	j.roster = subjects.NewRoster(func(string) (int, bool) { return 0, false }, nil, false)
	for i := range people {
		j.roster.Add(&webex.Person{ID: fmt.Sprint("person-", i)})
		j.world.Assignments[0].Listed = append(j.world.Assignments[0].Listed, i)
	}
	j.world.People = j.roster.People
	j.plan = assign.New(j.world)
	return j
}

// A first roll-out is as fast as the budget allows, though each change takes a second: five are under way at a time.
func TestRollOutIsAsFastAsTheBudget(t *testing.T) {
	t.Parallel()
	const people, perMinute = 10_000, 240
	j, service := rollout(people), &slow{latency: 1070 * time.Millisecond}
	var took time.Duration
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		limiter := &budget.Limiter{
			Budgets: budget.New(50), Owner: "writer", RequestsPerMinute: perMinute, HasRead: true,
			Worker: lone{}, Clock: clock.RealClock{}, Tell: func(context.Context, time.Time) {},
		}
		write, err := webex.New(webex.Config{HTTP: &http.Client{Transport: service}, Tokens: webex.StaticToken("t"), Limiter: limiter, Sleep: limiter.BackOff})
		g.Expect(err).NotTo(HaveOccurred())
		id, err := webex.ParseOrganizationID(organization)
		g.Expect(err).NotTo(HaveOccurred())
		began := time.Now()
		g.Expect(j.Send(t.Context(), Sender{
			Write: write, Read: write, Organization: id, Sleep: limiter.BackOff, Now: time.Now,
			Reserve: func(context.Context) error { return nil }, Current: func(context.Context) bool { return true },
			Rejected: func() {}, Report: func(_, _ int64) {}, Observe: func(_, _ string) {},
		})).To(Succeed())
		took = time.Since(began)
	})
	g := NewWithT(t)
	ideal := people * time.Minute / perMinute
	t.Logf("%d changes in %v, %.3f times requests by budget (%v)", service.patches, took, took.Seconds()/ideal.Seconds(), ideal)
	g.Expect(service.patches).To(Equal(people), "one request a person")
	g.Expect(*j.Assigned().Changed).To(BeEquivalentTo(people))
	g.Expect(service.most).To(Equal(inFlight))
	g.Expect(took.Seconds()).To(BeNumerically("<=", 1.05*ideal.Seconds()))
}
