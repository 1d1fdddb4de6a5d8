package webexsim

import (
	"maps"
	"slices"
	"time"
)

// managed is one entry of a partner's list of managed customers. The list belongs to
// the owner of a token: two tokens of one owner share it.
type managed struct{ owner, organization string }

// AddCustomer lets the tokens of an owner see a further organization.
func (s *Server) AddCustomer(owner, organization string) {
	s.changeCustomers(owner, func(list []string) []string {
		if slices.Contains(list, organization) {
			return list
		}
		return append(slices.Clip(list), organization)
	})
}

// RemoveCustomer is what happens when an organization ends its relationship with a
// partner: the tokens of the owner go on working for the others.
func (s *Server) RemoveCustomer(owner, organization string) {
	s.changeCustomers(owner, func(list []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(o string) bool { return o == organization })
	})
	s.ForgetManaged(owner, organization)
}

// changeCustomers gives the tokens of an owner another list; readers keep the old one.
func (s *Server) changeCustomers(owner string, change func([]string) []string) {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	for g := range s.tokens.grants {
		if g.spec.Owner == owner {
			list := change(*g.organizations.Load())
			g.organizations.Store(&list)
		}
	}
	for _, i := range s.tokens.integrations {
		if i.Owner == owner {
			i.Organizations = change(i.Organizations)
		}
	}
}

// ForgetManaged takes organizations (all, if none is named) off the managed list of
// an owner, as if they had lapsed.
func (s *Server) ForgetManaged(owner string, organizations ...string) {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	maps.DeleteFunc(s.tokens.managed, func(m managed, _ time.Time) bool {
		return m.owner == owner && (len(organizations) == 0 || slices.Contains(organizations, m.organization))
	})
}

// Managed are the UUIDs of the organizations on the managed list of an owner, sorted.
func (s *Server) Managed(owner string) []string {
	o, now := s.options.Load(), s.Now()
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	list := []string{}
	for m, since := range s.tokens.managed {
		if m.owner == owner && stillManaged(since, now, o) {
			list = append(list, m.organization)
		}
	}
	slices.Sort(list)
	return list
}

func stillManaged(since, now time.Time, o *Options) bool {
	return o.ManagedListLapse <= 0 || now.Before(since.Add(o.ManagedListLapse))
}

// reaches tells whether a call about an organization is let through: one that a
// partner manages has to be on the managed list.
func (c *call) reaches(organization string) bool {
	if !c.grant.sees(organization) {
		return false
	}
	if !c.grant.spec.Partner || c.grant.spec.Organization == organization {
		return true
	}
	now := c.s.Now()
	t := &c.s.tokens
	t.mu.Lock()
	defer t.mu.Unlock()
	since, listed := t.managed[managed{c.grant.spec.Owner, organization}]
	return listed && stillManaged(since, now, c.o)
}

// manage puts an organization on the managed list of the token's owner, or renews it
// there.
func (c *call) manage(organization string) {
	if !c.grant.spec.Partner {
		return
	}
	now := c.s.Now()
	t := &c.s.tokens
	t.mu.Lock()
	defer t.mu.Unlock()
	t.managed[managed{c.grant.spec.Owner, organization}] = now
}
