package webexsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// controlBodyLimit bounds what the control endpoint reads.
const controlBodyLimit = 1 << 20

// controlHandler answers a request with a value to show, nil for none.
type controlHandler func(s *Server, r *http.Request) (any, error)

var errBodyMissing = errors.New("the request needs a JSON body")

// errNoSuch makes the control endpoint answer 404.
var errNoSuch = errors.New("not found")

// controlRoutes do what the methods of Server and Organization do.
var controlRoutes = map[string]controlHandler{
	"GET /control/requests":    getRequests,
	"DELETE /control/requests": onServer(func(s *Server, _ string) { s.ResetRequests() }),

	"GET /control/organizations":           getOrganizations,
	"PUT /control/organizations/{uuid}":    putOrganization,
	"DELETE /control/organizations/{uuid}": onCustomer(func(s *Server, _, uuid string) { s.RemoveOrganization(uuid) }),
	"GET /control/truth/{uuid}":            withOrganization(getTruth),

	"GET /control/organizations/{uuid}/licenses":              withOrganization(getControlLicenses),
	"DELETE /control/organizations/{uuid}/licenses":           onOrganization((*Organization).RemoveAllLicenses),
	"POST /control/organizations/{uuid}/licenses":             onOrganization((*Organization).RestoreLicenses),
	"GET /control/organizations/{uuid}/licenses/{license}":    withOrganization(getControlLicense),
	"PUT /control/organizations/{uuid}/licenses/{license}":    withOrganization(putLicense),
	"DELETE /control/organizations/{uuid}/licenses/{license}": withOrganization(deleteLicense),

	"POST /control/organizations/{uuid}/people":                   withOrganization(postPerson),
	"DELETE /control/organizations/{uuid}/people/{person}":        withPerson(deletePerson),
	"POST /control/organizations/{uuid}/people/{person}/licenses": withPerson(postPersonLicenses),
	"PUT /control/organizations/{uuid}/people/{person}/location":  withPerson(putPersonLocation),

	"POST /control/organizations/{uuid}/locations":           withOrganization(postLocation),
	"PUT /control/organizations/{uuid}/locations/{location}": withOrganization(putLocation),

	"GET /control/organizations/{uuid}/groups":            withOrganization(getControlGroups),
	"POST /control/organizations/{uuid}/groups":           withOrganization(postGroup),
	"PUT /control/organizations/{uuid}/groups/{group}":    withOrganization(putGroup),
	"DELETE /control/organizations/{uuid}/groups/{group}": withOrganization(deleteGroup),

	"PUT /control/organizations/{uuid}/subscriptions/{subscription}": withOrganization(putSubscription),

	"GET /control/organizations/{uuid}/changes": withOrganization(getChanges),

	"POST /control/tokens": postToken,

	"GET /control/applications":                               getApplications,
	"POST /control/applications":                              postApplication,
	"PUT /control/applications/{app}/organizations/{uuid}":    putAuthorization,
	"DELETE /control/applications/{app}/organizations/{uuid}": deleteAuthorization,
	"POST /control/applications/{app}/organizations/{uuid}":   postAppToken,

	"POST /control/partners":                                postPartner,
	"PUT /control/partners/{partner}/customers/{uuid}/tags": putTags,

	"PUT /control/owners/{owner}/restriction":    putRestriction,
	"DELETE /control/owners/{owner}/restriction": onCustomer(func(s *Server, owner, _ string) { s.UnrestrictPartner(owner) }),

	"GET /control/integrations":  getIntegrations,
	"POST /control/integrations": postIntegration,

	"PUT /control/owners/{owner}/customers/{uuid}":    onCustomer((*Server).AddCustomer),
	"DELETE /control/owners/{owner}/customers/{uuid}": onCustomer((*Server).RemoveCustomer),
	"GET /control/owners/{owner}/managed":             getManaged,
	"DELETE /control/owners/{owner}/managed":          onCustomer(func(s *Server, owner, _ string) { s.ForgetManaged(owner) }),
	"DELETE /control/owners/{owner}/managed/{uuid}":   onCustomer(func(s *Server, owner, uuid string) { s.ForgetManaged(owner, uuid) }),

	"GET /control/rules":         getRules,
	"POST /control/rules":        postRule,
	"DELETE /control/rules":      onServer(func(s *Server, _ string) { s.ClearRules() }),
	"DELETE /control/rules/{id}": onServer((*Server).RemoveRule),

	"GET /control/log":    getLog,
	"DELETE /control/log": onServer(func(s *Server, _ string) { s.ClearRequestLog() }),

	"GET /control/options":   getOptions,
	"PATCH /control/options": patchOptions,
	"POST /control/latency":  postLatency,
	"GET /control/clock":     getClock,
	"POST /control/clock":    postClock,
	"DELETE /control/limits": onServer(func(s *Server, _ string) { s.ResetLimits() }),
}

// ControlRoutes are the methods and paths of the control endpoint, sorted.
func ControlRoutes() []string { return slices.Sorted(maps.Keys(controlRoutes)) }

// newControl makes the handler of the control endpoint.
func newControl(s *Server) http.Handler {
	mux := http.NewServeMux()
	for pattern, handle := range controlRoutes {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, controlBodyLimit)
			value, err := handle(s, r)
			writeControl(w, value, err)
		})
	}
	return mux
}

func writeControl(w http.ResponseWriter, value any, err error) {
	status := http.StatusOK
	switch {
	case errors.Is(err, errNoSuch):
		status, value = http.StatusNotFound, map[string]string{"error": err.Error()}
	case err != nil:
		status, value = http.StatusBadRequest, map[string]string{"error": err.Error()}
	case value == nil:
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(value) // the client may be gone
}

// decodeBody reads a JSON body. A misspelt member is an error, not silently ignored.
func decodeBody(r *http.Request, into any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		if errors.Is(err, io.EOF) {
			return errBodyMissing
		}
		return fmt.Errorf("reading the body: %w", err)
	}
	return nil
}

// onServer runs something that cannot fail, with the last segment of the path.
func onServer(act func(s *Server, id string)) controlHandler {
	return func(s *Server, r *http.Request) (any, error) {
		act(s, r.PathValue("id"))
		return nil, nil
	}
}

func onOrganization(act func(*Organization)) controlHandler {
	return withOrganization(func(o *Organization, _ *http.Request) (any, error) {
		act(o)
		return nil, nil
	})
}

func withOrganization(handle func(*Organization, *http.Request) (any, error)) controlHandler {
	return func(s *Server, r *http.Request) (any, error) {
		o := s.Organization(r.PathValue("uuid"))
		if o == nil {
			return nil, fmt.Errorf("organization %q: %w", r.PathValue("uuid"), errNoSuch)
		}
		return handle(o, r)
	}
}

func withPerson(handle func(*Organization, int, *http.Request) error) controlHandler {
	return withOrganization(func(o *Organization, r *http.Request) (any, error) {
		i, err := strconv.Atoi(r.PathValue("person"))
		if err != nil {
			return nil, fmt.Errorf("person %q: %w", r.PathValue("person"), errNoSuch)
		}
		return nil, handle(o, i, r)
	})
}

// RequestCounts is what GET /control/requests answers.
type RequestCounts struct {
	Total int `json:"total"`
	// Patches, EmailRequests and Invitations are what the methods of these names tell.
	Patches       int                       `json:"patches"`
	EmailRequests int                       `json:"emailRequests"`
	Invitations   map[string]int            `json:"invitations"`
	Operations    map[string]int            `json:"operations"`
	Organizations map[string]map[string]int `json:"organizations"`
}

func getRequests(s *Server, _ *http.Request) (any, error) {
	counts := RequestCounts{Total: s.TotalRequests(), Operations: s.Requests(), Patches: s.Patches(), EmailRequests: s.EmailRequests(), Invitations: s.InvitationsByAddress(), Organizations: map[string]map[string]int{}}
	for _, o := range s.Organizations() {
		counts.Organizations[o.UUID()] = s.OrganizationRequests(o.UUID())
	}
	return counts, nil
}

func getOrganizations(s *Server, _ *http.Request) (any, error) {
	type organization struct {
		UUID   string `json:"uuid"`
		ID     string `json:"id"`
		Name   string `json:"name"`
		People int    `json:"people"`
	}
	list := []organization{}
	for _, o := range s.Organizations() {
		list = append(list, organization{o.UUID(), o.ID(), o.Name(), o.People()})
	}
	return list, nil
}

func getTruth(o *Organization, _ *http.Request) (any, error) { return o.Truth(), nil }

func getControlLicenses(o *Organization, _ *http.Request) (any, error) {
	return o.Truth().Licenses, nil
}

func deleteLicense(o *Organization, r *http.Request) (any, error) {
	return nil, o.DropLicense(r.PathValue("license"))
}

func deletePerson(o *Organization, i int, _ *http.Request) error { return o.RemovePerson(i) }

func getControlLicense(o *Organization, r *http.Request) (any, error) {
	row := o.Truth().License(o.LicenseID(r.PathValue("license")))
	if row.ID == "" {
		return nil, fmt.Errorf("licence %q: %w", r.PathValue("license"), errNoSuch)
	}
	return row, nil
}

func putLicense(o *Organization, r *http.Request) (any, error) {
	var body struct {
		Total         *int
		Name          *string
		ExternalUsers *int
		Units         *Form
		Consumers     *Form
	}
	if err := decodeBody(r, &body); err != nil {
		return nil, err
	}
	id := o.LicenseID(r.PathValue("license"))
	if id == "" {
		return nil, fmt.Errorf("licence %q: %w", r.PathValue("license"), errNoSuch)
	}
	err := o.changeLicense(id, func(l *license) {
		if body.Total != nil {
			l.spec.TotalIsPeople = false
		}
		setIf(&l.spec.Total, body.Total)
		setIf(&l.spec.Name, body.Name)
		setIf(&l.external, body.ExternalUsers)
		setIf(&l.spec.Units, body.Units)
		setIf(&l.spec.Consumers, body.Consumers)
	})
	if err != nil {
		return nil, err
	}
	return o.Truth().License(id), nil
}

func setIf[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func postPerson(o *Organization, r *http.Request) (any, error) {
	var body struct {
		FirstName, LastName, Email, Type, Location string
		InvitePending                              bool
		Licenses                                   []string
	}
	if err := decodeBody(r, &body); err != nil {
		return nil, err
	}
	i, err := o.addPersonByName(Person{
		FirstName: body.FirstName, LastName: body.LastName, Email: body.Email, Type: body.Type, InvitePending: body.InvitePending,
	}, body.Location, body.Licenses)
	if err != nil {
		return nil, err
	}
	return map[string]any{"index": i, "id": o.PersonID(i)}, nil
}

func postPersonLicenses(o *Organization, i int, r *http.Request) error {
	var body struct{ Add, Remove []string }
	if err := decodeBody(r, &body); err != nil {
		return err
	}
	return o.ChangeLicenses(i, body.Add, body.Remove)
}

func putPersonLocation(o *Organization, i int, r *http.Request) error {
	var body struct{ Location string }
	if err := decodeBody(r, &body); err != nil {
		return err
	}
	return o.MovePerson(i, body.Location)
}

func postLocation(o *Organization, r *http.Request) (any, error) {
	var body LocationSpec
	if err := decodeBody(r, &body); err != nil {
		return nil, err
	}
	return map[string]string{"id": o.AddLocation(body)}, nil
}

func putLocation(o *Organization, r *http.Request) (any, error) {
	var body struct{ Name string }
	if err := decodeBody(r, &body); err != nil {
		return nil, err
	}
	return nil, o.RenameLocation(r.PathValue("location"), body.Name)
}

func postToken(s *Server, r *http.Request) (any, error) {
	body := struct {
		*TokenSpec
		ExpiresIn, RefreshExpiresIn duration
		Revoke                      string
	}{TokenSpec: &TokenSpec{}}
	if err := decodeBody(r, &body); err != nil {
		return nil, err
	}
	if body.Revoke != "" {
		s.RevokeToken(body.Revoke)
		s.RevokeRefreshToken(body.Revoke)
		return nil, nil
	}
	if s.Organization(body.Organization) == nil {
		return nil, fmt.Errorf("organization %q: %w", body.Organization, errNoSuch)
	}
	body.TokenSpec.ExpiresIn = time.Duration(body.ExpiresIn)
	body.TokenSpec.RefreshExpiresIn = time.Duration(body.RefreshExpiresIn)
	return s.IssueToken(*body.TokenSpec), nil
}
