// Package access is a customer's way to Webex: the credentials in its Secrets, to read and to
// assign licences, and the tokens that they are exchanged for.
//
// Tokens are shared by the customers of a Secret, since a renewal for one may end what the
// others hold: they are renewed under a lock for each Secret, and kept in a Secret of the
// operator's own before they are used.
package access
