package middleware

import (
	"log"
	"net/http"
	"path"
	"reflect"
	"runtime"
	"strings"
)

// misuse deals with a call that net/http refuses with a log line. That line
// names the first caller outside net/http, which would now be this package
// and not the handler to blame. So where the wrapped writer is the server's
// own, the line is written here, in net/http's words, and forward is not
// called.
func (r *Response) misuse(what string, forward func()) {
	if r.req == nil || !isServerWriter(r.w) {
		forward()
		return
	}
	srv, ok := r.req.Context().Value(http.ServerContextKey).(*http.Server)
	if !ok {
		forward()
		return
	}
	f := callerOutside()
	format := "http: response." + what + " from %s (%s:%d)"
	if what == "superfluous" {
		format = "http: superfluous response.WriteHeader call from %s (%s:%d)"
	}
	logf := log.Printf
	if srv.ErrorLog != nil {
		logf = srv.ErrorLog.Printf
	}
	logf(format, f.Function, path.Base(f.File), f.Line)
}

// isServerWriter reports whether w is net/http's writer for HTTP/1, the one
// that writes such lines.
func isServerWriter(w http.ResponseWriter) bool {
	t := reflect.TypeOf(w)
	return t.String() == "*http.response" && t.Elem().PkgPath() == "net/http"
}

var ownPrefix = reflect.TypeFor[Response]().PkgPath() + "."

// callerOutside is the innermost caller that is neither in this package nor
// in net/http.
func callerOutside() runtime.Frame {
	pcs := make([]uintptr, 24)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for {
		f, more := frames.Next()
		if !more || !strings.HasPrefix(f.Function, ownPrefix) && !strings.HasPrefix(f.Function, "net/http.") {
			return f
		}
	}
}
