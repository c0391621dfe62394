package views

import (
	"embed"
	"io/fs"
	"net/http"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

//go:embed static
var files embed.FS

// Static serves the shop's style sheet, drawings and script under /static/.
func Static() http.Handler {
	sub, err := fs.Sub(files, "static")
	if err != nil {
		panic("views: " + err.Error()) // the folder is compiled in
	}
	server := http.StripPrefix("/static/", middleware.FileServerFS("static", sub))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=300")
		server.ServeHTTP(w, r)
	})
}
