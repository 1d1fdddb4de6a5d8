package partner

import (
	"fmt"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

var midnight = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func hcs(adjust ...func(*v1alpha1.WebexPartner)) *v1alpha1.WebexPartner {
	p := &v1alpha1.WebexPartner{ObjectMeta: metav1.ObjectMeta{Namespace: "msp", Name: "hcs", Generation: 1}}
	p.Spec.CredentialsSecretRef.Name = "partner"
	for _, a := range adjust {
		a(p)
	}
	return p
}

// What makes a list stale asks for another one at once; what does not, asks for nothing before the interval.
func TestDue(t *testing.T) {
	t.Parallel()
	const interval = 24 * time.Hour
	terminal := v1alpha1.PartnerFailure{Reason: v1alpha1.ReasonForbidden, Terminal: new(true), ObservedSecretResourceVersion: "1"}
	passing := v1alpha1.PartnerFailure{Reason: v1alpha1.ReasonAPIUnavailable}
	next := func(a func(*v1alpha1.WebexPartner)) func(*v1alpha1.WebexPartner) {
		return func(p *v1alpha1.WebexPartner) { p.Generation++; a(p) }
	}
	for name, c := range map[string]struct {
		failure *v1alpha1.PartnerFailure
		change  func(*v1alpha1.WebexPartner)
		secret  string
		later   time.Duration
		due     bool
	}{
		"nothing changed":     {later: interval - 1},
		"a day later":         {later: interval, due: true},
		"another Secret":      {secret: "2", due: true},
		"a template":          {change: next(func(p *v1alpha1.WebexPartner) { p.Spec.Template = &v1alpha1.CustomerTemplate{HierarchyPath: "a"} })},
		"a mode":              {change: next(func(p *v1alpha1.WebexPartner) { p.Spec.Mode = v1alpha1.PartnerModeCreate })},
		"a connection":        {change: next(func(p *v1alpha1.WebexPartner) { p.Spec.Connection = &v1alpha1.Connection{} }), due: true},
		"an own organization": {change: next(func(p *v1alpha1.WebexPartner) { p.Spec.OrganizationID = "1" }), due: true},
		"a tag": {change: next(func(p *v1alpha1.WebexPartner) {
			p.Spec.Template = &v1alpha1.CustomerTemplate{ByTag: []v1alpha1.TagTemplate{{Tag: "gold"}}}
		}), due: true},
		"a request": {change: func(p *v1alpha1.WebexPartner) {
			p.Annotations = map[string]string{v1alpha1.AnnotationRequestedAt: "now"}
		}, due: true},
		"passing trouble":          {failure: &passing, later: 9 * time.Minute},
		"passing trouble, later":   {failure: &passing, later: 10 * time.Minute, due: true},
		"a no":                     {failure: &terminal, later: 1000 * time.Hour},
		"a no, and another Secret": {failure: &terminal, secret: "2", due: true},
		"a no, and another spec":   {failure: &terminal, change: next(func(p *v1alpha1.WebexPartner) { p.Spec.Mode = v1alpha1.PartnerModeCreate }), due: true},
		"a no, and a request": {failure: &terminal, change: func(p *v1alpha1.WebexPartner) {
			p.Annotations = map[string]string{v1alpha1.AnnotationRequestedAt: "now"}
		}, due: true},
		"a no, and another annotation": {failure: &terminal, change: func(p *v1alpha1.WebexPartner) { p.Annotations = map[string]string{"a": "b"} }},
	} {
		before, after := hcs(), hcs()
		if c.change != nil {
			c.change(after)
		}
		if c.secret == "" {
			c.secret = "1"
		}
		memory := Recall(before)
		if due, _ := memory.Due(QuestionOf(before, "1"), interval, midnight); !due {
			t.Errorf("%s: nothing was asked at first", name)
		}
		memory.Complete(QuestionOf(before, "1"), webex.OrganizationID{}, nil, midnight)
		if c.failure != nil {
			memory.Failed(QuestionOf(before, "1"), *c.failure, 10*time.Minute, midnight)
		}
		if due, _ := memory.Due(QuestionOf(after, c.secret), interval, midnight.Add(c.later)); due != c.due {
			t.Errorf("%s: due is %t", name, due)
		}
		if c.failure == &terminal { // a restart changes nothing
			generation := before.Generation
			after.Status = v1alpha1.WebexPartnerStatus{Failure: c.failure, ObservedGeneration: &generation}
			if due, _ := Recall(after).Due(QuestionOf(after, c.secret), interval, midnight.Add(c.later)); due != c.due {
				t.Errorf("%s: due is %t after a restart", name, due)
			}
		}
	}
}

// A thousand organizations become customers in 50 passes, a minute apart, whatever a few of them are refused for.
func TestPasses(t *testing.T) {
	t.Parallel()
	const organizations, perPass, refused = 1000, 20, 7
	p := hcs(func(p *v1alpha1.WebexPartner) {
		p.Spec.Mode, p.Spec.MaxNewPerPass = v1alpha1.PartnerModeCreate, perPass
	})
	question := QuestionOf(p, "1")
	var listed []Organization
	for i := range organizations {
		id, err := webex.ParseOrganizationID(fmt.Sprintf("aaaaaaaa-0000-4000-8000-%012d", i))
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, Organization{ID: id, Name: fmt.Sprintf("Customer %04d", i)})
	}
	memory, now, passes := Recall(p), midnight, 0
	memory.Complete(question, webex.OrganizationID{}, listed, now)
	made := map[string]bool{}
	var customers []v1alpha1.WebexCustomerAccess
	for ; now.Before(midnight.Add(2 * time.Hour)); now = now.Add(time.Second) {
		if now.Before(memory.NextPass(customers, now)) || len(made) == organizations-refused {
			continue
		}
		w := World{Partner: p, Organizations: memory.Answer(question).Organizations, Customers: customers, Postponed: memory.Postponed(p.Generation, now)}
		d := w.Decide()
		d.Writes = slices.DeleteFunc(d.Writes, func(write Write) bool { return !write.New })
		if len(d.Writes) > perPass {
			t.Fatalf("%d at a time", len(d.Writes))
		}
		memory.Pass(now)
		for i, write := range d.Writes {
			switch {
			case made[write.Name]:
				t.Fatalf("%s is made twice", write.Name)
			case passes == 0 && i < refused:
				memory.Refuse(write.Name, "no", now)
				d.Refused(write)
			default:
				made[write.Name] = true
				d.Wrote(write)
				customers = append(customers, v1alpha1.WebexCustomerAccess{
					ObjectMeta: metav1.ObjectMeta{Name: write.Name, CreationTimestamp: metav1.NewTime(now)},
					Spec:       v1alpha1.WebexCustomerAccessSpec{OrganizationID: write.organization.ID.UUID(), Suspend: new(false)},
				})
			}
		}
		passes++
		if len(made) == organizations-refused {
			break
		}
	}
	if len(made) < organizations-refused || passes > organizations/perPass+1 || now.Sub(midnight) > 51*PassInterval {
		t.Errorf("%d of %d are made in %d passes and %s", len(made), organizations, passes, now.Sub(midnight))
	}
	if memory.NextPass(customers, now).Sub(now) != PassInterval {
		t.Error("no pause after the last pass")
	}
	if next := Recall(p).NextPass(customers, now.Add(time.Second)); next.Sub(now) != PassInterval {
		t.Errorf("a restart shortens the pause to %s", next.Sub(now))
	}
	for ahead, want := range map[time.Duration]time.Duration{
		20 * time.Second: 20*time.Second + PassInterval, // the clocks differ
		time.Hour:        0,                             // no such time has been
	} {
		if next := Recall(p).NextPass(customers, now.Add(-ahead)); next.Sub(now.Add(-ahead)) != want {
			t.Errorf("customers made %s ahead of the clock: the next pass is in %s, want %s", ahead, next.Sub(now.Add(-ahead)), want)
		}
	}
}
