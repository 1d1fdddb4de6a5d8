package subjects

import (
	"context"
	"fmt"

	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Group is a Webex group as it was asked for: its members, or what is wrong with it.
type Group struct {
	Members []string
	Problem string
}

// Groups are the groups that lists name, each asked for once.
type Groups map[string]Group

// GroupReader asks Webex for groups: a [webex.Client].
type GroupReader interface {
	GroupsNamed(ctx context.Context, org webex.OrganizationID, name string) ([]webex.Group, error)
	GroupMembers(ctx context.Context, org webex.OrganizationID, groupID string) (members []webex.GroupMember, size int64, err error)
}

// ReadGroups asks for the groups that lists name. Its error is one by which nothing can be said.
func ReadGroups(ctx context.Context, reader GroupReader, org webex.OrganizationID, lists []*List) (Groups, error) {
	groups := Groups{}
	for _, list := range lists {
		for _, name := range list.Groups {
			if _, asked := groups[name]; asked {
				continue
			}
			group, err := readGroup(ctx, reader, org, name)
			if err != nil {
				return nil, err
			}
			groups[name] = group
		}
	}
	return groups, nil
}

func readGroup(ctx context.Context, reader GroupReader, org webex.OrganizationID, name string) (Group, error) {
	found, err := reader.GroupsNamed(ctx, org, name)
	switch {
	case err != nil:
		return unread(err)
	case len(found) == 0:
		return Group{Problem: "names a group that Webex does not have: write its name exactly as in Control Hub"}, nil
	case len(found) > 1:
		return Group{Problem: fmt.Sprintf("names one of %d groups of that name: rename the one that is meant in Control Hub", len(found))}, nil
	}
	members, size, err := reader.GroupMembers(ctx, org, found[0].ID)
	if err != nil {
		return unread(err)
	}
	group := Group{Members: make([]string, 0, len(members))}
	for _, member := range members {
		if member.Type == "group" {
			group.Problem = "names a group with groups in it: name these groups instead"
			continue
		}
		group.Members = append(group.Members, member.ID)
	}
	switch {
	case group.Problem != "":
	case int64(len(members)) != size:
		group.Problem = fmt.Sprintf("names a group of which Webex lists %d members and counts %d: wait for the next run", len(members), size)
	case size == 0:
		group.Problem = "names a group without members: add them in Control Hub"
	}
	return group, nil
}

// unread is a group that cannot be read, unless nothing else can be, either.
func unread(err error) (Group, error) {
	switch webex.ClassOf(err) {
	case webex.ClassTerminal:
		return Group{Problem: "names a group that Webex does not show to the read credentials: they need the scope identity:groups_read"}, nil
	case webex.ClassTransient, webex.ClassPartial:
		return Group{Problem: "names a group that could not be read: the next run tries again"}, nil
	case webex.ClassNone, webex.ClassAuth, webex.ClassRateLimited:
	}
	return Group{}, err
}

// Resolved is who a list means.
type Resolved struct {
	// People are indexes in the roster, in the order of the list, without repetition.
	People []int
	// Listed is how many people and addresses the list has.
	Listed int64
	// NotFound are the addresses, and members of groups, that no person of the organization is.
	NotFound []Fault
	// Faults are what is wrong with the list.
	Faults []Fault
}

// Resolve finds the people of a list in the roster.
func (r *Roster) Resolve(list *List, groups Groups, locations []usage.Location) Resolved {
	found := Resolved{Faults: list.Faults}
	seen := map[int]bool{}
	add := func(person int) {
		if !seen[person] {
			seen[person] = true
			found.People = append(found.People, person)
			found.Listed++
		}
	}
	for _, e := range list.Entries {
		switch owner := r.owners[e.Address]; owner {
		case -1:
			found.missing(e.Source, e.Line, "is an address that no person of the organization has: correct it, or take it out")
		case notOne:
			found.missing(e.Source, e.Line, "is an address that several people of the organization have: take it out")
		default:
			add(int(owner))
		}
	}
	r.addGroups(&found, list, groups, add)
	r.addLocations(&found, list, locations, add)
	return found
}

func (f *Resolved) missing(source string, line int, problem string) {
	f.Listed++
	f.NotFound = append(f.NotFound, Fault{source, line, problem})
}

func (r *Roster) addGroups(found *Resolved, list *List, groups Groups, add func(int)) {
	for i, name := range list.Groups {
		source := fmt.Sprintf("spec.subjects.groups[%d]", i)
		group := groups[name]
		if group.Problem != "" {
			found.Faults = append(found.Faults, Fault{Source: source, Problem: group.Problem})
		}
		for _, id := range group.Members {
			if person, seen := r.person(id); seen {
				add(person)
				continue
			}
			found.missing(source, 0, "has a member who is no person of the organization: take that member out of the group")
		}
	}
}

func (r *Roster) addLocations(found *Resolved, list *List, locations []usage.Location, add func(int)) {
	for i, name := range list.Locations {
		source := fmt.Sprintf("spec.subjects.locations[%d]", i)
		at, times := -1, 0
		for n, l := range locations {
			if l.Name == name {
				at, times = n, times+1
			}
		}
		before := len(found.People)
		switch {
		case times == 0:
			found.Faults = append(found.Faults, Fault{Source: source, Problem: "names a location that Webex does not have: write its name exactly as in Control Hub"})
			continue
		case times > 1:
			found.Faults = append(found.Faults, Fault{Source: source, Problem: fmt.Sprintf("names one of %d locations of that name: rename the one that is meant in Control Hub", times)})
			continue
		}
		there := 0
		for person, location := range r.location {
			if int(location) == at {
				there++
				add(person)
			}
		}
		if there == 0 && len(found.People) == before {
			found.Faults = append(found.Faults, Fault{Source: source, Problem: "names a location without people: Webex knows that of people with Webex Calling only"})
		}
	}
}
