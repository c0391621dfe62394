package signals_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

func newLog() (*slog.Logger, *bytes.Buffer) {
	var b bytes.Buffer
	return slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})), &b
}

func TestSG25_A37_RobustFailureIsLoggedOnce(t *testing.T) {
	t.Parallel()
	log, out := newLog()
	s := newSignal(signals.Logger(log))
	s.Connect(func(context.Context, signals.Event[order]) error { return nil }, signals.UID("a"))
	s.Connect(func(context.Context, signals.Event[order]) error { return errReceiver }, signals.UID("reserve-stock"))
	s.Connect(func(context.Context, signals.Event[order]) error { panic("boom") }, signals.UID("send-mail"))
	if _, err := s.SendRobust(t.Context(), nil, order{}); err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines, want one for each failure:\n%s", len(lines), out)
	}
	want := `level=ERROR msg="signal receiver failed" signal=order_saved receiver=reserve-stock err="no stock"`
	if lines[0] != want {
		t.Errorf("line\n%s\nwant\n%s", lines[0], want)
	}
	want = `level=ERROR msg="signal receiver failed" signal=order_saved receiver=send-mail err="panic: boom" stack="goroutine `
	if !strings.HasPrefix(lines[1], want) {
		t.Errorf("line\n%s\nwant\n%s", lines[1], want)
	}
}

func TestSG25_SendLogsNothing(t *testing.T) {
	t.Parallel()
	log, out := newLog()
	s := newSignal(signals.Logger(log))
	s.Connect(func(context.Context, signals.Event[order]) error { return errReceiver })
	_, _ = s.Send(t.Context(), nil, order{})
	if out.Len() > 0 {
		t.Errorf("logged %s", out)
	}
}

type panickingHandler struct{ slog.Handler }

func (panickingHandler) Enabled(context.Context, slog.Level) bool { panic("the log is broken") }

type hook struct{ c *calls }

func (h hook) call(context.Context, signals.Event[order]) error { h.c.add("hook"); return errReceiver }

func TestSG26_NamingAndLoggingNeverFail(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal(signals.Logger(slog.New(panickingHandler{})))
	s.Connect(hook{&c}.call)
	s.Connect(c.receiver("after", nil))
	results, err := s.SendRobust(t.Context(), nil, order{})
	if err != errReceiver || results.Len() != 2 {
		t.Errorf("results %v, %v", results, err)
	}
	c.want(t, "hook", "after")
	if got := results.All()[0].Receiver.String(); got != "signals_test.hook.call" {
		t.Errorf("name %q", got)
	}
}

// quiet is the logger of examples.
var quiet = slog.New(slog.DiscardHandler)
