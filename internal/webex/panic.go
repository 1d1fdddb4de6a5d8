package webex

import (
	"fmt"
	"runtime/debug"
)

// PanicError is a panic that became an error: what one organization answers must not end
// the process, and with it the work of all others.
type PanicError struct {
	// Kind is the Go type of what was thrown. Its text might repeat an answer, and is not kept.
	Kind string
	// Stack is where it was thrown.
	Stack []byte
}

// Error names the type.
func (e *PanicError) Error() string { return "panic of type " + e.Kind }

// Recovered calls do, and returns a panic in it as a [*PanicError]. Each goroutine needs its
// own call: a panic is recovered on the goroutine that it is thrown on, or not at all.
func Recovered(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{Kind: fmt.Sprintf("%T", p), Stack: debug.Stack()}
		}
	}()
	return do()
}
