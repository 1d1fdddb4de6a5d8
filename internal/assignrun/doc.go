// Package assignrun does the steps Planning and Assigning of an attempt: it finds out who is listed, makes the plan, sends
// what is to be sent, and writes down what came of it. The plan itself is made by package assign.
package assignrun
