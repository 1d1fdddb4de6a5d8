package webexsim

import (
	"maps"
	"sync"
)

// counter counts requests by operation, and remembers the latest ones.
type counter struct {
	mu            sync.Mutex
	total         int
	operations    map[string]int
	organizations map[string]map[string]int
	log           requestLog
}

func (c *counter) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total, c.operations, c.organizations = 0, map[string]int{}, map[string]map[string]int{}
}

func (c *counter) count(operation, organization string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total++
	c.operations[operation]++
	if organization == "" {
		return
	}
	if c.organizations[organization] == nil {
		c.organizations[organization] = map[string]int{}
	}
	c.organizations[organization][operation]++
}

// Requests counts the API requests by operation, for example "GET /people" or
// "GET /organizations/{id}". Refused and spoiled ones count; what matches no path of
// the API counts as "unknown". Requests to the control endpoint do not count.
func (s *Server) Requests() map[string]int {
	s.counter.mu.Lock()
	defer s.counter.mu.Unlock()
	return maps.Clone(s.counter.operations)
}

// OrganizationRequests counts the requests about one organization. Which one is
// meant follows from orgId or the path, else from the token.
func (s *Server) OrganizationRequests(uuid string) map[string]int {
	s.counter.mu.Lock()
	defer s.counter.mu.Unlock()
	return maps.Clone(s.counter.organizations[uuid])
}

// TotalRequests is the number of API requests.
func (s *Server) TotalRequests() int {
	s.counter.mu.Lock()
	defer s.counter.mu.Unlock()
	return s.counter.total
}

// ResetRequests makes all counts zero.
func (s *Server) ResetRequests() { s.counter.reset() }
