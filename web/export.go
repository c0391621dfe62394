package web

import (
	"bytes"
	"cmp"
	"errors"
	"net/http"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/export"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// copyAs serves a Record in another form: as a command, as code, as a file for other
// tools. Captured text is never served as anything that a browser would run.
func (d *Dashboard) copyAs(w http.ResponseWriter, r *http.Request) {
	rec, err := d.recordOf(r.Context(), r.PathValue("id"))
	if err != nil {
		if _, missing := errors.AsType[missingError](err); missing || errors.Is(err, query.ErrNotFound) {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		http.Error(w, "The store could not answer: "+err.Error(), http.StatusInternalServerError)
		return
	}
	var b bytes.Buffer
	format := r.PathValue("format")
	if err := export.Write(&b, format, rec); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	ext := ".txt"
	for _, f := range export.Formats() {
		if f.Name == format {
			ext = cmp.Or(f.Ext, ext)
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+rec.ID.String()+ext+`"`)
	w.Header().Set("Content-Security-Policy", contentPolicy+"; sandbox")
	write(w, r, http.StatusOK, b.Bytes())
}

// copies are the forms that a Record can be copied in.
func (d *Dashboard) copies(m *view.Record) (out []view.CopyAs) {
	for _, f := range export.Formats() {
		if m.Request != nil || f.Name == "markdown" {
			out = append(out, view.CopyAs{Label: f.Label, Href: d.base.Page("requests/" + m.ID + "/as/" + f.Name)})
		}
	}
	return out
}
