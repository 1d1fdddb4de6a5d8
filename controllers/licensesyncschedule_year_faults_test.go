package controllers

import (
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// chooseView sometimes lets the caches lag behind by one reconcile.
func (s *simulation) chooseView() (stale bool) {
	s.client.view = nil
	if s.beforeAt.IsZero() || s.now.Sub(s.beforeAt) > 2*time.Second || s.chance(0.75) {
		return false
	}
	view := s.server.memoryState
	if s.chance(0.7) {
		view.schedule = s.before.schedule
	}
	if s.chance(0.7) {
		view.runs = s.before.runs
	}
	s.client.view = &view
	return true
}

// chooseFaults sometimes lets writes fail, or the operator die in the middle of
// it all. Never more than three times in a row, so that three retries mend it.
func (s *simulation) chooseFaults() (faults *int, dies *bool) {
	faults, dies = new(int), new(bool)
	s.server.fault, s.client.listFails, s.server.refuse = nil, false, nil
	if s.failures >= 3 {
		return faults, dies
	}
	switch {
	case s.chance(0.02):
		s.client.listFails = true
		*faults = 1
	case s.chance(0.1):
		s.server.fault = func() writeFault {
			if s.chance(0.5) {
				return noFault
			}
			*faults++
			return faultBefore + writeFault(s.rng.IntN(2))
		}
	case s.chance(0.02):
		s.server.refuse = func(verb string, run *v1alpha1.LicenseSync) error {
			if s.chance(0.5) {
				return nil
			}
			s.note("%s of %s is refused", verb, run.Name)
			return apierrors.NewForbidden(schema.GroupResource{}, run.Name, errors.New("exceeded quota"))
		}
	case s.chance(0.02):
		left := s.rng.IntN(4)
		s.server.fault = func() writeFault {
			left--
			switch {
			case left >= 0:
				return noFault
			case *dies || s.chance(0.5):
				*dies = true
				return processDies
			default:
				*dies = true
				return diesAfter
			}
		}
	}
	return faults, dies
}
