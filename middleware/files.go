package middleware

import (
	"io/fs"
	"net/http"
	"reflect"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// KindFile is the kind of the spans that [FileServerFS] makes.
var KindFile = instrument.RegisterKind("file")

var (
	keyFilePath   = instrument.NewKey("file.path")   // in its file system
	keyFileSource = instrument.NewKey("file.source") // "embedded", "disk", or the type of the file system
	keyFileSize   = instrument.NewKey("file.size")

	keysFileHeaders = map[string]instrument.Key{
		"Cache-Control": instrument.NewKey("http.response.header.cache-control"),
		"Etag":          instrument.NewKey("http.response.header.etag"),
		"Last-Modified": instrument.NewKey("http.response.header.last-modified"),
	}
)

// FileServerFS is [http.FileServerFS] that shows on the request which file it served: from
// the program itself or from disk, its size, the status, and what lets browsers keep it. What
// goes over the wire is the same. The name stands for all its files in statistics: "static".
func FileServerFS(name string, root fs.FS) http.Handler {
	return &fileServer{
		handler: instrument.NewHandler(KindFile, name, instrument.Source{}),
		root:    root, plain: http.FileServerFS(root), source: sourceOfFiles(reflect.ValueOf(root)),
	}
}

type fileServer struct {
	handler *instrument.Handler
	root    fs.FS
	plain   http.Handler
	source  string
}

func (s *fileServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	span := instrument.Leaf(r.Context(), s.handler)
	defer span.End(nil)
	if !span.Recorded() {
		s.plain.ServeHTTP(w, r)
		return
	}
	opened := &openedFile{root: s.root}
	res, w, own := watched(w, r)
	returned := false
	defer func() {
		switch {
		case own && returned:
			res.Finish()
		case own:
			res.Abort()
		}
		s.describe(span, opened, res.Status(), r.URL.Path, w.Header())
	}()
	http.FileServerFS(opened).ServeHTTP(w, r)
	returned = true
}

func (s *fileServer) describe(span instrument.Span, f *openedFile, status int, path string, h http.Header) {
	if status >= 400 || f.name == "" {
		f.name, f.size = path, -1
	}
	attrs := []instrument.Attr{keyFilePath.String(f.name), keyFileSource.String(s.source), instrument.KeyStatus.Int(status)}
	if f.size >= 0 {
		attrs = append(attrs, keyFileSize.Int64(f.size))
	}
	for name, key := range keysFileHeaders {
		if v := h.Get(name); v != "" {
			attrs = append(attrs, key.String(v))
		}
	}
	span.Set(attrs...)
}

// openedFile is a file system for one request, which notes the file that is served: for a
// folder that is its index.html.
type openedFile struct {
	root fs.FS
	name string
	size int64
}

func (o *openedFile) Open(name string) (fs.File, error) {
	f, err := o.root.Open(name)
	if err != nil {
		return nil, err
	}
	if st, err := f.Stat(); err == nil && !st.IsDir() {
		o.name, o.size = name, st.Size()
	}
	return f, nil
}

// sourceOfFiles says where the files of a file system come from, looking through fs.Sub.
func sourceOfFiles(v reflect.Value) string {
	for depth := 0; depth < 8 && v.IsValid(); depth++ {
		t := v.Type()
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		switch t.String() {
		case "embed.FS":
			return "embedded"
		case "os.dirFS", "os.rootFS":
			return "disk"
		case "fs.subFS":
			v = v.Elem().FieldByName("fsys").Elem()
			continue
		}
		return t.String()
	}
	return "unknown"
}
