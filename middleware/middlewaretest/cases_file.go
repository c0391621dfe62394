package middlewaretest

import (
	"io"
	"net/http"
	"strings"
	"testing/fstest"
	"time"
)

const fileText = "<!doctype html><html><body>0123456789</body></html>"

var fileTime = time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)

// fileCases are what http.ServeContent and http.FileServer do with conditions
// and ranges.
func fileCases() []Case {
	content := func(_ *Exchange, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"v1"`)
		http.ServeContent(w, r, "page.html", fileTime, strings.NewReader(fileText))
	}
	ask := func(name string, header ...string) Case {
		c := Case{Name: "11 " + name, Serve: content, Header: http.Header{}}
		for i := 0; i < len(header); i += 2 {
			c.Header.Set(header[i], header[i+1])
		}
		return c
	}
	cases := []Case{
		ask("range", "Range", "bytes=2-5"),
		ask("several ranges", "Range", "bytes=999-"),
		ask("range beyond the end", "Range", "bytes=9999-"),
		ask("range that is no range", "Range", "bytes=x"),
		ask("range of the same version", "Range", "bytes=0-3", "If-Range", `"v1"`),
		ask("not modified by tag", "If-None-Match", `"v1"`),
		ask("not modified by time", "If-Modified-Since", fileTime.Format(http.TimeFormat)),
		ask("precondition failed", "If-Match", `"v2"`),
	}
	files := fstest.MapFS{
		"dir/index.html": {Data: []byte("<p>index"), ModTime: fileTime},
		"dir/a.bin":      {Data: []byte{0, 1, 2, 3}, ModTime: fileTime},
	}
	server := http.FileServerFS(files)
	for name, target := range map[string]string{
		"file": "/dir/a.bin", "folder with an index": "/dir/", "index is redirected": "/dir/index.html", "folder without a slash": "/dir", "no such file": "/none",
	} {
		cases = append(cases, Case{Name: "11 FileServer: " + name, Target: target, Serve: func(_ *Exchange, w http.ResponseWriter, r *http.Request) { server.ServeHTTP(w, r) }})
	}
	return append(cases, Case{Name: "11 file of unknown size", Serve: func(x *Exchange, w http.ResponseWriter, _ *http.Request) {
		n, err := io.Copy(w, io.LimitReader(strings.NewReader(strings.Repeat("x", 5000)), 4000))
		x.Saw("%d %v", n, err)
	}})
}
