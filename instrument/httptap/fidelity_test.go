package httptap_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/httptap"
)

// outcome is what an app sees of a call, as one text.
type outcome func(t *testing.T, ctx context.Context, c *http.Client, url string) string

// Each scenario is done by a bare client and by one with a tap, and the app must not
// see a difference.
var scenarios = map[string]outcome{
	"a small answer": func(t *testing.T, ctx context.Context, c *http.Client, url string) string {
		r := newRequest(t, ctx, "GET", url+"/small", nil)
		res, body := read(t, c, r)
		return fmt.Sprint(res.Status, body, res.Request == r, res.ContentLength, res.Header["Content-Type"], c.Timeout)
	},
	"HEAD": func(t *testing.T, ctx context.Context, c *http.Client, url string) string {
		res, body := read(t, c, newRequest(t, ctx, "HEAD", url+"/small", nil))
		return fmt.Sprint(res.ContentLength, body, res.Body == http.NoBody)
	},
	"no content": func(t *testing.T, ctx context.Context, c *http.Client, url string) string {
		res, _ := read(t, c, newRequest(t, ctx, "GET", url+"/none", nil))
		return fmt.Sprint(res.StatusCode, res.Body == http.NoBody)
	},
	"gzip that the transport takes off": func(t *testing.T, ctx context.Context, c *http.Client, url string) string {
		res, body := read(t, c, newRequest(t, ctx, "GET", url+"/gzip", nil))
		return fmt.Sprint(res.Uncompressed, res.ContentLength, len(body))
	},
	"a stream, chunk by chunk": func(t *testing.T, ctx context.Context, c *http.Client, url string) string {
		res, err := c.Do(newRequest(t, ctx, "GET", url+"/stream", nil))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		first := make([]byte, 5)
		n, err := io.ReadFull(res.Body, first) // the server waits until we have it
		if err != nil {
			t.Fatal(err)
		}
		read(t, &http.Client{Transport: c.Transport}, newRequest(t, ctx, "GET", url+"/go-on", nil))
		rest, err := io.ReadAll(res.Body)
		return fmt.Sprint(n, string(first), string(rest), err)
	},
	"a body that breaks off": func(t *testing.T, ctx context.Context, c *http.Client, url string) string {
		res, err := c.Do(newRequest(t, ctx, "GET", url+"/breaks", nil))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		return fmt.Sprint(string(b), err, errors.Is(err, io.ErrUnexpectedEOF))
	},
	"closed early, closed twice, read after Close": func(t *testing.T, ctx context.Context, c *http.Client, url string) string {
		res, err := c.Do(newRequest(t, ctx, "GET", url+"/large", nil))
		if err != nil {
			t.Fatal(err)
		}
		_, first := io.ReadFull(res.Body, make([]byte, 10))
		one, two := res.Body.Close(), res.Body.Close()
		_, err = res.Body.Read(make([]byte, 1))
		return fmt.Sprint(first, one, two, err)
	},
	"cancelled while the body is read": func(t *testing.T, ctx context.Context, c *http.Client, url string) string {
		ctx, cancel := context.WithCancel(ctx)
		res, err := c.Do(newRequest(t, ctx, "GET", url+"/hangs", nil))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		io.ReadFull(res.Body, make([]byte, 4))
		cancel()
		_, err = io.ReadAll(res.Body)
		return fmt.Sprint(err, errors.Is(err, context.Canceled))
	},
	"cancelled before it is answered": func(t *testing.T, ctx context.Context, c *http.Client, url string) string {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		_, err := c.Do(newRequest(t, ctx, "GET", url+"/small", nil))
		return strings.ReplaceAll(fmt.Sprint(err, errors.Is(err, context.Canceled)), url, "")
	},
	"the client's own time limit": func(t *testing.T, ctx context.Context, c *http.Client, url string) string {
		limited := &http.Client{Transport: c.Transport, Timeout: 30 * time.Millisecond}
		res, err := limited.Do(newRequest(t, ctx, "GET", url+"/hangs", nil))
		if err == nil {
			_, err = io.ReadAll(res.Body)
			res.Body.Close()
		}
		var timeout interface{ Timeout() bool }
		return fmt.Sprint(errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded))
	},
	"a body to send, after a redirect that keeps it": func(t *testing.T, ctx context.Context, c *http.Client, url string) string {
		_, body := read(t, c, newRequest(t, ctx, "POST", url+"/redirect", strings.NewReader("order=7")))
		return body
	},
	"a body of unknown length": func(t *testing.T, ctx context.Context, c *http.Client, url string) string {
		_, body := read(t, c, newRequest(t, ctx, "POST", url+"/echo", io.MultiReader(strings.NewReader("a"), strings.NewReader("b"))))
		return body
	},
	"a body that cannot be read": func(t *testing.T, ctx context.Context, c *http.Client, url string) string {
		broken := errors.New("the disk is gone")
		_, err := c.Do(newRequest(t, ctx, "POST", url+"/echo", io.MultiReader(strings.NewReader("a"), failing{broken})))
		return fmt.Sprint(errors.Is(err, broken))
	},
	"a protocol that is switched to": func(t *testing.T, ctx context.Context, c *http.Client, url string) string {
		r := newRequest(t, ctx, "GET", url+"/upgrade", nil)
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Upgrade", "echo")
		res, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		conn, ok := res.Body.(io.ReadWriteCloser)
		if !ok {
			return fmt.Sprintf("%T cannot be written to", res.Body)
		}
		io.WriteString(conn, "ping\n")
		line, err := bufio.NewReader(conn).ReadString('\n')
		return fmt.Sprint(res.StatusCode, line, err)
	},
	"nobody is there": func(t *testing.T, ctx context.Context, c *http.Client, _ string) string {
		_, err := c.Do(newRequest(t, ctx, "GET", "http://127.0.0.1:1/", nil))
		return fmt.Sprint(err)
	},
	"trailers": func(t *testing.T, ctx context.Context, c *http.Client, url string) string {
		res, body := read(t, c, newRequest(t, ctx, "GET", url+"/trailer", nil))
		return fmt.Sprint(body, res.Trailer)
	},
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func scenarioServer(goOn chan struct{}) http.HandlerFunc {
	mux := http.NewServeMux()
	mux.HandleFunc("/small", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "small") })
	mux.HandleFunc("/none", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })
	mux.HandleFunc("/gzip", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		z.Write(bytes.Repeat([]byte("a"), 5000))
		z.Close()
	})
	mux.HandleFunc("/stream", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "first")
		w.(http.Flusher).Flush()
		<-goOn
		io.WriteString(w, "second")
	})
	mux.HandleFunc("/go-on", func(http.ResponseWriter, *http.Request) { goOn <- struct{}{} })
	mux.HandleFunc("/breaks", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 1<<20)) })
	mux.HandleFunc("/hangs", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "part")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/echo", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
	mux.HandleFunc("/upgrade", func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		line, _ := rw.ReadString('\n')
		io.WriteString(conn, line)
	})
	mux.HandleFunc("/trailer", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "Sum")
		io.WriteString(w, "body")
		w.Header().Set("Sum", "42")
	})
	return mux.ServeHTTP
}

func TestTransport_TheAppSeesNoDifference(t *testing.T) {
	t.Parallel()
	rec := newRecorded(t, instrument.Config{})
	for name, scenario := range scenarios {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := serve(t, scenarioServer(make(chan struct{})))
			bare := &http.Client{Transport: &http.Transport{}}
			t.Cleanup(bare.CloseIdleConnections)
			want := scenario(t, context.Background(), bare, srv.URL)
			for what, opts := range map[string][]httptap.Option{"plain": nil, "with headers and bodies": {httptap.Headers(), httptap.Bodies(0)}} {
				ctx, own := rec.Begin(context.Background(), instrument.Begin{Handler: pageHandler})
				got := scenario(t, ctx, client(t, nil, opts...), srv.URL)
				own.End()
				if strings.ReplaceAll(got, srv.URL, "") != strings.ReplaceAll(want, srv.URL, "") {
					t.Errorf("%s:\n  got  %s\n  bare %s", what, got, want)
				}
			}
		})
	}
}

// writerTo is a body that can write itself, as transports other than net/http's may have.
type writerTo struct{ *strings.Reader }

func (writerTo) Close() error { return nil }

type plainBody struct{ io.Reader }

func (plainBody) Close() error { return nil }

type selfWriting struct{ plainBody }

func (selfWriting) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, "written")
	return int64(n), err
}

func TestTransport_BodiesKeepTheirInterfaces(t *testing.T) {
	t.Parallel()
	rec := newRecorded(t, instrument.Config{})
	for name, body := range map[string]io.ReadCloser{
		"WriterTo": selfWriting{}, "a file's": writerTo{strings.NewReader("all")}, "plain": plainBody{strings.NewReader("all")}, "none": http.NoBody,
	} {
		_, to := body.(io.WriterTo)
		_, seek := body.(io.Seeker)
		spans := rec.page(func(ctx context.Context) {
			rt := httptap.Transport(roundTrip(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Body: body, ContentLength: -1}, nil
			}))
			res, err := rt.RoundTrip(newRequest(t, ctx, "GET", "http://a.test", nil))
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := res.Body.(io.WriterTo); ok != to {
				t.Errorf("%s: WriterTo is %v, of the bare body %v", name, ok, to)
			}
			if _, ok := res.Body.(io.Seeker); ok != seek {
				t.Errorf("%s: Seeker is %v, of the bare body %v", name, ok, seek)
			}
			var b strings.Builder
			n, err := io.Copy(&b, res.Body)
			if err != nil || n != int64(b.Len()) {
				t.Errorf("%s: copied %d, %v", name, n, err)
			}
		})
		if spans[0].Flags.Has(instrument.FlagUnfinished) {
			t.Errorf("%s: the call did not end", name)
		}
		if name == "WriterTo" && attr(spans[0], "http.response.body.size") != int64(7) {
			t.Errorf("WriterTo: %v", spans[0].Attrs)
		}
	}
}

func TestTransport_SaysThatABodyWasClosedEarly(t *testing.T) {
	t.Parallel()
	srv := serve(t, scenarioServer(nil))
	c, rec := client(t, nil), newRecorded(t, instrument.Config{})
	spans := rec.page(func(ctx context.Context) {
		res, err := c.Do(newRequest(t, ctx, "GET", srv.URL+"/large", nil))
		if err != nil {
			t.Fatal(err)
		}
		io.ReadFull(res.Body, make([]byte, 10))
		res.Body.Close()
		read(t, c, newRequest(t, ctx, "GET", srv.URL+"/small", nil))
	})
	if attr(spans[0], "http.response.body.closed_early") != true || attr(spans[0], "http.response.body.size") != int64(10) {
		t.Errorf("closed early: %v", spans[0].Attrs)
	}
	if attr(spans[1], "http.response.body.closed_early") != nil {
		t.Errorf("read to its end: %v", spans[1].Attrs)
	}
}
