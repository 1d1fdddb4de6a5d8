// Package webexsim is a simulator of the part of the Webex REST API that a
// licence report needs: tokens, service apps and partners, organizations, roles,
// licences, people, groups, locations, workspaces, audit events. README.md shows how to
// use it, and says what is known of the real service and from where.
//
// It is built from public material only (the published OpenAPI description, the
// guides on developer.webex.com and recorded replies in public repositories) and
// was never compared with the live service. Where documents and recordings
// disagree it follows the recordings and offers a switch for the documents.
//
// One Server holds any number of organizations. Each is seeded from an
// OrganizationSpec and changed through the methods of Organization, or over HTTP
// through the control endpoint, which calls the same methods. Consumed units are
// never stored: they are counted from the seeded people and workspaces, so the
// figures of an organization cannot contradict its people.
//
// Misbehaviour comes in two forms. Options describe how the service behaves in
// general (which page sizes it grants, whether next links lose parameters, how many
// requests a minute it serves). A Rule describes what happens to some requests only (the
// third page answers 503). All goes by a clock that a test can move, and given seed,
// clock and requests the answers are the same each time.
package webexsim
