package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"sync"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// Timing is what a browser measured of a page: the element in the page sends it when the
// page has loaded, and again when it is left.
type Timing struct {
	Type  string  `json:"type"`  // of the navigation: navigate, reload, back_forward
	Bytes int64   `json:"bytes"` // over the network, with headers; 0 from a cache
	CLS   float64 `json:"cls"`   // cumulative layout shift, no unit
	// Millis are durations in milliseconds by name; times of events count from the
	// start of the navigation.
	Millis map[string]float64 `json:"ms"`
}

// timings keeps in memory what cannot be noted on a Record.
type timings struct {
	mu    sync.Mutex // guards what follows
	byID  map[instrument.ID]Timing
	order []instrument.ID // oldest first
}

const (
	maxTimings     = 1000
	maxTimingBytes = 4 << 10
	maxTimingKeys  = 24
)

func (t *timings) put(id instrument.ID, v Timing) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID == nil {
		t.byID = map[instrument.ID]Timing{}
	}
	if _, known := t.byID[id]; !known {
		t.order = append(t.order, id)
	}
	t.byID[id] = v
	if len(t.order) > maxTimings {
		delete(t.byID, t.order[0])
		t.order = t.order[1:]
	}
}

func (t *timings) get(id instrument.ID) (Timing, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v, ok := t.byID[id]
	return v, ok
}

// timing takes what the element in the page measured.
func (d *Dashboard) timing(w http.ResponseWriter, r *http.Request) {
	id, err := instrument.ParseID(r.PathValue("id"))
	if err == nil {
		err = d.keepTiming(r, id)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (d *Dashboard) keepTiming(r *http.Request, id instrument.ID) error {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return errors.New("send JSON: Content-Type: application/json")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxTimingBytes+1))
	if err != nil {
		return err
	}
	if len(body) > maxTimingBytes {
		return errors.New("a timing has at most 4 KiB")
	}
	var v Timing
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	if !v.sound() {
		return errors.New("a timing has at most 24 durations of 0 to a day, with short names")
	}
	d.putTiming(r.Context(), id, v)
	return nil
}

// timingNote is the name of the note on a Record that holds its Timing.
const timingNote = "browser.timing"

// putTiming keeps it with the Record. One that is not stored yet, or a store that takes
// no notes, leaves it in memory.
func (d *Dashboard) putTiming(ctx context.Context, id instrument.ID, v Timing) {
	if d.editor != nil {
		if body, err := json.Marshal(v); err == nil && d.editor.Annotate(ctx, id, timingNote, body) == nil {
			return
		}
	}
	d.timings.put(id, v)
}

func (d *Dashboard) timingOf(ctx context.Context, id instrument.ID) (v Timing, ok bool) {
	if d.editor != nil {
		if notes, err := d.editor.Notes(ctx, id); err == nil && json.Unmarshal(notes[timingNote], &v) == nil {
			return v, true
		}
	}
	return d.timings.get(id)
}

// sound refuses what no browser measures.
func (v *Timing) sound() bool {
	const day = 24 * 60 * 60 * 1000
	ok := len(v.Type) <= 20 && v.Bytes >= 0 && v.CLS >= 0 && v.CLS < 1e6 && len(v.Millis) <= maxTimingKeys
	for name, ms := range v.Millis {
		ok = ok && len(name) <= 32 && ms >= 0 && ms <= day
	}
	return ok
}

// timingModel is what the panel Time shows of a page's timing; nil when no browser
// has sent it.
func (d *Dashboard) timingModel(ctx context.Context, id instrument.ID) *view.PageTiming {
	v, ok := d.timingOf(ctx, id)
	if !ok {
		return nil
	}
	return &view.PageTiming{Type: v.Type, Bytes: v.Bytes, Shift: v.CLS, Millis: v.Millis}
}
