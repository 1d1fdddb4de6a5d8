// Package signin gets the first tokens of an integration: a person consents in a browser,
// which brings a code back to a listener on this machine, or the person pastes what the
// browser's address bar shows. The flow is that of RFC 8252 with PKCE (RFC 7636).
//
// Code, state, verifier and tokens leave it in requests to Webex and to the browser only.
package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// DefaultPort is where the browser comes back. Webex compares redirect URIs as they are
// written, so the port must not change from one sign-in to the next.
const DefaultPort = 8914

// Config says who signs in where.
type Config struct {
	// BaseURL is the root of the Webex API.
	BaseURL string
	// ClientID and ClientSecret are the integration's.
	ClientID, ClientSecret string
	// Scopes are those to ask for.
	Scopes []string
	// Port is that of the redirect URI.
	Port int
	// HTTP reaches Webex.
	HTTP *http.Client
	// Now tells the time.
	Now func() time.Time
}

// Flow is one sign-in, from the start page to the tokens.
type Flow struct {
	config Config
	oauth  oauth2.Config
	// address is host and port of the listener.
	address         string
	state, verifier string
	server          *http.Server
	// answered is closed once what Webex sent is there, seen once the browser has shown the last page.
	answered, seen chan struct{}
	// linger is how long the browser may take to fetch the last page.
	linger time.Duration

	mu       sync.Mutex // guards what follows
	answer   *answer
	redirect bool // to the last page
	saw      sync.Once
}

// answer is what Webex sent: a code, or why there is none.
type answer struct {
	code string
	err  error
}

// RedirectURI is what must be registered for a port.
func RedirectURI(port int) string {
	return "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) + callbackPath
}

// Listen takes the port and answers browsers of this machine from now on, until Close.
func Listen(ctx context.Context, c Config) (*Flow, error) {
	base := strings.TrimSuffix(c.BaseURL, "/")
	f := &Flow{
		config: c,
		oauth: oauth2.Config{
			ClientID: c.ClientID, ClientSecret: c.ClientSecret, Scopes: c.Scopes, RedirectURL: RedirectURI(c.Port),
			// To find out which style the server likes would use up the code.
			Endpoint: oauth2.Endpoint{AuthURL: base + "/authorize", TokenURL: base + "/access_token", AuthStyle: oauth2.AuthStyleInParams},
		},
		address: net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Port)),
		state:   rand.Text(), verifier: oauth2.GenerateVerifier(),
		answered: make(chan struct{}), seen: make(chan struct{}), linger: 2 * time.Second,
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp4", f.address)
	if err != nil {
		return nil, fmt.Errorf("the browser cannot come back to %s: %w: end what listens there, or choose another port with --callback-port and register %s for it",
			f.address, errors.Unwrap(err), "http://127.0.0.1:PORT"+callbackPath)
	}
	f.serve(listener)
	return f, nil
}

// StartURL is the page to open in a browser of this machine. It sends the browser on to
// Webex, so that the arguments of the browser's process have nothing of the sign-in.
func (f *Flow) StartURL() string { return "http://" + f.address + startPath }

// Link is Webex' own page, for a browser of another machine. It has the state in it.
func (f *Flow) Link() string {
	return f.oauth.AuthCodeURL(f.state, oauth2.S256ChallengeOption(f.verifier))
}

// The errors after which a flow goes on waiting.
var (
	errForeign = errors.New("that belongs to another sign-in: use the link of this one")
	errNoCode  = errors.New("that has no code: wait until Webex has sent the browser on, and copy the whole address")
)

// Paste takes the address that Webex has sent a browser of another machine to. After an
// error the flow goes on waiting; the error repeats nothing of the text.
func (f *Flow) Paste(text string) error {
	address, err := url.Parse(strings.TrimSpace(text))
	if err != nil || !strings.HasPrefix(strings.TrimSpace(text), f.oauth.RedirectURL+"?") {
		return fmt.Errorf("that is not the address that Webex sends the browser to: it begins with %s?", f.oauth.RedirectURL)
	}
	return f.take(address.Query(), false)
}

// take takes what came back, if it belongs to this flow. The first answer counts.
func (f *Flow) take(q url.Values, redirect bool) error {
	states, codes, faults := q["state"], q["code"], q["error"]
	if len(states) != 1 || subtle.ConstantTimeCompare([]byte(states[0]), []byte(f.state)) != 1 {
		return errForeign
	}
	var a answer
	switch {
	case len(faults) > 0:
		a.err = f.refusal(faults[0])
	case len(codes) == 1 && codes[0] != "":
		a.code = codes[0]
	default:
		return errNoCode
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.redirect = f.redirect || redirect
	if f.answer == nil {
		f.answer = &a
		close(f.answered)
	}
	return nil
}

// outcome is the answer, if there is one.
func (f *Flow) outcome() (a answer, there bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.answer == nil {
		return a, false
	}
	return *f.answer, true
}

// Answered is closed once an answer is there.
func (f *Flow) Answered() <-chan struct{} { return f.answered }

// Tokens waits for the answer and exchanges the code of it.
func (f *Flow) Tokens(ctx context.Context) (Tokens, error) {
	select {
	case <-f.answered:
	case <-ctx.Done():
		return Tokens{}, context.Cause(ctx)
	}
	a, _ := f.outcome()
	if a.err != nil {
		return Tokens{}, a.err
	}
	return f.exchange(ctx, a.code)
}

// Close ends the listener, after the browser has its last page.
func (f *Flow) Close() {
	f.mu.Lock()
	redirected := f.redirect
	f.mu.Unlock()
	if redirected {
		select {
		case <-f.seen:
		case <-time.After(f.linger):
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), f.linger/4)
	defer cancel()
	_ = f.server.Shutdown(ctx) // a connection without a request would hold it up
	_ = f.server.Close()
}
