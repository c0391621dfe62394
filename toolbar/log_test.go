package toolbar_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// heard is a log as text, the same as JSON, and what was said.
type heard struct {
	mu         sync.Mutex // guards what follows
	text, json bytes.Buffer
	said       []slog.Record
	handlers   [2]slog.Handler
}

func (h *heard) logger() *slog.Logger {
	all := &slog.HandlerOptions{Level: slog.LevelDebug}
	h.handlers = [2]slog.Handler{slog.NewTextHandler(&h.text, all), slog.NewJSONHandler(&h.json, all)}
	return slog.New(h)
}

func (h *heard) Enabled(context.Context, slog.Level) bool { return true }
func (h *heard) WithAttrs([]slog.Attr) slog.Handler       { panic("the toolbar's loggers are not changed") }
func (h *heard) WithGroup(string) slog.Handler            { panic("the toolbar's loggers are not changed") }
func (h *heard) Handle(ctx context.Context, r slog.Record) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.said = append(h.said, r.Clone())
	return errors.Join(h.handlers[0].Handle(ctx, r), h.handlers[1].Handle(ctx, r))
}

// word is what stands for itself in a line of text.
var word = regexp.MustCompile(`^[a-z_]+$`)

// check reads the lines back: each is one record, with its keys and values.
func (h *heard) check(t *testing.T, want int) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.said) < want {
		t.Errorf("%d lines were logged, expected %d: the test does not reach them", len(h.said), want)
	}
	text, asJSON := strings.SplitAfter(h.text.String(), "\n"), strings.SplitAfter(h.json.String(), "\n")
	if len(text) != len(h.said)+1 || len(asJSON) != len(h.said)+1 {
		t.Fatalf("%d records are %d lines of text and %d of JSON:\n%s", len(h.said), len(text)-1, len(asJSON)-1, &h.text)
	}
	for i, r := range h.said {
		// Handlers that do not quote the message, as log's, must not be misled either.
		if strings.ContainsFunc(r.Message, func(c rune) bool { return c < ' ' || c > '~' }) {
			t.Errorf("message %q", r.Message)
		}
		keys, values := []string{"time", "level", "msg"}, []string{"", r.Level.String(), r.Message}
		r.Attrs(func(a slog.Attr) bool {
			if !word.MatchString(a.Key) {
				t.Errorf("key %q", a.Key)
			}
			keys, values = append(keys, a.Key), append(values, a.Value.String())
			return true
		})
		gotKeys, gotValues, err := readLine(strings.TrimSuffix(text[i], "\n"))
		if err != nil || !slices.Equal(gotKeys, keys) || !slices.Equal(gotValues[1:], values[1:]) {
			t.Errorf("%v\n%q\nis read as %q %q\nand was %q %q", err, text[i], gotKeys, gotValues, keys, values)
		}
		var fields map[string]any
		if err := json.Unmarshal([]byte(asJSON[i]), &fields); err != nil || len(fields) != len(keys) {
			t.Errorf("%v: %q has %d fields, expected %q", err, asJSON[i], len(fields), keys)
		}
	}
}

// readLine takes a line of key=value pairs apart, as strictly as it can be done.
func readLine(line string) (keys, values []string, err error) {
	for rest := line; ; {
		key, after, ok := strings.Cut(rest, "=")
		if !ok || !word.MatchString(key) {
			return nil, nil, fmt.Errorf("no key at %q", rest)
		}
		var value string
		if strings.HasPrefix(after, `"`) {
			quoted, err := strconv.QuotedPrefix(after)
			if err != nil {
				return nil, nil, fmt.Errorf("%w at %q", err, after)
			}
			if value, err = strconv.Unquote(quoted); err != nil {
				return nil, nil, err
			}
			after = after[len(quoted):]
		} else {
			value, _, _ = strings.Cut(after, " ")
			// slog leaves a DEL as it is. Terminals pass over it, and no reader of lines takes it for an end.
			if strings.ContainsFunc(value, func(c rune) bool { return c <= ' ' || c == '=' || c == '"' }) {
				return nil, nil, fmt.Errorf("%q is not quoted", value)
			}
			after = after[len(value):]
		}
		keys, values = append(keys, key), append(values, value)
		if after == "" {
			return keys, values, nil
		}
		if after[0] != ' ' {
			return nil, nil, fmt.Errorf("no space at %q", after)
		}
		rest = after[1:]
	}
}

// failing is a store that fails in words of others.
type failing struct {
	web.Store
	text string
}

func (f failing) Append(context.Context, *instrument.Batch) error             { return errors.New(f.text) }
func (f failing) Roll(context.Context, time.Time, []instrument.RollRow) error { panic(f.text) }
func (f failing) Prune(context.Context) (bool, error)                         { return false, errors.New(f.text) }
func (f failing) Records(context.Context, query.Records) (query.RecordPage, error) {
	return query.RecordPage{}, errors.New(f.text)
}
func (f failing) Counts(context.Context, query.Handlers) (map[instrument.Kind]query.KindCounts, error) {
	return nil, errors.New(f.text)
}
func (f failing) Record(context.Context, instrument.ID) (*instrument.Record, error) { panic(f.text) }
func (f failing) Handlers(context.Context, query.Handlers) ([]query.HandlerStats, error) {
	return nil, errors.New(f.text)
}

// FuzzT20_EveryLogLineIsOneRecord puts a text into all that the toolbar logs and that comes
// from outside: paths, methods, names of viewers, targets of actions, errors of stores,
// values of panics, errors of views and receivers.
func FuzzT20_EveryLogLineIsOneRecord(f *testing.F) {
	for _, text := range []string{
		"plain", "a\nlevel=ERROR msg=forged", "a\r\ntime=2001-01-01T00:00:00Z level=INFO msg=\"all is well\"", `" level=INFO msg="x`, `\`, `\"`, "a=b c=d",
		"\x1b[2J\x1b]0;title\a", "\u202eevil", "\u2028forged\u2029", "\x9b31m", "\x00", "\xff\xfe", "{\"level\":\"INFO\"}\n{\"msg\":\"x\"}", "\x85next", "%0a%0d", "\t\v\f\b", "\x7f", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h := &heard{}
		log := h.logger()
		logWeb(t, log, text)
		logMiddleware(log, text)
		logSignals(log, text)
		logCollect(t, log, text)
		h.check(t, 12)
	})
}

// logWeb has pages fail and actions noted.
func logWeb(t *testing.T, log *slog.Logger, text string) {
	d, err := web.New(web.Config{
		Store: failing{text: text}, Logger: log, Who: func(*http.Request) string { return text }, Gate: web.Gate{Allow: func(*http.Request) bool { return true }},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"requests", "api/v1/requests", "handlers", "requests/0000000000001", "requests/" + url.PathEscape(text), "marks", "%0a" + url.PathEscape(text)} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			r := httptest.NewRequest(method, "/_toolbar/"+path, strings.NewReader(url.Values{"do": {text}, "id": {text}, "tag": {text}}.Encode()))
			r.RemoteAddr = text
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			d.ServeHTTP(httptest.NewRecorder(), r)
		}
	}
}

// logMiddleware has views fail and panic.
func logMiddleware(log *slog.Logger, text string) {
	for _, view := range []http.Handler{
		middleware.HandlerFunc(func(http.ResponseWriter, *http.Request) error { return errors.New(text) }),
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(text) }),
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, text, 499+len(text)%2*100) }),
	} {
		stack := middleware.NewStack(middleware.Exceptions(middleware.ExceptionOptions{Logger: log}))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Method, r.URL = text, &url.URL{Path: text, RawQuery: text}
		if len(text)%2 == 0 {
			r.URL.RawPath = text
		}
		stack.Then(view).ServeHTTP(httptest.NewRecorder(), r)
	}
}

// logSignals has a receiver fail.
func logSignals(log *slog.Logger, text string) {
	s := signals.New[string]("fuzz", signals.Unlisted(), signals.Logger(log))
	s.Connect(func(context.Context, signals.Event[string]) error { return errors.New(text) }, signals.UID("u"+text))
	s.Connect(func(context.Context, signals.Event[string]) error { panic(text) }, signals.UID("p"+text))
	s.SendRobust(context.Background(), nil, text)
}

// logCollect has a store fail.
func logCollect(t *testing.T, log *slog.Logger, text string) {
	c, err := collect.New(collect.Config{Store: failing{text: text}, Logger: log, Keep: collect.Keep{Func: func(*instrument.Summary) bool { panic(text) }}})
	if err != nil {
		t.Fatal(err)
	}
	r := instrument.New(instrument.Config{Sink: c})
	if err := c.Start(r); err != nil {
		t.Fatal(err)
	}
	_, rec := r.Begin(context.Background(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, "GET /fuzz", instrument.Source{})})
	rec.End()
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.Close(ended); err == nil {
		t.Error("a store that fails is closed without an error")
	}
}
