package webexsim

// ControlHelp describes the control endpoint to a user of the command.
const ControlHelp = `The control endpoint (JSON, under /control, no authentication):

Organizations
  GET    /control/organizations                             what is there
  PUT    /control/organizations/{uuid}                      {"name": "..."}: rename it; {}: bring back one that was removed
  DELETE /control/organizations/{uuid}                      take it away: no token sees it
  GET    /control/truth/{uuid}                              expected figures
  GET    /control/organizations/{uuid}/licenses             the same, rows only
  DELETE /control/organizations/{uuid}/licenses             make the list of licences empty
  POST   /control/organizations/{uuid}/licenses             bring all rows back
  GET    /control/organizations/{uuid}/licenses/{license}   one row
  PUT    /control/organizations/{uuid}/licenses/{license}   {"total": 100, "name": "...", "externalUsers": 2,
                                                             "units": "string", "consumers": "null"}
  DELETE /control/organizations/{uuid}/licenses/{license}   take one row out of the list
  POST   /control/organizations/{uuid}/people               {"location": "...", "licenses": ["..."], "firstName": "..."}
  DELETE /control/organizations/{uuid}/people/{person}      remove a person, given by index
  POST   /control/organizations/{uuid}/people/{person}/licenses  {"add": ["..."], "remove": ["..."]}
  PUT    /control/organizations/{uuid}/people/{person}/location  {"location": "..."}, empty for none
  POST   /control/organizations/{uuid}/locations            {"name": "..."}
  PUT    /control/organizations/{uuid}/locations/{location} {"name": "..."}
  GET    /control/organizations/{uuid}/groups               the groups, with the indexes of their people
  POST   /control/organizations/{uuid}/groups               {"name": "...", "members": [0, 1], "groups": ["..."]}
  PUT    /control/organizations/{uuid}/groups/{group}       the same: what is named changes
  DELETE /control/organizations/{uuid}/groups/{group}       remove a group
  PUT    /control/organizations/{uuid}/subscriptions/{subscription}  {"suspended": true}: the API refuses to change its licences;
                                                            {"renewedAs": "..."}: they get other ids
  GET    /control/organizations/{uuid}/changes              who got and lost a licence, when, by API or by hand

Access
  POST   /control/tokens                                    {"organization": uuid, "access": "...", "scopes": ["..."],
                                                             "owner": "...", "expiresIn": "336h", "withRefresh": true}
                                                            or {"revoke": "access token or refresh token"}
  GET    /control/applications                              the service apps
  POST   /control/applications                              register one: {"organizations": [uuid], "clientID": "..."}
  PUT    /control/applications/{app}/organizations/{uuid}   an organization authorizes the app
  DELETE /control/applications/{app}/organizations/{uuid}   and takes it back: its tokens are dead
  POST   /control/applications/{app}/organizations/{uuid}   the first token pair, as the portal shows it
  POST   /control/partners                                  add one: {"customers": 1000, "organizations": [uuid], "token": {...}}
  PUT    /control/partners/{partner}/customers/{uuid}/tags  {"tags": ["..."]}, by the UUID of the partner's organization
  PUT    /control/owners/{owner}/restriction                {"organizations": [uuid]}: the owner's tokens see these customers only
  DELETE /control/owners/{owner}/restriction                and all again
  GET    /control/integrations                              the integrations
  POST   /control/integrations                              register one: {"organization": uuid, "redirectURIs": ["..."],
                                                             "clientID": "...", "clientSecret": "...", "scopes": ["..."]}
  PUT    /control/owners/{owner}/customers/{uuid}           a partner's tokens see a further organization
  DELETE /control/owners/{owner}/customers/{uuid}           the organization ends the relationship
  GET    /control/owners/{owner}/managed                    a partner's list of managed customers
  DELETE /control/owners/{owner}/managed                    make the list lapse
  DELETE /control/owners/{owner}/managed/{uuid}             make one organization on it lapse

Behaviour
  GET    /control/rules                                     the rules in force, and how often they acted
  POST   /control/rules                                     {"operation": "GET /people", "page": 3, "status": 503, "for": "10m"}
  DELETE /control/rules                                     end all rules
  DELETE /control/rules/{id}                                end one
  GET    /control/options                                   how the service behaves in general
  PATCH  /control/options                                   {"refreshMode": "rotate", "rateLimit": 300}: what is named changes
  POST   /control/latency                                   {"latency": "20ms"}
  DELETE /control/limits                                    forget the requests of the last minute
  GET    /control/clock                                     the simulator's time
  POST   /control/clock                                     {"advance": "24h"} or {"set": "2026-09-01T12:00:00Z"}

What was asked
  GET    /control/requests                                  counts since the last reset
  DELETE /control/requests                                  reset the counts
  GET    /control/log                                       the latest requests; ?after=, operation=, organization=, owner=,
                                                            status=, rule= choose
  DELETE /control/log                                       empty the log

A licence, a group or a location is given by name, id or UUID (a licence also by key), an app
by application id or client id. test/webexsim/README.md has an example of each.
`
