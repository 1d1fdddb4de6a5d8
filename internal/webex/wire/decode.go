package wire

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Decoder reads one JSON document after another from response bodies, with its buffers kept from one to the next. It
// hands out the members of an object one by one, so that what is not asked for is never stored.
type Decoder struct {
	json    jsontext.Decoder
	body    body
	names   interner
	sets    map[string][]string // arrays of licence ids, by their JSON
	ids     arena
	texts   arena    // of lists of texts
	list    []string // the lists of the document
	scratch []byte
}

// decoderOptions accept what does no harm: a repeated member, of which the last one counts, and text that is not
// UTF-8, which is replaced where text is kept.
var decoderOptions = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// NewDecoder returns a decoder for one walk.
func NewDecoder() *Decoder { return &Decoder{names: make(interner), sets: make(map[string][]string)} }

// Reset starts a new document of at most limit bytes.
func (d *Decoder) Reset(r io.Reader, limit int64) {
	d.body = body{r: r, left: limit}
	d.list = d.list[:0]
	d.json.Reset(&d.body, decoderOptions...)
}

// Kind is the kind of the value that comes next.
func (d *Decoder) Kind() jsontext.Kind { return d.json.PeekKind() }

// First is the first byte of the document that is no blank; 0 before there is one.
func (d *Decoder) First() byte { return d.body.first }

// ReadError is what ended the reading of the body, [io.EOF] if that was its end; nil before.
func (d *Decoder) ReadError() error { return d.body.err }

// Errors of documents. All others are those of reading and of the grammar, which may repeat a piece of the body.
var (
	// ErrLimit says that the document is too long.
	ErrLimit = errors.New("longer than the limit")
	// ErrMissing says that a value is missing, or is of another kind than it must be.
	ErrMissing = errors.New("a required value is missing")
	// ErrMalformed says that something follows the document.
	ErrMalformed = errors.New("more than one document")
)

// body counts what is read and remembers how reading ended, which tells a cut connection from malformed JSON.
type body struct {
	r     io.Reader
	left  int64
	err   error
	first byte // that is no blank; 0 before there is one
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1] // one byte more than allowed tells an end at the limit from an excess
	}
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		n, err = 0, ErrLimit
	}
	if b.first == 0 {
		if text := bytes.TrimLeft(p[:n], "\uFEFF \t\r\n"); len(text) > 0 {
			b.first = text[0]
		}
	}
	b.err = err
	return n, err
}

// Document reads one object and makes sure that nothing follows it.
func (d *Decoder) Document(member func(name []byte) error) error {
	if d.json.PeekKind() != '{' {
		return d.unexpected()
	}
	if err := d.Object(member); err != nil {
		return err
	}
	return d.end()
}

// end makes sure that nothing follows the document.
func (d *Decoder) end() error {
	_, err := d.json.ReadToken()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err == nil:
		return ErrMalformed
	}
	return err
}

// unexpected explains why a value is not of the kind that it must be: the decoder's own error if there is one.
func (d *Decoder) unexpected() error {
	if _, err := d.json.ReadToken(); err != nil {
		return err
	}
	return ErrMissing
}

// List reads {"items": [...]} with whatever members besides. Each item is read by item; begin is called before the
// first one, and again should the member come twice.
func (d *Decoder) List(begin func(), item func() error) error {
	found := false
	err := d.Document(func(name []byte) error {
		if string(name) != "items" {
			return d.Skip()
		}
		found = true
		begin()
		if d.json.PeekKind() != '[' {
			return d.unexpected()
		}
		return d.records(item)
	})
	if err == nil && !found {
		err = ErrMissing
	}
	return err
}

// Indexed reads a page of a list that is paged by an index: the records in its member items, each by item, and how many
// there are in all, from its member size. known says that there was an array of records.
func (d *Decoder) Indexed(items, size string, begin func(), item func() error) (known bool, all Units, err error) {
	err = d.Document(func(name []byte) error {
		switch {
		case string(name) == size:
			return d.ReadUnits(&all)
		case string(name) != items || d.json.PeekKind() != '[':
			return d.Skip()
		}
		known = true
		begin()
		return d.records(item)
	})
	return known, all, err
}

// records reads an array of objects.
func (d *Decoder) records(item func() error) error {
	return d.Array(func() error {
		if d.json.PeekKind() != '{' {
			return d.unexpected()
		}
		return item()
	})
}

// Object reads the object that begins here. The name is valid until member reads the value, which it must do.
func (d *Decoder) Object(member func(name []byte) error) error {
	if _, err := d.json.ReadToken(); err != nil {
		return err
	}
	for d.json.PeekKind() != '}' {
		quoted, err := d.json.ReadValue()
		if err != nil {
			return err
		}
		name, _ := d.unquote(quoted)
		if err := member(name); err != nil {
			return err
		}
	}
	_, err := d.json.ReadToken()
	return err
}

// Member reads one member of an object, and passes over all others, and over what is no object.
func (d *Decoder) Member(key string, read func() error) error {
	if d.json.PeekKind() != '{' {
		return d.Skip()
	}
	return d.Object(func(name []byte) error {
		if string(name) == key {
			return read()
		}
		return d.Skip()
	})
}

// Array reads the array that begins here.
func (d *Decoder) Array(element func() error) error {
	if _, err := d.json.ReadToken(); err != nil {
		return err
	}
	for d.json.PeekKind() != ']' {
		if err := element(); err != nil {
			return err
		}
	}
	_, err := d.json.ReadToken()
	return err
}

// Skip passes over a value. ReadValue checks the grammar in one go where SkipValue goes token by token.
func (d *Decoder) Skip() error {
	_, err := d.json.ReadValue()
	return err
}

// unquote returns the text of a string value. It may alias the value or the scratch buffer.
func (d *Decoder) unquote(v jsontext.Value) ([]byte, bool) {
	if len(v) < 2 || v[0] != '"' {
		return nil, false
	}
	inner := v[1 : len(v)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner, true
	}
	// The only error left is invalid UTF-8, of which a replaced form is returned.
	d.scratch, _ = jsontext.AppendUnquote(d.scratch[:0], v)
	return d.scratch, true
}

// text reads a string, or a number as its digits. Anything else is no text: null and wrong types read as absent.
func (d *Decoder) text() ([]byte, error) {
	v, err := d.json.ReadValue()
	if err != nil {
		return nil, err
	}
	t, _ := d.textOf(v)
	return t, nil
}

// textOf is the text of a value. It may alias the value or the scratch buffer.
func (d *Decoder) textOf(v jsontext.Value) ([]byte, bool) {
	switch v.Kind() {
	case '"':
		return d.unquote(v)
	case '0':
		return v, true
	default:
		return nil, false
	}
}

// ReadString reads a text of its own, "" if absent.
func (d *Decoder) ReadString(into *string) error {
	t, err := d.text()
	*into = strings.ToValidUTF8(string(t), "\uFFFD")
	return err
}

// ReadInterned reads a text that is likely to repeat, "" if absent.
func (d *Decoder) ReadInterned(into *string) error {
	t, err := d.text()
	*into = d.names.intern(t)
	return err
}

// ReadTexts reads an array of texts, which are the caller's to keep; the slice is valid until the next document. What is
// no text in it does not count, and neither does what is no array.
func (d *Decoder) ReadTexts(into *[]string) error {
	*into = nil
	if d.json.PeekKind() != '[' {
		return d.Skip()
	}
	start := len(d.list)
	err := d.Array(func() error {
		t, err := d.text()
		if len(t) > 0 {
			d.list = append(d.list, d.texts.keep(t))
		}
		return err
	})
	*into = d.list[start:len(d.list):len(d.list)]
	return err
}

// Canonical is an id without base64 padding and the blanks around it, so that ids of one thing are equal.
func Canonical(id []byte) []byte {
	const blanks = " \t\r\n"
	return bytes.TrimRight(bytes.TrimLeft(id, blanks), blanks+"=")
}

// ReadID reads an identifier that does not repeat, without padding.
func (d *Decoder) ReadID(into *string) error {
	t, err := d.text()
	*into = d.ids.keep(Canonical(t))
	return err
}

// ReadRepeatedID reads an identifier that is likely to repeat, without padding.
func (d *Decoder) ReadRepeatedID(into *string) error {
	t, err := d.text()
	*into = d.names.intern(Canonical(t))
	return err
}

// ReadUnits reads a number of units.
func (d *Decoder) ReadUnits(into *Units) error {
	t, err := d.text()
	*into = parseUnits(string(t))
	return err
}

// ReadExpiry reads a number of seconds from now; zero time if absent or senseless.
func (d *Decoder) ReadExpiry(into *time.Time, now time.Time) error {
	const century = 100 * 365 * 24 * 3600
	var u Units
	err := d.ReadUnits(&u)
	if n, ok := u.Value(); ok && n > 0 && n <= century {
		*into = now.Add(time.Duration(n) * time.Second)
	}
	return err
}

// ReadLicenses reads an array of licence ids; known is false if there is null. Many people hold the same licences in
// the same order, so the array is looked up as a whole before it is taken apart. The published example has ids joined
// by a comma in one string; that is read too. Anything else is an error: as no licences it would be a wrong figure.
func (d *Decoder) ReadLicenses() (ids []string, known bool, err error) {
	v, err := d.json.ReadValue()
	if err != nil {
		return nil, false, err
	}
	switch v.Kind() {
	case '[':
	case 'n':
		return nil, false, nil
	default:
		return nil, false, ErrMissing
	}
	if ids, ok := d.sets[string(v)]; ok {
		return ids, true, nil
	}
	raw := string(v)
	if ids, err = d.splitLicenses(raw); err != nil {
		return nil, false, err
	}
	if len(d.sets) < maxSets && len(raw) <= maxSetLength {
		d.sets[raw] = ids
	}
	return ids, true, nil
}

// splitLicenses takes an array of licence ids apart.
func (d *Decoder) splitLicenses(raw string) ([]string, error) {
	array := jsontext.NewDecoder(strings.NewReader(raw), decoderOptions...)
	if _, err := array.ReadToken(); err != nil {
		return nil, err
	}
	ids := []string{}
	for array.PeekKind() != ']' {
		v, err := array.ReadValue()
		if err != nil {
			return nil, err
		}
		t, ok := d.textOf(v)
		if !ok {
			return nil, ErrMissing
		}
		for part := range bytes.SplitSeq(t, []byte{','}) {
			if id := Canonical(part); len(id) > 0 {
				ids = append(ids, d.names.intern(id))
			}
		}
	}
	return slices.Clip(ids), nil
}

// ReadErrors reads the member with which an item says that the server failed to fetch a part of it. Whatever it
// holds, but for nothing, makes the item incomplete. See "Error handling" in https://developer.webex.com/docs/basics.
func (d *Decoder) ReadErrors(into *bool) error {
	v, err := d.json.ReadValue()
	if err != nil {
		return err
	}
	switch v.Kind() {
	case '{', '[':
		*into = len(bytes.TrimSpace(v[1:len(v)-1])) > 0
	case 'n', 'f':
		*into = false
	default:
		*into = true
	}
	return nil
}
