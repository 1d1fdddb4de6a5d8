package webexsim

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
)

// errCut ends a handler whose answer a rule has cut.
var errCut = errors.New("webexsim: cut by a rule")

// reply is the answer to one request. It spoils the body as a rule says.
type reply struct {
	http.ResponseWriter
	rule   *Rule
	whole  *bytes.Buffer // set if the body has to be complete first
	left   int           // bytes before the cut; -1 is no cut
	cut    bool
	status int // 0 as long as there is no answer
	call   *call
	scrap  http.Header // set while the answer goes nowhere
}

// hide makes what is written from now on go nowhere, up to show.
func (w *reply) hide() { w.scrap = http.Header{} }

func (w *reply) show() { w.scrap = nil }

// Header is the header of the answer.
func (w *reply) Header() http.Header {
	if w.scrap != nil {
		return w.scrap
	}
	return w.ResponseWriter.Header()
}

// spoil makes the reply act as a rule says.
func (w *reply) spoil(r *Rule) {
	w.rule = r
	switch {
	case r.needsWholeBody():
		w.whole = &bytes.Buffer{}
	case r.CutAfter > 0:
		w.left = r.CutAfter
	case r.CutAfter < 0:
		w.left = 0
	}
}

// WriteHeader sets the headers of the rule last, so that they win.
func (w *reply) WriteHeader(status int) {
	if w.scrap != nil {
		return
	}
	if w.rule != nil {
		for name, value := range w.rule.Header {
			w.Header().Del(name)
			delete(w.Header(), strings.ToLower(name)) // see LowerCaseHeaders
			if value != "" {
				w.Header().Set(name, value)
			}
		}
	}
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Write passes the body on up to the cut.
func (w *reply) Write(b []byte) (int, error) {
	switch {
	case w.scrap != nil:
		return len(b), nil
	case w.cut:
		return 0, errCut
	case w.whole != nil:
		return w.whole.Write(b)
	case w.left < 0:
		return w.ResponseWriter.Write(b)
	}
	n := min(len(b), w.left)
	written, err := w.ResponseWriter.Write(b[:n])
	w.left -= written
	if err != nil || n == len(b) {
		return written, err
	}
	w.cut = true
	if !w.rule.Truncate {
		w.hangUp()
	}
	return written, errCut
}

// finish writes a body that had to be complete first.
func (w *reply) finish() {
	if w.whole == nil {
		return
	}
	body := w.whole.Bytes()
	w.whole = nil
	middle := len(body) / 2
	switch {
	case w.rule.Malformed:
		// Closes whatever is open there, then goes on with something that JSON allows
		// neither inside nor outside a string.
		body = append(append(body[:middle:middle], "\"]}\x00"...), body[middle:]...)
	case w.rule.CutAt > 0:
		w.left = int(w.rule.CutAt * float64(len(body)))
	case w.rule.CutAfter != 0:
		w.left = max(w.rule.CutAfter, 0)
	case w.rule.Truncate:
		w.left = middle
	}
	if w.rule.Stall > 0 {
		n, err := w.Write(body[:middle])
		if n < middle || err != nil {
			return
		}
		_ = http.NewResponseController(w.ResponseWriter).Flush() // if not now, then later
		if sleep(w.call.r.Context(), w.rule.Stall) != nil {
			return
		}
		body = body[middle:]
	}
	_, _ = w.Write(body) // the client may be gone
}

// hangUp closes the connection in the middle of a message, after what was written
// so far reached the client.
func (w *reply) hangUp() {
	w.call.record()
	control := http.NewResponseController(w.ResponseWriter)
	_ = control.Flush() // the connection is closed in any case
	conn, _, err := control.Hijack()
	if err != nil { // HTTP/2 has no connection to take over
		panic(http.ErrAbortHandler)
	}
	_ = conn.Close()
}
