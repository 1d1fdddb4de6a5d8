package pasted

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"
)

// token is in the form of Webex's, and none of them.
const token = "NjA2MTQ0ZTMtYjY3_PF84_11111111-2222-4333-8444-555555555555"

// wideText is text in UTF-16.
func wideText(text string, order binary.ByteOrder, marked bool) []byte {
	if marked {
		text = mark + text
	}
	var raw []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		raw = append(raw, 0, 0)
		order.PutUint16(raw[len(raw)-2:], unit)
	}
	return raw
}

// spoiled are values as they come from elsewhere, made from a good one.
func spoiled(value string) map[string][]byte {
	return map[string][]byte{
		"a byte order mark":          []byte(mark + value),
		"blanks around":              []byte(" \t" + value + "\r\n\u00a0"),
		"mark and line end":          []byte(mark + value + "\r\n"),
		"Bearer":                     []byte("Bearer " + value),
		"bearer twice, mark":         []byte(mark + "bearer  BEARER " + value + "\n"),
		"little endian":              wideText(value, binary.LittleEndian, true),
		"big endian":                 wideText(value, binary.BigEndian, true),
		"little endian, unmarked":    wideText(value+"\r\n", binary.LittleEndian, false),
		"big endian, unmarked":       wideText(value, binary.BigEndian, false),
		"latin-1":                    append([]byte(value), 0xe9),
		"quotes":                     []byte(`"` + value + `"`),
		"single quotes":              []byte("'" + value + "'\n"),
		"typographic quotes":         []byte("“" + value + "”"),
		"JSON":                       []byte(`{"access_token": "` + value + `"}`),
		"a NUL":                      []byte(value + "\x00"),
		"a control character":        []byte(value[:4] + "\x1b[0m" + value[4:]),
		"zero width":                 []byte(value[:4] + "\u200b" + value[4:]),
		"a mark inside":              []byte(value[:4] + mark + value[4:]),
		"a dash of a word processor": []byte(value[:4] + "–" + value[4:]),
		"lines":                      []byte(value[:4] + "\n" + value[4:]),
		"a blank inside":             []byte(value[:4] + " " + value[4:]),
		"a header":                   []byte("Authorization: Bearer " + value),
		"base64 twice":               []byte(base64.StdEncoding.EncodeToString([]byte(value))),
		"base64 twice, line end":     []byte(base64.StdEncoding.EncodeToString([]byte(value + "\n"))),
	}
}

// words are what each defect is called where it is one.
var words = map[string]string{
	"little endian": "UTF-16 (little endian)", "big endian": "UTF-16 (big endian)", "little endian, unmarked": "UTF-16 (little endian)",
	"big endian, unmarked": "UTF-16 (big endian)", "latin-1": "not text in UTF-8", "quotes": "quotation marks", "single quotes": "quotation marks",
	"typographic quotes": "quotation marks", "JSON": "is JSON", "a NUL": "NUL", "a control character": "control character (U+001B)",
	"zero width": "invisible character (U+200B)", "a mark inside": "invisible character (U+FEFF)", "a dash of a word processor": "U+2013",
	"lines": "several lines", "a blank inside": "blank inside", "a header": "blank inside", "base64 twice": "base64 once too often",
	"base64 twice, line end": "base64 once too often", "Bearer": "blank inside", "bearer twice, mark": "blank inside",
}

// Each kind of value with each defect is read, or told by the words for it.
func TestReadEveryDefect(t *testing.T) {
	t.Parallel()
	harmless := map[Kind]string{
		Word:  "a byte order mark, blanks around, mark and line end",
		Token: "a byte order mark, blanks around, mark and line end, Bearer, bearer twice, mark",
	}
	for kind, fine := range harmless {
		for defect, raw := range spoiled(token) {
			got, err := Read(raw, kind)
			switch {
			case strings.Contains(", "+fine+",", ", "+defect+","):
				if err != nil || got != token {
					t.Errorf("%d, %s: %q, %v", kind, defect, got, err)
				}
			case err == nil:
				t.Errorf("%d, %s: was read", kind, defect)
			case !strings.Contains(err.Error(), words[defect]) || !strings.Contains(err.Error(), ": "):
				t.Errorf("%d, %s: %v", kind, defect, err)
			case strings.Contains(err.Error(), token[:5]):
				t.Errorf("%d, %s: the error shows the value", kind, defect)
			}
		}
	}
	for text, want := range map[string]string{" müller \r\n": "müller", `CORP\jane doe`: `CORP\jane doe`, mark + "jane": "jane"} {
		if got, err := Read([]byte(text), Name); err != nil || got != want {
			t.Errorf("name %q: %q, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{" s3cret\r\n": " s3cret", `"q"`: `"q"`, "päss wörd=": "päss wörd=", mark + "p": "p", "cGFzc3dvcmQ=": "cGFzc3dvcmQ="} {
		if got, err := Read([]byte(text), Password); err != nil || got != want {
			t.Errorf("password %q: %q, %v", text, got, err)
		}
	}
	for _, kind := range []Kind{Name, Password} {
		for _, defect := range []string{"little endian", "big endian, unmarked", "latin-1", "a NUL", "a control character", "zero width", "lines"} {
			if _, err := Read(spoiled(token)[defect], kind); err == nil || !strings.Contains(err.Error(), words[defect]) {
				t.Errorf("%d, %s: %v", kind, defect, err)
			}
		}
	}
}

// What Webex itself issues is never taken for something else.
func TestReadLeavesWhatWebexIssues(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		token,
		"ZDI3MGEyYzQtNmFlNS00NDNhLWFlNzAtZGVjNjE0MGU1OGZmZWNmZDEwN2ItYTU3", // base64 itself, as in Webex's documents
		"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTEyMzQ1Njc4",
		base64.StdEncoding.EncodeToString([]byte("ciscospark://us/APPLICATION/C0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")),
		"C" + strings.Repeat("0123456789abcdef", 4), strings.Repeat("fedcba9876543210", 4),
		"bearerless", "a", "",
	} {
		for _, kind := range []Kind{Word, Token} {
			if got, err := Read([]byte(good), kind); err != nil || got != good {
				t.Errorf("%q: %q, %v", good, got, err)
			}
		}
	}
}

// Whatever is read is fit for a header, stays as it is when it is read again, and is in no error.
func FuzzRead(f *testing.F) {
	for _, raw := range spoiled(token) {
		for kind := range Password + 1 {
			f.Add(raw, int(kind))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte, number int) {
		kind := Kind(uint(number) % uint(Password+1))
		got, err := Read(raw, kind)
		if err != nil {
			text := err.Error()
			for _, piece := range strings.FieldsFunc(string(raw), func(r rune) bool { return r <= ' ' || r > '~' }) {
				if len(piece) > 16 && strings.Contains(text, piece) && !strings.Contains(dictionary, piece) {
					t.Errorf("the error shows %q", piece)
				}
			}
			if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) || got != "" {
				t.Errorf("%q with %q", text, got)
			}
			return
		}
		for _, r := range got {
			if r < ' ' || r == 0x7f || kind <= Token && (r == ' ' || r > '~') {
				t.Errorf("kind %d: %q in the value", kind, r)
			}
		}
		if again, err := Read([]byte(got), kind); kind != Password && (err != nil || again != got) {
			t.Errorf("read again: %q, %v", again, err)
		}
	})
}

// dictionary are the words of the errors themselves.
const dictionary = "UTF-16 little endian quotation marks word processor characters command line PowerShell byte order"
