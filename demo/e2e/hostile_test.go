package e2e_test

import (
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"errors"
	stdhtml "html"
	"io"
	"iter"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"golang.org/x/net/html"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/slogtap"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// texts want to be something else where they are shown.
var texts = []string{
	// Markup.
	`"><img src=x onerror=alert(1)>`, `</script><script>alert(2)</script>`, `<!--<script>alert(3)//`, `'><svg onload=alert(4)>`, `</title><base href=//evil.test>`,
	`]]><x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(5)</x:script>`, `</textarea><iframe srcdoc="<script>alert(6)</script>">`, `<a href="javascript:alert(7)">x</a>`,
	`<style>*{background:url(//evil.test)}</style>`, `<form action=//evil.test><input name=proof>`, `<meta http-equiv=refresh content="0;url=//evil.test">`, `<link rel=stylesheet href=//evil.test>`,
	`<object data=//evil.test>`, `<math><mtext></mtext><script>alert(8)</script></math>`, `<noscript><p title="</noscript><img src=x onerror=alert(9)>">`, `<details open ontoggle=alert(10)>`,
	`" autofocus onfocus="alert(11)`, `' style='color:red' x='`, "`onmouseover=alert(12)`", `&lt;script&gt;alert(13)&lt;/script&gt;`, `&#60;img src=x onerror=alert(14)&#62;`, `<debug-toolbar base="//evil.test"></debug-toolbar>`,
	`<template><script>alert(15)</script></template>`, `<ul><li>`, `</td></tr></table><h1>x`,
	// Addresses, templates, scripts.
	`javascript:alert(16)`, `data:text/html,<script>alert(17)</script>`, `//evil.test/x`, `\\evil.test\x`, `${alert(18)}`, `{{7*7}}`, `<%= 7*7 %>`, `#{7*7}`, `"+alert(19)+"`, `';alert(20);//`, "a\u2028alert(21)", "a\u2029b",
	// Terminals.
	"\x1b[2J\x1b[H", "\x1b]0;title\a", "\x1b]52;c;ZXZpbA==\a", "\x1b]8;;http://evil.test\x1b\\link\x1b]8;;\x1b\\", "\x1bP$q\x1b\\", "\u009b31m", "over\rwritten", "back\b\b\bspace",
	// Texts that are none, or not what they seem.
	"\u202etxt.exe", "\u2066a\u2069", "a\u200bb\u200d", "\ufeffbom", "\xff\xfe\xc0\xaf", "nul\x00byte", "\u0085next",
	// Tables, lines, formulas.
	`=cmd|'/C calc'!A0`, `+1+1`, `-1+1`, `@SUM(1)`, "\t=1", "a|b|c`d`[x](javascript:alert(22))", "a\nlevel=ERROR msg=forged", "a\r\nSet-Cookie: x=y", `a,"b",c`, "# HELP x\n# TYPE x counter\nx 1",
}

// nasty is an app that says what it is told, wherever it can.
type nasty struct {
	t    *testing.T
	file string
	tb   *toolbar.Toolbar
	url  string
	said lines
	root *commands.Root
}

func openNasty(t *testing.T) *nasty {
	t.Helper()
	dir := t.TempDir()
	n := &nasty{t: t, file: filepath.Join(dir, "toolbar.db")}
	var err error
	if n.tb, err = toolbar.New(toolbar.Config{Path: n.file, NotDefault: true, Logger: slog.New(slog.NewTextHandler(&n.said, nil))}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.tb.Close(context.Background()) })
	db, err := sqltap.Open("sqlite", filepath.Join(dir, "app.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	log := slog.New(slogtap.New(slog.DiscardHandler))
	srv := httptest.NewUnstartedServer(n.tb.Wrap(middleware.NewStack().Then(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { n.say(w, r, db, log) }))))
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.Start()
	t.Cleanup(srv.Close)
	n.url = srv.URL
	n.root = commands.New("manage")
	n.root.Add(commands.Command{Name: "say", Help: "Say it.", Args: "[TEXT]", Run: func(_ context.Context, run *commands.Run) error { return errors.New(run.Args[0]) }})
	return n
}

// say puts the text of a request into all that is recorded of it.
func (n *nasty) say(w http.ResponseWriter, r *http.Request, db *sql.DB, log *slog.Logger) {
	text, ctx := r.URL.Query().Get("q"), r.Context()
	_ = r.ParseForm()                                                  // as an app would
	_, _ = db.ExecContext(ctx, "SELECT '"+text+"' -- "+text)           // some are no statements
	_, _ = db.ExecContext(ctx, "INSERT INTO nowhere VALUES (?)", text) // there is no such table
	log.InfoContext(ctx, text, text, text, "err", errors.New(text))
	middleware.SetUser(ctx, text)
	middleware.Tag(ctx, text)
	for _, kind := range []instrument.Kind{instrument.KindCustom, instrument.KindQuery, instrument.KindReceiver} {
		key := instrument.NewKey("nasty." + cutTo(text, 40))
		instrument.Leaf(ctx, instrument.NewHandler(kind, text, instrument.Source{Func: text, File: text + ".go"}), key.String(text)).End(errors.New(text))
	}
	s := signals.New[string]("said "+text, signals.Unlisted(), signals.Logger(log))
	s.On(func(context.Context, string) error { return errors.New(text) }, signals.UID(text))
	s.On(func(context.Context, string) error { panic(text) }, signals.UID("p"+text))
	_, _ = s.SendRobust(ctx, text, text) // it fails
	w.Header().Set("Content-Type", "text/plain; x="+strings.Map(printable, text))
	w.Header().Set("X-Said", strings.Map(printable, text))
	http.SetCookie(w, &http.Cookie{Name: "said", Value: url.QueryEscape(text)})
	io.WriteString(w, text)
}

func printable(c rune) rune {
	if c < ' ' || c > '~' {
		return -1
	}
	return c
}

func cutTo(s string, n int) string { return s[:min(len(s), n)] }

// TestT06_T20_T21_T22_SixtyTextsThroughEverySink has each text come in everywhere, and looks at everything that goes out.
func TestT06_T20_T21_T22_SixtyTextsThroughEverySink(t *testing.T) {
	if len(texts) < 60 {
		t.Fatalf("%d texts", len(texts))
	}
	n := openNasty(t)
	for _, text := range texts {
		body := url.Values{"field": {text}, text: {"value"}}.Encode()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.url+"/said/"+url.PathEscape(text)+"?q="+url.QueryEscape(text), strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		visible := strings.Map(printable, text)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, name := range []string{"User-Agent", "Accept-Language", "Referer", "X-Whatever", "X-Request-Id"} {
			r.Header.Set(name, visible)
		}
		r.AddCookie(&http.Cookie{Name: "theme", Value: url.QueryEscape(text)})
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		ctx, rec := n.tb.Recorder().Begin(context.Background(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindCommand, "say", instrument.Source{})})
		_ = n.root.Exec(ctx, commands.IO{Out: io.Discard, Err: io.Discard}, "say", "--", text) // it fails
		rec.End()
	}
	if err := n.tb.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	n.pages(seen)
	n.tool(seen)
	plain(t, "the toolbar's log", n.said.String())
	t.Logf("%d texts: %v", len(texts), seen)
	for _, kind := range []string{"html", "json", "export", "metrics", "text", "csv", "md"} {
		if seen[kind] == 0 {
			t.Errorf("no %s was looked at", kind)
		}
	}
}

// pages looks at all that is reached by links, by the API and by exports.
func (n *nasty) pages(seen map[string]int) {
	t := n.t
	done := map[string]bool{}
	link := regexp.MustCompile(`href="/_toolbar/([^"#]*)`)
	variant := regexp.MustCompile(`[?&](sort|dir|live|range|before)=`)
	var mu sync.Mutex // guards seen and next
	for todo := []string{"", "requests?limit=500", "handlers", "signals", "slow", "alerts", "health", "exceptions", "queries"}; len(todo) > 0; {
		for _, path := range todo {
			done[path] = true
		}
		next := map[string]bool{}
		e2etest.Share(t, todo, func(t *testing.T, each iter.Seq[string]) {
			for path := range each {
				kind, links := n.look(t, path, link)
				mu.Lock()
				seen[kind]++
				for _, to := range links {
					if !done[to] && !strings.HasPrefix(to, "static/") && !variant.MatchString(to) {
						next[to] = true
					}
				}
				mu.Unlock()
			}
		})
		todo = slices.Sorted(maps.Keys(next))
		todo = todo[:min(len(todo), 400-len(done))]
	}
	api := []string{"api/v1/requests?limit=500", "api/v1/handlers?range=all", "api/v1/health", "api/v1/signals", "api/v1/report?range=all"}
	for _, kind := range []string{"request", "command"} {
		records := e2etest.Get[e2etest.Records](t, n.url+"/_toolbar/api/v1/requests?limit=500&kind="+kind).Records
		for _, r := range records {
			api = append(api, "api/v1/requests/"+r.ID)
		}
		e2etest.Share(t, records, func(t *testing.T, each iter.Seq[e2etest.Record]) {
			for r := range each {
				n.record(t, kind, r.ID)
			}
		})
		seen["html"] += len(records) * len(panels)
		seen["export"] += len(records) * len(exports)
	}
	for _, path := range api {
		_, body := e2etest.Fetch(t, n.url+"/_toolbar/"+path)
		seen["json"]++
		if !json.Valid([]byte(body)) || !utf8.ValidString(body) || strings.ContainsAny(body, "<>") {
			t.Errorf("%s is no JSON, or could be markup: %.200s", path, body)
		}
	}
	_, body := e2etest.Fetch(t, n.url+"/_toolbar/metrics")
	parser := expfmt.NewTextParser(model.UTF8Validation)
	if families, err := parser.TextToMetricFamilies(strings.NewReader(body)); err != nil || len(families) < 5 || families["x"] != nil {
		t.Errorf("metrics: %v, %d families", err, len(families))
	}
	seen["metrics"]++
}

// look looks at what is at a path, and says what kind it is of and where it leads to.
func (n *nasty) look(t *testing.T, path string, link *regexp.Regexp) (kind string, links []string) {
	t.Helper()
	status, body := e2etest.Fetch(t, n.url+"/_toolbar/"+path)
	if status >= 500 {
		t.Errorf("%s: %d", path, status)
	}
	switch {
	case strings.Contains(path, "/as/"):
		plain(t, path, body)
		return "export", nil
	case !strings.Contains(body, "<!"):
		return "other", nil
	}
	inert(t, path, parse(t, body))
	for _, m := range link.FindAllStringSubmatch(body, -1) {
		links = append(links, stdhtml.UnescapeString(m[1]))
	}
	return "html", links
}

var (
	panels  = []string{"", "/sql", "/signals", "/logs", "/exceptions", "/request"}
	exports = []string{"har", "curl", "go", "markdown"}
)

// record looks at the panels and the exports of a Record.
func (n *nasty) record(t *testing.T, kind, id string) {
	t.Helper()
	for _, panel := range panels {
		_, body := e2etest.Fetch(t, n.url+"/_toolbar/requests/"+id+panel+"?fragment=1")
		inert(t, "requests/"+id+panel, parse(t, body))
	}
	for _, form := range exports {
		_, body := e2etest.Fetch(t, n.url+"/_toolbar/requests/"+id+"/as/"+form)
		plain(t, form+" of "+id, body)
		if form == "har" && kind == "request" && !json.Valid([]byte(body)) {
			t.Errorf("the HAR of %s is no JSON: %.200s", id, body)
		}
	}
}

// foreign elements have no place in our pages.
var foreign = []string{"img", "iframe", "base", "object", "embed", "style", "math", "frame", "frameset", "applet", "x:script", "marquee", "video", "audio"}

// inert looks for anything in a page that could act.
func inert(t *testing.T, where string, n *html.Node) {
	t.Helper()
	if n.Type == html.ElementNode && attribute(n, "rel") != "icon" {
		if slices.Contains(foreign, n.Data) || n.Data == "script" && (attribute(n, "src") == "" || n.FirstChild != nil) || n.Data == "meta" && attribute(n, "http-equiv") != "" {
			t.Errorf("%s has <%s>", where, n.Data)
		}
		for _, a := range n.Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			address := slices.Contains([]string{"href", "src", "action", "formaction", "data", "xlink:href", "srcdoc", "poster"}, a.Key)
			if strings.HasPrefix(a.Key, "on") && a.Key != "only" || a.Key == "style" || address && (strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "data:") || strings.HasPrefix(value, "//") || strings.HasPrefix(value, `\`)) {
				t.Errorf("%s has <%s %s=%q>", where, n.Data, a.Key, a.Val)
			}
		}
	}
	for c := range n.ChildNodes() {
		inert(t, where, c)
	}
}

// acts are what a terminal or an editor acts on: controls, directions, texts that are not UTF-8.
var acts = regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\u202a-\u202e\u2066-\u2069]")

func plain(t *testing.T, where, text string) {
	t.Helper()
	if found := acts.FindString(text); found != "" || !utf8.ValidString(text) {
		t.Errorf("%s has %q: …%q…", where, found, around(text, found))
	}
}

// tool looks at what the command line prints.
func (n *nasty) tool(seen map[string]int) {
	t := n.t
	for _, args := range [][]string{{"requests", "--limit", "500"}, {"queries"}, {"exceptions"}, {"signals"}, {"doctor"}} {
		r := e2etest.Run(t, "", e2etest.CLI(t), append(args, "--db", n.file)...)
		seen["text"]++
		plain(t, "toolbar "+args[0], r.Out+r.Err)
	}
	for _, format := range []string{"json", "otlp"} {
		out := e2etest.Tool(t, n.file, "export", "--format", format)
		seen["exported "+format]++
		plain(t, "export as "+format, out)
		if !json.Valid([]byte(out)) || !strings.Contains(out, "alert(22)") {
			t.Errorf("export as %s is no JSON, or has no Records: %.200s", format, out)
		}
	}
	for _, format := range []string{"text", "json", "csv", "md", "html", "junit", "sarif"} {
		r := e2etest.Run(t, "", e2etest.CLI(t), "report", "--limit", "0", "--format", format, "--db", n.file)
		if r.Out == "" {
			continue // some need a budget
		}
		seen[format]++
		plain(t, "report as "+format, r.Out)
		switch format {
		case "json", "sarif":
			if !json.Valid([]byte(r.Out)) {
				t.Errorf("report as %s is no JSON", format)
			}
		case "html":
			page := parse(t, r.Out)
			for _, tag := range []string{"img", "iframe", "script", "base", "object", "form", "debug-toolbar"} {
				if has(page, tag) {
					t.Errorf("the report has <%s>", tag)
				}
			}
		case "csv":
			rows, err := csv.NewReader(strings.NewReader(r.Out)).ReadAll()
			if err != nil || len(rows) < 3 {
				t.Fatalf("report as CSV: %v, %d rows", err, len(rows))
			}
			for _, row := range rows {
				for _, cell := range row {
					if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) && strings.Trim(cell, "-0123456789.") != "" {
						t.Errorf("a cell is a formula: %q", cell)
					}
				}
			}
		case "md":
			for line := range strings.Lines(r.Out) {
				if text := withoutCode(line); tag.MatchString(text) || strings.Contains(text, "](") {
					t.Errorf("the Markdown has markup: %q in %q", text, line)
				}
			}
		}
	}
}

var tag = regexp.MustCompile(`<[A-Za-z/!?]`)

// withoutCode is a line of Markdown without what stands between backticks, as many on both sides.
func withoutCode(line string) string {
	var b strings.Builder
	for {
		text, rest, ok := strings.Cut(line, "`")
		b.WriteString(text)
		if !ok {
			return b.String()
		}
		inner := strings.TrimLeft(rest, "`")
		fence := strings.Repeat("`", 1+len(rest)-len(inner))
		end := -1
		for i := 0; i < len(inner); {
			j := strings.Index(inner[i:], fence)
			if j < 0 {
				break
			}
			i += j
			run := len(inner[i:]) - len(strings.TrimLeft(inner[i:], "`"))
			if run == len(fence) {
				end = i
				break
			}
			i += run
		}
		if end < 0 { // no code after all
			b.WriteString(fence)
			line = inner
			continue
		}
		line = inner[end+len(fence):]
	}
}

func has(n *html.Node, tag string) bool {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == tag {
			return true
		}
	}
	return false
}
