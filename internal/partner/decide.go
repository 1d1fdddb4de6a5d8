package partner

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/status"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

const (
	// maxGonePercent is the largest share of a partner's customers that one list may suspend.
	maxGonePercent = 20
	// maxListed is how many organizations a status names.
	maxListed = 50
)

// World is what is decided by.
type World struct {
	// Partner is the partner, with its approval.
	Partner *v1alpha1.WebexPartner
	// Selector is its compiled spec.select.
	Selector Selector
	// Own is the partner's own organization.
	Own webex.OrganizationID
	// Organizations are those that Webex listed.
	Organizations []Organization
	// Customers are those with the partner's label in its namespace, with their managed fields.
	Customers []v1alpha1.WebexCustomerAccess
	// Readers are the customers of other makers, by the organization that they read: a name, with
	// a namespace and a slash before it if that is not the partner's.
	Readers map[webex.OrganizationID]string
	// Postponed are names of customers that Kubernetes refused a while ago. They are left alone,
	// so that those after them have their turn.
	Postponed map[string]bool
}

// Write is a customer that is to be applied, without force, by [FieldManager].
type Write struct {
	// Name is the customer's; New says that there is none yet.
	Name string
	New  bool
	// Fields are what to apply.
	Fields map[string]any

	organization Organization
}

// Decision is what becomes of the organizations.
type Decision struct {
	// Writes are what to apply in mode Create: new customers, at most spec.maxNewPerPass, and those
	// that differ from what they shall be. Each once.
	Writes []Write
	// Held are suspensions that wait for approval; nil if there are none.
	Held *v1alpha1.HeldCustomers

	found, selected, created int
	organizations            map[webex.OrganizationID]v1alpha1.PartnerOrganization
}

// verdict is what is known of one organization, or of one customer of the partner.
type verdict struct {
	organization Organization
	// listed says that Webex lists it, selected that spec.select wants it, too.
	listed, selected bool
	// customer is the partner's own; nil if there is none.
	customer *v1alpha1.WebexCustomerAccess
	// leaving says that the customer is gone and would be suspended: it runs, and no person has decided about that.
	leaving bool
}

// gone says that the customer's organization is no longer there, or no longer wanted.
func (v *verdict) gone() bool { return v.customer != nil && !v.selected }

// running says that the customer has runs.
func (v *verdict) running() bool {
	return v.customer != nil && !ptr.Deref(v.customer.Spec.Suspend, false)
}

// Decide says what to do about the organizations.
func (w *World) Decide() Decision {
	d := Decision{organizations: map[webex.OrganizationID]v1alpha1.PartnerOrganization{}}
	verdicts := w.verdicts()
	held := w.guard(&d, verdicts)
	room := int(cmp.Or(w.Partner.Spec.MaxNewPerPass, 20))
	for i := range verdicts {
		v := &verdicts[i]
		if v.listed {
			d.found++
		}
		if v.selected {
			d.selected++
		}
		if v.customer != nil {
			d.created++
		}
		switch reader := w.Readers[v.organization.ID]; {
		case v.gone() && held:
			if v.leaving {
				d.list(v.organization, v.customer.Name, v1alpha1.PartnerOrganizationHeld)
			} else {
				d.list(v.organization, v.customer.Name, v1alpha1.PartnerOrganizationVanished)
			}
		case v.gone():
			d.list(v.organization, v.customer.Name, v1alpha1.PartnerOrganizationVanished)
			d.write(w, v, w.suspended(v.customer))
		case v.customer != nil:
			d.write(w, v, w.settled(v))
		case v.selected && reader != "":
			d.list(v.organization, reader, v1alpha1.PartnerOrganizationReadElsewhere)
		case v.selected:
			name := CustomerName(v.organization)
			d.list(v.organization, name, v1alpha1.PartnerOrganizationWaiting)
			if !w.creates() {
				continue
			}
			write := Write{Name: name, New: true, organization: v.organization}
			if w.Postponed[name] {
				d.Refused(write)
			} else if room--; room >= 0 {
				write.Fields = w.customer(name, v.organization)
				d.Writes = append(d.Writes, write)
			}
		}
	}
	return d
}

func (w *World) creates() bool { return w.Partner.Spec.Mode == v1alpha1.PartnerModeCreate }

// verdicts bring together what Webex lists and what there is, sorted by name, then id.
func (w *World) verdicts() []verdict {
	at := map[webex.OrganizationID]int{}
	var all []verdict
	of := func(id webex.OrganizationID) *verdict {
		i, known := at[id]
		if !known {
			i = len(all)
			at[id] = i
			all = append(all, verdict{organization: Organization{ID: id}})
		}
		return &all[i]
	}
	for _, o := range w.Organizations {
		if o.ID == w.Own {
			continue
		}
		v := of(o.ID)
		v.organization, v.listed, v.selected = o, true, w.Selector.Selects(o)
	}
	for i := range w.Customers {
		c := &w.Customers[i]
		id, err := webex.ParseOrganizationID(c.Spec.OrganizationID)
		if err != nil {
			continue // a person's, with the partner's label: it names no organization of the partner's
		}
		if v := of(id); v.customer == nil || c.Name < v.customer.Name {
			v.customer = c
		}
	}
	manager := FieldManager(w.Partner.Name)
	for i := range all {
		if v := &all[i]; v.gone() && v.running() {
			_, others := owners(customerFields(v.customer), v.customer.ManagedFields, manager)
			v.leaving = !others.has([]string{"spec", "suspend"})
		}
	}
	slices.SortFunc(all, func(a, b verdict) int {
		return cmp.Or(strings.Compare(a.organization.Name, b.organization.Name), strings.Compare(a.organization.ID.UUID(), b.organization.ID.UUID()))
	})
	return all
}

// guard says whether suspensions are held: the list is empty, or too many of the customers that
// run are gone from it, and a person has not approved that exactly these organizations are. The
// token stands for all that are gone, suspended already or not, so that it goes on to be good for
// what a crash left of the set.
func (w *World) guard(d *Decision, verdicts []verdict) (held bool) {
	var gone []string
	leaving, running, listed := 0, 0, 0
	for i := range verdicts {
		v := &verdicts[i]
		if v.listed {
			listed++
		}
		if v.gone() {
			gone = append(gone, v.organization.ID.UUID())
		}
		if v.leaving {
			leaving++
		}
		if v.running() {
			running++
		}
	}
	if leaving == 0 || (listed > 0 && leaving*100 <= running*maxGonePercent) {
		return false
	}
	slices.Sort(gone)
	sum := sha256.Sum256([]byte(strings.Join(gone, "\n")))
	token := hex.EncodeToString(sum[:8])
	if w.Partner.Annotations[v1alpha1.AnnotationApproveRemovals] == token {
		return false
	}
	d.Held = &v1alpha1.HeldCustomers{Customers: new(int32(leaving)), Token: token} //nolint:gosec // far below 2^31 customers
	return true
}

// suspended is what to apply to a customer whose organization is gone: it stays as it is, and
// no longer runs.
func (w *World) suspended(c *v1alpha1.WebexCustomerAccess) object {
	manager, live := FieldManager(w.Partner.Name), customerFields(c)
	wanted := owned(live, c.ManagedFields, manager)
	wanted.set(true, []string{"spec", "suspend"})
	return settle(wanted, live, c.ManagedFields, manager)
}

// settled is what to apply to a customer whose organization is there.
func (w *World) settled(v *verdict) object {
	return settle(w.customer(v.customer.Name, v.organization), customerFields(v.customer), v.customer.ManagedFields, FieldManager(w.Partner.Name))
}

func (d *Decision) write(w *World, v *verdict, fields object) {
	if fields == nil || !w.creates() {
		return
	}
	write := Write{Name: v.customer.Name, Fields: fields, organization: v.organization}
	if w.Postponed[write.Name] {
		d.Refused(write)
		return
	}
	d.Writes = append(d.Writes, write)
}

func (d *Decision) list(o Organization, customer string, state v1alpha1.PartnerOrganizationState) {
	d.organizations[o.ID] = v1alpha1.PartnerOrganization{ID: o.ID.UUID(), DisplayName: status.Clip(o.Name, 256), Customer: customer, State: state}
}

// Wrote notes that a write was done.
func (d *Decision) Wrote(write Write) {
	if write.New {
		d.created++
		delete(d.organizations, write.organization.ID)
	}
}

// Refused notes that Kubernetes refused a write.
func (d *Decision) Refused(write Write) {
	d.list(write.organization, write.Name, v1alpha1.PartnerOrganizationRefused)
}

// Counts count the organizations, after what was written and refused.
func (d *Decision) Counts() v1alpha1.PartnerCounts {
	of := func(states ...v1alpha1.PartnerOrganizationState) *int32 {
		n := int32(0)
		for _, o := range d.organizations {
			if slices.Contains(states, o.State) {
				n++
			}
		}
		return &n
	}
	return v1alpha1.PartnerCounts{
		Found: new(int32(d.found)), Selected: new(int32(d.selected)), Created: new(int32(d.created)), //nolint:gosec // far below 2^31
		Waiting: of(v1alpha1.PartnerOrganizationWaiting), ReadElsewhere: of(v1alpha1.PartnerOrganizationReadElsewhere),
		Vanished: of(v1alpha1.PartnerOrganizationVanished, v1alpha1.PartnerOrganizationHeld), Refused: of(v1alpha1.PartnerOrganizationRefused),
	}
}

// order is that of a status: what needs attention comes first.
var order = []v1alpha1.PartnerOrganizationState{
	v1alpha1.PartnerOrganizationRefused, v1alpha1.PartnerOrganizationHeld, v1alpha1.PartnerOrganizationVanished,
	v1alpha1.PartnerOrganizationWaiting, v1alpha1.PartnerOrganizationReadElsewhere,
}

// Listed are the organizations that are not plainly read by a customer of the partner, as many
// as a status names.
func (d *Decision) Listed() []v1alpha1.PartnerOrganization {
	all := make([]v1alpha1.PartnerOrganization, 0, len(d.organizations))
	for _, o := range d.organizations {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b v1alpha1.PartnerOrganization) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.State), slices.Index(order, b.State)), strings.Compare(a.DisplayName, b.DisplayName), strings.Compare(a.ID, b.ID))
	})
	return all[:min(len(all), maxListed)]
}
