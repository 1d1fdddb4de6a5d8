package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/connect"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/syncrun"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// passiveClock is the time of the environment for the operator's code.
type passiveClock struct{ now func() time.Time }

func (c passiveClock) Now() time.Time                  { return c.now() }
func (c passiveClock) Since(t time.Time) time.Duration { return c.now().Sub(t) }

// inquire asks Webex what the credentials are good for, by the operator's own code,
// and a person for what Webex leaves open.
func (w *wizard) inquire(ctx context.Context) error {
	switch {
	case w.onlySchedule:
		return nil
	case w.flags.skipCheck:
		return w.unchecked("Webex was not asked: the first run finds out whether the credentials work")
	case w.flags.assignment:
		return w.inquireWriter(ctx)
	case w.flags.partner:
		return w.inquirePartner(ctx)
	}
	customer := w.plan.Customer.DeepCopy()
	if id, err := webex.ParseOrganizationID(w.flags.organization); err == nil {
		customer.Spec.OrganizationID = id.UUID()
	}
	probe, err := w.probe(ctx, customer)
	if err != nil {
		return err
	}
	defer probe.Close()
	id, several, err := w.organization(ctx, probe)
	var findings *syncrun.Findings
	if err == nil {
		findings, err = probe.Check(ctx, id.UUID())
	}
	switch {
	case errors.Is(err, access.ErrRenewalNeeded):
		return w.unchecked("Webex was not asked: the refresh token would be used up, and Webex may replace it. Give an access token beside it (--token-file), or let the first run find out")
	case err != nil:
		return w.explain(err)
	case len(findings.Lacks) > 0:
		return connect.Lacking(findings.Lacks, len(findings.Lacks) == findings.Needs)
	}
	if findings.Missing != nil {
		w.note("runs go on without the names of roles as long as these cannot be read: %v", findings.Missing)
	}
	return w.settle(ctx, probe, findings, several)
}

// probe asks Webex with the planned objects.
func (w *wizard) probe(ctx context.Context, customer *v1alpha1.WebexCustomerAccess) (*syncrun.Probe, error) {
	clock := passiveClock{w.Now}
	engine := &syncrun.Engine{
		Access: &access.Provider{Live: w.planned(), Clock: clock, Hosts: w.policy, UserAgent: w.app.flags.UserAgent},
		Clock:  clock, Retry: w.Retry,
	}
	probe, err := engine.NewProbe(ctx, customer, w.renewal())
	if err != nil {
		return nil, connect.Explain(err)
	}
	if w.Err.Live {
		fmt.Fprintln(w.Err.Out, "Asking Webex ...")
	}
	return probe, nil
}

// planned reads the planned objects as if they were there.
func (w *wizard) planned() connect.PlanReader {
	live := connect.PlanReader{Plan: w.plan}
	if w.session != nil {
		live.Reader = w.session.Client
	}
	return live
}

// explain is about a customer that there is, where Webex does not let its
// organization be seen.
func (w *wizard) explain(err error) error {
	var failure *failures.Failure
	if before := w.plan.CustomerBefore; before != nil && w.flags.organization == "" && errors.As(err, &failure) &&
		(failure.Reason == v1alpha1.ReasonOrganizationMismatch || failure.Reason == v1alpha1.ReasonForbidden) {
		return fmt.Errorf("customer %s is %s, and these credentials give no access to that organization: use a token of it or of its partner, or give the new customer another name", w.name, organizationName(before))
	}
	return connect.Explain(err)
}

func organizationName(c *v1alpha1.WebexCustomerAccess) string {
	if o := c.Status.Organization; o != nil && o.DisplayName != "" {
		return o.DisplayName + " (" + o.ID + ")"
	}
	return "organization " + access.OrganizationOf(c).UUID()
}

// organization finds the one that the customer is, and says whether the token sees
// several.
func (w *wizard) organization(ctx context.Context, probe *syncrun.Probe) (id webex.OrganizationID, several bool, err error) {
	if id, err = webex.ParseOrganizationID(w.flags.organization); err == nil {
		return id, true, nil
	}
	if before := w.plan.CustomerBefore; before != nil && access.OrganizationOf(before).IsUUID() && w.flags.organization == "" {
		return access.OrganizationOf(before), before.Spec.OrganizationID != "", nil
	}
	visible, err := probe.Organizations(ctx)
	if err != nil {
		return id, false, err
	}
	if name := w.flags.organization; name != "" {
		visible = slices.DeleteFunc(visible, func(o webex.Organization) bool { return !strings.EqualFold(o.DisplayName, name) })
		if len(visible) != 1 {
			return id, true, fmt.Errorf("%s of that name: give --organization the id, which Control Hub shows under Management > Account", count(len(visible), "organization"))
		}
		several = true
	}
	switch {
	case len(visible) == 0:
		return id, false, errors.New("the token sees no organization: it needs the scope spark-admin:organizations_read, and its person the role of an administrator")
	case len(visible) == 1:
		return visible[0].ID, several, nil
	}
	id, err = w.pick(ctx, visible)
	return id, true, err
}

func (w *wizard) pick(ctx context.Context, visible []webex.Organization) (id webex.OrganizationID, err error) {
	type found struct {
		option
		id webex.OrganizationID
		by *v1alpha1.WebexCustomerAccess
	}
	var candidates []found
	for _, o := range visible {
		if !o.ID.IsUUID() {
			continue // no customer could name it
		}
		uuid := o.ID.UUID()
		f := found{option{uuid, fmt.Sprintf("%s (%s)", o.DisplayName, uuid)}, o.ID, connect.ReaderOf(o.ID, w.namespace, w.name, w.customers)}
		if f.by != nil {
			f.text += ", customer " + f.by.Name + " already"
		}
		candidates = append(candidates, f)
	}
	slices.SortStableFunc(candidates, func(a, b found) int {
		if (a.by == nil) != (b.by == nil) {
			return map[bool]int{true: -1, false: 1}[a.by == nil]
		}
		return strings.Compare(strings.ToLower(a.text), strings.ToLower(b.text))
	})
	options := make([]option, len(candidates))
	for i := range candidates {
		options[i] = candidates[i].option
	}
	if !w.InLive {
		fmt.Fprintf(w.Err.Out, "The credentials see %s:\n", count(len(candidates), "organization"))
		w.list(options, all(len(options)))
		return id, usagef("which organization is customer %s? Add --organization with its id", w.name)
	}
	fmt.Fprintf(w.Err.Out, "The credentials see %s. Which one is customer %s?\n", count(len(candidates), "organization"), w.name)
	chosen, err := w.choose(ctx, "Number, or part of the name:", options, -1)
	if err != nil {
		return id, err
	}
	return candidates[chosen].id, nil
}

// settle takes over what Webex said into the plan.
func (w *wizard) settle(ctx context.Context, probe *syncrun.Probe, f *syncrun.Findings, several bool) error {
	id, name := f.Organization.ID, f.Organization.DisplayName
	uuid := id.UUID()
	if twin := connect.ReaderOf(id, w.namespace, w.name, w.customers); twin != nil {
		return fmt.Errorf("%s (%s) is customer %s in namespace %s already, and the operator reads an organization once: use that one, or delete it first (kubectl delete wxca %s -n %s)",
			name, uuid, twin.Name, twin.Namespace, twin.Name, twin.Namespace)
	}
	c := w.plan.Customer
	before := w.plan.CustomerBefore
	if before != nil && access.OrganizationOf(before).IsUUID() && access.OrganizationOf(before) != id {
		return fmt.Errorf("customer %s is %s, and these credentials are for %s (%s): use those of its own organization, or give the new customer another name", w.name, organizationName(before), name, uuid)
	}
	if before == nil || several && c.Spec.OrganizationID == "" {
		c.Spec.OrganizationID = uuid
	}
	if before == nil && c.Spec.CustomerName == "" {
		c.Spec.CustomerName = shorten(name)
	}
	w.report(probe, f)
	if err := w.chooseDefault(ctx, subscriptionQuestion, connect.Subscriptions(f.Licenses), &c.Spec.DefaultSubscription, w.flags.subscription); err != nil {
		return err
	}
	return w.chooseDefault(ctx, siteQuestion, connect.Sites(f.Licenses), &c.Spec.DefaultSiteURL, w.flags.siteURL)
}

// shorten makes a name fit spec.customerName.
func shorten(name string) string {
	const most = 256
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most])
	}
	return name
}

func (w *wizard) report(probe *syncrun.Probe, f *syncrun.Findings) {
	uuid := f.Organization.ID.UUID()
	var total, consumed int64
	var bought, free int
	for _, l := range f.Licenses {
		if l.SubscriptionID == "" {
			free++
			continue
		}
		bought++
		total, consumed = total+ptr.Deref(l.Total, 0), consumed+ptr.Deref(l.Consumed, 0)
	}
	w.fact("Organization", "%s (%s)", f.Organization.DisplayName, uuid)
	w.fact("Credentials", "%s; they may read all that runs need", credentialWords[probe.Kind()])
	w.fact("Licences", "%d bought, %d free: %d of %d units in use", bought, free, consumed, total)
	if f.Locations > 0 {
		w.fact("Locations", "%d", f.Locations)
	}
	w.fact("Subscription", "%s", summary(connect.Subscriptions(f.Licenses)))
	w.fact("Site URL", "%s", summary(connect.Sites(f.Licenses)))
}

var credentialWords = map[v1alpha1.CredentialKind]string{
	v1alpha1.CredentialKindAccessToken: "an access token, which is not renewed",
	v1alpha1.CredentialKindIntegration: "an integration",
	v1alpha1.CredentialKindServiceApp:  "a Service App",
}

func summary(choices []connect.Choice) string {
	switch len(choices) {
	case 0:
		return "none"
	case 1:
		return choices[0].ID + ", the only one: it is the default by itself"
	}
	return connect.IDs(choices)
}

// fact is a line of the report; it is no result where the objects are.
func (w *wizard) fact(name, format string, args ...any) {
	out := w.Out
	if w.flags.output != "" {
		out = w.Err
	}
	fmt.Fprintf(out.Out, "%s%s\n", out.Paint(terminal.Faint, fmt.Sprintf("%-14s", name)), terminal.Clean(fmt.Sprintf(format, args...)))
}

type question struct{ what, flag, ask string }

var (
	subscriptionQuestion = question{"subscription", "--default-subscription", "From which subscription may licences be assigned?"}
	siteQuestion         = question{"Meetings site", "--default-site-url", "For which Meetings site may licences be assigned?"}
)

// chooseDefault asks where there are several, and no flag has said already.
func (w *wizard) chooseDefault(ctx context.Context, q question, choices []connect.Choice, field *string, given string) error {
	if *field != "" {
		c, ok := connect.Find(choices, *field)
		switch {
		case ok:
			*field = c.ID
		case given != "":
			return fmt.Errorf("%s is no %s of the organization: it has %s", given, q.what, orNone(connect.IDs(choices)))
		}
		return nil
	}
	if len(choices) < 2 {
		return nil
	}
	if !w.InLive || w.flags.yes {
		w.note("no default %s is set, so that licences bound to one are not assignable: %s takes one of %s", q.what, q.flag, connect.IDs(choices))
		return nil
	}
	var options []option
	for _, c := range choices {
		options = append(options, option{c.ID, fmt.Sprintf("%s: %s, %d of %d units in use: %s", c.ID, count(len(c.Names), "licence"), c.Consumed, c.Total, c.Products())})
	}
	fmt.Fprintln(w.Err.Out, q.ask)
	later := len(options)
	chosen, err := w.choose(ctx, "Number, or Enter to decide later:", options, later)
	if err != nil || chosen == later {
		return err
	}
	*field = choices[chosen].ID
	return nil
}

func orNone(ids string) string {
	if ids == "" {
		return "none"
	}
	return ids
}

// unchecked takes over what flags say, since Webex was not asked.
func (w *wizard) unchecked(why string) error {
	w.note("%s", why)
	c := w.plan.Customer
	id, err := webex.ParseOrganizationID(w.flags.organization)
	switch {
	case w.flags.organization == "":
		return nil
	case err != nil:
		return usagef("--organization is a name, which only Webex knows: give the id, which Control Hub shows under Management > Account")
	}
	uuid := id.UUID()
	if twin := connect.ReaderOf(id, w.namespace, w.name, w.customers); twin != nil {
		return fmt.Errorf("organization %s is customer %s in namespace %s already, and the operator reads an organization once: use that one, or delete it first", uuid, twin.Name, twin.Namespace)
	}
	if before := w.plan.CustomerBefore; before != nil && access.OrganizationOf(before).IsUUID() && access.OrganizationOf(before) != id {
		return fmt.Errorf("customer %s is %s, not %s: give the new customer another name", w.name, organizationName(before), uuid)
	}
	if c.Spec.OrganizationID == "" {
		c.Spec.OrganizationID = uuid
	}
	return nil
}
