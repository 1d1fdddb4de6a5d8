package webexsim

import (
	"fmt"
	"slices"
	"time"
)

// GroupSpec is the seed of a group of people.
type GroupSpec struct {
	// UUID is derived from the organization and the group's place if empty.
	UUID string
	// Name need not be unique.
	Name string
	// Members are indexes of people. One who leaves the organization leaves the group.
	Members []int
	// Groups are groups inside this one, by name, id or UUID. The API shows them as
	// members of type group, and not their people.
	Groups []string
}

type group struct {
	spec     GroupSpec
	uuid, id string
	inner    []*group
	changed  time.Time // zero as long as the group is as it was made
}

// member is one entry of a group: a person, or a group if that is not nil.
type member struct {
	person int
	group  *group
}

// addGroup fails if the group has members that there are not.
func (o *Organization) addGroup(spec GroupSpec) (*group, error) {
	o.groupsEver++
	g := &group{uuid: spec.UUID}
	if g.uuid == "" {
		g.uuid = indexedUUID(indexedUUIDPrefix(o.seed^hashString(kindGroup)), o.groupsEver)
	}
	g.id = EncodeID(kindGroup, g.uuid+":"+o.uuid)
	if err := o.fill(g, spec); err != nil {
		return nil, err
	}
	o.groups = append(o.groups, g)
	return g, nil
}

// fill gives a group another name and other members.
func (o *Organization) fill(g *group, spec GroupSpec) error {
	for _, i := range spec.Members {
		if !o.exists(i) {
			return fmt.Errorf("organization %s has no person %d", o.name, i)
		}
	}
	var inner []*group
	for _, ref := range spec.Groups {
		other, err := o.group(ref)
		if err != nil {
			return err
		}
		inner = append(inner, other)
	}
	spec.Members = slices.Compact(slices.Sorted(slices.Values(spec.Members)))
	g.spec, g.inner = spec, inner
	return nil
}

// group finds a group by name, id or UUID, in this order.
func (o *Organization) group(ref string) (*group, error) {
	id := canonicalID(ref)
	for _, same := range []func(*group) bool{
		func(g *group) bool { return g.spec.Name == ref },
		func(g *group) bool { return g.id == id },
		func(g *group) bool { return g.uuid == ref },
	} {
		if i := slices.IndexFunc(o.groups, same); i >= 0 {
			return o.groups[i], nil
		}
	}
	return nil, fmt.Errorf("organization %s has no group %q", o.name, ref)
}

// members are those who are still there.
func (o *Organization) members(g *group) []member {
	list := make([]member, 0, len(g.spec.Members)+len(g.inner))
	for _, i := range g.spec.Members {
		if o.exists(i) {
			list = append(list, member{person: i})
		}
	}
	for _, inner := range g.inner {
		if slices.Contains(o.groups, inner) {
			list = append(list, member{person: noPerson, group: inner})
		}
	}
	return list
}

// GroupID is the API's identifier of a group given by name, id or UUID; empty if there
// is none.
func (o *Organization) GroupID(ref string) string {
	o.mu.RLock()
	defer o.mu.RUnlock()
	g, err := o.group(ref)
	if err != nil {
		return ""
	}
	return g.id
}

// AddGroup adds a group and returns its id.
func (o *Organization) AddGroup(spec GroupSpec) (id string, err error) {
	err = o.change(func() error {
		g, err := o.addGroup(spec)
		if err == nil {
			id, g.changed = g.id, o.now()
		}
		return err
	})
	return id, err
}

// SetGroup changes anything of a group but its identity. Of groups of one name, the id
// tells which one is meant.
func (o *Organization) SetGroup(ref string, f func(*GroupSpec)) error {
	return o.change(func() error {
		g, err := o.group(ref)
		if err != nil {
			return err
		}
		spec := g.spec
		spec.Members, spec.Groups = slices.Clone(spec.Members), nil
		for _, inner := range g.inner {
			if slices.Contains(o.groups, inner) {
				spec.Groups = append(spec.Groups, inner.id)
			}
		}
		f(&spec)
		spec.UUID = g.spec.UUID
		// One who has left may stay: the service forgets them by itself.
		spec.Members = slices.DeleteFunc(slices.Clone(spec.Members), func(i int) bool { return slices.Contains(o.gone, i) })
		if err := o.fill(g, spec); err != nil {
			return err
		}
		g.changed = o.now()
		return nil
	})
}

// RenameGroup gives a group another name, which another group may have as well.
func (o *Organization) RenameGroup(ref, name string) error {
	return o.SetGroup(ref, func(g *GroupSpec) { g.Name = name })
}

// SetGroupMembers makes these people, by index, the members of a group.
func (o *Organization) SetGroupMembers(ref string, people ...int) error {
	return o.SetGroup(ref, func(g *GroupSpec) { g.Members = people })
}

// RemoveGroup removes a group, also from groups that it is in.
func (o *Organization) RemoveGroup(ref string) error {
	return o.change(func() error {
		g, err := o.group(ref)
		if err == nil {
			o.groups = slices.DeleteFunc(o.groups, func(other *group) bool { return other == g })
		}
		return err
	})
}
