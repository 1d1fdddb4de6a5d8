package webexsim

import (
	"maps"
	"slices"
	"time"
)

// managed is one entry of a partner's list of managed customers. The list belongs to
// the owner of a token: two tokens of one owner share it.
type managed struct{ owner, organization string }

// organizationSet are organizations by UUID. It is replaced, never changed: readers keep theirs.
type organizationSet map[string]bool

func setOf(organizations []string) organizationSet {
	set := make(organizationSet, len(organizations))
	for _, o := range organizations {
		set[o] = true
	}
	return set
}

// AddCustomer lets the tokens of an owner see a further organization.
func (s *Server) AddCustomer(owner, organization string) {
	s.changeCustomer(owner, organization, true)
}

// RemoveCustomer is what happens when an organization ends its relationship with a
// partner: the tokens of the owner go on working for the others.
func (s *Server) RemoveCustomer(owner, organization string) {
	s.changeCustomer(owner, organization, false)
	s.ForgetManaged(owner, organization)
}

// changeCustomer lets the tokens of an owner, and those that a person consents to later on,
// see an organization or not.
func (s *Server) changeCustomer(owner, organization string, seen bool) {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	for g := range s.tokens.grants {
		if g.spec.Owner != owner {
			continue
		}
		set := maps.Clone(*g.organizations.Load())
		if delete(set, organization); seen {
			set[organization] = true
		}
		g.organizations.Store(&set)
	}
	for _, i := range s.tokens.integrations {
		if i.Owner != owner {
			continue
		}
		i.Organizations = slices.DeleteFunc(slices.Clone(i.Organizations), func(o string) bool { return o == organization })
		if seen {
			i.Organizations = append(i.Organizations, organization)
		}
	}
}

// RestrictPartner makes an owner a restricted administrator of the partner: the tokens, those
// issued later on included, see these of its customers only, and the own organization.
func (s *Server) RestrictPartner(owner string, organizations ...string) {
	only := setOf(organizations)
	s.restrict(owner, &only)
}

// UnrestrictPartner makes the owner one that sees all customers again.
func (s *Server) UnrestrictPartner(owner string) { s.restrict(owner, nil) }

func (s *Server) restrict(owner string, only *organizationSet) {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	if delete(s.tokens.only, owner); only != nil {
		s.tokens.only[owner] = *only
	}
	for g := range s.tokens.grants {
		if g.spec.Owner == owner {
			g.restricted.Store(only)
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
