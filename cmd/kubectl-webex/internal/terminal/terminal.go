// Package terminal knows what the output can show: colours and bars on a
// terminal, neither in a pipe. All of it is decided once, by Detect, so that
// tests can choose.
package terminal

import (
	"io"
	"os"
	"runtime"
	"strings"

	"golang.org/x/term"
)

// Terminal is where output goes and what can be shown there. The zero value of
// everything but Out is a pipe.
type Terminal struct {
	// Out is the output.
	Out io.Writer
	// Live says that a person watches: bars are drawn, and a screen may be
	// drawn again in place.
	Live bool
	// Colour says that colours may be used.
	Colour bool
	// Unicode says that block characters may be used.
	Unicode bool
	// Size asks for the columns and lines there are now.
	Size func() (columns, lines int)
}

// Data is where results for programs go: as they are, but on a terminal.
func (t Terminal) Data() io.Writer {
	if t.Live {
		return t.Out
	}
	return Raw(t.Out)
}

// The size that is assumed where none can be had, as by other programs.
const (
	defaultColumns = 80
	defaultLines   = 24
)

// Detect finds out what a file can show. NO_COLOR (https://no-color.org) and
// TERM=dumb are honoured.
func Detect(out *os.File, getenv func(string) string) Terminal {
	t := Terminal{Out: out, Unicode: utf8Locale(getenv), Size: func() (int, int) { return size(out) }}
	if !term.IsTerminal(int(out.Fd())) || getenv("TERM") == "dumb" {
		return t
	}
	// Consoles of Windows understand escape sequences if they are the new ones.
	t.Live = runtime.GOOS != "windows" || getenv("WT_SESSION") != ""
	t.Colour = t.Live && getenv("NO_COLOR") == ""
	return t
}

// utf8Locale goes by the locale, as the C library does: LC_ALL, then LC_CTYPE, then LANG.
func utf8Locale(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToLower(getenv(name)); value != "" {
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return runtime.GOOS == "darwin" || runtime.GOOS == "windows" // neither sets them by itself
}

func size(out *os.File) (columns, lines int) {
	columns, lines, err := term.GetSize(int(out.Fd()))
	if err != nil || columns <= 0 || lines <= 0 {
		return defaultColumns, defaultLines
	}
	return columns, lines
}

// Aside shows what follows on the terminal's other screen, which has no scrollback. What it
// returns goes back to the first.
func Aside(t Terminal) (back func()) {
	if !t.Live {
		return func() {}
	}
	_, _ = io.WriteString(Raw(t.Out), "\x1b[?1049h\x1b[2J\x1b[H")
	return func() { _, _ = io.WriteString(Raw(t.Out), "\x1b[?1049l") }
}

// Shade is a colour by its meaning.
type Shade int

// The shades. They are the eight colours that every terminal has, so that the
// person's own theme decides how they look.
const (
	Plain Shade = iota
	Good
	Warning
	Bad
	Faint
	Strong
)

var escapes = map[Shade]string{Good: "\x1b[32m", Warning: "\x1b[33m", Bad: "\x1b[31m", Faint: "\x1b[2m", Strong: "\x1b[1m"}

// Paint colours a text, if colours may be used.
func (t Terminal) Paint(shade Shade, text string) string {
	if !t.Colour || shade == Plain || text == "" {
		return text
	}
	return escapes[shade] + text + "\x1b[0m"
}
