package controllers

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/utils/ptr"
)

// The first run starts by itself, and its rows are the organization's truth.
func TestFirstRun(t *testing.T) {
	f := newFixture(t)
	customer := f.createCustomer("acme")
	rows := f.rows("acme")

	calling := rows["Customer Webex Calling - Professional @ acme"]
	f.Expect(calling).NotTo(BeNil())
	f.Expect(calling.Status.TotalUnits).To(Equal(ptr.To(int64(100))))
	f.Expect(calling.Status.ConsumedUnits).To(Equal(ptr.To(int64(3))))
	f.Expect(calling.Status.AvailableUnits).To(Equal(ptr.To(int64(97))))
	f.Expect(customer.Status.LastRun.Name).To(Equal("acme-initial"))
	t.Log(f.writes.all())
	t.Logf("%+v", customer.Status)
}
