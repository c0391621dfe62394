package shop

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/views"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/rendertap"
)

// fail answers an error: what is not there with 404, a step that came too late with 409, everything else with 500 and a line in
// the log.
func (s *Shop) fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, store.ErrNotFound):
		s.message(w, r, http.StatusNotFound, "Not on our shelves", "We looked everywhere. It may have been sold, or it never was.")
	case errors.Is(err, store.ErrTransition):
		s.message(w, r, http.StatusConflict, "Not possible any more", "The order has moved on in the meantime.")
	default:
		s.log.ErrorContext(r.Context(), "page failed", slog.String("path", r.URL.Path), slog.Any("error", err))
		s.message(w, r, http.StatusInternalServerError, "Something broke", "It was us, not you. We have written it down.")
	}
}

func (s *Shop) message(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	s.render(w, r, status, "Message", views.Message(s.page(r, title), text))
}

// missing answers every path that is no page.
func (s *Shop) missing(w http.ResponseWriter, r *http.Request) { s.fail(w, r, store.ErrNotFound) }

// render writes a page once it is complete: an error in the middle of it would otherwise be a broken page with status 200.
func (s *Shop) render(w http.ResponseWriter, r *http.Request, status int, name string, c templ.Component) {
	var buf bytes.Buffer
	if err := rendertap.Component(name, c).Render(r.Context(), &buf); err != nil {
		s.log.ErrorContext(r.Context(), "render failed", slog.String("path", r.URL.Path), slog.Any("error", err))
		http.Error(w, "Something broke. It was us, not you.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	s.send(w, r, buf.Bytes())
}

func (s *Shop) writeJSON(w http.ResponseWriter, r *http.Request, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	s.send(w, r, body)
}

// send writes the body. That a visitor has left meanwhile is nothing to act on.
func (s *Shop) send(w http.ResponseWriter, r *http.Request, body []byte) {
	if _, err := w.Write(body); err != nil && r.Context().Err() == nil {
		s.log.WarnContext(r.Context(), "answer not sent", slog.String("path", r.URL.Path), slog.Any("error", err))
	}
}

// page is what the frame around every page needs.
func (s *Shop) page(r *http.Request, title string) views.Page {
	return views.Page{
		Title: title,
		Path:  r.URL.Path,
		User:  userOf(r.Context()),
		Cart:  s.cartOf(r.Context()).pieces(),
		Flash: s.sessions.PopString(r.Context(), keyFlash),
	}
}

// form is what was typed into the named fields.
func form(r *http.Request, problem string, names ...string) views.Form {
	values := make(map[string]string, len(names))
	for _, name := range names {
		values[name] = r.PostFormValue(name)
	}
	return views.Form{Values: values, Problem: problem}
}

func seeOther(w http.ResponseWriter, r *http.Request, url string) {
	http.Redirect(w, r, url, http.StatusSeeOther)
}
