package syncrun

import (
	"bytes"
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/survey"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// A panic on a goroutine that reads pages ends the walk with an error, not the process:
// in each kind of list, on the first page and on a later one, and in lists by location.
func TestPanicsWhileReading(t *testing.T) {
	t.Parallel()
	for name, choose := range map[string]func(*survey.Estimate) bool{"one list": oneList, "by location": byLocation} {
		for _, list := range []string{"/licenses", "/locations", "/people", "/people#2", "/people?locationId", "/workspaces"} {
			if strings.Contains(list, "locationId") && name == "one list" {
				continue
			}
			t.Run(name+", "+list, func(t *testing.T) {
				t.Parallel()
				w := newWalker(t, manyPeople()).begun()
				w.engine.choose = choose
				next := w.transport
				w.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
					path, query, _ := strings.Cut(list, "?")
					path, second, _ := strings.Cut(path, "#")
					later := strings.Contains(r.URL.RawQuery, "cursor") || r.URL.Query().Get("after") != "" || r.URL.Query().Get("start") != ""
					if strings.HasSuffix(r.URL.Path, path) && (query == "" || r.URL.Query().Has(query)) && (second == "" || later) {
						panic("injected")
					}
					return next.RoundTrip(r)
				})
				_, err := w.rows(t.Context())
				thrown, ok := errors.AsType[*webex.PanicError](err)
				w.Expect(ok).To(BeTrue(), "%v", err)
				w.Expect(string(thrown.Stack)).To(ContainSubstring("panic_test.go"), "the log says where")
			})
		}
	}
}

// Each goroutine of the operator recovers from panics, which a recovery elsewhere does not
// see: one that nothing recovers from ends the process, and the runs of all customers.
func TestGoroutinesRecover(t *testing.T) {
	t.Parallel()
	// These two hand over to what recovers, and describe metrics when the process starts.
	elsewhere := map[string]string{"runner.go": "carryOut", "metrics.go": "Describe"}
	found := 0
	for _, dir := range []string{"../webex", "../access", "../discovery", "../budget", "../runner", "../syncrun", "../metrics", "../../controllers"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			set := token.NewFileSet()
			parsed, err := parser.ParseFile(set, file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(parsed, func(node ast.Node) bool {
				switch n := node.(type) {
				case *ast.GoStmt:
				case *ast.CallExpr:
					if s, ok := n.Fun.(*ast.SelectorExpr); !ok || s.Sel.Name != "Go" {
						return true
					}
				default:
					return true
				}
				found++
				var text bytes.Buffer
				if err := printer.Fprint(&text, set, node); err != nil {
					t.Error(err)
				}
				other := elsewhere[filepath.Base(file)]
				if !strings.Contains(text.String(), "Recovered(") && (other == "" || !strings.Contains(text.String(), other)) {
					t.Errorf("%s: begin it with webex.Recovered", set.Position(node.Pos()))
				}
				return true
			})
		}
	}
	if found == 0 {
		t.Error("no goroutine was found")
	}
}

func TestPanicEndsOneAttempt(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	err := failures.Carefully(t.Context(), func(context.Context) error { panic("jane@example.com") })
	failure := failures.Of(t.Context(), err)
	g.Expect(failure.Reason).To(Equal(v1alpha1.ReasonPartialResult))
	g.Expect(failure.Retriable()).To(BeTrue())
	g.Expect(failure.Message + failure.Cause()).NotTo(ContainSubstring("jane"))
	g.Expect(failures.Carefully(t.Context(), func(context.Context) error { return nil })).To(Succeed())
}
