// Package screentest has a terminal for tests: it understands the few escape
// sequences that the plugin writes, and complains about what would make a mess.
package screentest

import (
	"fmt"
	"strings"
	"sync"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

// Screen is a terminal of a fixed size. It is safe for concurrent use.
type Screen struct {
	Columns, Height int

	mu     sync.Mutex
	lines  []string
	row    int
	column int
	top    int // the highest line that has not scrolled away
	faults []string
	// colours counts changes of the colour.
	colours int
	rest    string
}

// Write takes output in.
func (s *Screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rest += string(p)
	for s.rest != "" && s.step() {
	}
	return len(p), nil
}

// step takes in one piece, and says whether there was a whole one.
func (s *Screen) step() bool {
	switch {
	case strings.HasPrefix(s.rest, "\x1b"):
		end := strings.IndexFunc(s.rest, func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' })
		if end < 0 {
			return false // the rest comes with the next write
		}
		s.escape(s.rest[:end], s.rest[end])
		s.rest = s.rest[end+1:]
	case s.rest[0] == '\r':
		s.column, s.rest = 0, s.rest[1:]
	case s.rest[0] == '\n':
		// As a terminal driver writes it: to the start of the next line.
		s.row, s.column, s.rest = s.row+1, 0, s.rest[1:]
		s.top = max(s.top, s.row-s.Height+1)
	default:
		end := strings.IndexAny(s.rest, "\x1b\r\n")
		if end < 0 {
			end = len(s.rest)
		}
		s.print(s.rest[:end])
		s.rest = s.rest[end:]
	}
	return true
}

func (s *Screen) escape(parameters string, final byte) {
	n := 1
	_, _ = fmt.Sscanf(parameters, "\x1b[%d", &n)
	switch final {
	case 'A':
		if s.row -= n; s.row < s.top {
			s.fault("the cursor goes up to line %d, which has scrolled away", s.row)
			s.row = s.top
		}
	case 'J':
		s.lines = s.lines[:min(s.row, len(s.lines))]
	case 'K':
		if s.row < len(s.lines) {
			s.lines[s.row] = cut(s.lines[s.row], s.column)
		}
	case 'm':
		s.colours++
	default:
		s.fault("unknown escape sequence %q", parameters+string(final))
	}
}

func (s *Screen) print(text string) {
	for len(s.lines) <= s.row {
		s.lines = append(s.lines, "")
	}
	line := s.lines[s.row]
	before, after := cut(line, s.column), ""
	if end := s.column + terminal.Width(text); end < terminal.Width(line) {
		after = strings.TrimPrefix(line, cut(line, end))
	}
	s.lines[s.row] = before + text + after
	s.column += terminal.Width(text)
	if s.column > s.Columns {
		s.fault("a line of %d columns is wrapped: %q", s.column, s.lines[s.row])
	}
}

// cut is the start of a line, up to a column.
func cut(line string, column int) string {
	n := 0
	for i, r := range line {
		if n >= column {
			return line[:i]
		}
		n += terminal.Width(string(r))
	}
	return line + strings.Repeat(" ", column-n)
}

func (s *Screen) fault(format string, args ...any) {
	s.faults = append(s.faults, fmt.Sprintf(format, args...))
}

// Lines is everything that was written, as it would stand there, scrolled lines
// included.
func (s *Screen) Lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.lines...)
}

// Text is Lines as one text.
func (s *Screen) Text() string { return strings.Join(append(s.Lines(), ""), "\n") }

// Row is the cursor's line.
func (s *Screen) Row() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.row
}

// Colours is how often the colour was changed.
func (s *Screen) Colours() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.colours
}

// Faults are what made a mess.
func (s *Screen) Faults() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.faults...)
}
