// Package headlamp stands in for the backend of Headlamp, https://headlamp.dev, for the demo and
// for tests: it serves a host page made of Headlamp's own modules, one plugin and one cluster.
// Headlamp's backend can be had as an image only, which neither has.
//
// Unlike Headlamp it knows no login: each request to the cluster is made with the credentials
// that it was given. It therefore listens on loopback only, answers to its own address only, and
// takes what changes something from its own pages only.
package headlamp

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/rest"
)

// Cluster is the name of the cluster in addresses of the page: /c/main/webex.
const Cluster = "main"

// Options say what is served.
type Options struct {
	// Page is the directory of the host page: index.html and its assets.
	Page string
	// Plugin is the directory of the plugin's npm package: package.json and dist/main.js.
	Plugin string
	// Config reaches the API server, as the person who looks at the page.
	Config *rest.Config
}

// Server serves the page until it is closed.
type Server struct {
	// URL is the address of the page, without a slash at its end.
	URL string

	server *http.Server
}

// Start serves on a free port of 127.0.0.1.
func Start(ctx context.Context, o Options) (*Server, error) {
	if err := o.Built(); err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	host := listener.Addr().String()
	handler, err := newHandler(o, host)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s := &Server{URL: "http://" + host, server: &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second,
		// A browser that leaves while an answer is on its way is no error.
		ErrorLog: log.New(io.Discard, "", 0),
	}}
	go func() { _ = s.server.Serve(listener) }() // until Close
	return s, nil
}

// Close ends all connections.
func (s *Server) Close() error { return s.server.Close() }

// Home is the address of the web view's first page.
func (s *Server) Home() string { return s.URL + "/c/" + Cluster + "/webex" }

// Built names the first file that is missing.
func (o Options) Built() error {
	for _, file := range []string{filepath.Join(o.Page, "index.html"), filepath.Join(o.Plugin, mainFile), filepath.Join(o.Plugin, packageFile)} {
		if _, err := os.Stat(file); err != nil {
			return err
		}
	}
	return nil
}

const (
	mainFile    = "dist/main.js"
	packageFile = "package.json"
	pluginPath  = "plugins/webex-licenses"
)

// newHandler serves the page at host, which is an address with a port.
func newHandler(o Options, host string) (http.Handler, error) {
	cluster, err := toCluster(o.Config)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/clusters/"+Cluster+"/", http.StripPrefix("/clusters/"+Cluster, cluster))
	mux.HandleFunc("GET /config", answer(map[string]any{
		"clusters":                []map[string]any{{"name": Cluster, "server": "", "auth_type": "", "meta_data": map[string]any{}}},
		"isDynamicClusterEnabled": false,
		"allowKubeconfigChanges":  false,
	}))
	mux.HandleFunc("GET /plugins", answer([]map[string]string{{"path": pluginPath, "name": "webex-licenses", "type": "user"}}))
	for name, file := range map[string]string{"main.js": mainFile, "package.json": packageFile} {
		mux.HandleFunc("GET /"+pluginPath+"/"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFile(w, r, filepath.Join(o.Plugin, file))
		})
	}
	// Headlamp asks for files that a plugin need not have, such as translations.
	mux.Handle("/plugins/", http.NotFoundHandler())
	mux.Handle("/clusters/", http.NotFoundHandler())
	mux.Handle("/", servePage(os.DirFS(o.Page)))
	return guard(host, mux), nil
}

// toCluster forwards to the API server, WebSockets too.
func toCluster(config *rest.Config) (http.Handler, error) {
	target, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, err
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		return nil, err
	}
	return &httputil.ReverseProxy{
		Transport: transport, FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			// What the page sends does not change whose request it is.
			for name := range r.Out.Header {
				if name == "Authorization" || name == "Cookie" || strings.HasPrefix(name, "Impersonate-") {
					r.Out.Header.Del(name)
				}
			}
		},
	}, nil
}

func answer(value any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(value) // fails only if the browser is gone
	}
}

// servePage serves files, and the page itself at the addresses that its routes have.
func servePage(files fs.FS) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		info, err := fs.Stat(files, name)
		if err != nil || !info.Mode().IsRegular() {
			if !strings.Contains(r.Header.Get("Accept"), "text/html") {
				http.NotFound(w, r)
				return
			}
			name = "index.html"
		}
		http.ServeFileFS(w, r, files, name)
	})
}

// headers are stricter than those that docs/web-view.md asks of an ingress before Headlamp, whose
// own page has scripts in it, and a login in a window. Headlamp runs plugins by new Function, and
// its styles are put into the page by a script.
var headers = map[string]string{
	"Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; " +
		"img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Referrer-Policy":              "no-referrer",
	"X-Content-Type-Options":       "nosniff",
}

// guard keeps other pages of the browser away from the credentials.
func guard(host string, next http.Handler) http.Handler {
	next = http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		w.Header().Set("Cache-Control", "no-cache") // a plugin that was built again is taken at the next load
		if r.Host != host {
			http.Error(w, "this is "+host+": use that address", http.StatusMisdirectedRequest)
			return
		}
		// A WebSocket begins with GET, which the protection lets pass from anywhere.
		if r.Header.Get("Upgrade") != "" && r.Header.Get("Origin") != (&url.URL{Scheme: "http", Host: host}).String() {
			http.Error(w, "a WebSocket from another origin", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
