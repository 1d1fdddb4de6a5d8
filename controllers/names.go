package controllers

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// slotRunName is the name of the run of one customer for one slot: the lock that
// keeps a slot from running twice. As with a CronJob it ends in the minutes since
// 1970, or in the seconds for a slot within a minute, which have two digits more.
func slotRunName(scheduleName, customer string, slot time.Time) string {
	stamp := slot.Unix()
	if stamp%60 == 0 {
		stamp /= 60
	}
	return fmt.Sprintf("%s-%s-%s-%d", scheduleName, customer, pairHash(scheduleName, customer), stamp) // at most 63+1+63+1+8+1+11 = 148 of 253 characters
}

// requestedRunName is the name of the run of one customer that the requestedAt
// annotation of a schedule asks for.
func requestedRunName(scheduleName, customer, token string) string {
	return fmt.Sprintf("%s-%s-%s-m-%s", scheduleName, customer, pairHash(scheduleName, customer), causeHash(token))
}

// pairHash tells schedule and customer apart whose names join to the same text, as
// eu with west-acme and eu-west with acme.
func pairHash(scheduleName, customer string) string {
	sum := sha256.Sum256([]byte(scheduleName + "/" + customer)) // no name has a slash
	return hex.EncodeToString(sum[:4])
}

// runName is <customer>-<word>-<hash of what asked for the run>.
func runName(customer *v1alpha1.WebexCustomerAccess, word string, cause ...string) string {
	return fmt.Sprintf("%s-%s-%s", customer.Name, word, causeHash(cause...))
}

func causeHash(cause ...string) string {
	sum := sha256.Sum256(fmt.Append(nil, cause))
	return hex.EncodeToString(sum[:5])
}

// firstRunName is the name of a customer's first run.
func firstRunName(customer *v1alpha1.WebexCustomerAccess) string { return customer.Name + "-initial" }

// besides is a name for a run whose own name an object of another owner has.
func besides(name string, customer *v1alpha1.WebexCustomerAccess) string {
	return name + "-" + string(customer.UID[:8])
}
