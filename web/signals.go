package web

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

func signalsPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	w := windowOf(r.URL.Query(), time.Now())
	s := d.shell(r, "Signals", "signals")
	s.Ranges = w.choices()
	d.live(r, &s, "")
	stats, err := d.statsByHandler(r, w, instrument.KindSignal, instrument.KindReceiver)
	if err != nil {
		return nil, err
	}
	m := d.signals(r, stats)
	if m.Selected != nil {
		d.traceSignal(r, m.Selected)
	}
	return view.SignalsPage(s, m), nil
}

// tracedRecords is how many of the newest Records are read to see who sends a signal
// and which receivers were passed over.
const tracedRecords = 100

// traceSignal adds what only Records know: from where the signal is sent, and how
// often conditions kept a receiver from being called. The figures are of the newest
// Records.
func (d *Dashboard) traceSignal(r *http.Request, m *view.SignalDetail) {
	page, err := d.store.Records(r.Context(), query.Records{Limit: tracedRecords, Budget: listBudget / 4})
	if err != nil {
		return
	}
	m.Records = int64(len(page.Records))
	senders := map[instrument.HandlerInfo]int64{}
	skipped := map[string]int64{}
	sending := slices.DeleteFunc(page.Records, func(row query.Row) bool { return row.Count(instrument.KindSignal) == 0 })
	for _, rec := range d.records(r.Context(), idsOf(sending)) {
		readSends(rec, m.Name, senders, skipped)
	}
	for h, n := range senders {
		m.Senders = append(m.Senders, view.GraphNode{
			Kind: kindOf(h.Kind), Name: h.Name, Href: d.base.Handler(kindOf(h.Kind), h.Name), Count: n, Unit: "sends",
		})
	}
	slices.SortFunc(m.Senders, func(a, b view.GraphNode) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	for i := range m.Receivers {
		m.Receivers[i].Skipped = skipped[m.Receivers[i].Name]
	}
}

// readSends counts, for one signal, what its sends stand below and which receivers
// were skipped.
func readSends(rec *instrument.Record, signal string, senders map[instrument.HandlerInfo]int64, skipped map[string]int64) {
	for _, s := range rec.Spans {
		if s.Handler.Kind == instrument.KindSignal && s.Handler.Name == signal && s.Parent >= 0 {
			senders[rec.Spans[s.Parent].Handler]++
		}
		if s.Handler.Kind == instrument.KindReceiver && s.Flags.Has(instrument.FlagSkipped) && !queued(&s) && rec.Spans[s.Parent].Handler.Name == signal {
			skipped[s.Handler.Name]++
		}
	}
}

// queued tells a call that was handed to a queue from one that was not made.
func queued(s *instrument.RecordSpan) bool {
	return slices.ContainsFunc(s.Attrs, func(kv instrument.KV) bool { return kv.Key == "signal.queued" })
}

type handlerKey struct {
	kind instrument.Kind
	name string
}

// statsByHandler gives statistics to look up by kind and name; nil for what was not
// called.
func (d *Dashboard) statsByHandler(r *http.Request, w window, kinds ...instrument.Kind) (map[handlerKey]*query.HandlerStats, error) {
	rows, err := d.store.Handlers(r.Context(), query.Handlers{Since: w.since, Until: w.until, Kinds: kinds})
	if err != nil {
		return nil, err
	}
	m := make(map[handlerKey]*query.HandlerStats, len(rows))
	for i := range rows {
		m[handlerKey{rows[i].Handler.Kind, rows[i].Handler.Name}] = &rows[i]
	}
	return m, nil
}

// catalogue is what the app declares, and what only other processes have sent; what
// takes most time is first.
func (d *Dashboard) catalogue(ctx context.Context, stats map[handlerKey]*query.HandlerStats) []Signal {
	all := d.declared(ctx)
	for key, st := range stats {
		known := func(s Signal) bool { return s.Name == key.name }
		if key.kind == instrument.KindSignal && !slices.ContainsFunc(all, known) {
			all = append(all, Signal{Name: key.name, Source: st.Handler.Source})
		}
	}
	slices.SortFunc(all, func(a, b Signal) int {
		x, y := timeIn(stats[handlerKey{instrument.KindSignal, a.Name}]), timeIn(stats[handlerKey{instrument.KindSignal, b.Name}])
		return cmp.Or(cmp.Compare(y, x), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// declared are the signals of this process, or when another program is chosen those that it
// told of last.
func (d *Dashboard) declared(ctx context.Context) []Signal {
	if d.declares() {
		return d.config.Signals()
	}
	if d.editor == nil || d.choice.part == nil {
		return nil
	}
	docs, err := d.editor.Documents(ctx, query.Documents{Name: query.DocSignals, Processes: d.choice.processes(), Limit: maxTold})
	if err != nil {
		return nil
	}
	for i := range docs { // a command may have none
		var all []Signal
		if json.Unmarshal(docs[i].Body, &all) == nil && len(all) > 0 {
			return all
		}
	}
	return nil
}

func timeIn(h *query.HandlerStats) time.Duration {
	if h == nil {
		return 0
	}
	return h.Sum
}

func callsOf(h *query.HandlerStats) int64 {
	if h == nil {
		return 0
	}
	return int64(h.Count)
}

func (d *Dashboard) signals(r *http.Request, stats map[handlerKey]*query.HandlerStats) view.Signals {
	all := d.catalogue(r.Context(), stats)
	whole := time.Duration(0)
	for _, sig := range all {
		if st := stats[handlerKey{instrument.KindSignal, sig.Name}]; st != nil {
			whole += st.Sum
		}
	}
	m := view.Signals{}
	chosen := r.URL.Query().Get("signal")
	for _, sig := range all {
		if chosen == "" {
			chosen = sig.Name
		}
		row := signalRow(sig, stats, whole)
		if row.Note == "" {
			row.Note = sig.Doc
		}
		row.Current = sig.Name == chosen
		if row.Current {
			m.Selected = signalDetail(sig, stats)
			describe(m.Selected, sig, time.Now())
		}
		m.Rows = append(m.Rows, row)
		m.Alerts = append(m.Alerts, d.signalAlerts(sig, row)...)
	}
	rows := slices.Clone(m.Rows)
	m.Rows, m.Order = ordered(r.URL.Query(), m.Rows, signalColumns, func(s *view.SignalRow) string { return s.Name })
	m.Map = d.signalMap(all, rows)
	if d.declares() {
		m.Alerts = append(m.Alerts, idleAlerts(all, rows)...)
	}
	return m
}

// signalColumns are what signals can be ordered by.
var signalColumns = []column[view.SignalRow]{
	{"time", func(s *view.SignalRow) int64 { return int64(s.Total) }},
	{"receivers", func(s *view.SignalRow) int64 { return int64(s.Receivers) }},
	{"sent", func(s *view.SignalRow) int64 { return s.Sent }},
	{"calls", func(s *view.SignalRow) int64 { return s.Calls }},
	{"failed", func(s *view.SignalRow) int64 { return s.Failed + s.Panics }},
	{"p50", func(s *view.SignalRow) int64 { return int64(s.P50) }},
	{"p95", func(s *view.SignalRow) int64 { return int64(s.P95) }},
	{"name", nil},
}

func signalRow(sig Signal, stats map[handlerKey]*query.HandlerStats, whole time.Duration) view.SignalRow {
	row := view.SignalRow{Name: sig.Name, Source: placeOf(sig.Source), Receivers: len(sig.Receivers), Status: view.StatusOK}
	if st := stats[handlerKey{instrument.KindSignal, sig.Name}]; st != nil {
		row.Sent, row.Total = int64(st.Count), st.Sum
		row.P50, row.P95, row.Share = st.Quantile(.5), st.Quantile(.95), view.Share(st.Sum, whole)
	}
	for _, rc := range sig.Receivers {
		if st := stats[handlerKey{instrument.KindReceiver, rc.Name}]; st != nil {
			row.Calls += int64(st.Count)
			row.Failed += int64(st.Errors - st.Panics)
			row.Panics += int64(st.Panics)
		}
	}
	switch {
	case row.Failed+row.Panics > 0:
		row.Status, row.Note = view.StatusBad, failures(row.Failed, row.Panics)
	case row.Receivers == 0 && (row.Sent > 0 || sig.Fired):
		row.Status, row.Note = view.StatusNew, "nobody listens"
	case row.Sent == 0:
		row.Status, row.Note = view.StatusOff, "not sent"
	}
	return row
}

func failures(failed, panics int64) string {
	switch {
	case panics == 0:
		return view.Count(failed) + " failed"
	case failed == 0:
		return view.Count(panics) + " panicked"
	}
	return view.Count(failed) + " failed, " + view.Count(panics) + " panicked"
}

func signalDetail(sig Signal, stats map[handlerKey]*query.HandlerStats) *view.SignalDetail {
	m := &view.SignalDetail{Name: sig.Name, Type: sig.Payload}
	send := stats[handlerKey{instrument.KindSignal, sig.Name}]
	m.Sent = callsOf(send)
	for _, rc := range sig.Receivers {
		row := view.ReceiverRow{Name: rc.Name, Source: placeOf(rc.Source), Options: rc.Options, Status: view.StatusOff}
		if st := stats[handlerKey{instrument.KindReceiver, rc.Name}]; st != nil {
			row.Called, row.Failed, row.Panics = int64(st.Count), int64(st.Errors-st.Panics), int64(st.Panics)
			row.P50, row.P95, row.Max, row.Total = st.Quantile(.5), st.Quantile(.95), st.Max, st.Sum
			row.Status = view.StatusOK
			if st.Errors > 0 {
				row.Status = view.StatusBad
			} else if st.Slow > 0 {
				row.Status = view.StatusSlow
			}
			if send != nil {
				row.Share = view.Share(st.Sum, send.Sum)
			}
		}
		m.Receivers = append(m.Receivers, row)
	}
	return m
}

// signalAlerts are the findings about one signal.
func (d *Dashboard) signalAlerts(sig Signal, row view.SignalRow) []view.Alert {
	if row.Receivers == 0 && (row.Sent > 0 || sig.Fired) && d.declares() {
		return []view.Alert{{
			Title: sig.Name + " is sent, nobody listens",
			Text:  "A send without receivers costs next to nothing, but somebody may expect it to do something.",
			Fix:   "connect a receiver, or take the send out.",
		}}
	}
	return nil
}
