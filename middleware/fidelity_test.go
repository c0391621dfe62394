package middleware_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// everything is the way of a request through all that this package has.
func everything(h http.Handler) http.Handler {
	rec := instrument.New(instrument.Config{Sink: forgetting{}})
	return middleware.Record(rec, middleware.RecordOptions{Bodies: true})(injecting(layersOf(h)))
}

// TestDeviation_BodyLimitKeepsTheConnection: http.MaxBytesReader tells only the
// server's own writer to close the connection. See RELIABILITY 3.4.
func TestDeviation_BodyLimitKeepsTheConnection(t *testing.T) {
	t.Parallel()
	limited := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 10)); err != nil {
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		}
	})
	for name, c := range map[string]struct {
		h      http.Handler
		closes bool
	}{"bare": {limited, true}, "watched": {watch(false)(limited), false}, "everything": {everything(limited), false}} {
		srv := httptest.NewServer(c.h)
		res, err := srv.Client().Post(srv.URL, "text/plain", strings.NewReader("more than ten bytes"))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		srv.Close()
		if res.StatusCode != 413 || res.Close != c.closes {
			t.Errorf("%s: %d, closes %v", name, res.StatusCode, res.Close)
		}
	}
}

// TestDeviation_LogOfASecondHeaderNamesTheHandler and not the wrapper, in the
// server's words and its log.
func TestDeviation_LogOfASecondHeaderNamesTheHandler(t *testing.T) {
	t.Parallel()
	var lines [2]string
	for i, wrap := range []func(http.Handler) http.Handler{passThrough, everything} {
		logs := &logBook{}
		srv := httptest.NewUnstartedServer(wrap(http.HandlerFunc(writesTwice)))
		srv.Config.ErrorLog = newLog(logs)
		srv.Start()
		res, err := srv.Client().Get(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		srv.Close()
		lines[i] = strings.Join(logs.lines, "\n")
	}
	want := regexp.MustCompile(`^http: superfluous response.WriteHeader call from .*middleware_test.writesTwice \(fidelity_test.go:\d+\)$`)
	if lines[0] != lines[1] || !want.MatchString(lines[1]) {
		t.Errorf("bare    %s\nwrapped %s", lines[0], lines[1])
	}
}

func writesTwice(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(404)
	w.WriteHeader(500)
}

// allocated is what f allocates in all, in bytes. Nothing else may run.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// download reads what h sends and gives its length and how it ends.
func download(t *testing.T, h http.Handler, enough int64) (n int64, end string) {
	t.Helper()
	srv := httptest.NewServer(h)
	defer srv.Close()
	res, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	buf := make([]byte, 256<<10)
	tail := make([]byte, 0, 160)
	for n < enough {
		m, err := res.Body.Read(buf)
		n += int64(m)
		tail = append(tail, buf[max(0, m-80):m]...)
		tail = append(tail[:0], tail[max(0, len(tail)-80):]...)
		if err != nil {
			break
		}
	}
	return n, string(tail)
}

const memoryBound = 24 << 20

// Not parallel: these measure the memory of the process.
func TestT14_StreamingOneGiBInConstantMemory(t *testing.T) {
	const size = 1 << 30
	piece := make([]byte, 1<<20)
	h := everything(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		for range size / len(piece) {
			if _, err := w.Write(piece); err != nil {
				t.Error(err)
				return
			}
		}
	}))
	var n int64
	if got := allocated(func() { n, _ = download(t, h, size+1) }); got > memoryBound || n != size {
		t.Errorf("%d bytes downloaded, %d allocated", n, got)
	}
}

func TestStreaming_PageOf100MBInConstantMemory(t *testing.T) {
	piece := bytes.Repeat([]byte("<p>Some text, as pages have it, with <b>tags</b>.</p>\n</bo>"), 20_000)
	rounds := 100<<20/len(piece) + 1
	h := everything(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<!doctype html><body>")
		for range rounds {
			_, _ = w.Write(piece)
		}
		_, _ = io.WriteString(w, "</body></html>")
	}))
	var n int64
	var end string
	got := allocated(func() { n, end = download(t, h, 1<<40) })
	want := int64(len("<!doctype html><body></body></html>")+len(mark)) + int64(rounds*len(piece))
	if got > memoryBound || n != want || !strings.HasSuffix(end, mark+"</body></html>") {
		t.Errorf("%d bytes, want %d; %d allocated; ends %q", n, want, got, end)
	}
}

func TestStreaming_EndlessEventsInConstantMemory(t *testing.T) {
	event := []byte("data: 0123456789\n\n")
	ended := make(chan error, 1)
	h := everything(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		rc := http.NewResponseController(w)
		for r.Context().Err() == nil {
			if _, err := w.Write(event); err != nil {
				break
			}
			_ = rc.Flush()
		}
		ended <- r.Context().Err()
	}))
	var n int64
	got := allocated(func() { n, _ = download(t, h, 1<<20) })
	if got > memoryBound || n < 1<<20 {
		t.Errorf("%d bytes of events, %d allocated", n, got)
	}
	<-ended // when the client had enough
}

// TestSendfile_CountedByStrace serves a file in a process of its own and counts
// the system calls. Where strace is not installed, TestWrap_KeepsSendfile alone
// stands for it.
func TestSendfile_CountedByStrace(t *testing.T) {
	if how := os.Getenv("MIDDLEWARE_TEST_SENDFILE"); how != "" {
		serveSparseFile(t, how)
		return
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Logf("strace is not installed: %v", err)
		return
	}
	counts := map[string]map[string]int{}
	for _, how := range []string{"bare", "everything"} {
		out := filepath.Join(t.TempDir(), "strace.txt")
		cmd := exec.CommandContext(t.Context(), strace, "-f", "-c", "-e", "trace=sendfile,write", "-o", out,
			os.Args[0], "-test.run=^TestSendfile_CountedByStrace$", "-test.count=1")
		cmd.Env = append(os.Environ(), "MIDDLEWARE_TEST_SENDFILE="+how)
		if b, err := cmd.CombinedOutput(); err != nil {
			if strings.Contains(string(b), "ptrace") {
				t.Logf("strace is not allowed here: %s", b)
				return
			}
			t.Fatalf("%s: %v\n%s", how, err, b)
		}
		counts[how] = straceCounts(t, out)
	}
	// How much one call sends depends on the receiver: exact numbers differ from
	// run to run, but without sendfile the file goes through thousands of writes.
	bare, all := counts["bare"], counts["everything"]
	if all["sendfile"] == 0 || bare["sendfile"] == 0 || all["write"] > bare["write"]+200 {
		t.Errorf("bare %v, through everything %v", bare, all)
	}
	t.Logf("bare %v, through everything %v", bare, all)
}

func straceCounts(t *testing.T, path string) map[string]int {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 5 {
			continue
		}
		if n, err := strconv.Atoi(f[3]); err == nil {
			counts[f[len(f)-1]] = n
		}
	}
	return counts
}

func serveSparseFile(t *testing.T, how string) {
	path := filepath.Join(t.TempDir(), "file.bin")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	const size = 1 << 30
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	f.Close()
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, path) })
	if how == "everything" {
		h = everything(h)
	}
	if n, _ := download(t, h, size); n != size {
		t.Errorf("%d bytes", n)
	}
}

// TestT08_PolicyOfThePageIsNotTouched: 14 policies, each sent as without us; where
// one forbids the snippet, the page has none.
func TestT08_PolicyOfThePageIsNotTouched(t *testing.T) {
	t.Parallel()
	const page = "<!doctype html><html><head>%s</head><body>page</body></html>"
	type policy struct {
		header []string
		report string
		meta   string
		in     bool
	}
	for name, c := range map[string]policy{
		"none":                 {in: true},
		"self":                 {header: []string{"default-src 'self'"}, in: true},
		"nonce":                {header: []string{"script-src 'nonce-abc'; object-src  'none'"}, in: true},
		"strict-dynamic":       {header: []string{"script-src 'strict-dynamic' 'nonce-abc' https:"}, in: true},
		"hash only":            {header: []string{"script-src 'sha256-xyz='"}},
		"default-src none":     {header: []string{"default-src 'none'"}},
		"report only":          {report: "default-src 'none'; report-uri /r"},
		"two headers":          {header: []string{"script-src 'self'", "script-src 'self' 'nonce-b'"}, in: true},
		"meta":                 {meta: `<meta http-equiv="Content-Security-Policy" content="script-src 'none'">`},
		"trusted types":        {header: []string{"require-trusted-types-for 'script'; trusted-types default"}, in: true},
		"sandbox":              {header: []string{"sandbox"}},
		"script-src none":      {header: []string{"script-src 'none'"}},
		"unsafe-inline":        {header: []string{"script-src 'unsafe-inline'"}},
		"img-src none, in odd": {header: []string{" img-src 'none' ;; SCRIPT-SRC\t'self'"}, in: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := func(w http.ResponseWriter, _ *http.Request) {
				if c.header != nil {
					w.Header()["Content-Security-Policy"] = c.header
				}
				if c.report != "" {
					w.Header().Set("Content-Security-Policy-Report-Only", c.report)
				}
				fmt.Fprintf(w, page, c.meta)
			}
			control := httptest.NewRecorder()
			http.HandlerFunc(h).ServeHTTP(control, get("/"))
			res, body := answer(t, h)
			for _, key := range []string{"Content-Security-Policy", "Content-Security-Policy-Report-Only"} {
				for i, v := range control.Header()[key] {
					if got := res.Header[key]; len(got) != len(control.Header()[key]) || got[i] != strings.TrimSpace(v) { // as the client reads it
						t.Errorf("%s became %q", key, got)
					}
				}
			}
			if strings.Contains(body, mark) != c.in || strings.TrimRight(strings.Replace(body, mark, "", 1), " ") != fmt.Sprintf(page, c.meta) {
				t.Errorf("page %q", body)
			}
		})
	}
}
