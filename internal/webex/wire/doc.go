// Package wire reads the JSON that Webex writes, as it streams in: member by member, in bounded memory. It knows how
// texts, ids, units and licences are written, and nothing of HTTP, endpoints and records.
package wire
