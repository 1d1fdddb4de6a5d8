package operator

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/webex-operator/webex-license-operator/internal/webex"
)

func TestCrashed(t *testing.T) {
	t.Parallel()
	thrown := webex.Recovered(func() error { panic("a page") })
	for name, test := range map[string]struct {
		log     string
		crashed bool
	}{
		"nothing":                        {"", false},
		"an error on a recovering stack": {written(func(l *zap.Logger) { l.Error("a pause could not be written down", zap.Error(errors.New("conflict"))) }), false},
		"a step that panicked":           {written(func(l *zap.Logger) { l.Error("a step of a run panicked", zap.Error(thrown)) }), true},
		"a panic in another's words":     {written(func(l *zap.Logger) { l.Error("it failed", zap.Error(fmt.Errorf("page: %w", thrown))) }), true},
		"controller-runtime's":           {`{"level":"error","msg":"Observed a panic","panic":"a page"}`, true},
		"the runtime's":                  {"{}\npanic: a page\n\ngoroutine 7 [running]:\n", true},
		"a map written twice":            {"{}\nfatal error: concurrent map writes\n", true},
		"the race detector's":            {"==================\nWARNING: DATA RACE\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "an error on a recovering stack" && !strings.Contains(test.log, "panic.go") {
				t.Error("the stack names no file that is called after panics")
			}
			if sign := Crashed(test.log); (sign != "") != test.crashed {
				t.Errorf("found %q in %q", sign, test.log)
			}
		})
	}
}

// written is what a manager's logger, which adds a stack to an error, writes of a step that
// recovers panics.
func written(tell func(*zap.Logger)) string {
	var log strings.Builder
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(&log), zap.DebugLevel)
	_ = webex.Recovered(func() error { tell(zap.New(core, zap.AddStacktrace(zap.ErrorLevel))); return nil })
	return log.String()
}
