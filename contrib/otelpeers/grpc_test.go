package otelpeers

import (
	"net"
	"net/http"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/propagation"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// TestOtelgrpc_ACallAndItsServerAreOneTrace: the client's span is a call of the page, the
// server's a Record of its own, which knows who called it.
func TestOtelgrpc_ACallAndItsServerAreOneTrace(t *testing.T) {
	var page http.HandlerFunc
	b := setup(t, toolbar.Config{}, &page)
	opts := []otelgrpc.Option{otelgrpc.WithTracerProvider(b.tb.TracerProvider()), otelgrpc.WithPropagators(propagation.TraceContext{}),
		otelgrpc.WithMessageEvents(otelgrpc.ReceivedEvents, otelgrpc.SentEvents)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.StatsHandler(otelgrpc.NewServerHandler(opts...)))
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithStatsHandler(otelgrpc.NewClientHandler(opts...)))
	if err != nil {
		t.Fatal(err)
	}
	page = func(_ http.ResponseWriter, r *http.Request) {
		c := grpc_health_v1.NewHealthClient(conn)
		if _, err := c.Check(r.Context(), &grpc_health_v1.HealthCheckRequest{}); err != nil {
			t.Error(err)
		}
		if _, err := c.Check(r.Context(), &grpc_health_v1.HealthCheckRequest{Service: "nobody"}); err == nil {
			t.Error("nobody is healthy")
		}
	}
	b.get("/page")
	conn.Close()
	server.GracefulStop() // its spans have ended then
	if err := <-served; err != nil {
		t.Error(err)
	}
	rec := b.records("path:/page")[0]
	calls := rec.kinds("call")
	if len(calls) != 2 || calls[0].Name != "grpc.health.v1.Health/Check" || calls[0].Attrs["server.address"] == nil || calls[1].Error == "" {
		t.Fatalf("the page:\n%s", rec)
	}
	callers := map[string]bool{calls[0].ID: true, calls[1].ID: true}
	serverSide := b.records("trace:" + rec.Trace)
	if len(serverSide) != 3 {
		t.Fatalf("%d Records in the trace, want the page and two calls", len(serverSide))
	}
	for _, s := range serverSide {
		if s.ID == rec.ID {
			continue
		}
		if s.Kind != "request" || s.Path != "/grpc.health.v1.Health/Check" || !callers[s.Caller] {
			t.Errorf("a server's Record: %+v, called by %s, want one of %v", s, s.Caller, callers)
		}
		delete(callers, s.Caller)
	}
	b.shows(rec, "calls", "grpc.health.v1.Health/Check")
}
