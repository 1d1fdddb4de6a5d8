package partner

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

const (
	// PassInterval is between two passes that make customers.
	PassInterval = time.Minute
	// RefusedPause is how long a customer that Kubernetes refused is left alone.
	RefusedPause = 10 * time.Minute
)

// Question is what organizations are asked for with. Answers to another one are stale.
type Question struct {
	// Access is a digest of the ways to Webex: credentials, connection, the partner's own organization.
	Access [sha256.Size]byte
	// Tags are those that the spec names, sorted.
	Tags []string
	// SecretVersion is the version of the credentials Secret; empty if there is none.
	SecretVersion string
	// Generation is that of the spec, Requested the annotation that asks for a discovery.
	Generation int64
	Requested  string
}

// QuestionOf is the question that a partner has now.
func QuestionOf(p *v1alpha1.WebexPartner, secretVersion string) Question {
	ways, _ := json.Marshal([]any{p.Spec.CredentialsSecretRef, p.Spec.Connection, p.Spec.OrganizationID}) // plain types
	return Question{
		Access: sha256.Sum256(ways), Tags: Tags(&p.Spec), SecretVersion: secretVersion,
		Generation: p.Generation, Requested: p.Annotations[v1alpha1.AnnotationRequestedAt],
	}
}

// answers says whether what was asked with q is good for another question.
func (q *Question) answers(other Question) bool {
	missing := func(tag string) bool { return !slices.Contains(q.Tags, tag) }
	return q.Access == other.Access && q.SecretVersion == other.SecretVersion && !slices.ContainsFunc(other.Tags, missing)
}

// Answer are the organizations of a complete discovery.
type Answer struct {
	// Own is the partner's own organization.
	Own webex.OrganizationID
	// Organizations are those that Webex listed.
	Organizations []Organization

	question Question
}

// refusal is a customer that Kubernetes refused.
type refusal struct {
	words string
	until time.Time
}

// Memory is what a process knows of a partner, and a restart forgets: the last list, so that
// passes ask for nothing twice, and when to ask again.
type Memory struct {
	// asked is the last question; nil if nothing was asked yet. The answer came at ended, and
	// failure says why there was none. After a failure the next one is due in wait; never if it is terminal.
	asked   *Question
	ended   time.Time
	failure *v1alpha1.PartnerFailure
	wait    time.Duration
	// answer is the last one that was complete.
	answer *Answer
	// passed is when the last pass made customers, refused what Kubernetes did not take, by name.
	passed  time.Time
	refused map[string]refusal
	// generation is that of the spec by which they were refused.
	generation int64
}

// Recall is the memory of a process that has just begun. What a person has to mend is known from the status.
func Recall(p *v1alpha1.WebexPartner) *Memory {
	failure := p.Status.Failure
	if failure == nil || !ptr.Deref(failure.Terminal, false) || ptr.Deref(p.Status.ObservedGeneration, 0) != p.Generation {
		return &Memory{}
	}
	asked := QuestionOf(p, failure.ObservedSecretResourceVersion)
	asked.Requested = p.Status.LastHandledReconcileAt
	return &Memory{asked: &asked, failure: failure}
}

// SecretVersion is the version of the Secret that was asked with last.
func (m *Memory) SecretVersion() string {
	if m.asked == nil {
		return ""
	}
	return m.asked.SecretVersion
}

// Due says whether organizations are to be asked for; if not, after how long; 0 for when something changes.
func (m *Memory) Due(q Question, interval time.Duration, now time.Time) (due bool, after time.Duration) {
	switch {
	case m.asked == nil, q.Requested != "" && q.Requested != m.asked.Requested, !m.asked.answers(q):
		return true, 0
	case m.failure == nil:
		after = m.ended.Add(interval).Sub(now)
	case ptr.Deref(m.failure.Terminal, false):
		return q.Generation != m.asked.Generation, 0
	default:
		after = m.ended.Add(m.wait).Sub(now)
	}
	return after <= 0, max(after, 0)
}

// Complete notes the answer to a question.
func (m *Memory) Complete(q Question, own webex.OrganizationID, organizations []Organization, now time.Time) {
	m.end(q, now)
	m.failure, m.answer = nil, &Answer{Own: own, Organizations: organizations, question: q}
}

// Failed notes that a question had no complete answer.
func (m *Memory) Failed(q Question, failure v1alpha1.PartnerFailure, wait time.Duration, now time.Time) {
	m.end(q, now)
	m.failure, m.wait = &failure, wait
}

func (m *Memory) end(q Question, now time.Time) {
	if q.Requested == "" && m.asked != nil {
		q.Requested = m.asked.Requested
	}
	m.asked, m.ended, m.refused = &q, now, nil
}

// Last tells of the last discovery of this process, or of the one that it recalled: the
// request that it was made for, and why it failed; known is false if there was none.
func (m *Memory) Last() (requested string, failure *v1alpha1.PartnerFailure, known bool) {
	if m.asked == nil {
		return "", nil, false
	}
	return m.asked.Requested, m.failure, true
}

// Answer is the last complete list, if it answers the question; nil while there is none, and
// after a failure that a person has to mend.
func (m *Memory) Answer(q Question) *Answer {
	if m.answer == nil || !m.answer.question.answers(q) || m.failure != nil && ptr.Deref(m.failure.Terminal, false) {
		return nil
	}
	return m.answer
}

// NextPass is when customers may be made again: an interval after those that were made last,
// by this process or, as the customers tell, by one before it. The API server, whose clock they
// tell, may be ahead by as much.
func (m *Memory) NextPass(customers []v1alpha1.WebexCustomerAccess, now time.Time) time.Time {
	last := m.passed
	for i := 0; m.passed.IsZero() && i < len(customers); i++ {
		if made := customers[i].CreationTimestamp.Time; made.After(last) && made.Before(now.Add(PassInterval)) {
			last = made
		}
	}
	if last.IsZero() {
		return now
	}
	return last.Add(PassInterval)
}

// Pass notes that customers are made.
func (m *Memory) Pass(now time.Time) { m.passed = now }

// Refuse notes that Kubernetes refused a customer, with its words.
func (m *Memory) Refuse(customer, words string, now time.Time) {
	if m.refused == nil {
		m.refused = map[string]refusal{}
	}
	m.refused[customer] = refusal{words: words, until: now.Add(RefusedPause)}
}

// Postponed are the customers that are left alone for now, since Kubernetes refused them. Another
// spec has all of them tried again.
func (m *Memory) Postponed(generation int64, now time.Time) map[string]bool {
	if generation != m.generation {
		m.generation, m.refused = generation, nil
	}
	maps.DeleteFunc(m.refused, func(_ string, r refusal) bool { return !now.Before(r.until) })
	postponed := map[string]bool{}
	for name := range m.refused {
		postponed[name] = true
	}
	return postponed
}

// Refusals tell of the customers that are left alone: the words about the first, and when the
// next is tried again; empty if there are none.
func (m *Memory) Refusals() (words string, next time.Time) {
	for _, name := range slices.SortedFunc(maps.Keys(m.refused), strings.Compare) {
		r := m.refused[name]
		if words == "" {
			words = r.words
		}
		if next.IsZero() || r.until.Before(next) {
			next = r.until
		}
	}
	return words, next
}
