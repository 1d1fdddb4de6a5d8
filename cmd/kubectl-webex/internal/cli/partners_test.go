package cli

import (
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

const ownOrganization = "99999999-8888-4777-8666-555555555555"

// fleetPartner is a partner that has found, selected, made and left to others so many, with so many waiting.
func fleetPartner(name string, mode v1alpha1.PartnerMode, found, selected, created, waiting, elsewhere int32, adjust func(*v1alpha1.WebexPartner)) *v1alpha1.WebexPartner {
	p := &v1alpha1.WebexPartner{}
	p.Namespace, p.Name, p.Generation, p.CreationTimestamp = "webex", name, 1, *at(30 * 24 * time.Hour)
	p.Spec.CredentialsSecretRef.Name, p.Spec.Mode, p.Spec.MaxNewPerPass = name+"-webex", mode, 20
	p.Status.OrganizationID = ownOrganization
	p.Status.OrganizationCounts = &v1alpha1.PartnerCounts{
		Found: &found, Selected: &selected, Created: &created, Waiting: &waiting, ReadElsewhere: &elsewhere, Vanished: new(int32(0)), Refused: new(int32(0)),
	}
	condition(&p.Status.Conditions, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonDiscovered, "the operator's own words")
	condition(&p.Status.Conditions, v1alpha1.ConditionDiscoveryFresh, metav1.ConditionTrue, v1alpha1.ReasonFresh, "the operator's own words")
	adjust(p)
	return p
}

func organization(n int, state v1alpha1.PartnerOrganizationState, name, customer string) v1alpha1.PartnerOrganization {
	return v1alpha1.PartnerOrganization{ID: fmt.Sprintf("11111111-2222-4333-8444-%012d", n), DisplayName: name, Customer: customer, State: state}
}

// partners are one that holds suspensions, one that only reports, and one whose credentials Webex refuses.
func partners() []client.Object {
	return []client.Object{
		fleetPartner("provider", v1alpha1.PartnerModeCreate, 8, 7, 9, 0, 1, func(p *v1alpha1.WebexPartner) {
			p.Status.OrganizationCounts.Vanished = new(int32(3))
			p.Status.Held = &v1alpha1.HeldCustomers{Customers: new(int32(3)), Token: "b1d5781111d8a0c4"}
			p.Status.Organizations = []v1alpha1.PartnerOrganization{
				organization(1, v1alpha1.PartnerOrganizationHeld, "", "hooli-5f2c9a01"),
				organization(2, v1alpha1.PartnerOrganizationHeld, "", "soylent-77e0b3d2"),
				organization(3, v1alpha1.PartnerOrganizationHeld, "Vandelay Industries", "vandelay-industries-09ab44f1"),
				organization(4, v1alpha1.PartnerOrganizationReadElsewhere, "Initech", "initech"),
			}
			condition(&p.Status.Conditions, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCustomersHeld, "the operator's own words")
			condition(&p.Status.Conditions, v1alpha1.ConditionRemovalsHeld, metav1.ConditionTrue, v1alpha1.ReasonCustomersHeld, "the operator's own words")
		}),
		fleetPartner("reseller", v1alpha1.PartnerModeReport, 31, 26, 0, 25, 1, func(p *v1alpha1.WebexPartner) {
			p.Status.Organizations = []v1alpha1.PartnerOrganization{
				organization(5, v1alpha1.PartnerOrganizationWaiting, "Pied Piper", "pied-piper-3c10de55"),
				organization(6, v1alpha1.PartnerOrganizationWaiting, "Pied Piper", "pied-piper-c0ffee12"),
				organization(7, v1alpha1.PartnerOrganizationReadElsewhere, "Umbrella", "other/umbrella"),
			}
		}),
		fleetPartner("trial", v1alpha1.PartnerModeCreate, 0, 0, 0, 0, 0, func(p *v1alpha1.WebexPartner) {
			p.Status = v1alpha1.WebexPartnerStatus{FailingSince: at(26 * time.Hour), Failure: &v1alpha1.PartnerFailure{Reason: v1alpha1.ReasonCredentialsRejected, Terminal: new(true)}}
			condition(&p.Status.Conditions, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCredentialsRejected, "Webex refuses the refresh token: authorize the integration again, and give Secret trial-webex the new one")
			condition(&p.Status.Conditions, v1alpha1.ConditionDiscoveryFresh, metav1.ConditionUnknown, v1alpha1.ReasonNeverDiscovered, "the organizations were not listed yet")
		}),
	}
}

// fleetWithPartners is the fleet, of which acme and globex are customers of partner provider.
func fleetWithPartners() []client.Object {
	objects := fleet()
	for _, object := range objects {
		if c, ok := object.(*v1alpha1.WebexCustomerAccess); ok && (c.Name == "acme" || c.Name == "globex") {
			c.Labels[v1alpha1.LabelPartner] = "provider"
		}
	}
	return append(objects, partners()...)
}

func TestPartnersGolden(t *testing.T) {
	t.Parallel()
	for name, args := range map[string]string{
		"partners":        "partners",
		"partners-wide":   "partners -A -o wide",
		"partners-held":   "partners provider -o wide",
		"partners-report": "partners reseller",
		"partners-failed": "partners trial",
		"partners-json":   "partners provider -o json",
		"partners-csv":    "partners -o csv",
		"partners-empty":  "partners -n elsewhere",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newWorld(t, fleetWithPartners()...).golden(name, strings.Fields(args)...)
		})
	}
}

func TestPartnersMistakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fleetWithPartners()...)
	w.expect("partners provider acme", 1, `error: there is no partner "acme" in namespace webex: kubectl webex partners lists them, or look elsewhere with -n or -A`)
	if got := w.run("__complete", "partners", "trial", ""); got.out != "provider\nreseller\n:4\n" {
		t.Errorf("offered %q", got.out)
	}
}

// What a partner is about to do is said as of one that goes on by itself.
func TestPartnersThatGoOn(t *testing.T) {
	t.Parallel()
	creating := fleetPartner("provider", v1alpha1.PartnerModeCreate, 70, 70, 10, 60, 0, func(p *v1alpha1.WebexPartner) {
		for n := range 50 {
			p.Status.Organizations = append(p.Status.Organizations, organization(n, v1alpha1.PartnerOrganizationWaiting, "Acme", fmt.Sprintf("acme-%02d", n)))
		}
		condition(&p.Status.Conditions, v1alpha1.ConditionReady, metav1.ConditionUnknown, v1alpha1.ReasonCreatingCustomers, "the operator's own words")
	})
	fresh := fleetPartner("new", v1alpha1.PartnerModeReport, 0, 0, 0, 0, 0, func(p *v1alpha1.WebexPartner) {
		p.Status, p.CreationTimestamp = v1alpha1.WebexPartnerStatus{}, *at(5 * time.Second)
	})
	ignored := fresh.DeepCopy()
	ignored.Name, ignored.CreationTimestamp = "ignored", *at(5 * time.Minute)
	suspended := fleetPartner("resting", v1alpha1.PartnerModeReport, 3, 3, 3, 0, 0, func(p *v1alpha1.WebexPartner) { p.Spec.Suspend = new(true) })
	w := newWorld(t, creating, fresh, ignored, suspended)
	for name, wants := range map[string][]string{
		"provider": {"  To come       60 customers, 20 a minute\n", "  Nothing to see to.\n", "\nWaiting   Acme           acme-49\nand 10 more\n"},
		"new":      {"  Ready         Unknown, Pending\n", "  Nothing to see to.\n"},
		"ignored":  {"  Error Pending: no operator has looked at it: see whether one runs that knows partners, and watches this namespace\n"},
		"resting":  {"  Create would  make no customer\n", "  Warning Suspended: the partner is suspended, and its customers are left as they are: kubectl webex resume partner resting\n"},
	} {
		got := w.run("partners", name)
		for _, want := range wants {
			if got.code != 0 || !strings.Contains(got.out, want) {
				t.Errorf("%s: code %d, no %q in\n%s", name, got.code, want, got.screen)
			}
		}
	}
}

// Names of organizations are what any administrator of one made of them.
func TestPartnersWithHostileNames(t *testing.T) {
	t.Parallel()
	names := []string{"\x1b[2Jgone\r\n\ttoo", "\u202eevil", "שלום", strings.Repeat("long ", 51), "=HYPERLINK(\"x\")"}
	p := fleetPartner("provider", v1alpha1.PartnerModeReport, 5, 5, 0, 5, 0, func(p *v1alpha1.WebexPartner) {
		for n, name := range names {
			p.Status.Organizations = append(p.Status.Organizations, organization(n, v1alpha1.PartnerOrganizationWaiting, name, "customer-"+strings.Repeat("x", n)))
		}
	})
	w := newWorld(t, p)
	w.live = true
	got := w.run("partners", "provider")
	if strings.ContainsAny(got.out, "\x1b\r\t\u202e") || !strings.Contains(got.out, "\u2068שלום\u2069") || strings.Count(got.out, "Waiting") != len(names) {
		t.Errorf("%q", got.out)
	}
	for line := range strings.Lines(got.out) {
		if width := len([]rune(strings.TrimRight(line, "\n"))); width > 80 {
			t.Errorf("%d columns: %q", width, line)
		}
	}
}
