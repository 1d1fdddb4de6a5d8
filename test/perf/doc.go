// Command perf measures the operator at the scale of a fleet: the manager's binary, a real API server with etcd and the
// simulated Webex, each a process of its own.
//
// A scenario is a file in scenarios: which fleet there is, how Webex behaves, and which steps are measured. A run of it
// gives figures; limits.yaml says what they may be at most. Counts and bytes come first, since noise does not touch
// them; a time is given beside a reference that was measured in the same run.
package main
