package rendertap

import (
	"context"
	"io"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Renderer is templ's Component: this package does not link templ.
type Renderer interface {
	Render(ctx context.Context, w io.Writer) error
}

// Component gives a component that reports each time c is rendered, under a name. Its
// children, and components in it, stand below it. It is one of templ's:
//
//	@rendertap.Component("layout", Layout(title)) {
//		...
//	}
func Component(name string, c Renderer, opts ...Option) Renderer {
	if c == nil {
		return nil
	}
	return &component{instrument.NewHandler(instrument.KindRender, name, instrument.Source{}), c, optionsOf(opts)}
}

type component struct {
	handler *instrument.Handler
	next    Renderer
	options
}

// Unwrap is the component that is reported.
func (c *component) Unwrap() Renderer { return c.next }

// Render is templ.Component's.
func (c *component) Render(ctx context.Context, w io.Writer) error {
	if !instrument.On() {
		return c.next.Render(ctx, w)
	}
	ctx, span := instrument.Start(ctx, c.handler, keyEngine.Masked("templ"))
	err := errGone
	defer func() { span.End(err) }()
	if !span.Recorded() {
		err = c.next.Render(ctx, w)
		return err
	}
	if len(c.names) > 0 {
		span.Set(c.describeNamed())
		if c.rules != nil {
			attrs := c.describe(c.data)
			span.Set(attrs[1])
		}
	}
	ctx, w, size := follow(ctx, w)
	defer func() {
		if n := size(); n > 0 {
			span.Set(keySize.Int64(n))
		}
	}()
	err = c.next.Render(ctx, w)
	return err
}

func (c *component) describeNamed() instrument.Attr {
	text := ""
	for i, n := range c.names {
		if i == maxNames {
			text += ", …"
			break
		}
		if i > 0 {
			text += ", "
		}
		text += n
	}
	return keyData.String(text)
}
