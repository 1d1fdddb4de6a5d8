package cli

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/screentest"
	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/terminal"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/internal/zonedata"
)

var update = flag.Bool("update", false, "write the golden files")

// now is the time in all tests with fixed objects.
var now = time.Date(2026, 3, 10, 9, 30, 0, 0, time.UTC)

// world is what a command under test sees.
type world struct {
	t         *testing.T
	client    client.WithWatch
	namespace string
	// live makes the output a terminal without colours.
	live   bool
	stdin  string
	inLive bool
	// env are the variables of the environment.
	env map[string]string
	// typed, if set, is what is typed without echo, given what the screen shows.
	typed func(screen string) string
	// browser, if set, is the person's.
	browser func(url string) error
	now     func() time.Time
	ctx     context.Context
	// terminal, if set, shows both streams.
	terminal *screentest.Screen
	// connectErr is what connecting fails with.
	connectErr error
}

// result is what a command did.
type result struct {
	// out and err are the two streams, screen is what a person sees.
	out, err, screen string
	code             int
}

func newWorld(t *testing.T, objects ...client.Object) *world {
	t.Helper()
	return newWorldWith(t, interceptor.Funcs{}, objects...)
}

func newWorldWith(t *testing.T, funcs interceptor.Funcs, objects ...client.Object) *world {
	t.Helper()
	scheme, err := cluster.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	listing := funcs.List
	funcs.List = func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
		defer list.SetResourceVersion("999") // the fake lists without one, which no API server does
		if listing == nil {
			return c.List(ctx, list, opts...)
		}
		return listing(ctx, c, list, opts...)
	}
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithInterceptorFuncs(funcs).
		WithStatusSubresource(&v1alpha1.WebexCustomerAccess{}, &v1alpha1.LicenseSync{}, &v1alpha1.LicenseSyncSchedule{}, &v1alpha1.WebexLicense{}, &v1alpha1.WebexLicenseAssignment{}, &v1alpha1.WebexPartner{}).Build()
	return &world{t: t, client: c, namespace: "webex", now: func() time.Time { return now }, ctx: t.Context()}
}

// stream writes to its own buffer and to the screen.
type stream struct {
	mu          *sync.Mutex
	own, screen *bytes.Buffer
}

func (s stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.screen.Write(p)
	return s.own.Write(p)
}

// typist types the input, which a terminal shows.
type typist struct {
	rest string
	echo io.Writer
}

// Read gives one byte, as it is asked for.
func (t *typist) Read(p []byte) (int, error) {
	if t.rest == "" {
		return 0, io.EOF
	}
	n := copy(p, t.rest)
	if t.echo != nil {
		_, _ = t.echo.Write(p[:n])
	}
	t.rest = t.rest[n:]
	return n, nil
}

// secret is a line that a terminal does not show.
func (t *typist) secret() (string, error) {
	line, rest, found := strings.Cut(t.rest, "\n")
	if t.rest = rest; !found {
		return "", io.EOF
	}
	return line, nil
}

// run carries out a command line.
func (w *world) run(args ...string) result {
	w.t.Helper()
	var mu sync.Mutex
	var out, errs, screen bytes.Buffer
	size := func() (int, int) { return 120, 30 }
	var toOut, toErr io.Writer = stream{&mu, &out, &screen}, stream{&mu, &errs, &screen}
	if w.terminal != nil {
		toOut, toErr = w.terminal, w.terminal
		size = func() (int, int) { return w.terminal.Columns, w.terminal.Height }
	}
	keyboard := &typist{rest: w.stdin}
	if w.inLive {
		keyboard.echo = toErr
	}
	code := Run(w.ctx, args, Env{
		In:     keyboard,
		InLive: w.inLive,
		ReadSecret: func(context.Context) (string, error) {
			if w.typed == nil {
				return keyboard.secret()
			}
			mu.Lock()
			shown := screen.String()
			mu.Unlock()
			return w.typed(shown), nil
		},
		OpenBrowser: func(url string) <-chan error {
			ended := make(chan error, 1)
			go func() { ended <- w.browser(url) }()
			return ended
		},
		Getenv:  func(name string) string { return w.env[name] },
		Retry:   webex.RetryPolicy{Attempts: 2, Base: time.Millisecond, Cap: time.Millisecond},
		Out:     terminal.Terminal{Out: toOut, Live: w.live, Unicode: true, Size: size},
		Err:     terminal.Terminal{Out: toErr, Live: w.live, Unicode: true, Size: size},
		Now:     w.now,
		Zone:    time.FixedZone("CET", 3600),
		Zones:   zonedata.Data{Version: "2026f", Source: zonedata.Embedded},
		Version: "v0.0.0-test",
		Connect: func(f *cluster.Flags) (*cluster.Session, error) {
			if w.connectErr != nil {
				return nil, w.connectErr
			}
			return f.SessionFor(w.client, w.namespace), nil
		},
	})
	return result{out: out.String(), err: errs.String(), screen: screen.String(), code: code}
}

// golden compares what a person sees with a file.
func (w *world) golden(name string, args ...string) {
	w.t.Helper()
	got := w.run(args...)
	text := "$ kubectl webex " + shell(args) + "\n" + got.screen
	if got.code != ExitOK {
		text += fmt.Sprintf("(exit code %d)\n", got.code)
	}
	compareGolden(w.t, name, text)
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	compareGoldenFile(t, filepath.Join("testdata", name+".golden"), got)
}

func compareGoldenFile(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil { //nolint:gosec // a test file
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: go test -update writes it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), go test -update takes the new one:\n%s", path, diff)
	}
}

// shell quotes arguments as a person would type them.
func shell(args []string) string {
	quoted := make([]string, len(args))
	for i, arg := range args {
		quoted[i] = arg
		if arg == "" || strings.ContainsAny(arg, " *{}$'\"") {
			quoted[i] = "'" + arg + "'"
		}
	}
	return strings.Join(quoted, " ")
}
