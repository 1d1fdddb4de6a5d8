package v1alpha1

// Conditions of a partner, besides those of all kinds.
const (
	// ConditionDiscoveryFresh of a partner is True while its list of organizations is read every
	// spec.interval.
	ConditionDiscoveryFresh = "DiscoveryFresh"
)

// Reasons of Ready of a partner. Found on partner: Ready.
const (
	// ReasonDiscovered is for organizations that were found, and customers that were made of them as the
	// spec wants it; in mode Report it says how many would be.
	ReasonDiscovered = "Discovered"
	// ReasonCreatingCustomers is for customers that are still to be made: spec.maxNewPerPass at a time, and a
	// minute between two passes.
	ReasonCreatingCustomers = "CreatingCustomers"
	// ReasonCustomersRefused is for customers that Kubernetes refuses to take as they shall be. The others are
	// made. Remedy: see what the message says of the first of them: a quota, an admission policy, or a field of
	// spec.template.
	ReasonCustomersRefused = "CustomersRefused"
	// ReasonCustomersHeld is for customers whose organization is gone, when the list came back empty, or more
	// than 20 percent of the partner's customers are. They run on until this is approved. New organizations
	// become customers. Found on partner: Ready, RemovalsHeld. Remedy: look at the list in Partner Hub; if it
	// is right, approve with "kubectl webex approve-removals" (partners.md#organizations-that-vanish).
	ReasonCustomersHeld = "CustomersHeld"
	// ReasonOwnOrganizationUnknown is for credentials that do not tell the partner's own organization, which
	// must not become a customer. Nothing is made. Remedy: set spec.organizationID to it (Partner Hub, Account).
	ReasonOwnOrganizationUnknown = "OwnOrganizationUnknown"
	// ReasonTagsUnreadable is for a spec that names tags which the credentials may not read, or which so many
	// organizations have that Webex does not tell all of them. Nothing is made, since organizations would be
	// taken for untagged. Remedy: authorize the integration as the message says,
	// or take tags and byTag out of the spec.
	ReasonTagsUnreadable = "TagsUnreadable"
)

// Reasons of DiscoveryFresh of a partner. Found on partner: DiscoveryFresh.
const (
	// ReasonNeverDiscovered is for a partner whose organizations were not listed yet. Found on partner: Ready,
	// DiscoveryFresh. Remedy: if it stays, see the other condition.
	ReasonNeverDiscovered = "NeverDiscovered"
	// ReasonDiscoveryFailing is for discoveries that have failed for longer than spec.interval: organizations
	// that came or went since are not known. Remedy: see Ready.
	ReasonDiscoveryFailing = "DiscoveryFailing"
)

// Reasons of events of a partner. Found on event of a partner.
const (
	// ReasonCustomersCreated is for customers that were made of organizations; the message has the number.
	ReasonCustomersCreated = "CustomersCreated"
	// ReasonOrganizationsVanished is for customers whose organization is no longer listed, or no longer
	// selected. In mode Create they are suspended. Remedy: see Vanished in status.organizations; delete the
	// customers that are not needed (partners.md#organizations-that-vanish).
	ReasonOrganizationsVanished = "OrganizationsVanished"
	// ReasonOrganizationsBack is for customers that were taken back, since their organization is listed and
	// selected again, or that were deleted.
	ReasonOrganizationsBack = "OrganizationsBack"
)
