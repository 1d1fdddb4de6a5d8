package access

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// Kinds of users.
const (
	customerKind = "WebexCustomerAccess"
	partnerKind  = "WebexPartner"
)

// user is whose way to Webex a session is: a customer, or a partner, which shares a Secret and its
// tokens with the customers that it makes.
type user struct {
	kind            string
	namespace, name string
	uid             types.UID
	connection      *v1alpha1.Connection
	// secrets are the names of its Secrets; empty where it has none.
	secrets map[secretField]string
	// organization is the one that a Service App asks for tokens of; zero if none is known.
	organization webex.OrganizationID
}

// secretField is a field of a user that names a Secret with credentials.
type secretField string

const (
	readSecret  secretField = "spec.credentialsSecretRef"
	writeSecret secretField = "spec.assignment.credentialsSecretRef"
)

func customerUser(customer *v1alpha1.WebexCustomerAccess) user {
	return user{
		kind: customerKind, namespace: customer.Namespace, name: customer.Name, uid: customer.UID,
		connection: customer.Spec.Connection, organization: OrganizationOf(customer),
		secrets: map[secretField]string{readSecret: customer.Spec.CredentialsSecretRef.Name, writeSecret: WriteSecretOf(customer)},
	}
}

func partnerUser(partner *v1alpha1.WebexPartner) user {
	return user{
		kind: partnerKind, namespace: partner.Namespace, name: partner.Name, uid: partner.UID,
		connection: partner.Spec.Connection,
		secrets:    map[secretField]string{readSecret: partner.Spec.CredentialsSecretRef.Name},
	}
}

// reference is the user as an owner. It is not the controller: that could be one only.
func (u user) reference() metav1.OwnerReference {
	return metav1.OwnerReference{APIVersion: v1alpha1.GroupVersion.String(), Kind: u.kind, Name: u.name, UID: u.uid}
}

// WriteSecretOf is the name of the Secret with the customer's write credentials; empty if there is none.
func WriteSecretOf(customer *v1alpha1.WebexCustomerAccess) string {
	if customer.Spec.Assignment == nil {
		return ""
	}
	return customer.Spec.Assignment.CredentialsSecretRef.Name
}

// names says whether the customer has its read or its write credentials in a Secret.
func names(customer *v1alpha1.WebexCustomerAccess, secret string) bool {
	return customer.Spec.CredentialsSecretRef.Name == secret || WriteSecretOf(customer) == secret
}

// OrganizationOf is the organization of a customer: the one that the spec names, or
// else the one that was found before; zero if none is known.
func OrganizationOf(customer *v1alpha1.WebexCustomerAccess) webex.OrganizationID {
	id, err := webex.ParseOrganizationID(customer.Spec.OrganizationID)
	if found := customer.Status.Organization; err != nil && found != nil {
		id, _ = webex.ParseOrganizationID(found.ID)
	}
	return id
}
