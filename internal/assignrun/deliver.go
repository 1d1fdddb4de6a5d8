package assignrun

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/assign"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// maxTries is how often a person is changed whose changes fail for a passing cause.
const maxTries = 3

// pause is the wait before another try.
const pause = 2 * time.Second

// licenseUnknown is the code of a licence that Webex does not recognise.
const licenseUnknown = 400000

// failure is why changes of a person were not carried out.
type failure struct {
	reason     string
	code       int64
	trackingID string
}

// result is what became of a call.
type result struct {
	applied, left []assign.Change
	// failure is why changes are left.
	failure failure
	// unsure says that what is left may have been carried out nevertheless.
	unsure bool
	// ends is set if nothing more is to be sent to Webex, waits if the attempt has to wait.
	ends  *stop
	waits error
}

// delivery is one person's call under way.
type delivery struct {
	*sending
	id string
	result
	conflicted bool
}

// deliver sends a call until all of it is carried out, or refused. What may have been carried out is read before it is
// sent again.
func (u *sending) deliver(ctx, underWay context.Context, call assign.Call) result {
	d := &delivery{sending: u, id: u.world.People[call.Person].ID}
	d.left = call.Changes
	for try := 1; len(d.left) > 0; try++ {
		again := d.send(underWay, d.left)
		if !again {
			break
		}
		if try >= maxTries {
			break
		}
		if err := d.Sleep(ctx, pause); err != nil {
			break
		}
	}
	return d.result
}

// send sends changes once, and says whether what is left is worth another try.
func (d *delivery) send(ctx context.Context, changes []assign.Change) (again bool) {
	held, err := d.Write.AssignLicenses(ctx, d.Organization, d.id, d.wire(changes))
	if err == nil {
		d.compare(changes, held)
		d.failure = failure{reason: v1alpha1.ReasonNotApplied}
		d.unsure = false
		return false // what is missing in a success is tried by the next run
	}
	e, answered := webex.AsError(err)
	if !answered {
		if f := failures.OfWrite(ctx, err); !f.Retriable() {
			d.refused(f.Message, "")
			return false
		}
		d.failure, d.waits = failure{reason: v1alpha1.ReasonUnavailable}, err
		return false
	}
	d.failure = failure{reason: v1alpha1.ReasonUnavailable, code: int64(e.Code), trackingID: e.TrackingID}
	switch {
	case e.Class == webex.ClassRateLimited:
		d.waits = err
		return false
	case e.Unsure():
		d.unsure = true
		return d.read(ctx, changes)
	case e.Status == http.StatusConflict && !d.conflicted:
		d.conflicted = true
		return d.read(ctx, changes)
	case e.Class == webex.ClassTransient:
		return true // it never left, or something else than Webex refused it
	case e.Class == webex.ClassAuth, e.Status == http.StatusForbidden, e.Status == 0: // which is a proxy that would lock the account
		if e.Class == webex.ClassAuth {
			d.Rejected()
		}
		d.refused(failures.OfWrite(ctx, err).Message, e.TrackingID)
		return false
	case e.Status == http.StatusNotFound:
		d.failure.reason = v1alpha1.ReasonPersonNotFound
		return false
	case e.Code == licenseUnknown:
		d.failure.reason = v1alpha1.ReasonLicenseUnknown
		d.ends = &stop{v1alpha1.ReasonLicenseUnknown, "Webex does not know the licence any more: nothing more was sent, the next run reads the licences anew"}
		return false
	}
	d.failure.reason = v1alpha1.ReasonRefused
	return d.apart(ctx, changes)
}

// refused ends the sending: what is refused to the write credentials is refused for all.
func (d *delivery) refused(message, trackingID string) {
	d.failure = failure{reason: v1alpha1.ReasonWriteCredentialsRefused, trackingID: trackingID}
	d.ends = &stop{v1alpha1.ReasonWriteCredentialsRefused, message}
}

// apart sends refused changes one by one: one bad licence has all of a request refused. Removals go last, and only where
// all additions were carried out.
func (d *delivery) apart(ctx context.Context, changes []assign.Change) (again bool) {
	if len(changes) == 1 {
		return false
	}
	why, unsure := d.failure, false
	for _, remove := range []bool{false, true} {
		for _, c := range changes {
			if c.Remove != remove || remove && slices.ContainsFunc(d.left, func(c assign.Change) bool { return !c.Remove }) {
				continue
			}
			d.send(ctx, []assign.Change{c})
			unsure = unsure || d.unsure
			d.unsure = unsure // of any of them, whatever became of the next
			if d.ends != nil || d.waits != nil {
				return false
			}
			if slices.ContainsFunc(d.left, same(c)) {
				why = d.failure
			}
		}
	}
	d.failure = why
	return false
}

// read asks what a person holds, and leaves the rest to be sent.
func (d *delivery) read(ctx context.Context, changes []assign.Change) (again bool) {
	person, err := d.Read.Person(ctx, d.Organization, d.id)
	if err != nil {
		e, _ := webex.AsError(err)
		if e != nil && e.Status == http.StatusNotFound {
			d.failure.reason, d.unsure = v1alpha1.ReasonPersonNotFound, false
		}
		return false // nothing is sent twice that is not known to be missing
	}
	if !person.LicensesKnown || person.Incomplete {
		return false // what an answer leaves out is not gone
	}
	d.compare(changes, person.Licenses)
	d.unsure = false
	return true
}

// compare takes out of what is left what a person holds, or holds no more.
func (d *delivery) compare(changes []assign.Change, held []string) {
	keys := make([]string, len(held))
	for n, id := range held {
		keys[n] = webex.IDKey(id)
	}
	for _, c := range changes {
		if slices.Contains(keys, webex.IDKey(d.world.Licenses[c.License].ID)) != c.Remove {
			d.applied = append(d.applied, c)
			d.left = slices.DeleteFunc(slices.Clone(d.left), same(c))
		}
	}
}

// wire are changes as the client takes them.
func (d *delivery) wire(changes []assign.Change) []webex.LicenseChange {
	sent := make([]webex.LicenseChange, len(changes))
	for n, c := range changes {
		sent[n] = webex.LicenseChange{LicenseID: d.world.Licenses[c.License].ID, Remove: c.Remove}
	}
	return sent
}
