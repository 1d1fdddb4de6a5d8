package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

var (
	partnerCondition = describe("partner_condition", "The state of each condition of a partner; 1 for the status and reason that it has.",
		"namespace", "partner", "type", "status", "reason")
	partnerOrganizations = describe("partner_organizations", "Organizations of a partner by the last complete discovery, by state: found, selected, created, waiting, "+
		"read_elsewhere, vanished, held, refused.",
		"namespace", "partner", "state")
	partnerDiscoveries = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "webexlicense_partner_discoveries_total",
		Help: "Discoveries of partners, by result: Complete, or the reason in status.failure.",
	}, []string{"result"})
	partnerLastDiscovery = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "webexlicense_partner_last_discovery_timestamp_seconds",
		Help: "When the last complete discovery of a partner ended, since this process started. A discovery that finds no change writes nothing, so that no object says it.",
	}, []string{"namespace", "partner"})
)

// ObserveDiscovery counts a discovery of a partner that ended at a time; the reason is empty if it was complete, else
// that of status.failure.
func ObserveDiscovery(partner types.NamespacedName, reason string, at time.Time) {
	if reason != "" {
		partnerDiscoveries.WithLabelValues(reason).Inc()
		return
	}
	partnerDiscoveries.WithLabelValues(v1alpha1.ConditionComplete).Inc()
	partnerLastDiscovery.WithLabelValues(partner.Namespace, partner.Name).Set(float64(at.Unix()))
}

// ForgetPartner drops the time of the last discovery of a partner that is gone.
func ForgetPartner(partner types.NamespacedName) {
	partnerLastDiscovery.DeleteLabelValues(partner.Namespace, partner.Name)
}

func (s *State) partners(ctx context.Context, e *emitter) (int, error) {
	var partners v1alpha1.WebexPartnerList
	if err := s.all(ctx, &partners); err != nil {
		return 0, err
	}
	served := 0
	for i := range partners.Items {
		if p := &partners.Items[i]; s.Shard.Matches(p) {
			e.partner(p)
			served++
		}
	}
	return served, nil
}

func (e *emitter) partner(p *v1alpha1.WebexPartner) {
	e.conditions(partnerCondition, p.Status.Conditions, p.Namespace, p.Name)
	counts := p.Status.OrganizationCounts
	if counts == nil {
		return // nothing was listed yet, which is not the same as no organization
	}
	for state, n := range map[string]*int32{
		"found": counts.Found, "selected": counts.Selected, "created": counts.Created, "waiting": counts.Waiting,
		"read_elsewhere": counts.ReadElsewhere, "vanished": counts.Vanished, "refused": counts.Refused,
		"held": ptr.Deref(p.Status.Held, v1alpha1.HeldCustomers{}).Customers,
	} {
		e.gauge(partnerOrganizations, float64(ptr.Deref(n, 0)), p.Namespace, p.Name, state)
	}
}
