package webexsim

import (
	"maps"
	"net/http"
	"strings"
	"sync"
)

// counter counts requests by operation, and remembers the latest ones.
type counter struct {
	mu            sync.Mutex
	total         int
	operations    map[string]int
	organizations map[string]map[string]int
	patches       int
	emails        int
	invitations   map[string]int
	log           requestLog
}

func (c *counter) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total, c.operations, c.organizations = 0, map[string]int{}, map[string]map[string]int{}
	c.patches, c.emails, c.invitations = 0, 0, map[string]int{}
}

func (c *counter) count(operation, organization, method string, email bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total++
	c.operations[operation]++
	if method == http.MethodPatch {
		c.patches++
	}
	if email {
		c.emails++
	}
	if organization == "" {
		return
	}
	if c.organizations[organization] == nil {
		c.organizations[organization] = map[string]int{}
	}
	c.organizations[organization][operation]++
}

// invite counts what was sent to a stranger.
func (c *counter) invite(email string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.invitations[strings.ToLower(email)]++
}

// Patches is the number of requests with the method PATCH, whatever their path and answer.
// Those to assign licences are also Requests()[OperationAssign], and by organization
// OrganizationRequests(uuid)[OperationAssign].
func (s *Server) Patches() int {
	s.counter.mu.Lock()
	defer s.counter.mu.Unlock()
	return s.counter.patches
}

// EmailRequests is the number of requests that named a mail address, in the path, the
// query or the body.
func (s *Server) EmailRequests() int {
	s.counter.mu.Lock()
	defer s.counter.mu.Unlock()
	return s.counter.emails
}

// InvitationsByAddress counts the invitations to each address, in lower case, over all
// organizations. See Organization.Invitations.
func (s *Server) InvitationsByAddress() map[string]int {
	s.counter.mu.Lock()
	defer s.counter.mu.Unlock()
	return maps.Clone(s.counter.invitations)
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
