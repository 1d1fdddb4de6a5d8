package webexsim

import (
	"errors"
	"fmt"
	"net/http"
)

func getApplications(s *Server, _ *http.Request) (any, error) { return s.ServiceApps(), nil }

func postApplication(s *Server, r *http.Request) (any, error) {
	var body ServiceAppSpec
	if err := decodeBody(r, &body); err != nil {
		return nil, err
	}
	return s.AddServiceApp(body), nil
}

func putAuthorization(s *Server, r *http.Request) (any, error) {
	return nil, s.AuthorizeServiceApp(r.PathValue("app"), r.PathValue("uuid"))
}

func deleteAuthorization(s *Server, r *http.Request) (any, error) {
	return nil, s.DeauthorizeServiceApp(r.PathValue("app"), r.PathValue("uuid"))
}

func postAppToken(s *Server, r *http.Request) (any, error) {
	return s.IssueServiceAppToken(r.PathValue("app"), r.PathValue("uuid"))
}

func getIntegrations(s *Server, _ *http.Request) (any, error) { return s.Integrations(), nil }

func postIntegration(s *Server, r *http.Request) (any, error) {
	var body IntegrationSpec
	if err := decodeBody(r, &body); err != nil {
		return nil, err
	}
	switch {
	case s.Organization(body.Organization) == nil:
		return nil, fmt.Errorf("organization %q: %w", body.Organization, errNoSuch)
	case len(body.RedirectURIs) == 0:
		return nil, errors.New("redirectURIs: the page of consent needs one that it may send a browser to")
	}
	return s.AddIntegration(body), nil
}

// onCustomer runs something about an owner of tokens and an organization.
func onCustomer(act func(s *Server, owner, organization string)) controlHandler {
	return func(s *Server, r *http.Request) (any, error) {
		act(s, r.PathValue("owner"), r.PathValue("uuid"))
		return nil, nil
	}
}

func postPartner(s *Server, r *http.Request) (any, error) {
	var body PartnerSpec
	if err := decodeBody(r, &body); err != nil {
		return nil, err
	}
	for _, uuid := range body.Organizations {
		if s.Organization(uuid) == nil {
			return nil, fmt.Errorf("organization %q: %w", uuid, errNoSuch)
		}
	}
	return s.AddPartner(body), nil
}

func putTags(s *Server, r *http.Request) (any, error) {
	var body struct{ Tags []string }
	if err := decodeBody(r, &body); err != nil {
		return nil, err
	}
	if err := checkTags(body.Tags); err != nil {
		return nil, err
	}
	for _, name := range []string{"partner", "uuid"} {
		if s.Organization(r.PathValue(name)) == nil {
			return nil, fmt.Errorf("organization %q: %w", r.PathValue(name), errNoSuch)
		}
	}
	s.SetTags(r.PathValue("partner"), r.PathValue("uuid"), body.Tags...)
	return nil, nil
}

func putRestriction(s *Server, r *http.Request) (any, error) {
	var body struct{ Organizations []string }
	if err := decodeBody(r, &body); err != nil {
		return nil, err
	}
	s.RestrictPartner(r.PathValue("owner"), body.Organizations...)
	return nil, nil
}

// putOrganization brings an organization back that was removed, and gives it another name, if
// the body has one.
func putOrganization(s *Server, r *http.Request) (any, error) {
	var body struct{ Name string }
	if err := decodeBody(r, &body); err != nil {
		return nil, err
	}
	s.RestoreOrganization(r.PathValue("uuid"))
	o := s.Organization(r.PathValue("uuid"))
	if o == nil {
		return nil, fmt.Errorf("organization %q: %w", r.PathValue("uuid"), errNoSuch)
	}
	if body.Name != "" {
		o.Rename(body.Name)
	}
	return nil, nil
}

func getManaged(s *Server, r *http.Request) (any, error) { return s.Managed(r.PathValue("owner")), nil }
