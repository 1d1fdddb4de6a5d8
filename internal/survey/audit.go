package survey

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// auditMemory is how long credentials that may not read the audit log are not tried on it again: a scope is seldom added.
const auditMemory = 24 * time.Hour

// refusedAudit is a Secret whose token may not read the audit log.
type refusedAudit struct {
	secretVersion string
	at            time.Time
}

// RefuseAudit notes that Webex does not let a customer's credentials, as they are in a Secret, read the audit log.
func (m *Memory) RefuseAudit(customer types.UID, secretVersion string, now time.Time) {
	m.note(customer, now, func(r *remembered) { r.audit = refusedAudit{secretVersion, now} })
}

// AuditRefused says whether Webex refused the audit log to these credentials within a day.
func (m *Memory) AuditRefused(customer types.UID, secretVersion string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.known[customer].audit
	return !r.at.IsZero() && r.secretVersion == secretVersion && now.Sub(r.at) < auditMemory
}
