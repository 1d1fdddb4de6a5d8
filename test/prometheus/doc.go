// Package prometheus lets a real Prometheus scrape the manager as it is shipped: the binary, with the rights of
// config/rbac, over its https endpoint, to which it authenticates as any Prometheus in a cluster does. The manager reads
// a simulated Webex. It is for tests; those in this package drive the alerts.
//
// All of it runs on loopback. Prometheus itself is not a Go module that could be built here in reasonable time, so that
// the tests need a program of that name, which distributions package: see [Binary].
package prometheus
