package wire

import (
	"net/url"
	"path"
	"strconv"
	"strings"
)

// Param is one query parameter that the client asks for: name and value. The order is kept, so that requests are
// reproducible.
type Param [2]string

// EncodeParams renders a query.
func EncodeParams(params []Param) string {
	var b strings.Builder
	for _, p := range params {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(p[0]))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(p[1]))
	}
	return b.String()
}

// NextLink returns the target of the first link whose relation is "next", as in RFC 8288: several links may share a
// line of the header Link or have one each, a link may have several relations, and its parameters come in any order,
// quoted or not. It returns "" if there is none. See "Pagination" in https://developer.webex.com/docs/basics.
func NextLink(lines []string) string {
	for _, line := range lines {
		for line != "" {
			target, rels, rest, ok := cutLink(line)
			if !ok {
				break
			}
			for rel := range strings.FieldsSeq(rels) {
				if strings.EqualFold(rel, "next") && target != "" {
					return target
				}
			}
			line = rest
		}
	}
	return ""
}

// cutLink splits the first link off a header line: its target, its rel parameter and what follows its comma.
func cutLink(line string) (target, rel, rest string, ok bool) {
	_, line, ok = strings.Cut(line, "<")
	if !ok {
		return "", "", "", false
	}
	target, line, ok = strings.Cut(line, ">")
	if !ok {
		return "", "", "", false
	}
	hasRel := false
	for {
		line = strings.TrimLeft(line, " \t")
		switch {
		case line == "":
			return strings.TrimSpace(target), rel, "", true
		case line[0] == ',':
			return strings.TrimSpace(target), rel, line[1:], true
		case line[0] == ';':
			var name, value string
			name, value, line = cutParameter(line[1:])
			if !hasRel && strings.EqualFold(name, "rel") {
				rel, hasRel = value, true // RFC 8288, 3.3: the first one counts
			}
		default: // neither a parameter nor the end: skip to where one of them may begin
			i := strings.IndexAny(line, ",;")
			if i < 0 {
				i = len(line)
			}
			line = line[i:]
		}
	}
}

// cutParameter splits `name=value` or `name="value"` or `name` off the front of s.
func cutParameter(s string) (name, value, rest string) {
	i := strings.IndexAny(s, "=,;")
	if i < 0 {
		return strings.TrimSpace(s), "", ""
	}
	name = strings.TrimSpace(s[:i])
	if s[i] != '=' {
		return name, "", s[i:]
	}
	s = strings.TrimLeft(s[i+1:], " \t")
	if s == "" || s[0] != '"' {
		i = strings.IndexAny(s, ",;")
		if i < 0 {
			i = len(s)
		}
		return name, strings.TrimSpace(s[:i]), s[i:]
	}
	var b strings.Builder
	for i = 1; i < len(s) && s[i] != '"'; i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return name, b.String(), s[min(i+1, len(s)):]
}

// RepairQuery returns the query of a page with the parameters that were asked for. Next links have been seen to lose
// parameters or to carry max=null; without callingData a page would come back without locations, and without orgId it
// would be another organization's. What else the query holds, such as the cursor, is kept byte for byte.
// A max that is lower than size is the server's own choice and stays.
func RepairQuery(raw string, want []Param, size int) string {
	kept := make([]string, 0, 8)
	asked := func(name string) bool {
		for _, p := range want {
			if p[0] == name {
				return true
			}
		}
		return false
	}
	hasMax := false
	for part := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(part, "=")
		if n, err := url.QueryUnescape(name); err == nil {
			name = n
		}
		switch {
		case part == "" || asked(name):
			continue
		case name == "max" && size > 0:
			n, err := strconv.Atoi(value)
			if hasMax || err != nil || n < 1 || n > size {
				continue
			}
			hasMax = true
		}
		kept = append(kept, part)
	}
	if len(want) > 0 {
		kept = append(kept, EncodeParams(want))
	}
	if size > 0 && !hasMax {
		kept = append(kept, "max="+strconv.Itoa(size))
	}
	return strings.Join(kept, "&")
}

// SameOrigin compares scheme, host and port, with 443 as the default port.
func SameOrigin(a, b *url.URL) bool {
	return a.Scheme == "https" && a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return "443"
}

// CleanPath reports whether p is empty or absolute and has no empty, "." or ".." segment, but for a trailing slash.
func CleanPath(p string) bool {
	return p == "" || p == "/" || p[0] == '/' && p != "//" && path.Clean(p) == strings.TrimSuffix(p, "/")
}
