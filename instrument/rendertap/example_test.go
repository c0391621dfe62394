package rendertap_test

import (
	"context"
	"html/template"
	"os"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/rendertap"
)

func ExampleHTML() {
	pages := rendertap.HTML(template.Must(template.New("").Parse(`{{define "hello.html"}}<h1>Hello {{.Name}}</h1>{{end}}`)))
	_ = pages.ExecuteTemplate(context.Background(), os.Stdout, "hello.html", struct{ Name string }{"Mara"})
	// Output: <h1>Hello Mara</h1>
}

func ExampleComponent() {
	hello := templ.Raw("<h1>Hello</h1>")
	_ = rendertap.Component("hello", hello).Render(context.Background(), os.Stdout)
	// Output: <h1>Hello</h1>
}
