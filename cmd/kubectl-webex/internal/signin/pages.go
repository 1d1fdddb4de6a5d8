package signin

import (
	"html/template"
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// The paths that are served. The browser keeps donePath, which has nothing of the code.
const (
	startPath    = "/start"
	callbackPath = "/callback"
	donePath     = "/done"
)

// serve answers browsers until the flow is closed.
func (f *Flow) serve(listener net.Listener) {
	mux := http.NewServeMux()
	mux.HandleFunc(startPath, f.start)
	mux.HandleFunc(callbackPath, f.callback)
	mux.HandleFunc(donePath, f.done)
	f.server = &http.Server{
		Handler: f.guarded(mux), ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10,
		ErrorLog: log.New(io.Discard, "", 0), // it would name addresses, and end up on the terminal
	}
	go func() { _ = f.server.Serve(listener) }() // it ends with Close
}

// guarded answers nothing but navigations of a browser to this very address: a page of
// another origin may know the port, and a name that resolves to 127.0.0.1 (DNS rebinding).
func (f *Flow) guarded(pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range map[string]string{
			"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
			"Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		} {
			w.Header().Set(name, value)
		}
		origin, mode := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Mode")
		switch {
		case r.Host != f.address, origin != "" && origin != "http://"+f.address, mode != "" && mode != "navigate":
			show(w, http.StatusForbidden, page{"Refused", "This page answers the browser of a sign-in only."})
		case r.Method != http.MethodGet:
			w.Header().Set("Allow", http.MethodGet)
			show(w, http.StatusMethodNotAllowed, page{"Refused", "This page is only for reading."})
		default:
			pages.ServeHTTP(w, r)
		}
	})
}

// start sends the browser to Webex.
func (f *Flow) start(w http.ResponseWriter, r *http.Request) {
	if _, over := f.outcome(); over {
		f.done(w, r)
		return
	}
	w.Header().Set("Location", f.Link())
	w.WriteHeader(http.StatusSeeOther)
}

// callback takes what Webex sends by the browser, and sends the browser on, so that its
// history and its address bar keep no code.
func (f *Flow) callback(w http.ResponseWriter, r *http.Request) {
	_, over := f.outcome()
	if err := f.take(r.URL.Query(), true); err != nil && !over {
		show(w, http.StatusBadRequest, page{"Not of this sign-in", "The command still waits: go on in the tab that it has opened, or open " + f.StartURL() + "."})
		return
	}
	w.Header().Set("Location", donePath)
	w.WriteHeader(http.StatusSeeOther)
}

// done is the last page.
func (f *Flow) done(w http.ResponseWriter, _ *http.Request) {
	a, over := f.outcome()
	switch {
	case !over:
		show(w, http.StatusNotFound, page{"Not yet", "The command still waits for the sign-in."})
		return
	case a.err != nil:
		show(w, http.StatusOK, page{"Not signed in", "You may close this tab: the command says in its terminal what to do."})
	default:
		show(w, http.StatusOK, page{"Webex has answered", "You may close this tab: the command goes on in its terminal."})
	}
	f.saw.Do(func() { close(f.seen) })
}

type page struct{ Title, Text string }

var layout = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>kubectl webex: {{.Title}}</title></head>
<body><h1>{{.Title}}</h1><p>{{.Text}}</p></body>
</html>
`))

func show(w http.ResponseWriter, status int, p page) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = layout.Execute(w, p) // the browser has gone
}
