package toolbar_test

import (
	"bytes"
	"context"
	"expvar"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel"

	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// childEnv says in a process that a test has started what that is to do: state is then that
// of a process in which nothing else runs.
const childEnv = "TOOLBAR_TEST_CHILD"

// again runs one test of this binary in a process of its own, and gives what it prints.
func again(t *testing.T, change func(*exec.Cmd), args ...string) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run", "^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), childEnv+"="+t.Name())
	cmd.Args = append(cmd.Args, args...)
	if change != nil {
		change(cmd)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

func isChild(t *testing.T) bool { return os.Getenv(childEnv) == t.Name() }

// TestF05_TheProcessIsAsItWas compares all that a process has of which there is one, before
// the toolbar is there, while it works and after it is closed.
func TestF05_TheProcessIsAsItWas(t *testing.T) {
	if !isChild(t) {
		out := again(t, nil)
		if !strings.Contains(out, "compared ") {
			t.Fatalf("the child compared nothing:\n%s", out)
		}
		t.Log(lineWith(out, "compared "))
		return
	}
	path := filepath.Join(t.TempDir(), "toolbar.db")
	warmUp(t)
	running, before := goroutines(t), stateOfProcess(t)
	tb, err := toolbar.New(toolbar.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	wrapped := tb.Wrap(hello)
	same := func(when string, but ...string) {
		t.Helper()
		now := stateOfProcess(t)
		for name, want := range before {
			if now[name] != want && !slices.Contains(but, name) {
				t.Errorf("%s: %s is\n%s\nand was\n%s", when, name, now[name], want)
			}
		}
	}
	same("after New and Wrap", "open files")
	for i := range 100 {
		ask(wrapped, fmt.Sprint("/", i), stranger)
	}
	for _, page := range []string{"", "requests", "health", "metrics", "api/v1/handlers"} {
		ask(wrapped, "/_toolbar/"+page, local)
	}
	if err := tb.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	same("while it works", "open files")
	if err := tb.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); goroutines(t) > running; {
		if time.Now().After(deadline) {
			t.Errorf("after Close: %d goroutines run, and %d did before", goroutines(t), running)
			break
		}
		runtime.Gosched() // the last ones are returning
	}
	same("after Close")
	// The test sees what it is to see.
	t.Setenv("TOOLBAR_TEST_CHANGED", "1")
	signal.Ignore(syscall.SIGUSR2)
	flags := log.Flags()
	log.SetFlags(flags ^ log.LUTC)
	now := stateOfProcess(t)
	signal.Reset(syscall.SIGUSR2)
	log.SetFlags(flags)
	for _, name := range []string{"environment", "SigIgn", "ignored signals", "log"} {
		if now[name] == before[name] {
			t.Errorf("a change of %s was not seen", name)
		}
	}
	fmt.Printf("compared %d things\n", len(before))
}

// warmUp has the standard library open what it keeps: a poller, the log, its caches.
func warmUp(t *testing.T) {
	t.Helper()
	began := goroutines(t)
	srv := httptest.NewServer(hello)
	res, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = io.Copy(io.Discard, res.Body); err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	srv.Close()
	stateOfProcess(t)
	for deadline := time.Now().Add(time.Minute); goroutines(t) > began && time.Now().Before(deadline); {
		runtime.Gosched() // those of the connection are returning, and are no part of what was before
	}
}

// goroutines counts them while all stand still, as runtime.NumGoroutine does not.
func goroutines(t *testing.T) (n int) {
	t.Helper()
	var profile strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(profile.String(), "goroutine profile: total %d", &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// stateOfProcess describes all of which a process has one.
func stateOfProcess(t *testing.T) map[string]string {
	t.Helper()
	s := map[string]string{}
	put := func(name string, v any) { s[name] = fmt.Sprint(v) }
	env := os.Environ()
	slices.Sort(env)
	put("environment", strings.Join(env, "\n"))
	cwd, err := os.Getwd()
	put("folder", fmt.Sprint(cwd, err))
	mask := syscall.Umask(0)
	syscall.Umask(mask)
	put("umask", mask)
	put("arguments", os.Args)
	put("GOMAXPROCS", runtime.GOMAXPROCS(0))
	gc := debug.SetGCPercent(100)
	debug.SetGCPercent(gc)
	put("GC", gc)
	put("memory limit", debug.SetMemoryLimit(-1))
	threads := debug.SetMaxThreads(10_000)
	debug.SetMaxThreads(threads)
	put("threads", threads)
	stack := debug.SetMaxStack(1 << 30)
	debug.SetMaxStack(stack)
	put("stack", stack)
	put("mutex profile", runtime.SetMutexProfileFraction(-1))
	put("heap profile", runtime.MemProfileRate)
	fault := debug.SetPanicOnFault(false)
	debug.SetPanicOnFault(fault)
	put("faults", fault)
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		if slices.Contains([]string{"SigBlk", "SigIgn", "SigCgt", "Uid", "Gid", "Groups", "Umask", "NoNewPrivs", "Seccomp", "CapEff", "CapPrm"}, name) {
			put(name, strings.TrimSpace(value))
		}
	}
	ignored := []int{}
	for n := 1; n < 65; n++ {
		if signal.Ignored(syscall.Signal(n)) {
			ignored = append(ignored, n)
		}
	}
	put("ignored signals", ignored)
	limits, err := os.ReadFile("/proc/self/limits")
	if err != nil {
		t.Fatal(err)
	}
	put("limits", string(limits))
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	put("open files", len(fds))
	var labels bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&labels, 1); err != nil {
		t.Fatal(err)
	}
	put("labels of this goroutine", strings.Contains(labelsOf(labels.String(), "stateOfProcess"), "labels:"))
	put("default mux", fmt.Sprintf("%p %+v", http.DefaultServeMux, http.DefaultServeMux))
	put("default client", fmt.Sprintf("%p %+v %p", http.DefaultClient, http.DefaultClient, http.DefaultTransport))
	put("log", fmt.Sprintf("%p %v %q", log.Writer(), log.Flags(), log.Prefix()))
	put("slog", fmt.Sprintf("%p", slog.Default()))
	put("standard files", fmt.Sprintf("%p %p %p", os.Stdin, os.Stdout, os.Stderr))
	put("local time", fmt.Sprintf("%p %s", time.Local, time.Local))
	put("flags", names(flag.VisitAll, func(f *flag.Flag) string { return f.Name + "=" + f.Value.String() }))
	put("published", names(expvar.Do, func(v expvar.KeyValue) string { return v.Key }))
	put("prometheus", fmt.Sprintf("%p %p", prometheus.DefaultRegisterer, prometheus.DefaultGatherer))
	metrics, err := prometheus.DefaultGatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	families := []string{}
	for _, m := range metrics {
		families = append(families, m.GetName())
	}
	put("metrics", families)
	put("tracer provider", fmt.Sprintf("%p %p", otel.GetTracerProvider(), otel.GetTextMapPropagator()))
	return s
}

func names[T any](each func(func(T)), name func(T) string) (list []string) {
	each(func(v T) { list = append(list, name(v)) })
	return list
}

// labelsOf gives the paragraph of a goroutine profile that names a function.
func labelsOf(profile, fn string) string {
	for part := range strings.SplitSeq(profile, "\n\n") {
		if strings.Contains(part, fn) {
			return part
		}
	}
	return ""
}

func lineWith(out, text string) string {
	for line := range strings.Lines(out) {
		if strings.Contains(line, text) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// Package toolbar adds no page to the app's default mux; the one of expvar is registered by
// Prometheus' client, which package toolbar links, and shows its command line and memory.
func TestT01_NothingIsOnTheDefaultMux(t *testing.T) {
	if !isChild(t) {
		again(t, nil)
		return
	}
	tb := newToolbar(t, filepath.Join(t.TempDir(), "toolbar.db"), io.Discard)
	tb.Wrap(hello)
	for path, want := range map[string]string{
		"/": "", "/_toolbar/": "", "/_toolbar/requests": "", "/metrics": "", "/debug/": "", "/debug/pprof/": "", "/debug/pprof/heap": "", "/debug/vars": "/debug/vars",
	} {
		if _, pattern := http.DefaultServeMux.Handler(httptest.NewRequest(http.MethodGet, path, nil)); strings.TrimPrefix(pattern, "GET ") != want {
			t.Errorf("%s on the default mux: %q", path, pattern)
		}
	}
	if got := names(expvar.Do, func(v expvar.KeyValue) string { return v.Key }); !slices.Equal(got, []string{"cmdline", "memstats"}) {
		t.Errorf("published: %v", got)
	}
}

// alone has a process run in a network of its own, in which there is only loopback: what it
// asks for elsewhere fails, and is counted by the kernel.
func alone(t *testing.T) func(*exec.Cmd) {
	t.Helper()
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs root for a network of its own")
		}
		t.Skip("needs root for a network of its own")
	}
	return func(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET} }
}

// sent is what the network of this process was asked to send.
func sent(t *testing.T) (n struct{ Opened, NoRoute, Datagrams, Packets string }) {
	t.Helper()
	text, err := os.ReadFile("/proc/net/snmp")
	if err != nil {
		t.Fatal(err)
	}
	counter := map[string]string{}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		kind, heads, _ := strings.Cut(lines[i], ":")
		_, values, _ := strings.Cut(lines[i+1], ":")
		v := strings.Fields(values)
		for j, head := range strings.Fields(heads) {
			counter[kind+head] = v[j]
		}
	}
	n.Opened, n.NoRoute, n.Datagrams, n.Packets = counter["TcpActiveOpens"], counter["IpOutNoRoutes"], counter["UdpOutDatagrams"], counter["IpOutRequests"]
	if n.Opened == "" || n.NoRoute == "" || n.Datagrams == "" {
		t.Fatalf("counters: %v", counter)
	}
	return n
}

// TestT10_T26_NothingIsAsked runs an app with the toolbar, its pages, its actions and its
// whole API, with addresses in every parameter, in a network where asking for any of them
// would be counted.
func TestT10_T26_NothingIsAsked(t *testing.T) {
	if !isChild(t) {
		out := again(t, alone(t))
		if !strings.Contains(out, "asked ") {
			t.Fatalf("the child asked nothing:\n%s", out)
		}
		t.Log(lineWith(out, "asked "))
		return
	}
	before := sent(t)
	tb, _, id := recorded(t)
	wrapped := tb.Wrap(hello)
	targets := []string{
		"http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:1/", "https://metadata.google.internal/", "//192.0.2.1/", "http://[fd00:ec2::254]/",
		"file:///etc/passwd", "gopher://192.0.2.1:70/", "http://0x7f000001/", "tcp://192.0.2.1:9", "http://localhost:1/\r\nX: y",
	}
	params := []string{"url", "target", "to", "host", "addr", "address", "server", "path", "file", "src", "callback", "webhook", "replay", "method", "back", "q", "a", "b", "endpoint", "proxy", "prometheus", "next"}
	proof := proofOf(t, tb)
	n := 0
	for _, target := range targets {
		routes(t, tb, id, func(method, path string) {
			query := make([]string, 0, len(params))
			form := []string{"proof=" + proof, "id=" + id}
			for _, p := range params {
				query = append(query, p+"="+escape(target))
				form = append(form, p+"="+escape(target))
			}
			for _, do := range []string{"replay", "send", "fetch", "resend", "pin", "compare"} {
				if method != http.MethodPost && do != "replay" {
					continue
				}
				r := httptest.NewRequest(method, path+"?"+strings.Join(query, "&"), strings.NewReader(strings.Join(append(form, "do="+do), "&")))
				r.RemoteAddr, r.Host = local, "localhost"
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("Sec-Fetch-Site", "same-origin")
				r.Header.Set("Referer", strings.TrimSuffix(target, "\r\nX: y"))
				r.Header.Set("X-Forwarded-Prefix", strings.TrimSuffix(target, "\r\nX: y"))
				wrapped.ServeHTTP(httptest.NewRecorder(), r)
				n++
			}
		})
	}
	if err := tb.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := tb.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if after := sent(t); after != before {
		t.Errorf("something was asked for: %+v, before %+v", after, before)
	}
	// The test sees what it is to see: a name, an address elsewhere, and one of this machine.
	client := &http.Client{Transport: &http.Transport{}}
	for _, target := range []string{"http://192.0.2.1/", "http://app.test/"} {
		was := sent(t)
		if _, err := client.Get(target); err == nil || sent(t) == was {
			t.Errorf("%s was asked for, and that is not seen (%v)", target, err)
		}
	}
	fmt.Printf("asked %d times with %d addresses: %+v\n", n, len(targets), before)
}

func proofOf(t *testing.T, tb *toolbar.Toolbar) string {
	t.Helper()
	_, rest, ok := strings.Cut(ask(tb.Handler(), "/_toolbar/requests", local), `name="proof" value="`)
	if !ok {
		t.Fatal("no form has a proof")
	}
	proof, _, _ := strings.Cut(rest, `"`)
	return escape(proof)
}

func escape(s string) string {
	return strings.NewReplacer("%", "%25", "&", "%26", "+", "%2B", " ", "%20", "#", "%23", "\r", "%0d", "\n", "%0a").Replace(s)
}
