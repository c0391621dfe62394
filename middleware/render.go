package middleware

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
)

// Component is something that renders itself, such as a templ.Component.
type Component interface {
	Render(ctx context.Context, w io.Writer) error
}

// Rendering is a page that is not rendered yet, so that layers can still change
// it.
type Rendering struct {
	// Component is the page. It is required.
	Component Component

	// Status is the status code. 0 means 200.
	Status int

	// ContentType is used if the header has none. Empty means
	// "text/html; charset=utf-8".
	ContentType string
}

// Executor is a template, such as a *template.Template of html/template.
type Executor interface {
	Execute(w io.Writer, data any) error
}

// HTML is a Component made of a template. Layers may change Data.
type HTML struct {
	Template Executor
	Data     any
}

// Render executes the template.
func (h *HTML) Render(_ context.Context, w io.Writer) error { return h.Template.Execute(w, h.Data) }

// Render shows p to the layers with a ProcessTemplateResponse, the innermost
// first, renders it, and then writes the response: nothing of it is sent if
// rendering fails. A view, or a ProcessException, ends with it:
//
//	return middleware.Render(w, r, &middleware.Rendering{Component: page(order)})
func Render(w http.ResponseWriter, r *http.Request, p *Rendering) error {
	if c := callOf(r.Context()); c != nil {
		if err := c.processTemplate(r, p); err != nil {
			return err
		}
	}
	if p.Component == nil {
		return &wiringError{"render: Rendering.Component is nil: set what is to be rendered"}
	}
	var b bytes.Buffer
	if err := p.Component.Render(r.Context(), &b); err != nil {
		return fmt.Errorf("render %T: %w", p.Component, err)
	}
	h := w.Header()
	if len(h["Content-Type"]) == 0 {
		h.Set("Content-Type", or(p.ContentType, "text/html; charset=utf-8"))
	}
	if p.Status != 0 {
		w.WriteHeader(p.Status)
	}
	_, _ = w.Write(b.Bytes()) // an error says that the client is gone: nothing is left to answer
	return nil
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

func (c *call) processTemplate(r *http.Request, p *Rendering) error {
	for _, o := range c.around() {
		hook := o.probe.hooks.template
		if hook == nil {
			continue
		}
		if err := guarded(r.Context(), o.probe.hooks.templateSpan, func() error { return hook.ProcessTemplateResponse(r, p) }); err != nil {
			return err
		}
		if p.Component == nil {
			return &wiringError{fmt.Sprintf("layer %q: ProcessTemplateResponse left nothing to render: Rendering.Component is nil", o.probe.Name())}
		}
	}
	return nil
}
