package shard

// Situation is what is known about a customer and a manager.
type Situation struct {
	// Matches is true if the manager's selector matches the customer.
	Matches bool
	// Ours is true if status.shard names the manager's shard.
	Ours bool
	// Unconfirmed is true if this process wrote that name, and has not seen since that the
	// lease of the shard before has no holder.
	Unconfirmed bool
	// Free is true if the lease of the shard that the customer is, or was, in has no holder.
	Free bool
	// Busy is true while an attempt of a run of the customer is at work here.
	Busy bool
}

// Action is what to do about a customer.
type Action string

// The actions.
const (
	// Serve is for a customer of ours.
	Serve Action = "Serve"
	// Ignore is for a customer that is none of our business.
	Ignore Action = "Ignore"
	// Wait is for a customer that ought to be ours, and is still another shard's.
	Wait Action = "Wait"
	// Take writes our name, which is then to be confirmed.
	Take Action = "Take"
	// Confirm is for a customer that was taken from a shard that still has no holder.
	Confirm Action = "Confirm"
	// GiveBack is for a customer that was taken from a shard that got a holder meanwhile.
	GiveBack Action = "GiveBack"
	// Drain is for a customer that is to leave once its attempt has ended.
	Drain Action = "Drain"
	// Release takes our name away.
	Release Action = "Release"
)

// Decide says what to do.
func Decide(s Situation) Action {
	switch {
	case s.Ours && s.Unconfirmed && s.Free:
		return Confirm
	case s.Ours && s.Unconfirmed:
		return GiveBack
	case s.Ours && s.Matches:
		return Serve
	case s.Ours && s.Busy:
		return Drain
	case s.Ours:
		return Release
	case !s.Matches:
		return Ignore
	case s.Free:
		return Take
	default:
		return Wait
	}
}
