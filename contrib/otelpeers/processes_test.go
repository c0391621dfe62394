package otelpeers

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/httptap"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// serveCallee is the second process: an app with a toolbar, which serves until its input
// ends. It writes its address first.
func serveCallee() {
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	tb, err := toolbar.New(toolbar.Config{Path: os.Getenv("OTELPEERS_CALLEE"), Service: "stock"})
	fail(err)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stock/{id}", func(w http.ResponseWriter, r *http.Request) {
		ctx, s := tb.TracerProvider().Tracer("stock").Start(r.Context(), "count pots")
		defer s.End()
		fmt.Fprint(w, baggage.FromContext(ctx).Member("tier").Value())
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	fail(err)
	server := &http.Server{Handler: tb.Wrap(mux)}
	go func() { _ = server.Serve(listener) }()
	fmt.Println(listener.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
	fail(server.Shutdown(context.Background()))
	fail(tb.Close(context.Background()))
}

// callee starts the second process; stop ends it and waits until it has stored all.
func callee(t *testing.T, path string) (addr string, stop func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "OTELPEERS_CALLEE="+path)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the second process says nothing: %v", err)
	}
	return strings.TrimSpace(line), func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the second process: %v", err)
		}
	}
}

// TestTrace_GoesThroughTwoProcesses: whoever makes the call, the Record in the other
// process has the same trace, knows the span that called it, and gets the baggage.
func TestTrace_GoesThroughTwoProcesses(t *testing.T) {
	sdk := sdktrace.NewTracerProvider()
	defer func() { _ = sdk.Shutdown(context.Background()) }()
	for name, c := range map[string]toolbar.Config{"alone": {}, "with an SDK": {TracerProvider: sdk}} {
		t.Run(name, func(t *testing.T) {
			var page http.HandlerFunc
			c.Path = filepath.Join(t.TempDir(), "shared.db") // one file, two processes
			b := setup(t, c, &page)
			addr, stop := callee(t, c.Path)
			transport := http.DefaultTransport.(*http.Transport).Clone()
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: httptap.Transport(transport, httptap.Propagate(func(*http.Request) bool { return true }))}
			tracer := b.tb.TracerProvider().Tracer("shop")
			headers := propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
			page = func(_ http.ResponseWriter, r *http.Request) {
				for i, ask := range []func(*http.Request) (*http.Response, error){
					client.Do, // by our own tap
					func(req *http.Request) (*http.Response, error) { // by an instrumented library
						ctx, s := tracer.Start(req.Context(), "ask for stock")
						defer s.End()
						headers.Inject(ctx, propagation.HeaderCarrier(req.Header))
						return transport.RoundTrip(req)
					},
				} {
					req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, fmt.Sprintf("http://%s/stock/%d", addr, i), nil)
					if err != nil {
						t.Error(err)
						return
					}
					res, err := ask(req)
					if err != nil {
						t.Error(err)
						return
					}
					body, err := io.ReadAll(res.Body)
					res.Body.Close()
					if err != nil || string(body) != "gold" {
						t.Errorf("call %d: the other process finds the tier %q, %v", i, body, err)
					}
				}
			}
			req, _ := http.NewRequest(http.MethodGet, b.srv.URL+"/page", nil)
			req.Header.Set("Baggage", "tier=gold,token=hunter2")
			res, err := b.srv.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			stop()

			rec := b.records("path:/page")[0]
			spans := map[string]span{}
			for _, s := range rec.Spans {
				spans[s.ID] = s
			}
			there := b.records("name:%22GET%20/stock/{id}%22")
			if len(there) != 2 {
				t.Fatalf("%d Records of the other process", len(there))
			}
			for _, s := range there {
				from, ok := spans[s.Caller]
				want := map[string]string{"/stock/0": "call", "/stock/1": "custom"}[s.Path]
				if s.Trace != rec.Trace || !ok || from.Kind != want || from.Parent < 0 {
					t.Errorf("%s is in %s, called by %s, which is %+v; the page is in %s", s.Path, s.Trace, s.Caller, from, rec.Trace)
				}
				if len(s.Spans) < 2 || s.Spans[len(s.Spans)-1].Name != "count pots" {
					t.Errorf("%s lacks its span: %s", s.Path, s)
				}
				b.hides(s, "hunter2")
			}
			b.hides(rec, "hunter2")
		})
	}
}
