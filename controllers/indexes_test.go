package controllers

import (
	"context"
	"testing"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
)

// indexes keeps what is registered for customers.
type indexes map[string]client.IndexerFunc

func (i indexes) IndexField(_ context.Context, object client.Object, field string, value client.IndexerFunc) error {
	if _, ok := object.(*v1alpha1.WebexCustomerAccess); ok {
		i[field] = value
	}
	return nil
}

// The customers that share the credentials by which one is read are found without those that only assign with them: what
// Webex tells one to wait for, or refuses, is no verdict on reading another.
func TestWriteCredentialsAreIndexedByThemselves(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	all := indexes{}
	g.Expect(SetupIndexes(t.Context(), all)).To(Succeed())
	customer := &v1alpha1.WebexCustomerAccess{}
	customer.Spec.CredentialsSecretRef.Name = "read"
	g.Expect(all[access.IndexSecret](customer)).To(Equal([]string{"read"}))
	g.Expect(all[access.IndexWriteSecret](customer)).To(BeEmpty())
	customer.Spec.Assignment = &v1alpha1.CustomerAssignment{CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: "write"}}
	g.Expect(all[access.IndexSecret](customer)).To(Equal([]string{"read"}))
	g.Expect(all[access.IndexWriteSecret](customer)).To(Equal([]string{"write"}))
}
