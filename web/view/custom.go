package view

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/a-h/templ"
)

// NavPage is a page of the app's own in the navigation.
type NavPage struct {
	Name  string // in its address, behind "pages/"
	Title string
	Icon  string // one of Icons
}

// CustomPage is a page of the app's own.
type CustomPage struct {
	Body   templ.Component
	Failed string // why it could not be drawn; "" it was
}

// CustomCard is a card of the app's own on the overview.
type CustomCard struct {
	Name   string
	Title  string
	Href   string // where its title leads; "" nowhere
	Wide   bool   // over the whole width
	Body   templ.Component
	Failed string // why it could not be drawn; "" it was
}

// CustomPageOf is a page of the app's own within the dashboard.
func CustomPageOf(s Shell, m CustomPage) templ.Component { return page(s, customPage(s, m)) }

// Custom is the address of a page of the app's own.
func (b Base) Custom(name string) string { return b.Page("pages/" + name) }

// Icons are the names of the shapes that pages may have in the navigation.
func Icons() []string { return slices.Sorted(maps.Keys(icons)) }

// PageNames are the names of the dashboard's own pages.
func PageNames() (names []string) {
	for _, g := range (Shell{}).nav() {
		for _, it := range g.items {
			names = append(names, it.page)
		}
	}
	return names
}

// Drawn is what a component drew beforehand. It can be drawn again, at any place of a page.
type Drawn struct {
	markup []byte
	icons  sprite
}

// Draw draws a component into memory: most bytes at most, or there is an error. It shares
// nothing with a page that is being drawn, so that it may run beside one.
func Draw(ctx context.Context, c templ.Component, most int) (Drawn, error) {
	ctx, icons := withSprite(ctx)
	b := bounded{most: most}
	if err := c.Render(ctx, &b); err != nil {
		return Drawn{}, err
	}
	return Drawn{b.buf.Bytes(), icons}, nil
}

// Render implements templ.Component.
func (d Drawn) Render(ctx context.Context, w io.Writer) error {
	for name := range d.icons {
		need(ctx, name)
	}
	_, err := w.Write(d.markup)
	return err
}

// bounded takes so many bytes and no more. It hides the buffer's other ways in.
type bounded struct {
	buf  bytes.Buffer
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.buf.Len()+len(p) > b.most {
		return 0, fmt.Errorf("it draws more than %s", Bytes(int64(b.most)))
	}
	return b.buf.Write(p)
}
