package middleware_test

import (
	"embed"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

//go:embed files_test.go
var ownSource embed.FS

// servedFile asks for a file in a Record and gives the answer and the attributes of its span.
func servedFile(t *testing.T, root fs.FS, path string, headers ...string) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	record, m := recording(middleware.RecordOptions{})
	r := httptest.NewRequest("GET", path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	keep := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=300")
		middleware.FileServerFS("static", root).ServeHTTP(w, r)
	})
	w, _ := request(record(keep), r)
	attrs := map[string]any{}
	for _, s := range m.one(t).Spans {
		if s.Handler.Kind == middleware.KindFile {
			attrs["name"] = s.Handler.Name
			for _, kv := range s.Attrs {
				attrs[kv.Key] = kv.Value
			}
		}
	}
	return w, attrs
}

func TestFileServerFS_NotesTheFileThatIsServed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "css", "docs"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"css/app.css": "p{}", "css/docs/index.html": "<p>hello"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sub, err := fs.Sub(os.DirFS(dir), "css")
	if err != nil {
		t.Fatal(err)
	}
	first, got := servedFile(t, sub, "/app.css")
	if first.Body.String() != "p{}" || got["file.path"] != "app.css" || got["file.source"] != "disk" || got["file.size"] != int64(3) ||
		got["http.response.status_code"] != int64(200) || got["http.response.header.cache-control"] != "max-age=300" ||
		got["http.response.header.last-modified"] != first.Header().Get("Last-Modified") || got["name"] != "static" {
		t.Errorf("%q, %v", first.Body, got)
	}
	again, got := servedFile(t, sub, "/app.css", "If-Modified-Since", first.Header().Get("Last-Modified"))
	if again.Code != http.StatusNotModified || got["http.response.status_code"] != int64(304) {
		t.Errorf("%d, %v, want 304", again.Code, got)
	}
	if _, got := servedFile(t, sub, "/docs/"); got["file.path"] != "docs/index.html" {
		t.Errorf("a folder: %v, want its index.html", got)
	}
	if w, got := servedFile(t, sub, "/app.css/none"); w.Code != http.StatusNotFound || got["file.path"] != "/app.css/none" || got["file.size"] != nil {
		t.Errorf("what is not there: %d, %v", w.Code, got)
	}
	if _, got := servedFile(t, ownSource, "/files_test.go"); got["file.source"] != "embedded" || got["http.response.header.last-modified"] != nil {
		t.Errorf("an embedded file: %v", got)
	}
	if _, got := servedFile(t, fstest.MapFS{"a.txt": {Data: []byte("a")}}, "/a.txt"); got["file.source"] != "fstest.MapFS" {
		t.Errorf("a file system of another kind: %v", got)
	}
}

func TestFileServerFS_IsTheServerOfNetHTTPWithoutARecord(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"a.txt": {Data: []byte("a")}}
	for _, path := range []string{"/a.txt", "/", "/none"} {
		ours, theirs := httptest.NewRecorder(), httptest.NewRecorder()
		middleware.FileServerFS("static", files).ServeHTTP(ours, httptest.NewRequest("GET", path, nil))
		http.FileServerFS(files).ServeHTTP(theirs, httptest.NewRequest("GET", path, nil))
		if ours.Code != theirs.Code || ours.Body.String() != theirs.Body.String() {
			t.Errorf("%s: %d %q, want %d %q", path, ours.Code, ours.Body, theirs.Code, theirs.Body)
		}
	}
}
