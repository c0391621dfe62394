package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// medianOf is the value of the parameter "b" that asks for the median of a's route.
const medianOf = "median"

// medianSample is how many of a route's newest Records its median is taken from.
const medianSample = 201

// comparePage sets two Records side by side: parameters a and b, ids, of which b may be
// "median". Without them it compares what all handlers did in two builds or times.
func comparePage(d *Dashboard, r *http.Request) (templ.Component, error) {
	params := r.URL.Query()
	s := d.shell(r, "Compare", "compare")
	if params.Get("a") == "" {
		m, err := d.compareSides(r, s.Here)
		if m.What == "window" {
			s.Ranges = windowOf(params, time.Now()).choices()
		}
		return view.CompareSidesPage(s, m), err
	}
	s.Chooser = nil // two Records are what they are
	_, _, m, err := d.whole().compareRecords(r.Context(), params.Get("a"), params.Get("b"))
	if err != nil {
		return nil, err
	}
	return view.ComparePage(s, m), nil
}

func (d *Dashboard) compareRecords(ctx context.Context, first, second string) (a, b *instrument.Record, m view.Compare, err error) {
	if a, err = d.recordOf(ctx, first); err != nil {
		return nil, nil, m, err
	}
	if second == "" || second == medianOf {
		id, of := d.medianRecord(ctx, a)
		if id == 0 {
			return nil, nil, m, missingError{view.Missing{
				Title: "Nothing to compare with", Text: "No other Record of " + a.Handler.Name + " is kept.",
				Href: d.base.Record(a.ID.String()), Action: "Back to the Record",
			}}
		}
		second, m.MedianOf = id.String(), of
	}
	if b, err = d.recordOf(ctx, second); err != nil {
		return nil, nil, m, err
	}
	m.A, m.B = d.recordModel(a), d.recordModel(b)
	return a, b, m, nil
}

// recordOf reads a Record by its id as text.
func (d *Dashboard) recordOf(ctx context.Context, text string) (*instrument.Record, error) {
	id, err := instrument.ParseID(text)
	if err != nil {
		return nil, missingError{view.Missing{Title: "Not a Record", Text: err.Error()}}
	}
	rec, err := d.store.Record(ctx, id)
	if errors.Is(err, query.ErrNotFound) {
		return nil, d.expired(id)
	}
	return rec, err
}

func (d *Dashboard) expired(id instrument.ID) error {
	return missingError{view.Missing{
		Title: "Record expired", Expired: true,
		Text: "It ran " + view.Ago(id.Time(), time.Now()) + " and is not kept any more, or has not been stored yet. Its handler still has statistics.",
		Href: d.base.Page("requests"), Action: "All requests",
	}}
}

// medianRecord is the Record of the same handler whose duration is in the middle of the
// newest ones; of says how many there were.
func (d *Dashboard) medianRecord(ctx context.Context, rec *instrument.Record) (id instrument.ID, of int) {
	page, err := d.store.Records(ctx, query.Records{
		Kinds: []instrument.Kind{rec.Handler.Kind}, Handler: rec.Handler.Name, Limit: medianSample, Budget: listBudget,
	})
	if err != nil {
		return 0, 0
	}
	rows := slices.DeleteFunc(page.Records, func(r query.Row) bool { return r.ID == rec.ID || r.Flags.Has(instrument.FlagUnfinished) })
	if len(rows) == 0 {
		return 0, 0
	}
	slices.SortFunc(rows, func(a, b query.Row) int { return cmp.Compare(a.Duration, b.Duration) })
	return rows[len(rows)/2].ID, len(rows)
}
