package controllers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// memoryState is what an API server holds of one schedule's world. The objects
// are never changed in place, so that a copy of the state is a snapshot.
type memoryState struct {
	schedule  *v1alpha1.LicenseSyncSchedule
	customers []*v1alpha1.WebexCustomerAccess
	runs      []*v1alpha1.LicenseSync
}

// memoryServer is the part of an API server that the schedules' reconciler
// needs: fast enough to play through years, and with faults to order.
type memoryServer struct {
	memoryState
	now     func() time.Time
	version int
	// fault is asked at each write; nil for none.
	fault func() writeFault
	// refuse is asked at each creation of a run, and deletion; nil for none.
	refuse func(verb string, run *v1alpha1.LicenseSync) error
	// asked counts creations, of each name, whatever came of them.
	asked map[string]int
	// created, canceled and statusWritten are told of writes that took effect.
	created       func(*v1alpha1.LicenseSync)
	canceled      func(*v1alpha1.LicenseSync)
	statusWritten func(*v1alpha1.LicenseSyncSchedule)
}

// writeFault is what goes wrong with a write.
type writeFault int

const (
	noFault     writeFault = iota
	faultBefore            // it fails without effect
	faultAfter             // it takes effect, and the answer is lost
	processDies            // so does each later one: the process died before it
	diesAfter              // the process died when it had taken effect
)

var errFault = errors.New("injected fault")

// write carries out a write, with the fault that is due.
func (s *memoryServer) write(do func() error) error {
	fault := noFault
	if s.fault != nil {
		fault = s.fault()
	}
	if fault == faultBefore || fault == processDies {
		return errFault
	}
	err := do()
	if err == nil && (fault == faultAfter || fault == diesAfter) {
		return errFault
	}
	return err
}

func (s *memoryServer) nextVersion() string {
	s.version++
	return strconv.Itoa(s.version)
}

// replaceRun puts a run in the place of the one of its name; nil removes it.
func (s *memoryServer) replaceRun(name string, run *v1alpha1.LicenseSync) {
	runs := slices.DeleteFunc(slices.Clone(s.runs), func(r *v1alpha1.LicenseSync) bool { return r.Name == name })
	if run != nil {
		run.ResourceVersion = s.nextVersion()
		runs = append(runs, run)
	}
	s.runs = runs
}

// changeSchedule changes the schedule as a user does.
func (s *memoryServer) changeSchedule(change func(*v1alpha1.LicenseSyncSchedule)) {
	changed := s.schedule.DeepCopy()
	change(changed)
	if !equality.Semantic.DeepEqual(changed.Spec, s.schedule.Spec) {
		changed.Generation++
	}
	changed.ResourceVersion = s.nextVersion()
	s.schedule = changed
}

func (st *memoryState) run(name string) *v1alpha1.LicenseSync {
	for _, run := range st.runs {
		if run.Name == name {
			return run
		}
	}
	return nil
}

// memoryClient reads a snapshot, as from a cache, and writes to the server. What
// the reconciler must not call is not there, and panics.
type memoryClient struct {
	client.Client
	server *memoryServer
	// view is what reads see; nil for the server's state of the moment.
	view *memoryState
	// listFails makes lists fail, as those of a cache that is stopping do.
	listFails bool
}

func (c *memoryClient) state() *memoryState {
	if c.view != nil {
		return c.view
	}
	return &c.server.memoryState
}

func notFound(name string) error { return apierrors.NewNotFound(schema.GroupResource{}, name) }

func conflict(name string) error {
	return apierrors.NewConflict(schema.GroupResource{}, name, errors.New("the object has been modified"))
}

func (c *memoryClient) Get(_ context.Context, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	switch into := object.(type) {
	case *v1alpha1.LicenseSyncSchedule:
		if c.state().schedule.Name == key.Name {
			c.state().schedule.DeepCopyInto(into)
			return nil
		}
	case *v1alpha1.LicenseSync:
		if run := c.state().run(key.Name); run != nil {
			run.DeepCopyInto(into)
			return nil
		}
	case *v1alpha1.WebexCustomerAccess:
		for _, customer := range c.state().customers {
			if customer.Name == key.Name {
				customer.DeepCopyInto(into)
				return nil
			}
		}
	default:
		return fmt.Errorf("get of %T", object)
	}
	return notFound(key.Name)
}

func (c *memoryClient) List(_ context.Context, list client.ObjectList, opts ...client.ListOption) error {
	if c.listFails {
		return errFault
	}
	o := (&client.ListOptions{}).ApplyOptions(opts)
	selector := o.LabelSelector
	if selector == nil {
		selector = labels.Everything()
	}
	switch into := list.(type) {
	case *v1alpha1.LicenseSyncList:
		owner, ok := o.FieldSelector.RequiresExactMatch(indexSchedule)
		if !ok {
			return errors.New("list of runs without the index")
		}
		for _, run := range c.state().runs {
			if ref := metav1.GetControllerOf(run); ref != nil && ref.Name == owner && selector.Matches(labels.Set(run.Labels)) {
				into.Items = append(into.Items, *run.DeepCopy())
			}
		}
	case *v1alpha1.WebexCustomerAccessList:
		for _, customer := range c.state().customers {
			if selector.Matches(labels.Set(customer.Labels)) {
				into.Items = append(into.Items, *customer.DeepCopy())
			}
		}
	default:
		return fmt.Errorf("list of %T", list)
	}
	return nil
}

func (c *memoryClient) Create(_ context.Context, object client.Object, _ ...client.CreateOption) error {
	run := object.(*v1alpha1.LicenseSync)
	if c.server.asked == nil {
		c.server.asked = map[string]int{}
	}
	c.server.asked[run.Name]++
	return c.server.write(func() error {
		if c.server.refuse != nil {
			if err := c.server.refuse("create", run); err != nil {
				return err
			}
		}
		if c.server.run(run.Name) != nil {
			return apierrors.NewAlreadyExists(schema.GroupResource{}, run.Name)
		}
		run.UID = types.UID(c.server.nextVersion())
		run.CreationTimestamp = metav1.NewTime(c.server.now().Truncate(time.Second))
		run.Generation = 1
		c.server.replaceRun(run.Name, run.DeepCopy())
		if c.server.created != nil {
			c.server.created(c.server.run(run.Name))
		}
		return nil
	})
}

func (c *memoryClient) Delete(_ context.Context, object client.Object, opts ...client.DeleteOption) error {
	o := (&client.DeleteOptions{}).ApplyOptions(opts)
	return c.server.write(func() error {
		run := c.server.run(object.GetName())
		if run != nil && c.server.refuse != nil {
			if err := c.server.refuse("delete", run); err != nil {
				return err
			}
		}
		switch {
		case run == nil:
			return notFound(object.GetName())
		case o.Preconditions == nil || o.Preconditions.UID == nil:
			return errors.New("a delete without a UID may hit another run of the name")
		case run.UID != *o.Preconditions.UID:
			return conflict(run.Name)
		}
		c.server.replaceRun(run.Name, nil)
		return nil
	})
}

// Apply sets spec.cancel of a run.
func (c *memoryClient) Apply(_ context.Context, configuration runtime.ApplyConfiguration, _ ...client.ApplyOption) error {
	var applied v1alpha1.LicenseSync
	if err := decode(configuration, &applied); err != nil {
		return err
	}
	return c.server.write(func() error {
		run := c.server.run(applied.Name)
		switch {
		case run == nil:
			return notFound(applied.Name)
		case run.UID != applied.UID:
			return conflict(applied.Name)
		case applied.Spec.Cancel == nil || !*applied.Spec.Cancel || applied.Spec.Trigger != "":
			return fmt.Errorf("apply of %+v", applied.Spec)
		}
		run = run.DeepCopy()
		run.Spec.Cancel = applied.Spec.Cancel
		c.server.replaceRun(run.Name, run)
		if c.server.canceled != nil {
			c.server.canceled(run)
		}
		return nil
	})
}

func (c *memoryClient) Status() client.SubResourceWriter { return memoryStatus{server: c.server} }

type memoryStatus struct {
	client.SubResourceWriter
	server *memoryServer
}

// Apply writes the status of the schedule. It has one owner, so that what is not
// applied is gone.
func (w memoryStatus) Apply(_ context.Context, configuration runtime.ApplyConfiguration, _ ...client.SubResourceApplyOption) error {
	var applied v1alpha1.LicenseSyncSchedule
	if err := decode(configuration, &applied); err != nil {
		return err
	}
	s := w.server
	err := s.write(func() error {
		switch {
		case applied.Name != s.schedule.Name:
			return notFound(applied.Name)
		case applied.UID != s.schedule.UID, applied.ResourceVersion != "" && applied.ResourceVersion != s.schedule.ResourceVersion:
			return conflict(applied.Name)
		}
		if equality.Semantic.DeepEqual(applied.Status, s.schedule.Status) {
			return nil
		}
		changed := s.schedule.DeepCopy()
		changed.Status = applied.Status
		changed.ResourceVersion = s.nextVersion()
		s.schedule = changed
		if s.statusWritten != nil {
			s.statusWritten(changed)
		}
		return nil
	})
	if err != nil {
		return err
	}
	data, err := json.Marshal(map[string]any{"metadata": map[string]any{"resourceVersion": s.schedule.ResourceVersion}})
	if err != nil {
		return err
	}
	return json.Unmarshal(data, configuration) // as a client does with the answer
}

func decode(configuration runtime.ApplyConfiguration, into any) error {
	data, err := json.Marshal(configuration)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// eventCounter counts events by their reason.
type eventCounter map[string]int

func (c eventCounter) Eventf(_, _ runtime.Object, _, reason, _, _ string, _ ...any) { c[reason]++ }

// newMemoryServer holds a schedule and its customers.
func newMemoryServer(now func() time.Time, schedule *v1alpha1.LicenseSyncSchedule, customers ...*v1alpha1.WebexCustomerAccess) *memoryServer {
	s := &memoryServer{now: now}
	schedule.UID, schedule.Generation, schedule.ResourceVersion = "schedule", 1, s.nextVersion()
	schedule.CreationTimestamp = metav1.NewTime(now().Truncate(time.Second))
	s.schedule, s.customers = schedule, customers
	return s
}

// finish ends a run.
func (s *memoryServer) finish(name, condition string) {
	run := s.run(name).DeepCopy()
	now := metav1.NewTime(s.now().Truncate(time.Second))
	run.Status.CompletionTime = &now
	run.Status.Conditions = []metav1.Condition{{Type: condition, Status: metav1.ConditionTrue, LastTransitionTime: now, Reason: v1alpha1.ReasonSucceeded}}
	s.replaceRun(name, run)
}

var _ interface {
	Eventf(regarding, related runtime.Object, eventtype, reason, action, note string, args ...any)
} = eventCounter{}
