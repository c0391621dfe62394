package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/filter"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// pingEvery keeps a stream's connection from being taken for dead.
const pingEvery = 15 * time.Second

// events is the stream of Records as they are stored: server-sent events whose data
// are lines of the list, drawn here.
func (d *Dashboard) events(w http.ResponseWriter, r *http.Request) {
	d = d.seen(r)
	if d.config.Feed == nil {
		http.NotFound(w, r)
		return
	}
	select {
	case d.streams <- struct{}{}:
		defer func() { <-d.streams }()
	default:
		w.Header().Set("Retry-After", "10")
		http.Error(w, "Too many live pages are open: close one.", http.StatusServiceUnavailable)
		return
	}
	d, err := d.choose(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	wanted, err := wantedOf(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	wanted.elsewhere = !d.answers()
	w.Header().Set("Content-Type", "text/event-stream")
	feed := d.config.Feed() // before the replay, so that nothing falls between the two
	defer feed.Close()
	if d.replay(w, r, wanted) {
		d.stream(w, r, feed, d.accept(wanted))
	}
}

// maxReplay is how many lines a viewer that comes back is sent at most.
const maxReplay = 200

// replay sends the newest of what a viewer missed since the Record that it saw last: the
// parameter "last", or the header that a browser sends when it connects again. A line that
// comes twice replaces itself.
func (d *Dashboard) replay(w http.ResponseWriter, r *http.Request, wanted wanted) bool {
	last, _, _ := strings.Cut(cmp.Or(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("last")), "-") // a log line is a Record's
	id, err := instrument.ParseID(last)
	if err != nil {
		return true
	}
	q := wanted.query()
	q.Since, q.Limit, q.Budget = id.Time(), maxReplay, listBudget
	page, err := d.store.Records(r.Context(), q)
	if err != nil {
		return r.Context().Err() == nil
	}
	write := d.writerOf(r)
	s := view.Shell{Base: d.base, Now: time.Now(), Here: view.URL{Query: r.URL.Query()}}
	for i := range slices.Backward(page.Records) {
		row := &page.Records[i]
		if row.ID <= id {
			continue
		}
		if err := write(r.Context(), w, s, &row.Summary, row.Handler, 0); err != nil {
			return false
		}
	}
	return true
}

// stream writes until the viewer leaves or the feed ends.
func (d *Dashboard) stream(w http.ResponseWriter, r *http.Request, feed Feed, accept acceptFunc) {
	out := http.NewResponseController(w)
	write := d.writerOf(r)
	s := view.Shell{Base: d.base, Now: time.Now(), Here: view.URL{Query: r.URL.Query()}}
	if _, err := fmt.Fprint(w, "retry: 2000\n\n"); err != nil || out.Flush() != nil {
		return
	}
	for {
		ctx, cancel := context.WithTimeout(r.Context(), pingEvery)
		sum, missed, ok := feed.Next(ctx)
		idle := ctx.Err() != nil
		cancel()
		switch {
		case r.Context().Err() != nil || !ok && !idle:
			return
		case !ok:
			fmt.Fprint(w, "event: ping\ndata:\n\n")
		case accept(r.Context(), &sum, sum.Handler.Info()):
			s.Now = time.Now()
			if err := write(r.Context(), w, s, &sum, sum.Handler.Info(), missed); err != nil {
				return
			}
		default:
			continue
		}
		if out.Flush() != nil {
			return
		}
	}
}

// writeEvent sends one line of the list. A reader of the stream joins data lines with
// line breaks, which mean nothing in HTML.
func (d *Dashboard) writeEvent(ctx context.Context, w http.ResponseWriter, s view.Shell, sum *instrument.Summary, h instrument.HandlerInfo, missed uint64) error {
	var html bytes.Buffer
	rows := []view.RecordRow{rowModel(sum, h, 0)}
	if view.ReadsRecords(s.Here) {
		d.readRows(ctx, rows)
	}
	if err := view.RecordRows(s, rows).Render(ctx, &html); err != nil {
		return err
	}
	return writeRows(w, sum.ID, html.String(), missed)
}

func writeRows(w http.ResponseWriter, id instrument.ID, html string, missed uint64) error {
	var b strings.Builder
	fmt.Fprintf(&b, "event: record\nid: %s\n", id)
	for line := range strings.Lines(html) {
		b.WriteString("data: " + strings.TrimRight(line, "\r\n") + "\n")
	}
	if missed > 0 {
		fmt.Fprintf(&b, ": %d missed\n", missed)
	}
	b.WriteString("\n")
	_, err := w.Write([]byte(b.String()))
	return err
}

// eventWriter sends one Record.
type eventWriter func(ctx context.Context, w http.ResponseWriter, s view.Shell, sum *instrument.Summary, h instrument.HandlerInfo, missed uint64) error

// writerOf is the form that a viewer asks for: lines of the list, with format=logs what was
// logged, or with format=json the object that api/v1/requests lists.
func (d *Dashboard) writerOf(r *http.Request) eventWriter {
	switch r.URL.Query().Get("format") {
	case "json":
		return writeJSONEvent
	case "logs":
		return d.writeLogsEvent
	}
	return d.writeEvent
}

func writeJSONEvent(_ context.Context, w http.ResponseWriter, _ view.Shell, sum *instrument.Summary, h instrument.HandlerInfo, _ uint64) error {
	body, err := json.Marshal(newRecordJSON(sum, h))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "event: record\nid: %s\ndata: %s\n\n", sum.ID, body)
	return err
}

// acceptFunc is a filter for one Record.
type acceptFunc func(ctx context.Context, s *instrument.Summary, h instrument.HandlerInfo) bool

// wanted is what a stream brings: Records of a kind, 0 of all, that pass a filter.
type wanted struct {
	kind   instrument.Kind
	filter *filter.Filter

	// elsewhere: they are of other processes than this one, which the feed does not tell of.
	elsewhere bool
}

// wantedOf reads it from the parameters kind and q.
func wantedOf(r *http.Request) (wanted, error) {
	kind, _ := instrument.ParseKind(r.URL.Query().Get("kind"))
	f, _, err := filterOf(r.URL.Query())
	return wanted{kind: kind, filter: f}, err
}

// accept asks of one Record as it is stored.
func (d *Dashboard) accept(w wanted) acceptFunc {
	where := w.filter.Where()
	switch {
	case w.elsewhere:
		return func(context.Context, *instrument.Summary, instrument.HandlerInfo) bool { return false }
	case where.Uses(query.FieldText):
		return d.searched(w)
	}
	return func(_ context.Context, s *instrument.Summary, h instrument.HandlerInfo) bool {
		return (w.kind == 0 || h.Kind == w.kind) && where.Match(&query.Row{Summary: *s, Handler: h}, nil)
	}
}

// query asks the store, newest first.
func (w wanted) query() query.Records {
	q := query.Records{Where: w.filter.Where()}
	if w.kind != 0 {
		q.Kinds = []instrument.Kind{w.kind}
	}
	return q
}
