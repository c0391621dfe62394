package instrument_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

type counterView struct{ n int }

func (v *counterView) show(w http.ResponseWriter, r *http.Request) { v.count(r); w.WriteHeader(v.n) }

//go:noinline
func (v *counterView) count(r *http.Request) {
	if r.Method == http.MethodGet {
		v.n++
	}
}

// Handlers of an app are mostly values of methods, whose wrappers say nothing of where they are written.
func TestFuncSource_OfAMethodIsWhereItIsWritten(t *testing.T) {
	t.Parallel()
	v := &counterView{}
	for range 2 { // found, and known
		for name, fn := range map[string]any{"show": v.show, "count": v.count} {
			s := instrument.FuncSource(fn)
			if s.Func != "instrument_test.(*counterView)."+name || !strings.HasSuffix(s.File, "instrument/source_test.go") || s.Line < 13 || s.Line > 20 {
				t.Errorf("%s is written at %+v", name, s)
			}
		}
	}
	if s := instrument.FuncSource((&http.Server{}).Close); s.Func != "http.(*Server).Close" || !strings.HasSuffix(s.File, "net/http/server.go") {
		t.Errorf("of the standard library: %+v", s)
	}
	var l interface{ Error() string } = http.ErrAbortHandler
	if s := instrument.FuncSource(l.Error); s.Func == "" {
		t.Errorf("a method of an interface has no name: %+v", s)
	}
	if s := instrument.FuncSource(nil); s != (instrument.Source{}) {
		t.Errorf("nil is written at %+v", s)
	}
}
