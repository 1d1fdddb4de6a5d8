package controllers

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// Verdicts on partners; see verdict.
const (
	discovered       = "True Discovered"
	creatingTheRest  = "Unknown CreatingCustomers Reconciling CreatingCustomers"
	customersHeld    = "False CustomersHeld Stalled CustomersHeld"
	customersRefused = "False CustomersRefused Stalled CustomersRefused"
	listsAsked       = "GET /organizations"
	ownAsked         = "GET /people/me"
)

// provider is a world with a partner: its organizations in the simulator, and a clock that stands still.
type provider struct {
	*fixture
	clock *clocktesting.FakePassiveClock
	webex webexsim.Partner
	*v1alpha1.WebexPartner
}

// newProvider is a partner named hcs with so many customers. The object is not yet created.
func newProvider(t *testing.T, customers int, adjust ...func(*fixtureOptions)) *provider {
	t.Helper()
	f, clock, _ := timed(t, adjust...)
	clock.SetTime(time.Now()) // it was read before the test had to wait for others, and the API server dates what is made by its own
	p := &provider{fixture: f, clock: clock, webex: f.sim.AddPartner(webexsim.PartnerSpec{Customers: customers})}
	f.apply(credentialsSecret(f, "partner", map[string]string{access.KeyAccessToken: p.webex.Token.Access}))
	p.WebexPartner = p.newPartner("hcs")
	return p
}

// newPartner is another WebexPartner of the same credentials.
func (p *provider) newPartner(name string) *v1alpha1.WebexPartner {
	connection := p.newCustomer(name).Spec.Connection
	connection.RequestsPerMinute = 6000 // the clock stands still
	return &v1alpha1.WebexPartner{
		ObjectMeta: p.meta(name),
		Spec: v1alpha1.WebexPartnerSpec{
			CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: "partner"}, Connection: connection,
			OrganizationID: p.webex.Organization,
		},
	}
}

// creating is a provider in mode Create that has made all its customers.
func creating(t *testing.T, customers int, adjust ...func(*v1alpha1.WebexPartner)) *provider {
	t.Helper()
	p := newProvider(t, customers)
	p.Spec.Mode = v1alpha1.PartnerModeCreate
	for _, a := range adjust {
		a(p.WebexPartner)
	}
	p.create(p.WebexPartner)
	p.await(discovered, fmt.Sprintf("%d/%d/%d/0/0/0/0", customers, customers, customers))
	return p
}

// alter alters the partner as an administrator would.
func (p *provider) alter(how func(*v1alpha1.WebexPartner)) {
	p.t.Helper()
	p.between(p.WebexPartner, func() {
		p.Expect(p.client.Get(p.ctx, keyOf(p.WebexPartner), p.WebexPartner)).To(Succeed())
		how(p.WebexPartner)
		p.Expect(p.client.Update(p.ctx, p.WebexPartner)).To(Succeed())
	})
}

// await waits for a verdict on the partner and for its counts, as
// "found/selected/created/waiting/elsewhere/vanished/refused"; empty for any.
func (p *provider) await(want, counts string) *metav1.Condition {
	p.t.Helper()
	return p.awaitPartner(p.WebexPartner, want, counts)
}

func (p *provider) awaitPartner(partner *v1alpha1.WebexPartner, want, counts string) *metav1.Condition {
	p.t.Helper()
	var ready *metav1.Condition
	p.Eventually(func(g Gomega) {
		g.Expect(p.client.Get(p.ctx, keyOf(partner), partner)).To(Succeed())
		ready = meta.FindStatusCondition(partner.Status.Conditions, v1alpha1.ConditionReady)
		g.Expect(ready).NotTo(BeNil())
		g.Expect(verdict(partner.Status.Conditions)).To(Equal(want), ready.Message)
		g.Expect(partner.Status.ObservedGeneration).To(HaveValue(Equal(partner.Generation)))
		if counts != "" {
			g.Expect(countsOf(partner)).To(Equal(counts))
		}
	}).Should(Succeed())
	return ready
}

func countsOf(partner *v1alpha1.WebexPartner) string {
	c := partner.Status.OrganizationCounts
	if c == nil {
		return "none"
	}
	return fmt.Sprintf("%d/%d/%d/%d/%d/%d/%d", *c.Found, *c.Selected, *c.Created, *c.Waiting, *c.ReadElsewhere, *c.Vanished, *c.Refused)
}

// later sets the clock, and has the operator look.
func (p *provider) later(by time.Duration) {
	p.t.Helper()
	p.between(p.WebexPartner, func() {
		p.clock.SetTime(p.clock.Now().Add(by))
		p.touch()
	})
}

// look makes the operator look at the partner, although nothing changed that matters.
func (p *provider) look() {
	p.t.Helper()
	p.between(p.WebexPartner, p.touch)
}

// annotate sets an annotation of the partner.
func (p *provider) annotate(key, value string) {
	p.t.Helper()
	p.between(p.WebexPartner, func() { p.fixture.annotate(p.WebexPartner, key, value) })
}

func (p *provider) touch() {
	p.t.Helper()
	p.fixture.annotate(p.WebexPartner, "example.com/poke", time.Now().Format(time.RFC3339Nano))
}

// nextDay is when organizations are listed again. It waits until they were.
func (p *provider) nextDay() {
	p.t.Helper()
	before := p.sim.Requests()[listsAsked]
	p.later(25 * time.Hour)
	p.Eventually(func() int { return p.sim.Requests()[listsAsked] }).Should(Equal(before + 1))
}

// quiet waits until the operator has looked at the partner, and has neither looked again, nor written anything of it and
// its customers, for longer than any event waits.
func (p *provider) quiet() {
	p.t.Helper()
	begun := 0
	p.between(p.WebexPartner, func() {
		begun, _ = p.reconciles.of(reconciledOf(p.WebexPartner))
		p.touch()
	})
	last, since := "", time.Now()
	p.Eventually(func(g Gomega) {
		now, atWork := p.reconciles.of(reconciledOf(p.WebexPartner))
		if state := fmt.Sprint(now, len(atWork), p.written()); state != last {
			last, since = state, time.Now()
		}
		g.Expect(now).To(BeNumerically(">", begun), "it has not looked")
		g.Expect(atWork).To(BeEmpty())
		g.Expect(time.Since(since)).To(BeNumerically(">", assignmentDebounce+500*time.Millisecond))
	}).Should(Succeed())
}

// written are the writes that partners make.
func (p *provider) written() map[string]int {
	all := p.writes.all()
	maps.DeleteFunc(all, func(what string, _ int) bool {
		return !strings.HasPrefix(what, "PATCH webexpartners") && what != "PATCH webexcustomeraccesses" && what != "PATCH licensesyncschedules"
	})
	return all
}

// customers are those that carry a partner's label, by organization.
func (p *provider) customers(partner string) map[string]*v1alpha1.WebexCustomerAccess {
	p.t.Helper()
	var list v1alpha1.WebexCustomerAccessList
	p.Expect(p.client.List(p.ctx, &list, client.InNamespace(p.namespace), client.MatchingLabels{v1alpha1.LabelPartner: partner})).To(Succeed())
	found := map[string]*v1alpha1.WebexCustomerAccess{}
	for i := range list.Items {
		found[list.Items[i].Spec.OrganizationID] = &list.Items[i]
	}
	p.Expect(found).To(HaveLen(len(list.Items)), "two customers of one organization")
	return found
}

// customer is that of the partner's organization i.
func (p *provider) customer(i int) *v1alpha1.WebexCustomerAccess {
	p.t.Helper()
	c := p.customers(p.Name)[p.webex.Customers[i]]
	p.Expect(c).NotTo(BeNil())
	return c
}

// suspended counts the partner's customers that do not run.
func (p *provider) suspended() (n int) {
	p.t.Helper()
	for _, c := range p.customers(p.Name) {
		if c.Spec.Suspend != nil && *c.Spec.Suspend {
			n++
		}
	}
	return n
}
