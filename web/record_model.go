package web

import (
	"cmp"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// recordModel turns a stored Record into what its page draws. What the caller knows
// beside it (neighbours, links, the build) is filled in by the caller.
func recordModel(rec *instrument.Record, limits sqltap.Limits) view.Record {
	m := view.Record{
		ID: rec.ID.String(), Short: shortID(rec.ID), Kind: kindOf(rec.Handler.Kind),
		Method: rec.Method, Name: cmp.Or(rec.Path, rec.Handler.Name), Route: rec.Handler.Name,
		Code: rec.Status, Status: statusOf(&rec.Summary),
		Start: rec.StartTime(), Duration: rec.Duration, User: rec.User, Tags: rec.Tags,
		TraceID: rec.Trace.TraceID.String(), BytesIn: -1, BytesOut: -1, DerivesFindings: true, Pinned: rec.Flags.Has(instrument.FlagPinned),
	}
	if rec.Handler.Kind == instrument.KindRequest {
		m.CodeText = http.StatusText(rec.Status)
		m.Request = requestModel(rec)
	} else if rec.Handler.Kind == instrument.KindCommand {
		m.Command = commandModel(rec)
	} else if m.Method != "" && m.Name == m.Method {
		m.Method = ""
	}
	for _, kv := range rec.Attrs {
		rootAttr(&m, kv)
	}
	if rec.Flags.Has(instrument.FlagClientGone) {
		m.ClientErr = "the client went away before the response was complete"
	}
	sql := sqltap.Judge(rec.Spans, limits)
	found, loops := findings(rec, &sql)
	m.QueryNotes = queryNotes(rec, &sql)
	m.Findings, m.Badges = found, badges(rec, loops)
	m.Spans = spanModels(rec)
	for i := range rec.Spans {
		if rec.Spans[i].Handler.Kind == instrument.KindQuery {
			m.Spans[i].Slow = slices.Contains(sql.Slow, i) // by its own limit, if it has one
		}
	}
	outlined(&m, &sql)
	m.PoolWait = sql.PoolWait
	for _, s := range rec.Spans {
		if s.Flags.Has(instrument.FlagInferred) && s.Handler.Kind.String() != "disconnect" { // nobody could have passed one
			m.Inferred++
		}
	}
	m.Flattened, m.Depth = rec.Flattened, instrument.MaxDepth
	if rec.Left > 0 {
		limit := int64(rec.Summary.Spans)
		if limit == 1 {
			limit = 0 // its details went because the queue was full
		}
		m.Caps = append(m.Caps, view.Cap{Count: int64(rec.Left), Limit: limit})
	}
	return m
}

// outlined notes on the rows of statements what they do to which tables, and how often they
// ran with the same parameters.
func outlined(m *view.Record, v *sqltap.Verdicts) {
	for _, p := range v.Patterns {
		o := sqltap.OutlineOf(p.Statement)
		for _, i := range p.Spans {
			m.Spans[i].Verb, m.Spans[i].Tables = o.Verb, o.Tables
		}
		for _, same := range p.Duplicates {
			for _, i := range same {
				m.Spans[i].Duplicates = len(same)
			}
		}
	}
}

// rootAttr puts the attributes that have a place of their own there.
func rootAttr(m *view.Record, kv instrument.KV) {
	n, _ := kv.Value.(int64)
	switch kv.Key {
	case instrument.KeyBytesOut.Name():
		m.BytesOut = n
	case "http.request.body.size":
		m.BytesIn = n
	case instrument.KeySelfTime.Name():
		m.OwnCost, _ = kv.Value.(time.Duration)
	}
}

// statusOf is what lists and heads say of a Record in one mark.
func statusOf(s *instrument.Summary) view.Status {
	switch {
	case s.Flags&(instrument.FlagError|instrument.FlagPanic) != 0:
		return view.StatusBad
	case s.Flags.Has(instrument.FlagSlow):
		return view.StatusSlow
	case s.Flags.Has(instrument.FlagClientGone):
		return view.StatusOff
	}
	return view.StatusOK
}

func badges(rec *instrument.Record, loops int) (b []view.Badge) {
	add := func(s view.Status, text string) { b = append(b, view.Badge{Status: s, Text: text}) }
	if rec.Flags.Has(instrument.FlagSlow) {
		add(view.StatusSlow, "slow")
	}
	if rec.Flags.Has(instrument.FlagPanic) {
		add(view.StatusBad, "panicked")
	} else if rec.Error != "" {
		add(view.StatusBad, "failed")
	}
	failed := map[instrument.Kind]int{}
	for _, s := range rec.Spans[1:] {
		if s.Flags.Has(instrument.FlagError) {
			failed[s.Handler.Kind]++
		}
	}
	for _, k := range []instrument.Kind{instrument.KindReceiver, instrument.KindQuery, instrument.KindCall} {
		if n := failed[k]; n > 0 {
			add(view.StatusBad, fmt.Sprintf("%d %s failed", n, plural(k, n)))
		}
	}
	if loops > 0 {
		add(view.StatusSlow, fmt.Sprintf("N+1 ×%d", loops))
	}
	return b
}

func plural(k instrument.Kind, n int) string {
	name := k.String()
	switch {
	case n == 1:
		return name
	case strings.HasSuffix(name, "y"):
		return strings.TrimSuffix(name, "y") + "ies"
	}
	return name + "s"
}

func spanModels(rec *instrument.Record) []view.Span {
	spans := make([]view.Span, len(rec.Spans))
	for i := range rec.Spans {
		spans[i] = spanModel(&rec.Spans[i])
	}
	for i := range rec.Spans {
		if p := rec.Spans[i].Parent; p >= 0 && rec.Spans[i].Handler.Kind == instrument.KindReceiver {
			countReceiver(&spans[p], rec.Spans, p)
		}
	}
	return spans
}

// countReceiver notes on a signal's row how many receivers it had.
func countReceiver(signal *view.Span, spans []instrument.RecordSpan, at int) {
	if signal.Note != "" || signal.Kind != view.KindSignal {
		return
	}
	n := 0
	for _, s := range spans {
		if s.Parent == at && s.Handler.Kind == instrument.KindReceiver {
			n++
		}
	}
	signal.Note = fmt.Sprintf("%d %s", n, plural(instrument.KindReceiver, n))
}

func spanModel(s *instrument.RecordSpan) view.Span {
	m := view.Span{
		Parent: s.Parent, Kind: kindOf(s.Handler.Kind), Name: s.Handler.Name, Handler: s.Handler.Name,
		Start: s.Start, Duration: s.Duration, Running: s.Flags.Has(instrument.FlagUnfinished),
		Err: s.Error, Panicked: s.Flags.Has(instrument.FlagPanic), Slow: s.Flags.Has(instrument.FlagSlow),
		Inferred: s.Flags.Has(instrument.FlagInferred), Source: placeOf(s.Handler.Source), Rows: -1,
		Stack: frames(s.Stack),
	}
	if s.Flags.Has(instrument.FlagError) && m.Err == "" {
		m.Err = "failed"
	}
	for _, kv := range s.Attrs {
		spanAttr(&m, kv)
	}
	m.Setup = isSetup(s)
	if s.Handler.Kind == instrument.KindQuery {
		m.Name, m.Text, m.Group = statementName(s.Handler.Name), s.Handler.Name, s.Handler.Name
	}
	if s.Flags.Has(instrument.FlagSkipped) && m.Skipped == "" && !m.Queued {
		m.Skipped = "skipped"
	}
	tapped(&m, s)
	return m
}

// isSetup tells that a span is of package sqltap and no statement. Clients of other stores
// open connections too, which belong to no database.
func isSetup(s *instrument.RecordSpan) bool {
	switch s.Handler.Kind.String() {
	case "connect", "disconnect", "prepare":
		return hasAttr(s, "db.system.name")
	}
	return false
}

func spanAttr(m *view.Span, kv instrument.KV) {
	text, _ := kv.Value.(string)
	switch kv.Key {
	case instrument.KeyErrorMessage.Name(), instrument.KeyPanicValue.Name():
		return // it is m.Err
	case instrument.KeyDetail.Name():
		m.Note = text
		return
	case instrument.KeySkipped.Name():
		m.Skipped = text
		return
	case "signal.queued":
		m.Queued = true
		return
	case instrument.KeyLogLevel.Name():
		m.Level = text
		return
	case instrument.KeyLogMessage.Name():
		m.Name, m.Text = text, text
		return
	case "db.pool.wait":
		m.Waited, _ = kv.Value.(time.Duration)
		m.Waited = min(m.Waited, m.Start)
	case "db.response.affected_rows", "db.response.returned_rows":
		m.Rows, _ = kv.Value.(int64)
	}
	m.Attrs = append(m.Attrs, attr(kv))
}

func attr(kv instrument.KV) view.Attr {
	text := valueText(kv.Value)
	return view.Attr{Key: kv.Key, Value: text, Masked: strings.Contains(text, instrument.Redacted)}
}

func valueText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case time.Duration:
		return view.Dur(v)
	}
	return fmt.Sprint(v)
}

// statementName is a statement in a few words: its verb and its table.
func statementName(text string) string {
	words := strings.Fields(text)
	if len(words) == 0 {
		return "statement"
	}
	verb := strings.ToUpper(words[0])
	after := map[string]string{"SELECT": "FROM", "DELETE": "FROM", "INSERT": "INTO", "UPDATE": "", "REPLACE": "INTO", "WITH": "FROM"}
	marker, known := after[verb]
	if !known {
		return strings.Join(words[:min(len(words), 2)], " ")
	}
	for i, w := range words[1:] {
		if marker == "" || strings.EqualFold(w, marker) && i+2 < len(words) {
			at := i + 2
			if marker == "" {
				at = 1
			}
			return verb + " " + strings.Trim(words[at], "`\"();,")
		}
	}
	return verb
}

func frames(stack []instrument.Frame) []view.Frame {
	var out []view.Frame
	for _, f := range stack {
		out = append(out, view.Frame{
			Func: f.Func, Source: placeOf(instrument.Source{File: f.File, Line: f.Line}), Own: ownFile(f.File),
		})
	}
	return out
}

// ownFile tells the app's code from that of modules, the toolbar and Go itself:
// modules lie in folders with a version, Go's code in its src.
func ownFile(file string) bool {
	if strings.Contains(file, "@v") || strings.Contains(file, "/go/src/") || !strings.Contains(file, "/") {
		return false
	}
	rest, ours := strings.CutPrefix(file, moduleDir+"/")
	part, _, _ := strings.Cut(rest, "/")
	return !ours || part == "demo"
}

// moduleDir is where this module was built from.
var moduleDir = path.Dir(path.Dir(instrument.CallerSource(0).File))

func kindOf(k instrument.Kind) view.Kind { return view.Kind(k.String()) }

// shortID is enough of an id to tell Records of one page apart: its end, which
// changes most.
func shortID(id instrument.ID) string {
	s := id.String()
	return s[len(s)-8:]
}
