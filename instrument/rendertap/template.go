package rendertap

import (
	"context"
	"errors"
	html "html/template"
	"io"
	text "text/template"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Template executes templates and reports them. It is safe for concurrent use.
type Template struct {
	engine string
	plain  executor
	copies copies
	options
}

// executor is what both template packages have.
type executor interface {
	Name() string
	Execute(w io.Writer, data any) error
	ExecuteTemplate(w io.Writer, name string, data any) error
}

// HTML reports the templates of html/template that t belongs to. Call it when all are
// parsed, before the first is executed: after that html/template lets nobody copy them, and
// the calls between them are not seen. t itself stays as it is. Nil panics.
func HTML(t *html.Template, opts ...Option) *Template {
	if t == nil {
		panic("rendertap: HTML: the template is nil")
	}
	r := &Template{engine: "html/template", plain: t, options: optionsOf(opts)}
	if pristine, err := t.Clone(); err == nil {
		r.copies.make = func() (*traced, error) { return tracedHTML(pristine) }
	}
	return r
}

// Text is HTML for text/template.
func Text(t *text.Template, opts ...Option) *Template {
	if t == nil {
		panic("rendertap: Text: the template is nil")
	}
	r := &Template{engine: "text/template", plain: t, options: optionsOf(opts)}
	if pristine, err := t.Clone(); err == nil {
		r.copies.make = func() (*traced, error) { return tracedText(pristine) }
	}
	return r
}

// Execute is the template's own, for the request of ctx.
func (t *Template) Execute(ctx context.Context, w io.Writer, data any) error {
	if rec, _ := instrument.Find(ctx); rec == nil {
		return t.unrecorded(ctx, t.plain.Name(), func() error { return t.plain.Execute(w, data) })
	}
	return t.record(ctx, w, t.plain.Name(), data, func(x executor, w io.Writer) error { return x.Execute(w, data) })
}

// ExecuteTemplate is the template's own, for the request of ctx.
func (t *Template) ExecuteTemplate(ctx context.Context, w io.Writer, name string, data any) error {
	if rec, _ := instrument.Find(ctx); rec == nil {
		return t.unrecorded(ctx, name, func() error { return t.plain.ExecuteTemplate(w, name, data) })
	}
	return t.record(ctx, w, name, data, func(x executor, w io.Writer) error { return x.ExecuteTemplate(w, name, data) })
}

// unrecorded counts an execution outside of Records.
func (t *Template) unrecorded(ctx context.Context, name string, execute func() error) error {
	if !instrument.On() {
		return execute()
	}
	span := instrument.Leaf(ctx, handlerOf(name))
	err := errGone
	defer func() { span.End(err) }()
	err = execute()
	return err
}

func handlerOf(name string) *instrument.Handler {
	return instrument.NewHandler(instrument.KindRender, name, instrument.Source{})
}

var errGone = errors.New("the template did not return")

func (t *Template) record(ctx context.Context, w io.Writer, name string, data any, execute func(executor, io.Writer) error) (err error) {
	x := t.copies.take()
	attrs := t.describe(data)
	out := &counter{Writer: w}
	ctx, span := instrument.Start(ctx, handlerOf(name), keyEngine.String(t.engine), attrs[0], attrs[1], instrument.Callers(1, maxCallers))
	failed := errGone
	if x != nil {
		x.run.begin(ctx, out, t.engine)
	}
	defer func() { // without recover: a panic goes on as it was
		if x != nil {
			x.run.end(failed)
			t.copies.put(x)
		}
		span.Set(keySize.Int64(out.n.Load()))
		span.End(failed)
	}()
	if x != nil {
		failed = execute(x.templates, out)
	} else {
		failed = execute(t.plain, out)
	}
	return failed
}
