// Package static holds the dashboard's stylesheets and scripts, embedded and served under names that contain
// a hash of their content.
//
// A debug toolbar that loads its assets from elsewhere breaks offline and tells others who debugs what; one
// that serves them under fixed names shows the old script after an upgrade. So each file has an address that
// changes with its content and may be cached for ever:
//
//	mux.Handle("/_toolbar/static/", http.StripPrefix("/_toolbar/static/", static.Handler()))
//	href := "/_toolbar/" + static.Path("app.css") // "/_toolbar/static/app.1f0c9a2b47d3.css"
//
// Only names in a map made at start are served: no path from a request ever reaches a file system.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed tokens.css app.css toolbar.css uplot.css app.js toolbar.js uplot.js plot.js
var files embed.FS

// asset is one file, ready to be written.
type asset struct {
	name   string // hashed
	ctype  string
	body   []byte
	zipped []byte
}

// contentTypes are by extension. They are written here because the system's table may differ.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
}

// table holds the assets by their plain and by their hashed name.
type table struct {
	byName, byHash map[string]*asset
}

var assets = sync.OnceValue(load)

func load() table {
	t := table{map[string]*asset{}, map[string]*asset{}}
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(fmt.Sprintf("static: read embedded files: %v", err))
	}
	for _, e := range entries {
		body, err := files.ReadFile(e.Name())
		if err != nil {
			panic(fmt.Sprintf("static: read %s: %v", e.Name(), err))
		}
		sum := sha256.Sum256(body)
		ext := path.Ext(e.Name())
		a := &asset{
			name:   strings.TrimSuffix(e.Name(), ext) + "." + hex.EncodeToString(sum[:6]) + ext,
			ctype:  contentTypes[ext],
			body:   body,
			zipped: zip(body),
		}
		t.byName[e.Name()], t.byHash[a.name] = a, a
	}
	return t
}

func zip(body []byte) []byte {
	var b bytes.Buffer
	// The level is valid and a buffer never fails.
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = w.Write(body)
	_ = w.Close()
	return b.Bytes()
}

// Path returns the address of a file relative to the dashboard's prefix: "static/app.1f0c9a2b47d3.css".
// A name that does not exist is a mistake in the calling code and panics.
func Path(name string) string {
	a, ok := assets().byName[name]
	if !ok {
		panic("static: no file named " + strconv.Quote(name))
	}
	return "static/" + a.name
}

// Handler serves the files. The request's path is the hashed name alone: strip what comes before it.
// Anything but a known name with GET or HEAD is answered with 404.
func Handler() http.Handler {
	t := assets()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := t.byHash[strings.TrimPrefix(r.URL.Path, "/")]
		if !ok || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
			http.NotFound(w, r)
			return
		}
		a.serve(w, r)
	})
}

// serve writes the file. The name changes with the content, so the tag is the name.
func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	tag := `"` + a.name + `"`
	h.Set("Content-Type", a.ctype)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Vary", "Accept-Encoding")
	h.Set("ETag", tag)
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := a.body
	if AcceptsGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		body = a.zipped
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	// A client that went away is no error of ours.
	_, _ = w.Write(body)
}

// AcceptsGzip reads Accept-Encoding; "gzip;q=0" refuses it.
func AcceptsGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q := strings.ReplaceAll(params, " ", "")
			return q != "q=0" && !strings.HasPrefix(q, "q=0.000") && q != "q=0.0" && q != "q=0.00"
		}
	}
	return false
}
