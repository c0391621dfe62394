// Package rendertap shows what a page is rendered from: which templates, nested as they
// ran, how long each took and how many bytes it wrote.
//
// html/template and text/template, with the templates that they call:
//
//	pages := rendertap.HTML(template.Must(template.ParseFS(files, "*.html")))
//	err := pages.ExecuteTemplate(ctx, w, "order.html", order)
//
// templ, for the components that are given a name, with their children below them:
//
//	@rendertap.Component("layout", Layout(title)) {
//		@rendertap.Component("cart", Cart(lines))
//	}
//
// The context says for which request: the template packages take none, so that is a
// parameter here. Where it is none the goroutine tells (see package instrument).
//
// # How calls between templates are timed
//
// The template packages have no hooks. HTML and Text therefore execute a copy of the
// templates in which each begins and ends with {{if enter "name"}}{{end}}: that writes
// nothing, whatever it stands in, so that html/template escapes all else as before. A copy
// serves one execution at a time and is used again. Without a Record the templates are
// executed as they were given.
//
// # What is kept
//
// Of the data the names: the fields of a struct, the keys of a map. Values only with
// [Values], masked.
package rendertap
