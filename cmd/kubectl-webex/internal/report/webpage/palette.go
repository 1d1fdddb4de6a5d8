package webpage

import "strings"

// A colour by its meaning, as a variable of the style sheet: the browser takes the
// one for light or for dark pages.
type colour struct {
	name        string
	light, dark string
}

// palette are all colours of a page. A test holds texts and bars to the contrasts
// of WCAG 2.2.
var palette = []colour{
	{"page", "#f6f7f9", "#0e1216"},
	{"surface", "#ffffff", "#161c22"},
	{"text", "#1a2129", "#e8edf2"},
	{"muted", "#54606d", "#a3b0bd"},
	{"rule", "#dde2e8", "#2c3640"},
	{"track", "#e6eaef", "#2b343e"},
	{"axis", "#8a95a1", "#76828e"},
	{"link", "#0b5cad", "#7cbcff"},
	{"used", "#2b6cb8", "#5aa2ee"},
	{"warn", "#b06a00", "#e0a030"},
	{"bad", "#c0342b", "#ff7b70"},
	{"good", "#1c7a45", "#54c98a"},
	{"warntext", "#8a5200", "#eab254"},
	{"warnback", "#fdf3e1", "#33270f"},
	{"badback", "#fdecea", "#3a1a18"},
	{"badtext", "#a8261e", "#ff9d94"},
}

// variables are the palette as declarations of CSS.
func variables(value func(colour) string) string {
	var b strings.Builder
	for _, c := range palette {
		b.WriteString("--" + c.name + ":" + value(c) + ";")
	}
	return b.String()
}

func light(c colour) string { return c.light }
func dark(c colour) string  { return c.dark }

// sheet is the style sheet with the palette put in.
func sheet() string {
	return strings.NewReplacer("/*light*/", variables(light), "/*dark*/", variables(dark)).Replace(style)
}
