// Package syncrun carries out one run for one customer: connect, walk the
// Webex organization, aggregate, compare with the licence rows there are, write
// the difference, and record the facts on the customer.
//
// Only a complete walk is applied. An attempt that fails, at whatever point,
// leaves rows that are each the truth of some complete walk.
package syncrun
