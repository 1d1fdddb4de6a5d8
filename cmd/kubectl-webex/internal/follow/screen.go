package follow

import (
	"fmt"
	"io"
	"strings"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

// Screen draws frames over each other. A frame is one write, so that nothing
// flickers, and lines are cleared only behind their text.
type Screen struct {
	term  terminal.Terminal
	drawn int
	// columns and height are those of the last frame.
	columns, height int
}

// NewScreen makes a screen that starts at the cursor's line.
func NewScreen(term terminal.Terminal) *Screen { return &Screen{term: term} }

// Draw replaces the last frame.
func (s *Screen) Draw(frame []string) error {
	var b strings.Builder
	if s.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", s.drawn)
	}
	columns, height := s.term.Size()
	if s.drawn > 0 && (columns != s.columns || height != s.height) || len(frame) < s.drawn {
		b.WriteString("\r\x1b[J") // what was drawn may have been wrapped
	}
	for _, line := range frame {
		b.WriteString("\r" + terminal.Safe(line) + "\x1b[K\n")
	}
	s.drawn, s.columns, s.height = len(frame), columns, height
	_, err := io.WriteString(terminal.Raw(s.term.Out), b.String()) // the moves of the cursor are ours
	return err
}
