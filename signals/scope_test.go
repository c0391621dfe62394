package signals_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

func TestA16_D04_OutsideARequestTheScopeIsZero(t *testing.T) {
	t.Parallel()
	s := newSignal()
	s.Connect(func(ctx context.Context, _ signals.Event[order]) error {
		if got := signals.ScopeOf(ctx); got != (signals.Scope{}) || got.IP.IsValid() {
			t.Errorf("scope %+v", got)
		}
		return nil
	})
	mustSend(t, s, nil)
}

func TestScope_UserIsAddedToWhatThereIs(t *testing.T) {
	t.Parallel()
	ip := netip.MustParseAddr("2001:db8::1")
	outer := signals.WithScope(t.Context(), signals.Scope{RequestID: "r1", IP: ip})
	inner := signals.WithUser(outer, "ann")
	if got := signals.ScopeOf(inner); got.User != "ann" || got.RequestID != "r1" || got.IP != ip {
		t.Errorf("scope %+v", got)
	}
	if got := signals.ScopeOf(outer); got.User != "" {
		t.Errorf("scope %+v: contexts flow down only", got)
	}
}

func TestScope_TraceIsTheRecords(t *testing.T) {
	t.Parallel()
	var got signals.Scope
	_, rec := recorded(t, func(ctx context.Context) { got = signals.ScopeOf(ctx) })
	if got.Record != rec.ID || got.Traceparent != rec.Trace.Traceparent() {
		t.Errorf("scope %+v", got)
	}
}

func TestA37_FailuresAreLoggedWithTheRequest(t *testing.T) {
	t.Parallel()
	var c calls
	log, out := newLog()
	s := newSignal(signals.Logger(log))
	s.Connect(c.receiver("a", nil), signals.UID("a"))
	s.Connect(c.receiver("b", errReceiver), signals.UID("b"))
	s.Connect(func(context.Context, signals.Event[order]) error { panic("boom") }, signals.UID("c"))
	s.Connect(c.receiver("d", nil), signals.UID("d"))
	ctx := signals.WithScope(t.Context(), signals.Scope{RequestID: "req-7"})
	_, _ = s.SendRobust(ctx, nil, order{})
	c.want(t, "a", "b", "d")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	want := []string{
		`level=ERROR msg="signal receiver failed" signal=order_saved receiver=b err="no stock" request_id=req-7`,
		`level=ERROR msg="signal receiver failed" signal=order_saved receiver=c err="panic: boom" request_id=req-7 stack="goroutine `,
	}
	if len(lines) != 2 || lines[0] != want[0] || !strings.HasPrefix(lines[1], want[1]) {
		t.Errorf("logged\n%s", out)
	}
	if _, err := s.Send(ctx, nil, order{}); err != errReceiver {
		t.Errorf("error %v", err)
	}
	c.want(t, "a", "b")
}
