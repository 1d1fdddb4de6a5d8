package webexsim

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

// outcomes are the statuses of some requests, 0 for one without a readable answer.
func outcomes(s *Server, paths ...string) []int {
	var got []int
	for _, p := range paths {
		a, err := tryGet(s, "t", p)
		if err != nil {
			a.status = 0
		}
		got = append(got, a.status)
	}
	return got
}

func TestRuleMatching(t *testing.T) {
	const people, licenses = "/people?max=10", "/licenses"
	page2 := people + "&cursor=" + encodeCursor(10, 10, false)
	for _, c := range []struct {
		name  string
		rule  Rule
		paths []string
		want  []int
	}{
		{"any", Rule{Operation: "*", Status: 503}, []string{people, licenses}, []int{503, 503}},
		{"operation", Rule{Operation: "GET /people", Status: 503}, []string{people, licenses}, []int{503, 200}},
		{"path with id", Rule{Operation: "GET /organizations/{id}", Status: 503}, []string{people, "/organizations/" + EncodeID(kindOrganization, StandardUUID)}, []int{200, 503}},
		{"organization", Rule{Organization: StandardUUID, Status: 503}, []string{people}, []int{503}},
		{"other organization", Rule{Organization: "other", Status: 503}, []string{people}, []int{200}},
		{"n-th request", Rule{Operation: "GET /people", Page: 2, Status: 500}, []string{people, licenses, people, people}, []int{200, 200, 500, 200}},
		{"n-th page", Rule{Operation: "GET /people", ListPage: 2, Status: 500}, []string{people, page2, page2, people}, []int{200, 500, 500, 200}},
		{"after and times", Rule{After: 1, Times: 2, Status: 423}, []string{people, people, people, people}, []int{200, 423, 423, 200}},
		{"every", Rule{Every: 2, Status: 502}, []string{people, people, people, people}, []int{200, 502, 200, 502}},
		{"large pages", Rule{MaxAbove: 10, Status: 504}, []string{people, "/people?max=11", "/people", licenses}, []int{200, 504, 504, 200}},
		{"dropped", Rule{Drop: true, Times: 1}, []string{people, people}, []int{0, 200}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := start(t, Options{}, StandardOrganization())
			s.Client().Transport = noRetry(s)
			id := s.AddRule(c.rule)
			if got := outcomes(s, c.paths...); !reflect.DeepEqual(got, c.want) {
				t.Errorf("statuses %v, want %v", got, c.want)
			}
			acted := 0
			for _, status := range c.want {
				if status != 200 {
					acted++
				}
			}
			if got := s.RuleActions(id); got != acted {
				t.Errorf("the rule says that it acted %d times, want %d", got, acted)
			}
			s.RemoveRule(id)
			if got := outcomes(s, people); got[0] != 200 {
				t.Errorf("status %d without the rule", got[0])
			}
		})
	}
}

func TestRuleActions(t *testing.T) {
	s, _ := start(t, Options{TLS: true}, StandardOrganization())
	s.Client().Transport = noRetry(s)
	whole := get(t, s, "t", "/people?callingData=true").body
	small := get(t, s, "t", "/roles").body
	for _, c := range []struct {
		name string
		rule Rule
		path string
		want func(a answer, err error) bool
	}{
		{"status", Rule{Status: 503}, "/people", func(a answer, err error) bool {
			return err == nil && a.status == 503 && strings.Contains(a.body, a.header.Get("Trackingid"))
		}},
		{"headers", Rule{Status: 429, Header: map[string]string{"Retry-After": "rand(30),add(30)"}}, "/people", func(a answer, _ error) bool {
			return a.status == 429 && a.header.Get("Retry-After") == "rand(30),add(30)"
		}},
		{"header removed", Rule{Header: map[string]string{"Link": ""}}, "/people?max=1", func(a answer, _ error) bool {
			return a.status == 200 && a.header.Get("Link") == "" && strings.HasPrefix(a.body, `{"notFound`)
		}},
		{"body", Rule{Body: "[]", ContentType: "text/plain"}, "/people", func(a answer, _ error) bool {
			return a.status == 200 && a.body == "[]" && a.header.Get("Content-Type") == "text/plain"
		}},
		{"HTML", Rule{HTML: true}, "/people", func(a answer, _ error) bool {
			return a.status == 200 && strings.HasPrefix(a.body, "<html>") && a.header.Get("Content-Type") == "text/html"
		}},
		{"HTML error", Rule{HTML: true, Status: 429}, "/people", func(a answer, _ error) bool {
			return a.status == 429 && strings.Contains(a.body, "Too Many Requests")
		}},
		{"malformed", Rule{Malformed: true}, "/people", func(a answer, err error) bool {
			return err == nil && a.status == 200 && !json.Valid([]byte(a.body))
		}},
		{"cut", Rule{CutAfter: 50_000}, "/people?callingData=true", func(a answer, err error) bool {
			return err != nil && a.body == whole[:50_000]
		}},
		{"cut of a small body", Rule{CutAfter: 5}, "/roles", func(a answer, err error) bool { return err != nil && a.body == small[:5] }},
		{"cut at the start", Rule{CutAfter: -1}, "/roles", func(a answer, err error) bool {
			return err != nil && a.status == 200 && a.body == ""
		}},
		{"cut beyond the end", Rule{CutAfter: 1 << 20}, "/roles", func(a answer, err error) bool { return err == nil && a.body == small }},
		{"cut at a share", Rule{CutAt: 0.25}, "/people?callingData=true", func(a answer, err error) bool {
			return err != nil && a.body == whole[:len(whole)/4]
		}},
		{"truncated", Rule{Truncate: true}, "/people?callingData=true", func(a answer, err error) bool {
			return err == nil && a.body == whole[:len(whole)/2]
		}},
		{"truncated after", Rule{Truncate: true, CutAfter: 7}, "/people", func(a answer, err error) bool {
			return err == nil && a.body == whole[:7]
		}},
		{"truncated error", Rule{Truncate: true, CutAfter: 7, Status: 500}, "/people", func(a answer, err error) bool {
			return err == nil && a.status == 500 && a.body == `{"messa`
		}},
		{"link", Rule{Link: LinkForeign}, "/people?max=1", func(a answer, _ error) bool {
			return strings.HasPrefix(a.next(), foreignHost)
		}},
		{"item errors", Rule{ItemErrors: &ItemErrors{Fields: []string{"licenses"}}}, "/people?max=1", func(a answer, _ error) bool {
			return strings.Contains(a.body, `"errors":{"licenses":{"code":`) && !strings.Contains(a.body, `"licenses":[`)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.rule.Times = 1
			s.AddRule(c.rule)
			defer s.ClearRules()
			if a, err := tryGet(s, "t", c.path); !c.want(a, err) {
				t.Errorf("status %d, error %v, headers %v, body %.300s", a.status, err, a.header, a.body)
			}
			if a := get(t, s, "t", "/people?callingData=true"); a.body != whole {
				t.Error("the next answer is spoiled too")
			}
		})
	}
}

func TestDelayAndLatency(t *testing.T) {
	s, _ := start(t, Options{}, StandardOrganization())
	s.SetLatency(20 * time.Millisecond)
	s.AddRule(Rule{Delay: 20 * time.Millisecond})
	begin := time.Now()
	get(t, s, "t", "/roles")
	if d := time.Since(begin); d < 40*time.Millisecond {
		t.Errorf("answered after %s, want 40 ms or more", d)
	}
}

func TestRuleJSON(t *testing.T) {
	want := Rule{Operation: "GET /people", Page: 3, Status: 503, Delay: 1500 * time.Millisecond, Header: map[string]string{"Retry-After": "5"}}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Rule
	if err := json.Unmarshal(b, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s becomes %+v, %v", b, got, err)
	}
	if err := json.Unmarshal([]byte(`{"delay":"soon"}`), &got); err == nil {
		t.Error("a wrong delay is no error")
	}
}
