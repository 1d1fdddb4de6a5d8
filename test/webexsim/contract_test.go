package webexsim

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// contract is a description of the API that replies are held against.
type contract struct {
	*openapi3.T
	// whole says that the description is of the simulator: each answer of each route is in it.
	whole bool
	seen  map[string]bool // operations with a status that was answered
}

// loadContract reads our description, or the published one whose path is in the environment
// (make contract OPENAPI=file).
func loadContract(t *testing.T) *contract {
	t.Helper()
	path := os.Getenv("OPENAPI")
	published := path != ""
	if !published {
		path = filepath.Join("testdata", "openapi.yaml")
	}
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return &contract{T: doc, whole: !published, seen: map[string]bool{}}
}

// switches are all options that change what an answer looks like, and what each changes in the
// description. A form of an error or of a page has no change of its own.
var switches = []struct {
	name   string
	option func(*Options)
	change func(*contract)
}{
	{"no switch", func(*Options) {}, nil},
	{"auditNulls", func(o *Options) { o.AuditNulls = true }, func(c *contract) {
		data := c.schema("AuditEvent").Properties["data"].Value
		for _, name := range []string{"adminRoles", "actorIp", "actorUserAgent", "errorCode", "errorMessage"} {
			data.Properties[name] = openapi3.NewSchemaRef("", &openapi3.Schema{Nullable: true, Enum: []any{nil}})
		}
	}},
	{"auditPrefix", func(o *Options) { o.AuditPrefix = true }, nil},
	{"auditIgnoresCategories", func(o *Options) { o.AuditIgnoresCategories = true }, nil},
	{"auditLinks", func(o *Options) { o.AuditLinks = true }, nil},
	{"stringBooleans", func(o *Options) { o.StringBooleans = true }, func(c *contract) {
		for _, name := range []string{"invitePending", "loginEnabled"} {
			c.schema("Person").Properties[name] = openapi3.NewSchemaRef("", openapi3.NewStringSchema().WithEnum("true", "false"))
		}
	}},
	{"omitErrors", func(o *Options) { o.OmitErrors = true }, func(c *contract) {
		c.schema("Error").Required = []string{"message", "trackingId"}
	}},
	{"omitWorkspaceLicenses", func(o *Options) { o.OmitWorkspaceLicenses = true }, func(c *contract) {
		delete(c.schema("Workspace").Properties["calling"].Value.Properties, "webexCalling")
	}},
	{"refreshMode omit", func(o *Options) { o.RefreshMode = RefreshOmit }, func(c *contract) {
		tokens := c.schema("Tokens")
		tokens.Required = slices.DeleteFunc(slices.Clone(tokens.Required), func(name string) bool { return name == "refresh_token" })
	}},
	{"refreshMode rotate", func(o *Options) { o.RefreshMode = RefreshRotate }, nil},
	{"tokenErrorStyle rest", func(o *Options) { o.TokenErrorStyle = TokenErrorREST }, func(c *contract) {
		*c.schema("TokenError") = *c.schema("Error")
	}},
	{"itemErrors", func(o *Options) { o.ItemErrors = &ItemErrors{Fields: []string{"licenses", "roles", "locationId"}} }, nil},
	{"emptyNotFoundIDs", func(o *Options) { o.EmptyNotFoundIDs = true }, nil},
	{"rateLimitHTML", func(o *Options) { o.RateLimitHTML = true }, nil},
	{"trailingEmptyPage", func(o *Options) { o.TrailingEmptyPage = true }, nil},
	{"emptyPageAfter", func(o *Options) { o.EmptyPageAfter = 1 }, nil},
	{"extraRels", func(o *Options) { o.ExtraRels = true }, nil},
	{"linkFault", func(o *Options) { o.LinkFault = LinkMaxNull }, nil},
	{"lowerCaseHeaders", func(o *Options) { o.LowerCaseHeaders = true }, nil},
	{"omitWorkspaceLinks", func(o *Options) { o.OmitWorkspaceLinks = true }, nil},
	{"shuffleLicenses", func(o *Options) { o.ShuffleLicenses = true }, nil},
	{"noUnits partial", func(o *Options) { o.NoUnits = NoUnitsPartial }, nil},
	{"noUnits refuse", func(o *Options) { o.NoUnits = NoUnitsRefuse }, nil},
	{"partialErrors", func(o *Options) { o.PartialErrors = true }, func(c *contract) {
		c.schema("Assigned").Properties["errors"] = c.schema("AssignmentError").Properties["errors"]
	}},
	{"groupPagingDefect", func(o *Options) { o.GroupPagingDefect = true }, nil},
	{"keepRefreshEnd", func(o *Options) { o.KeepRefreshEnd = true }, nil},
	{"government", func(o *Options) { o.Government = true }, nil},
	{"emptyOrganizations", func(o *Options) { o.EmptyOrganizations = true }, nil},
	{"omitTagLinks", func(o *Options) { o.OmitTagLinks = true }, nil},
	{"authorizeState", func(o *Options) { o.AuthorizeState = StateMissing }, nil},
	{"retryAfter", func(o *Options) { o.RetryAfter = RetryAfterMissing }, nil},
}

func (c *contract) schema(name string) *openapi3.Schema { return c.Components.Schemas[name].Value }

// Every reply of every route, errors included, is as the description says, with every switch.
// A published description knows no switch: what one disagrees with is told.
func TestContract(t *testing.T) {
	t.Parallel()
	openapi3filter.RegisterBodyDecoder("text/html", func(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
		b, err := io.ReadAll(body)
		return string(b), err
	})
	seen := map[string]bool{}
	var doc *contract
	for _, s := range switches {
		doc = loadContract(t)
		if doc.whole && s.change != nil {
			s.change(doc)
		}
		var o Options
		s.option(&o)
		o.Seed, o.Now = 1, noon
		for _, fault := range slices.Compact(slices.Sorted(slices.Values(doc.faults(t, o)))) {
			if !doc.whole && s.change != nil {
				t.Logf("%s disagrees: %s", s.name, fault)
				continue
			}
			t.Errorf("%s: %s", s.name, fault)
		}
		maps.Copy(seen, doc.seen)
	}
	for _, r := range routes {
		item := doc.Paths.Find(r.path)
		switch {
		case item == nil || item.GetOperation(r.method) == nil:
			if doc.whole {
				t.Errorf("%s is not described", r.operation())
			}
			t.Logf("%s is not in the description", r.operation())
			continue
		case !seen[r.operation()+" 200"] && !seen[r.operation()+" 302"]:
			t.Errorf("%s was not asked", r.operation())
		}
		for status := range item.GetOperation(r.method).Responses.Map() {
			if doc.whole && status != "default" && !seen[r.operation()+" "+status] {
				t.Errorf("%s never answered %s", r.operation(), status)
			}
		}
	}
}

// Each option that changes while the simulator runs is one of the switches, unless it is a
// number, a duration or a number by name.
func TestContractKnowsEachSwitch(t *testing.T) {
	t.Parallel()
	var zero Options
	changed := map[string]bool{}
	for _, s := range switches {
		var o Options
		s.option(&o)
		for field, value := range reflect.ValueOf(o).Fields() {
			if !reflect.DeepEqual(value.Interface(), reflect.ValueOf(zero).FieldByName(field.Name).Interface()) {
				changed[field.Name] = true
			}
		}
	}
	for field := range reflect.TypeFor[Options]().Fields() {
		kind := field.Type.Kind()
		if field.Tag.Get("json") != "-" && (kind == reflect.Bool || kind == reflect.String || kind == reflect.Pointer) && !changed[field.Name] {
			t.Errorf("%s is no switch of the contract test", field.Name)
		}
	}
}

// ask is one request.
type ask struct{ method, token, path, body string }

// faults makes all requests to a simulator with these options, and says what is wrong with the
// replies.
func (c *contract) faults(t *testing.T, o Options) (faults []string) {
	t.Helper()
	spec := assignOrganization()
	spec.Workspaces = []WorkspaceSpec{{Location: 0, Capacity: 4, Licenses: []int{0}}, {Location: NoLocation, Type: "desk"}}
	s, org := start(t, o, spec)
	s.AddOrganization(TwoSubscriptionOrganization())
	asks := contractAsks(s, org)
	for _, a := range asks {
		faults = c.check(faults, a, a.send(t, s))
	}
	// What is in front of the service answers in its form, and so do limits, whatever is asked.
	once := map[string]ask{}
	for _, a := range asks {
		if found, _, _ := findRoute(a.method, a.path, o.Government); found != nil && (a.token == "all" || found.scopes == nil) {
			once[found.operation()] = a
		}
	}
	for _, status := range []int{http.StatusTooManyRequests, http.StatusLocked, http.StatusInternalServerError, http.StatusServiceUnavailable} {
		s.AddRule(Rule{ID: "fault", Status: status})
		for _, a := range once {
			faults = c.check(faults, a, a.send(t, s))
		}
		s.RemoveRule("fault")
	}
	s.SetOptions(func(o *Options) { o.RateLimit = 1 })
	for range 2 {
		for _, a := range once {
			faults = c.check(faults, a, a.send(t, s))
		}
	}
	return faults
}

func (a ask) send(t *testing.T, s *Server) answer {
	t.Helper()
	r, err := http.NewRequest(a.method, s.URL()+a.path, strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if a.path == "/access_token" || a.path == "/authorize" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if a.token != "" {
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
	s.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	reply, err := send(s, r)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

// check holds one reply against the description, or one that belongs to no operation against the
// form of errors.
func (c *contract) check(faults []string, a ask, reply answer) []string {
	path, _, _ := strings.Cut(a.path, "?")
	found, _, _ := findRoute(a.method, path, false)
	if found == nil {
		if c.whole {
			found = &route{method: http.MethodGet, path: "/roles"} // whose errors have the form of all
		} else {
			return faults
		}
	}
	item := c.Paths.Find(found.path)
	if item == nil || item.GetOperation(found.method) == nil {
		return faults // told at the end
	}
	c.seen[fmt.Sprintf("%s %d", found.operation(), reply.status)] = true
	request, err := http.NewRequest(a.method, "https://api.example.com"+a.path, nil)
	if err != nil {
		return append(faults, err.Error())
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: request,
			Route:   &routers.Route{Spec: c.T, Path: found.path, PathItem: item, Method: found.method, Operation: item.GetOperation(found.method)},
		},
		Status: reply.status, Header: reply.header,
		Options: &openapi3filter.Options{IncludeResponseStatus: c.whole, MultiError: true},
	}
	input.SetBodyBytes([]byte(reply.body))
	if err := openapi3filter.ValidateResponse(request.Context(), input); err != nil {
		what, _, _ := strings.Cut(err.Error(), "\nSchema:")
		faults = append(faults, fmt.Sprintf("%s %d: %s", found.operation(), reply.status, what))
	}
	return faults
}

// contractAsks are requests that together get every kind of answer from every route.
func contractAsks(s *Server, org *Organization) []ask {
	all := AllScopes()
	s.IssueToken(TokenSpec{
		Organization: org.UUID(), Organizations: []string{TwoSubscriptionUUID}, Access: "all", Scopes: all, WithRefresh: true, ClientID: "app", ClientSecret: "hush", RefreshToken: "refresh",
	})
	s.IssueToken(TokenSpec{Organization: org.UUID(), Access: "none", Scopes: []string{"spark:kms"}})
	s.IssueToken(TokenSpec{Organization: org.UUID(), Access: "partner", Owner: "partner", Partner: true, Organizations: []string{TwoSubscriptionUUID}})
	s.AddOrganization(OrganizationSpec{UUID: plainOrg, Name: "Plain"})
	s.IssueToken(TokenSpec{Organization: plainOrg, Access: "empty"})
	app := s.AddServiceApp(ServiceAppSpec{Organizations: []string{org.UUID()}})
	second := s.Organization(TwoSubscriptionUUID)
	own := "orgId=" + org.ID()
	other := "orgId=" + second.ID()
	events := "/adminAudit/events?" + own + "&from=2026-01-01T00:00:00Z&to=2026-12-31T00:00:00Z"
	id := map[string]string{
		"/organizations/{id}": org.ID(), "/roles/{id}": EncodeID(kindRole, org.roles[0].Key), "/licenses/{id}": org.LicenseID("Messenger"),
		"/people/{id}": org.PersonID(0), "/locations/{id}": org.LocationID("Here"), "/workspaces/{id}": org.workspaces[0].id, "/applications/{id}/token": app.ID, "/groups/{id}/members": org.GroupID("Outer"),
	}
	const get, patch, post = http.MethodGet, http.MethodPatch, http.MethodPost
	var asks []ask
	for _, r := range routes {
		path := strings.Replace(r.path, "{id}", id[r.path], 1)
		asks = append(asks, ask{http.MethodDelete, "all", path, ""})
		if r.scopes == nil {
			continue
		}
		asks = append(asks, ask{r.method, "", path, ""}, ask{r.method, "none", path, ""}, ask{r.method, "all", path, ""})
		if strings.Contains(r.path, "{id}") {
			for _, no := range []string{"nothing", "@", EncodeID(kindOrganization, OverAssignedUUID), bareUUID(id[r.path])} {
				asks = append(asks, ask{r.method, "all", strings.Replace(r.path, "{id}", url.PathEscape(no), 1), ""})
			}
		}
		asks = append(asks, ask{r.method, "all", path + "?orgId=@&max=1", ""}, ask{r.method, "all", path + "?max=0", ""}, ask{r.method, "all", path + "?max=2&" + other, ""})
	}
	assign := func(person, license, more string) ask {
		return ask{patch, "all", "/licenses/users", fmt.Sprintf(`{%q: %q, "orgId": %q, "licenses": [{"id": %q%s}]}`, strings.SplitN(person, "=", 2)[0], strings.SplitN(person, "=", 2)[1], org.ID(), license, more)}
	}
	messenger, suite := org.LicenseID("Messenger"), org.LicenseID("Webex Meetings Suite")
	calling := org.LicenseID("Webex Calling - Professional")
	token := func(more string) ask {
		return ask{post, "", "/access_token", "client_id=app&client_secret=hush&" + more}
	}
	s.AddIntegration(IntegrationSpec{ClientID: "signs-in", ClientSecret: "hush", RedirectURIs: []string{callback}, Organization: org.UUID()})
	consent := "client_id=signs-in&redirect_uri=" + callback + "&response_type=code&state=x&scope="
	scopes := url.QueryEscape(ScopeLicenses + " " + ScopePeople)
	code := s.tokens.newCode(&authorization{integration: s.integration("signs-in"), redirect: callback, scopes: []string{ScopeLicenses}}, s.Now().Add(time.Minute))
	s.SetTags(org.UUID(), TwoSubscriptionUUID, "gold", "emea")
	const tags = "/partner/tags/organizations"
	return append(
		asks,
		ask{get, "partner", tags + "?tags=gold,silver&max=1", ""}, ask{get, "partner", tags, ""}, ask{get, "partner", tags + "?tags=gold&max=0", ""}, ask{get, "partner", tags + "?tags=gold&cursor=@", ""},
		ask{get, "partner", tags + "?tags=none", ""}, ask{get, "partner", "/people/me", ""}, ask{get, "empty", "/people/me", ""},
		ask{get, "", "/authorize?" + consent + scopes, ""}, ask{get, "", "/authorize?" + consent, ""}, ask{get, "", "/authorize?client_id=x", ""},
		ask{post, "", "/authorize", consent + scopes + "&decision=accept"}, ask{post, "", "/authorize", consent + scopes + "&decision=deny"}, ask{post, "", "/authorize", consent + scopes},
		ask{post, "", "/access_token", "grant_type=authorization_code&client_id=signs-in&client_secret=hush&redirect_uri=" + callback + "&code=" + code},
		ask{get, "all", "/nothing", ""},
		assign("personId="+org.PersonID(1), suite, ""), assign("personId="+org.PersonID(1), calling, `, "properties": {"locationId": "`+org.LocationID("Here")+`", "extension": "4711"}`),
		assign("personId="+org.PersonID(2), calling, ""), assign("personId=unknown", messenger, ""), assign("email=out@elsewhere.example", suite, ""),
		assign("email=out@elsewhere.example", messenger, ""), assign("personId="+org.PersonID(1), "bm9uZQ", ""), ask{patch, "all", "/licenses/users", "x"},
		ask{get, "all", "/groups?includeMembers=true&startIndex=2&count=1", ""}, ask{get, "all", "/groups?count=-1", ""}, ask{get, "all", "/groups?filter=x", ""},
		ask{get, "all", "/groups/" + org.GroupID("Outer") + "/members?count=1&startIndex=2", ""}, ask{get, "all", "/groups/" + org.GroupID("Outer") + "/members?count=-1", ""},
		ask{get, "all", events, ""}, ask{get, "all", events + "&max=1", ""}, ask{get, "all", "/adminAudit/events?" + own, ""},
		ask{get, "all", "/people?callingData=true&max=3", ""}, ask{get, "all", "/people?excludeStatus=true&email=unknown", ""}, ask{get, "all", "/people?cursor=@", ""},
		ask{get, "all", "/people?max=2&" + other + "&callingData=true", ""}, ask{get, "all", "/people?id=" + org.PersonID(0) + ",unknown," + bareUUID(org.PersonID(1)), ""},
		ask{get, "all", "/people/me?callingData=true", ""}, ask{get, "all", "/people/" + second.PersonID(0) + "?" + other, ""},
		ask{get, "all", "/licenses/" + suite + "?includeAssignedTo=user&limit=1", ""}, ask{get, "all", "/licenses/" + suite + "?includeAssignedTo=user&limit=0", ""},
		ask{get, "partner", "/licenses/" + second.LicenseID(second.licenses[0].spec.Key), ""}, ask{get, "partner", "/licenses?" + other, ""}, ask{get, "partner", "/organizations/" + second.ID(), ""},
		ask{get, "partner", "/licenses?" + other, ""},
		ask{post, "all", "/applications/" + app.ID + "/token", fmt.Sprintf(`{"clientId": %q, "clientSecret": %q, "targetOrgId": %q}`, app.ClientID, app.ClientSecret, org.ID())},
		ask{post, "all", "/applications/" + app.ID + "/token", fmt.Sprintf(`{"clientId": %q, "clientSecret": %q, "targetOrgId": %q}`, app.ClientID, app.ClientSecret, second.ID())},
		ask{post, "all", "/applications/nothing/token", fmt.Sprintf(`{"clientId": %q, "clientSecret": %q, "targetOrgId": %q}`, app.ClientID, app.ClientSecret, org.ID())},
		token("grant_type=refresh_token&refresh_token=wrong"), token("grant_type=other&refresh_token=x"), token("grant_type=authorization_code&code=x&redirect_uri=y"), token(""),
		ask{post, "", "/access_token", "client_id=app&client_secret=wrong&grant_type=refresh_token&refresh_token=refresh"},
		token("grant_type=refresh_token&refresh_token=refresh"),
	)
}

// bareUUID is the UUID in an identifier, if it holds one alone.
func bareUUID(id string) string {
	for _, kind := range []string{kindOrganization, kindPerson, kindLocation, kindWorkspace, kindRole} {
		if value, ok := DecodeID(kind, id); ok {
			return value
		}
	}
	return id
}
