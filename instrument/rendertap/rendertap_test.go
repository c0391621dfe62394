package rendertap_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	html "html/template"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	text "text/template"

	"github.com/a-h/templ"
	templruntime "github.com/a-h/templ/runtime"
	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/rendertap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type sink struct{ recs []*instrument.Record }

func (s *sink) Want(*instrument.Summary) bool { return true }

func (s *sink) Put(sum *instrument.Summary, blob []byte) {
	rec, err := instrument.Decode(*sum, blob, instrument.LiveNames())
	if err != nil {
		panic(err)
	}
	s.recs = append(s.recs, rec)
}

var pageHandler = instrument.NewHandler(instrument.KindRequest, "GET /page", instrument.Source{})

// page runs f in a Record and gives all its spans.
func page(t testing.TB, f func(ctx context.Context)) []instrument.RecordSpan {
	t.Helper()
	s := &sink{}
	r := instrument.New(instrument.Config{Sink: s, Masker: mask.Default()})
	defer r.SetEnabled(false)
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: pageHandler})
	func() {
		defer rec.End()
		f(ctx)
	}()
	return s.recs[0].Spans
}

func attr(sp instrument.RecordSpan, key string) any {
	for _, kv := range sp.Attrs {
		if kv.Key == key {
			return kv.Value
		}
	}
	return nil
}

// tree writes spans as an indented list.
func tree(spans []instrument.RecordSpan) (lines []string) {
	depth := make([]int, len(spans))
	for i, sp := range spans[1:] {
		depth[i+1] = depth[sp.Parent] + 1
		lines = append(lines, strings.Repeat(" ", depth[i+1]-1)+sp.Handler.Name)
	}
	return lines
}

const source = `{{define "page.html"}}<!DOCTYPE html>
<title>{{.Title}}</title><script>var t = {{template "js" .Title}};</script>
<a href="/search?q={{template "query" .Title}}" onclick="go({{template "js" .Title}})" style="{{template "css" .}}">x</a>
{{template "list" .Lines}}{{if .Footer}}{{template "footer.html" .}}{{end}}{{block "aside" .}}<i>aside</i>{{end}}
{{end}}{{define "list"}}<ul>{{range .}}{{template "row" .}}{{else}}<li>none</li>{{end}}</ul>{{end -}}
{{define "row"}}<li title="{{.}}">{{.}}</li>{{end}}{{define "js"}}{{.}}{{end}}{{define "query"}}{{.}}{{end}}{{define "css"}}color: red{{end}}
{{define "footer.html"}}{{/* nothing */}}<footer>{{.Footer.Missing}}</footer>{{end}}{{define "empty"}} {{end}}{{define "nothing"}}{{end}}`

type model struct {
	Title  string
	Lines  []string
	Footer any
	secret string
}

var shown = model{Title: `O'Hara & "sons" </script>`, Lines: []string{"mug", "<b>", "x&y"}, secret: "s"}

func TestHTML_NestedTemplatesStandWhereTheyRan(t *testing.T) {
	t.Parallel()
	want := &bytes.Buffer{}
	if err := html.Must(html.New("root").Parse(source)).ExecuteTemplate(want, "page.html", shown); err != nil {
		t.Fatal(err)
	}
	pages := rendertap.HTML(html.Must(html.New("root").Parse(source)))
	for range 2 { // the second time with the copy of the first
		spans := page(t, func(ctx context.Context) {
			got := &bytes.Buffer{}
			if err := pages.ExecuteTemplate(ctx, got, "page.html", shown); err != nil {
				t.Fatal(err)
			}
			if got.String() != want.String() {
				t.Errorf("rendered\n%s\nwithout us\n%s", got, want)
			}
		})
		lines := []string{"page.html", " js", " query", " js", " css", " list", "  row", "  row", "  row", " aside"}
		// html/template makes a copy of a template for each place that escapes in another way.
		got := tree(spans)
		for i, l := range got {
			got[i], _, _ = strings.Cut(l, "$")
		}
		if !slices.Equal(got, lines) {
			t.Errorf("the tree is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(lines, "\n"))
		}
		root := spans[1]
		if attr(root, "template.size") != int64(want.Len()) || attr(root, "template.engine") != "html/template" || attr(root, "template.data") != "Title, Lines, Footer" {
			t.Errorf("the page: %v", root.Attrs)
		}
		if i := slices.Index(lines, "  row"); attr(spans[i+1], "template.size") != int64(len(`<li title="mug">mug</li>`)) {
			t.Errorf("a row: %v", spans[i+1].Attrs)
		}
		if len(root.Stack) == 0 || !strings.HasSuffix(root.Stack[0].File, "rendertap_test.go") {
			t.Errorf("rendered from %+v", root.Stack)
		}
	}
}

func TestText_NestedTemplatesStandWhereTheyRan(t *testing.T) {
	t.Parallel()
	const mail = `{{define "mail"}}Dear {{.Name}},{{template "lines" .Lines}}{{end}}{{define "lines"}}{{range .}}
- {{template "line" .}}{{end}}{{end}}{{define "line"}}{{.}}{{end}}`
	t0 := text.Must(text.New("mails").Parse(mail))
	mails := rendertap.Text(t0, rendertap.Values(nil))
	data := map[string]any{"Name": "Mara", "Lines": []int{1, 2}, "password": "hunter2"}
	want := &strings.Builder{}
	if err := t0.ExecuteTemplate(want, "mail", data); err != nil { // executed before: text/template does not mind
		t.Fatal(err)
	}
	spans := page(t, func(ctx context.Context) {
		got := &strings.Builder{}
		if err := mails.ExecuteTemplate(ctx, got, "mail", data); err != nil || got.String() != want.String() {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	})
	if got := tree(spans); !slices.Equal(got, []string{"mail", " lines", "  line", "  line"}) {
		t.Errorf("the tree is %q", got)
	}
	values, _ := attr(spans[1], "template.data.values").(string)
	if attr(spans[1], "template.data") != "Lines, Name, password" || !strings.Contains(values, "Mara") || strings.Contains(values, "hunter2") {
		t.Errorf("data: %v", spans[1].Attrs)
	}
}

// Sets that are parsed from files stand under a name that is no template: executing that is
// an error, the same as without us.
func TestTemplate_SetsOfFilesWhoseRootIsNone(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"bill.txt": {Data: []byte(`{{range .}}{{template "line.txt" .}}{{end}}`)}, "line.txt": {Data: []byte("- {{.}}\n")},
	}
	for name, root := range map[string]string{"no name": "", "a name": "bills"} {
		plainText, plainHTML := text.Must(text.New(root).ParseFS(files, "*.txt")), html.Must(html.New(root).ParseFS(files, "*.txt"))
		want := plainText.Execute(&strings.Builder{}, nil)
		asText, asHTML := rendertap.Text(plainText), rendertap.HTML(plainHTML)
		spans := page(t, func(ctx context.Context) {
			for _, execute := range []func(io.Writer) error{
				func(w io.Writer) error { return asText.ExecuteTemplate(ctx, w, "bill.txt", []string{"mug", "jug"}) },
				func(w io.Writer) error { return asHTML.ExecuteTemplate(ctx, w, "bill.txt", []string{"mug", "jug"}) },
			} {
				got := &strings.Builder{}
				if err := execute(got); err != nil || got.String() != "- mug\n- jug\n" {
					t.Errorf("%s: %q, %v", name, got, err)
				}
			}
			if err := asText.Execute(ctx, &strings.Builder{}, nil); err == nil || err.Error() != want.Error() {
				t.Errorf("%s: %v, without us %v", name, err, want)
			}
			if err := asHTML.Execute(ctx, &strings.Builder{}, nil); err == nil {
				t.Errorf("%s: a template that is none was executed", name)
			}
		})
		if got := tree(spans); !slices.Equal(got[:6], []string{"bill.txt", " line.txt", " line.txt", "bill.txt", " line.txt", " line.txt"}) {
			t.Errorf("%s: the tree is %q", name, got)
		}
	}
}

// Errors and what was written before them are the template package's own.
func TestTemplate_ErrorsAreTheSame(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		source, execute string
		data            any
	}{
		"a field that is missing":      {source, "page.html", model{Title: "x", Footer: struct{}{}}},
		"a template that is missing":   {`{{define "a"}}b{{end}}`, "b", nil},
		"an empty template":            {`{{define "a"}}b{{end}}`, "root", nil},
		"a function that fails":        {`{{define "a"}}{{template "b" .}}{{end}}{{define "b"}}x{{fail}}{{end}}`, "a", nil},
		"a function that panics":       {`{{define "a"}}x{{explode}}{{end}}`, "a", nil},
		"no data":                      {`{{define "a"}}x{{template "b"}}{{end}}{{define "b"}}{{.}}{{end}}`, "a", nil},
		"what cannot be escaped":       {`{{define "a"}}<a href="{{if .}}'{{end}}>{{template "b" .}}{{end}}{{define "b"}}x{{end}}`, "a", true},
		"a loop that is left":          {`{{define "a"}}{{range .}}{{template "b" .}}{{break}}{{end}}{{end}}{{define "b"}}{{.}}{{end}}`, "a", []int{1, 2}},
		"a template that calls itself": {`{{define "a"}}{{if .}}{{len .}}{{template "a" (slice . 1)}}{{end}}{{end}}`, "a", "abc"},
	} {
		funcs := html.FuncMap{"fail": func() (string, error) { return "", errors.New("failed") }, "explode": func() string { panic("boom") }}
		parse := func() *html.Template { return html.Must(html.New("root").Funcs(funcs).Parse(tc.source)) }
		want := &strings.Builder{}
		wantErr := parse().ExecuteTemplate(want, tc.execute, tc.data)
		pages := rendertap.HTML(parse())
		for range 2 {
			spans := page(t, func(ctx context.Context) {
				got := &strings.Builder{}
				err := pages.ExecuteTemplate(ctx, got, tc.execute, tc.data)
				if fmt.Sprint(err) != fmt.Sprint(wantErr) || got.String() != want.String() {
					t.Errorf("%s: %q, %v\nwithout us %q, %v", name, got, err, want, wantErr)
				}
			})
			for _, sp := range spans[1:] {
				if sp.Flags.Has(instrument.FlagUnfinished) {
					t.Errorf("%s: %s did not end", name, sp.Handler.Name)
				}
			}
			if (spans[1].Error != "") != (wantErr != nil) {
				t.Errorf("%s: the span says %q", name, spans[1].Error)
			}
		}
	}
}

func TestHTML_ExecutedBeforeOnlyTheWholeIsSeen(t *testing.T) {
	t.Parallel()
	parsed := html.Must(html.New("root").Parse(`{{define "a"}}{{template "b"}}{{end}}{{define "b"}}x{{end}}`))
	if err := parsed.ExecuteTemplate(io.Discard, "a", nil); err != nil {
		t.Fatal(err)
	}
	pages := rendertap.HTML(parsed)
	spans := page(t, func(ctx context.Context) {
		if err := pages.ExecuteTemplate(ctx, io.Discard, "a", nil); err != nil {
			t.Error(err)
		}
	})
	if got := tree(spans); !slices.Equal(got, []string{"a"}) {
		t.Errorf("the tree is %q", got)
	}
}

func TestTemplate_ManyAtOnce(t *testing.T) {
	t.Parallel()
	pages := rendertap.HTML(html.Must(html.New("root").Parse(source)))
	want := &strings.Builder{}
	html.Must(html.New("root").Parse(source)).ExecuteTemplate(want, "page.html", shown)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				spans := page(t, func(ctx context.Context) {
					got := &strings.Builder{}
					if err := pages.ExecuteTemplate(ctx, got, "page.html", shown); err != nil || got.String() != want.String() {
						t.Errorf("%v: %q", err, got)
					}
				})
				if len(spans) != 11 {
					t.Errorf("%d spans", len(spans))
				}
			}
		})
	}
	all.Wait()
}

func TestTemplate_AWriterThatPanicsLeavesNothingOpen(t *testing.T) {
	t.Parallel()
	pages := rendertap.HTML(html.Must(html.New("root").Parse(source)))
	for range 2 {
		spans := page(t, func(ctx context.Context) {
			defer func() {
				if v := recover(); v != "full" {
					t.Errorf("the panic became %v", v)
				}
			}()
			pages.ExecuteTemplate(ctx, exploding{}, "page.html", shown)
		})
		for _, sp := range spans[1:] {
			if sp.Flags.Has(instrument.FlagUnfinished) || sp.Error == "" {
				t.Errorf("%s: %v", sp.Handler.Name, sp.Flags)
			}
		}
	}
}

type exploding struct{}

func (exploding) Write([]byte) (int, error) { panic("full") }

func TestTemplate_OutsideARecordAndSwitchedOff(t *testing.T) {
	pages := rendertap.HTML(html.Must(html.New("outside.html").Parse(`<p>{{.}}</p>`)))
	render := func() {
		var b strings.Builder
		if err := pages.Execute(context.Background(), &b, 7); err != nil || b.String() != "<p>7</p>" {
			t.Errorf("%q, %v", b.String(), err)
		}
	}
	render()
	r := instrument.New(instrument.Config{})
	t.Cleanup(func() { r.SetEnabled(false) })
	instrument.SetDefault(r)
	t.Cleanup(func() { instrument.SetDefault(nil) })
	render()
	if n := r.Stats(instrument.LookupHandler(instrument.KindRender, "outside.html")).Count; n != 1 {
		t.Errorf("counted %d times", n)
	}
}

// generated is a component as templ's generator makes them.
func generated(render func(ctx context.Context, w *templruntime.Buffer) error) templ.Component {
	return templruntime.GeneratedTemplate(func(in templruntime.GeneratedComponentInput) (err error) {
		w, existing := templruntime.GetBuffer(in.Writer)
		if !existing {
			defer func() { err = errors.Join(err, templruntime.ReleaseBuffer(w)) }()
		}
		return render(templ.InitializeContext(in.Context), w)
	})
}

func word(s string) templ.Component {
	return generated(func(_ context.Context, w *templruntime.Buffer) error {
		_, err := w.WriteString(s)
		return err
	})
}

// layout writes its children between two words.
func layout(before, after string) templ.Component {
	return generated(func(ctx context.Context, w *templruntime.Buffer) error {
		children := templ.GetChildren(ctx)
		ctx = templ.ClearChildren(ctx)
		w.WriteString(before)
		if err := children.Render(ctx, w); err != nil {
			return err
		}
		_, err := w.WriteString(after)
		return err
	})
}

func with(outer templ.Component, inner ...templ.Component) templ.Component {
	return generated(func(ctx context.Context, w *templruntime.Buffer) error {
		return outer.Render(templ.WithChildren(ctx, templ.Join(inner...)), w)
	})
}

func TestComponent_ChildrenStandBelowTheirParent(t *testing.T) {
	t.Parallel()
	tap := func(name string, c templ.Component, opts ...rendertap.Option) templ.Component {
		return rendertap.Component(name, c, opts...)
	}
	pageOf := func(tap func(string, templ.Component, ...rendertap.Option) templ.Component) templ.Component {
		return with(tap("layout", layout("<html>", "</html>"), rendertap.Data("title", "Cart")),
			tap("header", word("<h1>Cart</h1>")), word("<hr>"), with(tap("list", layout("<ul>", "</ul>")), tap("row", word("<li>a</li>")), tap("row", word("<li>b</li>"))))
	}
	bare := pageOf(func(_ string, c templ.Component, _ ...rendertap.Option) templ.Component { return c })
	var want strings.Builder
	if err := bare.Render(context.Background(), &want); err != nil {
		t.Fatal(err)
	}
	spans := page(t, func(ctx context.Context) {
		var got strings.Builder
		if err := pageOf(tap).Render(ctx, &got); err != nil || got.String() != want.String() {
			t.Errorf("%q, %v; want %q", got.String(), err, want.String())
		}
	})
	if got := tree(spans); !slices.Equal(got, []string{"layout", " header", " list", "  row", "  row"}) {
		t.Errorf("the tree is %q", got)
	}
	sizes := []int64{int64(want.Len()), int64(len("<h1>Cart</h1>")), int64(len("<ul><li>a</li><li>b</li></ul>")), 10, 10}
	for i, n := range sizes {
		if got := attr(spans[i+1], "template.size"); got != n {
			t.Errorf("%s wrote %v bytes, want %d", spans[i+1].Handler.Name, got, n)
		}
	}
	if attr(spans[1], "template.data") != "title" || attr(spans[1], "template.data.values") != nil {
		t.Errorf("data: %v", spans[1].Attrs)
	}
}

// flushes notes when it is written to and flushed.
type flushes struct {
	http.ResponseWriter
	heard []string
}

func (f *flushes) Write(p []byte) (int, error) {
	f.heard = append(f.heard, string(p))
	return len(p), nil
}
func (f *flushes) Flush() { f.heard = append(f.heard, "flush") }

func TestComponent_PagesThatAreSentInPiecesStaySo(t *testing.T) {
	t.Parallel()
	pageOf := func(tap func(string, templ.Component) templ.Component) templ.Component {
		return tap("page", with(layout("a", "z"), tap("first", with(templ.Flush(), tap("in", word("b")))), tap("second", word("c"))))
	}
	hear := func(ctx context.Context, c templ.Component) string {
		f := &flushes{ResponseWriter: httptest.NewRecorder()}
		if err := c.Render(ctx, f); err != nil {
			t.Fatal(err)
		}
		joined := strings.Join(f.heard, "")
		return joined
	}
	want := hear(context.Background(), pageOf(func(_ string, c templ.Component) templ.Component { return c }))
	page(t, func(ctx context.Context) {
		got := hear(ctx, pageOf(func(name string, c templ.Component) templ.Component { return rendertap.Component(name, c) }))
		if got != want {
			t.Errorf("heard %q, without us %q", got, want)
		}
	})
	if want != "abflushczflush" {
		t.Errorf("templ itself sends %q", want)
	}
}

func TestComponent_ErrorsAndPanicsAreItsOwn(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	spans := page(t, func(ctx context.Context) {
		fails := rendertap.Component("fails", templ.ComponentFunc(func(context.Context, io.Writer) error { return broken }))
		if err := fails.Render(ctx, io.Discard); err != broken {
			t.Errorf("the error became %v", err)
		}
		defer func() {
			if v := recover(); v != broken {
				t.Errorf("the panic became %v", v)
			}
		}()
		rendertap.Component("panics", templ.ComponentFunc(func(context.Context, io.Writer) error { panic(broken) })).Render(ctx, io.Discard)
	})
	for _, sp := range spans[1:] {
		if sp.Error == "" || sp.Flags.Has(instrument.FlagUnfinished) {
			t.Errorf("%s: %q %v", sp.Handler.Name, sp.Error, sp.Flags)
		}
	}
}
