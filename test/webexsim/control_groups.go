package webexsim

import (
	"fmt"
	"net/http"
)

// controlGroup is a group as the control endpoint shows it.
type controlGroup struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Members []int    `json:"members"`
	Groups  []string `json:"groups,omitempty"`
}

func getControlGroups(o *Organization, _ *http.Request) (any, error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	list := []controlGroup{}
	for _, g := range o.groups {
		shown := controlGroup{ID: g.id, Name: g.spec.Name, Members: []int{}}
		for _, m := range o.members(g) {
			if m.group != nil {
				shown.Groups = append(shown.Groups, m.group.id)
				continue
			}
			shown.Members = append(shown.Members, m.person)
		}
		list = append(list, shown)
	}
	return list, nil
}

func postGroup(o *Organization, r *http.Request) (any, error) {
	var body GroupSpec
	if err := decodeBody(r, &body); err != nil {
		return nil, err
	}
	id, err := o.AddGroup(body)
	return map[string]string{"id": id}, err
}

func putGroup(o *Organization, r *http.Request) (any, error) {
	var body struct {
		Name    *string
		Members *[]int
		Groups  *[]string
	}
	if err := decodeBody(r, &body); err != nil {
		return nil, err
	}
	id := o.GroupID(r.PathValue("group"))
	if id == "" {
		return nil, fmt.Errorf("group %q: %w", r.PathValue("group"), errNoSuch)
	}
	return nil, o.SetGroup(id, func(g *GroupSpec) {
		setIf(&g.Name, body.Name)
		setIf(&g.Members, body.Members)
		setIf(&g.Groups, body.Groups)
	})
}

func deleteGroup(o *Organization, r *http.Request) (any, error) {
	return nil, o.RemoveGroup(r.PathValue("group"))
}

func getChanges(o *Organization, _ *http.Request) (any, error) { return o.LicenseChanges(), nil }
