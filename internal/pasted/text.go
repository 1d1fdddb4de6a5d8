// Package pasted reads what people put into Secrets, ConfigMaps and specs: tokens, names, passwords, certificates, URLs. What came along
// by accident and does no harm is taken away; of all else it says what it is. No error shows a value, or a part of one.
package pasted

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Kind is what a value is for.
type Kind int

const (
	// Word is an id or a secret of visible ASCII characters.
	Word Kind = iota
	// Token is a word that is sent after Bearer, which people copy along.
	Token
	// Name is that of an account. It may have blanks and letters of any alphabet.
	Name
	// Password may have any character but those that are no text. Blanks at its ends belong to it.
	Password
)

// Read returns a value without what does no harm: a byte order mark, blanks and line ends around it, the word Bearer before
// a token. The error continues a sentence that begins with the key, and says what to do.
func Read(raw []byte, kind Kind) (string, error) {
	if widths := wide(raw); widths != "" {
		return "", errors.New("is text in " + widths + ", as > of Windows PowerShell writes it: save it as UTF-8 without a byte order mark, or give the value on the command line")
	}
	if !utf8.Valid(raw) {
		return "", errors.New("is not text in UTF-8: give the value itself as text, not a file in another encoding or a binary one")
	}
	text := trimmed(string(raw), kind)
	for _, fault := range []func(string, Kind) error{wrapping, characters, twice} {
		if err := fault(text, kind); err != nil {
			return "", err
		}
	}
	return text, nil
}

const mark = "\ufeff"

// trimmed is the text without what does no harm around it.
func trimmed(text string, kind Kind) string {
	if kind == Password {
		return strings.TrimRight(strings.TrimPrefix(text, mark), "\r\n")
	}
	around := func(r rune) bool { return unicode.IsSpace(r) || string(r) == mark }
	text = strings.TrimFunc(text, around)
	for kind == Token {
		const bearer = "bearer"
		if len(text) < len(bearer) || !strings.EqualFold(text[:len(bearer)], bearer) {
			break
		}
		rest := strings.TrimLeftFunc(text[len(bearer):], around)
		if rest != "" && len(rest) == len(text)-len(bearer) {
			break // a word that begins so
		}
		text = rest
	}
	return text
}

// wide names the encoding of text in units of 16 bits; empty if it is something else.
func wide(raw []byte) string {
	switch {
	case bytes.HasPrefix(raw, []byte{0xff, 0xfe}):
		return "UTF-16 (little endian)"
	case bytes.HasPrefix(raw, []byte{0xfe, 0xff}):
		return "UTF-16 (big endian)"
	case len(raw) < 4 || len(raw)%2 != 0:
		return ""
	}
	var zero, other [2]int
	for i, b := range raw {
		if b == 0 {
			zero[i%2]++
		} else {
			other[i%2]++
		}
	}
	switch {
	case other[1] == 0 && zero[0] == 0:
		return "UTF-16 (little endian)"
	case other[0] == 0 && zero[1] == 0:
		return "UTF-16 (big endian)"
	}
	return ""
}

// narrow is text in UTF-8, whatever it was in, without byte order marks.
func narrow(raw []byte) string {
	if encoding := wide(raw); encoding != "" {
		var order binary.ByteOrder = binary.LittleEndian
		if strings.Contains(encoding, "big") {
			order = binary.BigEndian
		}
		units := make([]uint16, len(raw)/2)
		for i := range units {
			units[i] = order.Uint16(raw[2*i:])
		}
		raw = []byte(string(utf16.Decode(units)))
	}
	return strings.ReplaceAll(string(raw), mark, "")
}

// characters finds what no value of the kind can have inside.
func characters(text string, kind Kind) error {
	for _, r := range text {
		switch {
		case r == 0:
			return errors.New("has a NUL character: write the value again, with an editor for text")
		case r == '\n' || r == '\r':
			return errors.New("has several lines: give the value alone, on one line")
		case unicode.IsControl(r):
			return fmt.Errorf("has a control character (U+%04X): copy the value again", r)
		case unicode.Is(unicode.Cf, r):
			return fmt.Errorf("has an invisible character (U+%04X), which came along from a web page or a document: copy the value again, or type it", r)
		case kind == Password || kind == Name:
		case unicode.IsSpace(r):
			return errors.New("has a blank inside: give the value alone, without a name or a header before it")
		case r > unicode.MaxASCII:
			return fmt.Errorf("has a character that no such value has (U+%04X), such as a quotation mark or a dash of a word processor: copy the value again", r)
		}
	}
	return nil
}

// wrapping finds values with something around them.
func wrapping(text string, kind Kind) error {
	if kind == Password || text == "" {
		return nil
	}
	first, _ := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	switch {
	case strings.ContainsRune("\"'`“”„‘’«»", first) || strings.ContainsRune("\"'`“”‘’«»", last):
		return errors.New("is in quotation marks: give the value without them")
	case first == '{' || first == '[':
		return errors.New("is JSON: give the one value alone")
	}
	return nil
}

// twice finds a value that was encoded in base64 before it was put into the Secret, which does that by itself. Webex's own
// tokens may be base64: of hexadecimal digits and dashes, or of an id that begins with ciscospark.
func twice(text string, kind Kind) error {
	const shortest = 8
	if kind == Password || kind == Name || len(text) < shortest {
		return nil
	}
	inner, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(inner) == 0 {
		return nil
	}
	plain := strings.TrimSpace(strings.TrimPrefix(string(inner), mark))
	if plain == "" || strings.ContainsFunc(plain, func(r rune) bool { return r < ' ' || r > '~' }) ||
		strings.HasPrefix(plain, "ciscospark://") || strings.Trim(plain, "0123456789abcdefABCDEF-") == "" && len(plain) == len(inner) {
		return nil
	}
	return errors.New("is encoded in base64 once too often: under data of a Secret put the value encoded once, under stringData and on the command line as it is")
}
