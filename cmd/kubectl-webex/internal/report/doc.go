// Package report gathers what a report on licences says: sums at every level,
// what needs attention, the trend over the stored runs, and what changed. It is
// pure: objects in, a document out, the time is a parameter.
//
// All sums are those of package rollup. What is here groups rows and hands them
// over, subtracts one sum from another, and follows units over time.
//
// A report is its own memory: the document holds what the next report needs to
// tell what changed, and Former reads it back from a file of either form.
package report
