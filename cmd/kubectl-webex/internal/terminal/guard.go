package terminal

import (
	"io"
	"regexp"
	"strings"
)

// guard passes on what may be shown on a terminal.
type guard struct{ out io.Writer }

// Guard lets lines, tabs and the colours of [Terminal.Paint] through, and replaces
// all else that acts on a terminal, from any source: errors repeat what servers and
// files say. Programs get what they read past it: see [Raw].
func Guard(out io.Writer) io.Writer { return guard{Raw(out)} }

// Raw is the output behind a guard.
func Raw(out io.Writer) io.Writer {
	if g, ok := out.(guard); ok {
		return g.out
	}
	return out
}

// ours are the escape sequences of Paint.
var ours = regexp.MustCompile(`\x1b\[(?:3[123]|[012])m`)

// Write writes a text that ends where a character does.
func (g guard) Write(p []byte) (int, error) {
	if _, err := io.WriteString(g.out, Safe(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Safe is a text as a guard lets it through.
func Safe(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return acts(r) && r != '\n' && r != '\t' || r == '\ufffd' }) {
		return text
	}
	var b strings.Builder
	for line := range strings.SplitAfterSeq(text, "\n") {
		line, end := strings.CutSuffix(line, "\n")
		for i, cell := range strings.Split(line, "\t") {
			if i > 0 {
				b.WriteByte('\t')
			}
			from := 0
			for _, at := range ours.FindAllStringIndex(cell, -1) {
				b.WriteString(harmless(cell[from:at[0]]) + cell[at[0]:at[1]])
				from = at[1]
			}
			b.WriteString(harmless(cell[from:]))
		}
		if end {
			b.WriteByte('\n')
		}
	}
	return b.String()
}
