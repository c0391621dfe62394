package web

import (
	"compress/gzip"
	"io"
	"net/http"

	"github.com/go-debug-toolbar/debugtoolbar/web/static"
)

// snapshot sends a copy of the store, one at a time: what the command line reads of an
// app that runs elsewhere. It shows no more than the pages do, all at once.
func (d *Dashboard) snapshot(w http.ResponseWriter, r *http.Request) {
	if d.config.Snapshot == nil || d.config.May != nil && !d.config.May(r, ActExport) {
		http.NotFound(w, r)
		return
	}
	select {
	case d.snapshots <- struct{}{}:
		defer func() { <-d.snapshots }()
	default:
		w.Header().Set("Retry-After", "5")
		http.Error(w, "The store is being copied for somebody else: ask again.", http.StatusServiceUnavailable)
		return
	}
	copied, err := d.config.Snapshot(r.Context())
	if err != nil {
		d.config.Logger.ErrorContext(r.Context(), "debug toolbar: copy store", "error", err)
		http.Error(w, "The store could not be copied; the app's log has the reason.", http.StatusInternalServerError)
		return
	}
	defer copied.Close()
	h := w.Header()
	h.Set("Content-Type", "application/vnd.sqlite3")
	h.Set("Content-Disposition", `attachment; filename="toolbar.db"`)
	h.Add("Vary", "Accept-Encoding")
	out := io.Writer(w)
	if static.AcceptsGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // the level is right
		defer z.Close()
		out = z
	}
	// What fails now is the viewer's connection, and cuts the answer short.
	_, _ = io.Copy(out, copied)
}
