package views

import (
	"context"
	"embed"
	"html/template"
	"io"
	"strings"
	text "text/template"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/rendertap"
)

// What is printed or sent in letters stays as the shop had it before its pages became templ's: html/template and text/template.

//go:embed papers
var papers embed.FS

var invoices = rendertap.HTML(template.Must(template.New("").Funcs(template.FuncMap{"day": day}).ParseFS(papers, "papers/*.html")))

// InvoicePage writes an invoice to be printed.
func InvoicePage(ctx context.Context, w io.Writer, o store.Order) error {
	return invoices.ExecuteTemplate(ctx, w, "invoice.html", o)
}

var letters = rendertap.Text(text.Must(text.New("").Funcs(text.FuncMap{"day": day}).ParseFS(papers, "papers/*.txt")))

// InvoiceLetter is the invoice that is sent.
func InvoiceLetter(ctx context.Context, o store.Order) (string, error) {
	var b strings.Builder
	err := letters.ExecuteTemplate(ctx, &b, "invoice.txt", o)
	return b.String(), err
}
