package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/utils/ptr"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/output"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/overview"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/timeline"
	"github.com/webex-operator/webex-license-operator/internal/timetable"
)

func (a *app) schedules() *cobra.Command {
	var next time.Duration
	var limit int
	cmd := &cobra.Command{
		Use:     "schedules [SCHEDULE...]",
		Aliases: []string{"schedule", "sched"},
		GroupID: groupLook,
		Short:   "Schedules, and what they start next",
		Long: `Schedules, and what they start next. --next lists all starts of a time to come, computed
as the operator does it: time zones, spreads, windows and suspended customers count.`,
		Example: `  # All schedules
  kubectl webex schedules

  # What starts within a day
  kubectl webex schedules --next 24h`,
		ValidArgsFunction: a.complete(scheduleNames),
	}
	cmd.Flags().DurationVar(&next, "next", 0, "List what starts within this time, such as 24h")
	cmd.Flags().IntVar(&limit, "limit", 30, "With --next: list so many slots at most; 0 for all")
	_ = cmd.RegisterFlagCompletionFunc("next", words("1h", "24h", "168h"))
	a.formats(cmd)
	a.flags.BindAll(cmd.Flags())
	cmd.RunE = run(func(ctx context.Context, names []string) error {
		if next < 0 {
			return usagef("--next is %s: use a time to come, such as 24h", next)
		}
		return a.showSchedules(ctx, names, next, limit)
	})
	return cmd
}

type scheduleItem struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Plan is the plan in words: the cron line, dates, an interval.
	Plan     string `json:"plan"`
	TimeZone string `json:"timeZone"`
	// Suspended, Ready and Reason are its state.
	Suspended bool                   `json:"suspended"`
	Ready     metav1.ConditionStatus `json:"ready"`
	Reason    string                 `json:"reason"`
	// Customers are read by it; Active of them at the moment, Failed the last time.
	Customers int   `json:"customers"`
	Active    int32 `json:"active"`
	Failed    int32 `json:"failed"`
	// The times are those of its status.
	LastScheduleTime *time.Time `json:"lastScheduleTime,omitempty"`
	LastMissedTime   *time.Time `json:"lastMissedTime,omitempty"`
	NextScheduleTime *time.Time `json:"nextScheduleTime,omitempty"`
	// TimeZoneData is the version of the data that the operator computes with.
	TimeZoneData string `json:"timeZoneData,omitempty"`
}

type slotsDocument struct {
	output.Kind
	From  time.Time       `json:"from"`
	Until time.Time       `json:"until"`
	Items []timeline.Slot `json:"items"`
}

func (a *app) showSchedules(ctx context.Context, names []string, next time.Duration, limit int) error {
	session, err := a.connect()
	if err != nil {
		return err
	}
	schedules, err := cluster.Schedules(ctx, session)
	if err != nil {
		return err
	}
	customers, err := cluster.Customers(ctx, session)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !slices.ContainsFunc(schedules, func(s v1alpha1.LicenseSyncSchedule) bool { return s.Name == name }) {
			return cluster.NotFound(session, "schedule", name, "kubectl webex schedules lists them")
		}
	}
	all := schedules
	if len(names) > 0 {
		schedules = slices.DeleteFunc(slices.Clone(all), func(s v1alpha1.LicenseSyncSchedule) bool { return !slices.Contains(names, s.Name) })
	}
	if a.format.People() {
		a.zoneNote(schedules)
	}
	if next > 0 {
		return a.writeSlots(session, schedules, customers, next, limit)
	}
	items := []scheduleItem{}
	for i := range schedules {
		items = append(items, itemOf(&schedules[i], customers))
	}
	if err := output.WriteList(a.Out, a.format, "ScheduleList", items, func() *output.Table { return a.scheduleTable(items, session) }); err != nil {
		return err
	}
	if a.format.People() {
		a.scheduleNotes(session, items, all, customers, len(names) == 0)
	}
	return nil
}

// zoneNote says so if the operator has other time zone data than this program, which computes the starts to come.
func (a *app) zoneNote(schedules []v1alpha1.LicenseSyncSchedule) {
	var others []string
	for i := range schedules {
		if theirs := schedules[i].Status.TimeZoneData; theirs != "" && theirs != a.Zones.Version && !slices.Contains(others, theirs) {
			others = append(others, theirs)
		}
	}
	slices.Sort(others)
	if len(others) > 0 {
		a.note("the operator computes with time zone data %s, this plugin with %s (%s): after a change of rules they may tell different starts, and the operator's count; update the older",
			strings.Join(others, ", "), a.Zones.Version, a.Zones.Source)
	}
}

// scheduleNotes tell of customers that no schedule reads, which no object shows.
func (a *app) scheduleNotes(session *cluster.Session, items []scheduleItem, schedules []v1alpha1.LicenseSyncSchedule, customers []v1alpha1.WebexCustomerAccess, whole bool) {
	if len(items) == 0 {
		fmt.Fprintln(a.Err.Out, nothingFound("schedules", session))
	}
	if !whole {
		return
	}
	var unread []string
	for i := range customers {
		c := &customers[i]
		if !slices.ContainsFunc(schedules, func(s v1alpha1.LicenseSyncSchedule) bool { return timetable.Selects(&s, c) }) {
			unread = append(unread, customerName(session, c.Namespace, c.Name))
		}
	}
	if len(unread) > 0 {
		a.note("no schedule reads %s: create one, or label them for one that there is", enumerate(unread))
	}
}

func itemOf(s *v1alpha1.LicenseSyncSchedule, customers []v1alpha1.WebexCustomerAccess) scheduleItem {
	item := scheduleItem{
		Namespace: s.Namespace, Name: s.Name, Plan: planOf(s), TimeZone: s.Spec.TimeZone, Suspended: ptr.Deref(s.Spec.Suspend, false),
		Ready: metav1.ConditionUnknown, Reason: v1alpha1.ReasonPending, Customers: len(timeline.Targets(s, customers)),
		LastScheduleTime: overview.TimeOf(s.Status.LastScheduleTime), LastMissedTime: overview.TimeOf(s.Status.LastMissedTime), NextScheduleTime: overview.TimeOf(s.Status.NextScheduleTime), TimeZoneData: s.Status.TimeZoneData,
	}
	if ready := meta.FindStatusCondition(s.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		item.Ready, item.Reason = ready.Status, ready.Reason
	}
	if t := s.Status.Targets; t != nil {
		item.Active, item.Failed = ptr.Deref(t.Active, 0), ptr.Deref(t.Failed, 0)
	}
	return item
}

func planOf(s *v1alpha1.LicenseSyncSchedule) string {
	var parts []string
	if s.Spec.Schedule != "" {
		parts = append(parts, s.Spec.Schedule)
	}
	if every := s.Spec.Every; every != nil {
		parts = append(parts, "every "+duration.ShortHumanDuration(every.Interval.Duration))
	}
	if n := len(s.Spec.At); n > 0 {
		parts = append(parts, count(n, "date"))
	}
	return strings.Join(parts, ", ")
}

func (a *app) scheduleTable(items []scheduleItem, session *cluster.Session) *output.Table {
	t := output.NewTable().Left("SCHEDULE", "PLAN", "ZONE").Right("CUSTOMERS").Left("LAST", "NEXT", "STATE").
		Wide().Right("ACTIVE", "FAILED").Left("LAST MISSED", "ZONE DATA")
	for i := range items {
		s := &items[i]
		state := output.Cell{Text: s.Reason, Shade: terminal.Good}
		switch {
		case s.Suspended:
			state = output.Cell{Text: v1alpha1.ReasonSuspended, Shade: terminal.Warning}
		case s.Ready == metav1.ConditionFalse:
			state.Shade = terminal.Bad
		}
		t.Add(output.Text(customerName(session, s.Namespace, s.Name)), output.Text(s.Plan), output.Text(s.TimeZone), number(s.Customers), a.ago(s.LastScheduleTime), a.in(s.NextScheduleTime), state,
			count32(&s.Active), count32(&s.Failed), a.ago(s.LastMissedTime), output.Text(cmp.Or(s.TimeZoneData, "-")))
	}
	return t
}
