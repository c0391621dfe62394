package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/exceptions"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// Editor is the part of a store that viewers write to. A Store that has it gives the
// dashboard its actions; *store.Store does.
type Editor interface {
	Mark(ctx context.Context, id instrument.ID, m query.Mark) (query.Marked, error)
	Delete(ctx context.Context, ids ...instrument.ID) (removed int64, err error)
	Annotate(ctx context.Context, id instrument.ID, name string, body []byte) error
	Notes(ctx context.Context, id instrument.ID) (map[string][]byte, error)
	AddAudit(ctx context.Context, a query.Audit) error
	Audits(ctx context.Context, before int64, limit int) ([]query.Audit, error)
	Setting(ctx context.Context, name string) (string, error)
	SetSetting(ctx context.Context, name, value string) error
	Documents(ctx context.Context, q query.Documents) ([]query.Document, error)
	ChangeExceptions(ctx context.Context, c query.ExceptionChange, ids ...exceptions.Fingerprint) (changed int64, err error)
}

var errNotKept = errors.New("this store is read only")

// maxMarked is how many Records one action may be about.
const maxMarked = 1000

// markRight is the right that a form of Records needs: parameter "do".
func markRight(r *http.Request) Action {
	switch r.PostForm.Get("do") {
	case "delete":
		return ActDelete
	case "tag", "untag":
		return ActTag
	}
	return ActPin
}

// mark pins, tags or deletes the Records that the form names.
func mark(d *Dashboard, r *http.Request) (target string, err error) {
	ids, err := markedIDs(r)
	if err != nil {
		return "", err
	}
	if d.editor == nil {
		return "", errNotKept
	}
	if r.PostForm.Get("do") == "delete" {
		n, err := d.editor.Delete(r.Context(), ids...)
		return fmt.Sprintf("%d of %d: %s", n, len(ids), idList(ids)), err
	}
	m, err := markOf(r)
	if err != nil {
		return "", err
	}
	for _, id := range ids {
		if _, err := d.editor.Mark(r.Context(), id, m); err != nil && !errors.Is(err, query.ErrNotFound) {
			return "", err
		}
	}
	return idList(ids), nil
}

func markedIDs(r *http.Request) ([]instrument.ID, error) {
	texts := r.PostForm["id"]
	if len(texts) == 0 {
		return nil, errors.New("no Record is chosen: tick the rows first")
	}
	if len(texts) > maxMarked {
		return nil, fmt.Errorf("%d Records are chosen, at most %d at once", len(texts), maxMarked)
	}
	ids := make([]instrument.ID, len(texts))
	for i, text := range texts {
		id, err := instrument.ParseID(text)
		if err != nil {
			return nil, err
		}
		ids[i] = id
	}
	return ids, nil
}

func markOf(r *http.Request) (m query.Mark, err error) {
	tag := strings.TrimSpace(r.PostForm.Get("tag"))
	switch do := r.PostForm.Get("do"); do {
	case "pin":
		m.Pin = true
	case "unpin":
		m.Unpin = true
	case "tag", "untag":
		if tag == "" || len(tag) > 60 || strings.ContainsAny(tag, "\r\n") {
			return m, errors.New("a tag has 1 to 60 characters, all on one line")
		}
		if do == "tag" {
			m.Tag = []string{tag}
		} else {
			m.Untag = []string{tag}
		}
	default:
		return m, fmt.Errorf("there is no action %q: use pin, unpin, tag, untag or delete", do)
	}
	return m, nil
}

// idList names Records for the audit log.
func idList(ids []instrument.ID) string {
	var names []string
	for _, id := range ids[:min(len(ids), 10)] {
		names = append(names, id.String())
	}
	text := strings.Join(names, " ")
	if more := len(ids) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// markPage is what a form of Records leads to before anything is done: two that are to be
// compared, or the question whether they are really to be deleted.
func (d *Dashboard) marks(w http.ResponseWriter, r *http.Request) (done bool) {
	switch ids := r.PostForm["id"]; {
	case r.PostForm.Get("do") == "compare":
		to := d.back(r.PostForm.Get("back"))
		if len(ids) == 2 {
			to = string(d.base.CompareRecords(ids[0], ids[1]))
		}
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusSeeOther)
		return true
	case r.PostForm.Get("do") == "delete" && r.PostForm.Get("sure") == "" && len(ids) > 0 && d.may(r, ActDelete):
		d.html(sureToDelete).ServeHTTP(w, r)
		return true
	}
	return false
}

// sureToDelete asks with the exact number and says what stays.
func sureToDelete(d *Dashboard, r *http.Request) (templ.Component, error) {
	q := view.Question{Title: "Delete Records", Path: d.base.Page("marks"), Proof: d.proof(), Back: d.back(r.PostForm.Get("back"))}
	many := "%d of the Records will be removed from the store, with their spans and notes. Statistics of their handlers stay as they are. This cannot be undone."
	one := "This Record will be removed from the store, with its spans and notes. Statistics of its handler stay as they are. This cannot be undone."
	return view.QuestionPage(d.shell(r, q.Title, "requests"), askToDelete(q, many, one, "id", r.PostForm["id"])), nil
}

// askToDelete completes a question about things that the field names: many, with their
// number, is the text for several, and one for a single one.
func askToDelete(q view.Question, many, one, field string, ids []string) view.Question {
	q.Text, q.Action = fmt.Sprintf(many, len(ids)), fmt.Sprintf("Delete %d", len(ids))
	if len(ids) == 1 {
		q.Text, q.Action = one, "Delete it"
	}
	q.Fields = []view.Attr{{Key: "do", Value: "delete"}, {Key: "sure", Value: "yes"}}
	for _, id := range ids {
		q.Fields = append(q.Fields, view.Attr{Key: field, Value: id})
	}
	return q
}

// outcome is what the audit log says of an error.
func outcome(err error) string {
	if err == nil {
		return ""
	}
	return cmp.Or(err.Error(), "failed")
}
