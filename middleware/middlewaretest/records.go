package middlewaretest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// Records records requests for a test to look at. Make it with NewRecords.
type Records struct {
	Recorder *instrument.Recorder

	ended chan *instrument.Record
}

// NewRecords makes a Recorder of its own. It keeps up to 1000 Records that were
// not asked for with Next.
func NewRecords() *Records {
	r := &Records{ended: make(chan *instrument.Record, 1000)}
	r.Recorder = instrument.New(instrument.Config{Sink: r})
	return r
}

// Wrap records what h serves.
func (r *Records) Wrap(h http.Handler) http.Handler {
	return middleware.Record(r.Recorder, middleware.RecordOptions{})(h)
}

// Want implements instrument.Sink.
func (r *Records) Want(*instrument.Summary) bool { return true }

// Put implements instrument.Sink.
func (r *Records) Put(s *instrument.Summary, blob []byte) {
	if rec, err := instrument.Decode(*s, blob, instrument.LiveNames()); err == nil {
		select {
		case r.ended <- rec:
		default:
		}
	}
}

// Next waits for the next Record that ended.
func (r *Records) Next(t testing.TB) *instrument.Record {
	t.Helper()
	select {
	case rec := <-r.ended:
		return rec
	case <-time.After(patience):
		t.Fatal("no request was recorded")
		return nil
	}
}

// Tree draws the spans of a Record, one a line, indented by depth: "view
// main.hello", with flags in brackets.
func Tree(r *instrument.Record) string {
	var b strings.Builder
	depth := make([]int, len(r.Spans))
	for i, s := range r.Spans {
		if s.Parent >= 0 {
			depth[i] = depth[s.Parent] + 1
		}
		fmt.Fprintf(&b, "%s%s %s", strings.Repeat("  ", depth[i]), s.Handler.Kind, s.Handler.Name)
		if s.Flags != 0 {
			fmt.Fprintf(&b, " [%s]", s.Flags)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// Attr is an attribute of a span, or of a Record with its Attrs; nil if there is
// none of that name.
func Attr(attrs []instrument.KV, name string) any {
	for _, a := range attrs {
		if a.Key == name {
			return a.Value
		}
	}
	return nil
}
