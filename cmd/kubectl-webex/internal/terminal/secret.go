package terminal

import (
	"context"
	"os"

	"golang.org/x/term"
)

// ReadSecret reads a line from a terminal without showing it. The terminal shows
// what is typed again afterwards, also if ctx ended the waiting.
func ReadSecret(ctx context.Context, in *os.File) (string, error) {
	fd := int(in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	type answer struct {
		text []byte
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		answers <- answer{text, err}
	}()
	select {
	case got := <-answers:
		return string(got.text), got.err
	case <-ctx.Done():
		_ = term.Restore(fd, before) // the program ends
		return "", context.Cause(ctx)
	}
}
