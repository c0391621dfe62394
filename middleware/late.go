package middleware

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// What a handler did when it was too late for it, in words, with the place.
var (
	keyWrittenTwice = instrument.NewKey("http.response.written_twice")
	keyLateHeaders  = instrument.NewKey("http.response.late_headers")
)

// writtenTwice notes a second status: the client got the first.
func (r *Response) writtenTwice(code int) {
	if r.recorder == nil || informational(code) {
		return
	}
	r.rec.Set(keyWrittenTwice.String(fmt.Sprintf("%d, then %d at %s", r.Status(), code, placeOutside())))
}

// lateHead is the header as it was when somebody asked for it after it had been written.
type lateHead struct {
	header http.Header
	place  string
}

// lateHeader is called with the header when it is asked for too late, which may be to
// read it, or for trailers.
func (r *Response) lateHeader(h http.Header) {
	if r.late.Load() == nil && !r.rec.Sealed() {
		r.late.CompareAndSwap(nil, &lateHead{h.Clone(), placeOutside()})
	}
}

// describeLate notes what of the header was changed after it had been written. Most
// responses have nobody who asked for it then.
func (r *Response) describeLate() {
	late := r.late.Load()
	if late == nil || r.is(tookOver) {
		return
	}
	h := r.w.Header()
	trailers := strings.ToLower(strings.Join(late.header["Trailer"], ","))
	var names []string
	for name, values := range h {
		if slices.Equal(values, late.header[name]) || strings.HasPrefix(name, http.TrailerPrefix) || strings.Contains(trailers, strings.ToLower(name)) || slices.Contains(r.recorder.opt.Own, name) {
			continue
		}
		names = append(names, name)
	}
	if len(names) > 0 {
		r.rec.Set(keyLateHeaders.String(listNames(names) + " at " + late.place))
	}
}

func placeOutside() string {
	f := callerOutside()
	return instrument.Source{File: f.File, Line: f.Line}.String()
}
