package monitor_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/commands/commandstest"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/monitor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errRefused = errors.New("refused")

func newSignal() *signals.Signal[int] {
	return signals.New[int]("monitored", signals.Unlisted(), signals.Logger(slog.New(slog.DiscardHandler)))
}

// send sends through a monitor that sees this send alone.
func send(t *testing.T, m *monitor.Monitor, s *signals.Signal[int], payload int) (signals.Results, error) {
	return s.Send(signals.WithInterceptors(t.Context(), m.Interceptors()), nil, payload)
}

// onOrder does what the payload says.
func onOrder(_ context.Context, e signals.Event[int]) error {
	time.Sleep(time.Millisecond) // inside a bubble of synctest: no time passes
	e.Return(7)
	switch e.Payload {
	case 1:
		return errRefused
	case 2:
		panic("boom")
	case 3:
		runtime.Goexit()
	}
	return nil
}

func TestA24_D06_WrapChangesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := monitor.New(monitor.Options{})
		s := newSignal()
		s.Connect(monitor.Wrap(m, onOrder))
		ctx := t.Context()
		if results, err := s.Send(ctx, nil, 0); err != nil || results.All()[0].Value != 7 {
			t.Errorf("results %+v, %v", results, err)
		}
		if _, err := s.Send(ctx, nil, 1); err != errRefused {
			t.Errorf("error %v", err)
		}
		func() {
			defer func() {
				if v := recover(); v != "boom" {
					t.Errorf("panic %v", v)
				}
			}()
			_, _ = s.Send(ctx, nil, 2)
		}()
		done := make(chan bool)
		go func() {
			defer close(done)
			_, _ = s.Send(ctx, nil, 3)
		}()
		<-done
		got := m.Executions("monitor_test.onOrder")
		if len(got) != 4 {
			t.Fatalf("executions %+v", got)
		}
		for i, want := range []string{"", "refused", "panic: boom", "the receiver called runtime.Goexit"} {
			if e := got[i]; e.Err != want || e.Duration != time.Millisecond || e.Time.IsZero() {
				t.Errorf("execution %d: %+v", i, e)
			}
		}
		m.SetEnabled(false)
		if results, err := s.Send(ctx, nil, 0); err != nil || results.All()[0].Value != 7 || len(m.Executions("monitor_test.onOrder")) != 4 {
			t.Errorf("switched off: %+v, %v", results, err)
		}
		m.SetEnabled(true)
	})
}

// sleeper takes as many milliseconds as the payload says.
func sleeper(_ context.Context, e signals.Event[int]) error {
	time.Sleep(time.Duration(e.Payload) * time.Millisecond)
	return nil
}

// tenCalls makes 3 calls of 150 ms and 7 of 1 ms.
func tenCalls(t *testing.T, m *monitor.Monitor) {
	s := newSignal()
	s.Connect(sleeper, signals.UID("h"))
	for i := range 10 {
		ms := 1
		if i < 3 {
			ms = 150
		}
		if _, err := send(t, m, s, ms); err != nil {
			t.Error(err)
		}
	}
}

func TestA25_StatisticsAndSlowOnes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := monitor.New(monitor.Options{})
		tenCalls(t, m)
		s := newSignal()
		s.Connect(sleeper, signals.UID("exactly"))
		_, _ = send(t, m, s, 100)
		if got := m.Executions("h"); len(got) != 10 {
			t.Errorf("%d executions", len(got))
		}
		want := monitor.Stats{Receiver: "h", Executions: 10, Average: 45_700 * time.Microsecond, Max: 150 * time.Millisecond}
		if got := m.Stats("h"); len(got) != 1 || got[0] != want {
			t.Errorf("stats %+v", got)
		}
		if got := m.Stats(); len(got) != 2 || got[0].Receiver != "exactly" {
			t.Errorf("stats %+v", got)
		}
		slow := monitor.Slow{Receiver: "h", Count: 3, Of: 10, Average: 150 * time.Millisecond, Max: 150 * time.Millisecond}
		if got := m.Slow(100 * time.Millisecond); len(got) != 1 || got[0] != slow {
			t.Errorf("slow %+v", got)
		}
		if got := m.Slow(0); len(got) != 0 {
			t.Errorf("slower than a second: %+v", got)
		}
		m.Reset()
		if len(m.Stats()) != 0 || len(m.Slow(1)) != 0 || len(m.Executions("h")) != 0 {
			t.Error("something is left")
		}
	})
}

func TestA25_ManyCallsStayBounded(t *testing.T) {
	t.Parallel()
	m := monitor.New(monitor.Options{Keep: 100})
	s := newSignal()
	s.Connect(monitor.Wrap(m, func(context.Context, signals.Event[int]) error { return nil }))
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 1000 {
				_, _ = s.Send(context.Background(), nil, 0)
			}
		})
	}
	wg.Wait()
	got := m.Stats()
	if len(got) != 1 || got[0].Executions != 16_000 || len(m.Executions(got[0].Receiver)) != 100 {
		t.Errorf("stats %+v", got)
	}
	few := monitor.New(monitor.Options{MaxReceivers: 2})
	for i := range 5 {
		s := newSignal()
		s.Connect(sleeper, signals.UID(fmt.Sprint("r", i)))
		_, _ = send(t, few, s, 0)
	}
	if got := few.Stats(); len(got) != 3 || got[0].Receiver != "__other__" || got[0].Executions != 3 {
		t.Errorf("stats %+v", got)
	}
}

func TestA25_ReceiversOfOneNameAreToldApart(t *testing.T) {
	t.Parallel()
	m := monitor.New(monitor.Options{})
	s := newSignal()
	s.Connect(monitor.SameName, signals.Name("onOrder"))
	s.Connect(sleeper, signals.Name("onOrder"))
	_, _ = send(t, m, s, 0)
	got := m.Stats("onOrder")
	if len(got) != 2 || !strings.HasPrefix(got[0].Receiver, "onOrder (monitor/monitor_test.go:") ||
		!strings.HasPrefix(got[1].Receiver, "onOrder (monitor/same_test.go:") {
		t.Errorf("stats %+v", got)
	}
}

func TestD14_ConditionsAreSeenAndNotMeasured(t *testing.T) {
	t.Parallel()
	m := monitor.New(monitor.Options{})
	s := newSignal()
	s.Connect(sleeper, signals.When(isLarge))
	results, err := send(t, m, s, 0)
	if err != nil || results.All()[0].Skipped != "monitor_test.isLarge" || len(m.Stats()) != 0 {
		t.Errorf("results %+v, %v, stats %+v", results, err, m.Stats())
	}
	if _, err := send(t, m, s, 1); err != nil || len(m.Stats("monitor_test.sleeper")) != 1 {
		t.Errorf("stats %+v, %v", m.Stats(), err)
	}
}

func isLarge(_ context.Context, e signals.Event[int]) bool { return e.Payload > 0 }

// Not parallel: the monitor sees every receiver of the process.
func TestA24_InstallMeasuresEveryReceiver(t *testing.T) {
	m := monitor.New(monitor.Options{})
	s := newSignal()
	s.Connect(sleeper, signals.UID("h"))
	remove := m.Install()
	_, _ = s.Send(t.Context(), nil, 0)
	_, _ = s.SendConcurrent(t.Context(), 0, nil, 0)
	remove()
	_, _ = s.Send(t.Context(), nil, 0)
	if got := m.Stats("h"); len(got) != 1 || got[0].Executions != 2 {
		t.Errorf("stats %+v", got)
	}
}

const tenCallsReport = `
Handler: h
 Executions: 10
 Average duration: 0.0457s
 Max duration: 0.1500s
 Errors: 0
`

// performance is the command of an app whose server runs in another process and
// hands its report out as JSON.
func performance(url string) *commands.Root {
	root := commands.New("app")
	root.Add(commands.Command{Name: "signal_performance", Setup: func(f *commands.Flags) commands.RunFunc {
		threshold := f.Duration("threshold", time.Second, "")
		return func(ctx context.Context, run *commands.Run) error {
			req, err := http.NewRequestWithContext(ctx, "GET", url+"?threshold="+threshold.String(), nil)
			if err != nil {
				return err
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				return err
			}
			defer res.Body.Close()
			var r monitor.Report
			if err := json.NewDecoder(res.Body).Decode(&r); err != nil {
				return err
			}
			_, err = r.WriteTo(run.Out)
			return err
		}
	}})
	return root
}

func TestA26_TheCommandPrintsWhatTheRunningServerMeasured(t *testing.T) {
	m := monitor.New(monitor.Options{})
	synctest.Test(t, func(t *testing.T) { tenCalls(t, m) })
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		threshold, _ := time.ParseDuration(r.FormValue("threshold"))
		_ = json.NewEncoder(w).Encode(m.Report(threshold))
	}))
	defer srv.Close()
	defer http.DefaultClient.CloseIdleConnections()
	for flag, want := range map[string]string{
		"--threshold=100ms": tenCallsReport + "\nSlow handlers (>100ms):\n h: 3/10 slow executions\n",
		"--threshold=20ms":  tenCallsReport + "\nSlow handlers (>20ms):\n h: 3/10 slow executions\n",
		"--threshold=1s":    tenCallsReport,
	} {
		if res := commandstest.Call(t, performance(srv.URL), "signal_performance", flag); res.Code != 0 || res.Stdout != want {
			t.Errorf("%s printed\n%s\n%+v", flag, res.Stdout, res.Err)
		}
	}
}

// TestA41_D08 is the test that the document wanted: it must fail with the handler
// that the document gave.
func TestA41_D08_SlowHandlersAreNoticed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ ms, slow int }{"fast": {50, 0}, "the document's 500 ms": {500, 10}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := monitor.New(monitor.Options{})
				created := newSignal()
				created.Connect(sleeper, signals.UID("handler"))
				for range 10 {
					_, _ = send(t, m, created, tt.ms)
				}
				if got := m.Stats("handler"); len(got) != 1 || got[0].Executions != 10 {
					t.Errorf("stats %+v", got)
				}
				n := 0
				for _, s := range m.Slow(100 * time.Millisecond) {
					n += s.Count
				}
				if n != tt.slow {
					t.Errorf("%d slow ones, want %d", n, tt.slow)
				}
			})
		})
	}
}

func Example() {
	m := monitor.New(monitor.Options{})
	paid := newSignal()
	paid.Connect(func(context.Context, signals.Event[int]) error { return errRefused }, signals.UID("reserve-stock"))
	ctx := signals.WithInterceptors(context.Background(), m.Interceptors()) // or m.Install, for the whole process
	_, _ = paid.SendRobust(ctx, "shop", 7)
	for _, s := range m.Stats() {
		fmt.Println(s.Receiver, s.Executions, s.Errors)
	}
	// Output: reserve-stock 1 1
}
