package view

import (
	"context"
	"io"
	"maps"
	"slices"

	"github.com/a-h/templ"
)

// icons are the shapes, drawn on a 16 by 16 grid. One look everywhere: the kinds' names are their icons'.
var icons = map[string]string{
	"bad":       `<path d="M5.5 2h5L14 5.5v5L10.5 14h-5L2 10.5v-5zM6 6l4 4M10 6l-4 4"/>`,
	"cache":     `<path d="M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z"/>`,
	"call":      `<path d="M6.5 3H3v10h10V9.5M9.5 3H13v3.5M13 3 7.5 8.5"/>`,
	"chart":     `<path d="M2.5 13.5h11M4.5 11V8M8 11V3M11.5 11V6"/>`,
	"close":     `<path d="m4 4 8 8M12 4l-8 8"/>`,
	"command":   `<path d="m3 4 4 4-4 4M8.5 12H13"/>`,
	"custom":    `<path d="m8 2 6 6-6 6-6-6z"/>`,
	"down":      `<path d="m3 6 5 5 5-5"/>`,
	"exception": `<path d="M8 2.2 14.5 13.5h-13zM8 6.5v3M8 11.5v.1"/>`,
	"health":    `<path d="M1.5 8.5h3L6.5 4l3 8.5 2-4h3"/>`,
	"home":      `<path d="M2.5 7.5 8 2.5l5.5 5V13.5h-11z"/>`,
	"info":      `<circle cx="8" cy="8" r="6"/><path d="M8 7.5V11M8 5v.1"/>`,
	"layer":     `<path d="m8 2 6 3-6 3-6-3zM2 8l6 3 6-3M2 11l6 3 6-3"/>`,
	"left":      `<path d="M10 3 5 8l5 5"/>`,
	"lock":      `<rect x="3.5" y="7" width="9" height="6.5" rx="1"/><path d="M5.5 7V5a2.5 2.5 0 0 1 5 0v2"/>`,
	"log":       `<path d="M2.5 4h11M2.5 8h11M2.5 12h7"/>`,
	"new":       `<path d="M8 1.5 9.7 6.3 14.5 8 9.7 9.7 8 14.5 6.3 9.7 1.5 8 6.3 6.3z"/>`,
	"off":       `<circle cx="8" cy="8" r="6"/><path d="M5 8h6"/>`,
	"ok":        `<circle cx="8" cy="8" r="6"/><path d="m5.5 8.2 1.8 1.8 3.3-3.8"/>`,
	"play":      `<path d="M5 3v10l8-5z"/>`,
	"query":     `<ellipse cx="8" cy="4" rx="5" ry="2"/><path d="M3 4v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2"/>`,
	"receiver":  `<path d="M13.5 8A5.5 5.5 0 1 1 8 2.5M13.5 2.5 8 8M8 4.8V8h3.2"/>`,
	"render":    `<path d="M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5"/>`,
	"request":   `<path d="M2 8h8M7 5l3 3-3 3M13.5 3v10"/>`,
	"right":     `<path d="m6 3 5 5-5 5"/>`,
	"route":     `<circle cx="4" cy="12.5" r="1.5"/><circle cx="12" cy="3.5" r="1.5"/><path d="M5.5 12.5h5a2.25 2.25 0 0 0 0-4.5h-5a2.25 2.25 0 0 1 0-4.5h5"/>`,
	"search":    `<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.5 3.5"/>`,
	"server":    `<rect x="2.5" y="3" width="11" height="4" rx="1"/><rect x="2.5" y="9" width="11" height="4" rx="1"/><path d="M5 5v.1M5 11v.1"/>`,
	"signal":    `<circle cx="8" cy="8" r="1.2" fill="currentColor"/><path d="M5.2 10.8a4 4 0 0 1 0-5.6M10.8 5.2a4 4 0 0 1 0 5.6M3 13A7 7 0 0 1 3 3M13 3a7 7 0 0 1 0 10"/>`,
	"slow":      `<circle cx="8" cy="8" r="6"/><path d="M8 4.5V8l2.5 1.5"/>`,
	"task":      `<path d="M2 9h3.5l1 2h3l1-2H14M2 9l2-6h8l2 6v4.5H2z"/>`,
	"view":      `<rect x="2" y="3" width="12" height="10" rx="1.5"/><path d="M2 6.5h12"/>`,
}

// patterns fill what failed and what nothing explains.
var patterns = map[string]string{
	"hatch":     `<pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch-n" d="M0 0v4"/></pattern>`,
	"hatch-bad": `<pattern id="hatch-bad" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch-bad" d="M0 0v5"/></pattern>`,
}

type spriteKey struct{}

// sprite collects the icons that are used while a page is drawn.
type sprite map[string]bool

// need notes that an icon or pattern is used. Outside a page or fragment nothing is noted.
func need(ctx context.Context, name string) {
	if s, ok := ctx.Value(spriteKey{}).(sprite); ok {
		s[name] = true
	}
}

// withSprite returns a context that notes icons.
func withSprite(ctx context.Context) (context.Context, sprite) {
	s := sprite{}
	return context.WithValue(ctx, spriteKey{}, s), s
}

// Render writes the definitions of the icons that were used.
func (s sprite) Render(_ context.Context, w io.Writer) error {
	if len(s) == 0 {
		return nil
	}
	out := `<svg class="sprite" aria-hidden="true"><defs>`
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if p, ok := patterns[name]; ok {
			out += p
			continue
		}
		out += `<symbol id="i-` + name + `" viewBox="0 0 16 16">` + icons[name] + `</symbol>`
	}
	_, err := io.WriteString(w, out+"</defs></svg>\n")
	return err
}

// Fragment draws a component that is put into another page, with the icons that it uses before it.
func Fragment(c templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		ctx, icons := withSprite(ctx)
		body := templ.GetBuffer()
		defer templ.ReleaseBuffer(body)
		if err := c.Render(ctx, body); err != nil {
			return err
		}
		if err := icons.Render(ctx, w); err != nil {
			return err
		}
		return writeClean(w, body.Bytes())
	})
}

// page draws a whole page. The content is drawn first, so that the sprite before it holds what it uses.
func page(s Shell, content templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		ctx, icons := withSprite(ctx)
		body := templ.GetBuffer()
		defer templ.ReleaseBuffer(body)
		if err := frame(s, content).Render(ctx, body); err != nil {
			return err
		}
		drawn := templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
			return writeClean(w, body.Bytes())
		})
		s.Title = clean(s.Title)
		return document(s, icons, drawn).Render(ctx, w)
	})
}
