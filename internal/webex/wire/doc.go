// Package wire reads what Webex writes: JSON as it streams in, member by member, in bounded memory, and links to pages.
// It knows how texts, ids, units, licences and queries are written, and nothing of HTTP, endpoints and records.
package wire
