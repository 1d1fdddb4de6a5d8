package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

// errNoAnswer ends a conversation whose other side is gone.
var errNoAnswer = errors.New("there is no answer: nothing more is asked, and what was not written yet is not")

// errInterrupted ends a conversation with Ctrl-C.
var errInterrupted = errors.New("interrupted: what was not written yet is not")

// line reads a line of the input, byte by byte, so that the rest is there for the
// next question, or for one without echo.
func (a *app) line(ctx context.Context) (string, error) {
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		var text []byte
		for one := make([]byte, 1); ; {
			n, err := a.In.Read(one)
			switch {
			case n > 0 && one[0] == '\n', err != nil && len(text) > 0:
				answers <- answer{strings.TrimSpace(string(text)), nil}
				return
			case err != nil:
				answers <- answer{"", err}
				return
			}
			text = append(text, one[:n]...)
		}
	}()
	select {
	case got := <-answers:
		if errors.Is(got.err, io.EOF) {
			return "", errNoAnswer
		}
		return got.text, got.err
	case <-ctx.Done():
		return "", errInterrupted
	}
}

func (a *app) ask(ctx context.Context, question string) (string, error) {
	fmt.Fprintf(a.Err.Out, "%s ", terminal.Clean(question))
	return a.line(ctx)
}

func (a *app) askSecret(ctx context.Context, question string) (string, error) {
	fmt.Fprintf(a.Err.Out, "%s ", terminal.Clean(question))
	text, err := a.ReadSecret(ctx)
	fmt.Fprintln(a.Err.Out) // the end of line was not shown, either
	switch {
	case ctx.Err() != nil:
		return "", errInterrupted
	case errors.Is(err, io.EOF):
		return "", errNoAnswer
	}
	return text, err
}

type option struct {
	// name is what can be typed instead of the number; text is what is shown.
	name, text string
}

const shownOptions = 20

// choose asks for one of several. A word selects those that contain it; none is the
// answer to an empty line, -1 if there has to be one.
func (a *app) choose(ctx context.Context, question string, options []option, none int) (int, error) {
	for shown := all(len(options)); ; {
		a.list(options, shown)
		answer, err := a.ask(ctx, question)
		if err != nil {
			return 0, err
		}
		if answer == "" && none >= 0 {
			return none, nil
		}
		if n, err := strconv.Atoi(answer); err == nil && n >= 1 && n <= len(options) {
			return n - 1, nil
		}
		var found []int
		for i := range options {
			switch {
			case strings.EqualFold(options[i].name, answer):
				return i, nil
			case answer != "" && strings.Contains(strings.ToLower(options[i].text), strings.ToLower(answer)):
				found = append(found, i)
			}
		}
		if len(found) == 1 {
			return found[0], nil
		}
		if shown = found; len(found) == 0 {
			fmt.Fprintln(a.Err.Out, "Answer with a number of the list, or a part of a name.")
			shown = all(len(options))
		}
	}
}

func (a *app) list(options []option, shown []int) {
	for _, i := range shown[:min(len(shown), shownOptions)] {
		fmt.Fprintf(a.Err.Out, "  %2d) %s\n", i+1, terminal.Clean(options[i].text))
	}
	if more := len(shown) - shownOptions; more > 0 {
		fmt.Fprintf(a.Err.Out, "  and %d more: type a part of the name\n", more)
	}
}

func all(n int) []int {
	indices := make([]int, n)
	for i := range indices {
		indices[i] = i
	}
	return indices
}
