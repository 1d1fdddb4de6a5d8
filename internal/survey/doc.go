// Package survey remembers what runs have seen of organizations, and says by it how their people are best read. It is pure:
// the time is a parameter, and what it knows are hints, lost with the process.
package survey
