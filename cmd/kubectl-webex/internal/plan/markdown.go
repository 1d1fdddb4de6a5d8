package plan

import (
	"fmt"
	"strings"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
)

// maxMarkdown bounds a comment: GitHub takes 65536 characters, and others write around it.
const maxMarkdown = 60000

// Markdown is the plan as a comment on a pull request: what it means for each assignment, and the people to unfold.
func (d *Document) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### Licence plan: %s\n", d.Sum())
	if len(d.Assignments) > 0 {
		b.WriteString("\n| Assignment | Licence | Mode | Listed | Get it | Lose one | Have it | No unit | Not found | State |\n|---|---|---|--:|--:|--:|--:|--:|--:|---|\n")
	}
	for i := range d.Assignments {
		a := &d.Assignments[i]
		remove := fmt.Sprint(a.Remove)
		if a.Held > 0 {
			remove = fmt.Sprintf("%d (%d held)", a.Remove, a.Held)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %d | %s | %d | %d | %d | %s |\n",
			quoted(a.Name), quoted(a.License), a.Mode, a.Listed, a.Add, remove, a.Unchanged, a.NoUnits, a.NotFound, a.Reason)
	}
	first := true
	for i := range d.Assignments {
		a := &d.Assignments[i]
		if !a.Notable() {
			continue
		}
		if first {
			b.WriteByte('\n')
			first = false
		}
		fmt.Fprintf(&b, "* %s: %s\n", quoted(a.Name), plain(a.Message))
		if approve := a.Approve(); approve != "" {
			fmt.Fprintf(&b, "  Approve exactly these: %s\n", quoted(approve))
		}
	}
	d.people(&b)
	return b.String()
}

// people writes the people, as far as a comment has room.
func (d *Document) people(b *strings.Builder) {
	if len(d.Items) == 0 {
		return
	}
	fmt.Fprintf(b, "\n<details><summary>Who: %d</summary>\n\n| | Person | Licence | Assignment | Why | What becomes of it |\n|---|---|---|---|---|---|\n", len(d.Items))
	for i := range d.Items {
		c := &d.Items[i]
		line := fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", c.Sign(), quoted(c.Person), quoted(c.License), quoted(strings.Join(c.Assignments, ", ")), c.Reason(), c.Fate())
		if b.Len()+len(line) > maxMarkdown {
			fmt.Fprintf(b, "\nand %d more, for which a comment has no room: `kubectl webex plan -o csv` has all.\n", len(d.Items)-i)
			break
		}
		b.WriteString(line)
	}
	b.WriteString("\n</details>\n")
}

// marks mean something to Markdown, HTML or a service that looks for links and mentions.
const marks = "\\`*_{}[]<>#|&~@!"

var links = strings.NewReplacer("://", "&#58;//", "www.", "www&#46;", "WWW.", "WWW&#46;")

// plain is a text of which Markdown reads nothing but text.
func plain(text string) string {
	var b strings.Builder
	for _, r := range terminal.Clean(text) {
		if strings.ContainsRune(marks, r) {
			fmt.Fprintf(&b, "&#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return links.Replace(b.String())
}

// quoted is a text from outside, as code, in which no service looks for links and mentions. In a table a backslash
// before a bar ends the cell, so such texts take the longer way.
func quoted(text string) string {
	clean := terminal.Clean(text)
	if clean == "" || strings.ContainsAny(clean, "`|\\") || strings.TrimSpace(clean) != clean {
		return "<code>" + plain(text) + "</code>"
	}
	return "`" + clean + "`"
}
