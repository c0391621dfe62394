package web

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/export"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// What the panels of calls, caches, templates and logs draw, from the attributes that the
// taps write. Spans of others, by way of OpenTelemetry, have what is common to both.

// attrsOf finds attributes by their names.
type attrsOf []instrument.KV

func (a attrsOf) get(names ...string) any {
	for _, name := range names {
		for _, kv := range a {
			if kv.Key == name {
				return kv.Value
			}
		}
	}
	return nil
}

func (a attrsOf) text(names ...string) string {
	s, _ := a.get(names...).(string)
	return s
}

func (a attrsOf) number(name string, otherwise int64) int64 {
	if n, ok := a.get(name).(int64); ok {
		return n
	}
	return otherwise
}

func (a attrsOf) duration(name string) time.Duration {
	d, _ := a.get(name).(time.Duration)
	return d
}

func (a attrsOf) is(name string) bool {
	b, _ := a.get(name).(bool)
	return b
}

// tapped fills in what the panel of the span's kind draws.
func tapped(m *view.Span, s *instrument.RecordSpan) {
	switch s.Handler.Kind {
	case instrument.KindCall:
		m.Call = callModel(s)
	case instrument.KindCache:
		m.Cached = cacheModel(s.Attrs)
	case instrument.KindRender:
		a := attrsOf(s.Attrs)
		m.Rendered = &view.Rendered{Engine: a.text("template.engine"), Bytes: a.number("template.size", -1), Data: a.text("template.data"), Values: a.text("template.data.values")}
	case instrument.KindLog:
		m.Logger = loggerOf(s)
	default:
		return
	}
	if m.Source == "" && len(s.Stack) > 0 && !m.Panicked {
		m.Source = placeOf(instrument.Source{File: s.Stack[0].File, Line: s.Stack[0].Line})
	}
}

// phases are those of a call, in their order.
var phases = []string{"queue", "dns", "connect", "tls", "send", "wait", "transfer"}

func callModel(s *instrument.RecordSpan) *view.Call {
	a := attrsOf(s.Attrs)
	c := &view.Call{
		Method: a.text("http.request.method"), URL: a.text("url.full"), Host: a.text("server.address"),
		Code:  int(a.number("http.response.status_code", 0)),
		Proto: a.text("network.protocol.version"), Peer: a.text("network.peer.address"),
		Idle: a.duration("http.client.connection.idle.time"),
		Sent: a.number("http.request.body.size", -1), Received: a.number("http.response.body.size", -1),
		Resent: int(a.number("http.request.resend_count", 0)), Redirects: int(a.number("http.request.redirect_count", 0)),
		FailedIn: a.text("http.client.phase"), Early: a.is("http.response.body.closed_early"), Unzipped: a.is("http.response.uncompressed"),
		Header: a.text("http.request.headers"), ResponseHeader: a.text("http.response.headers"),
		Body: a.text("http.request.body"), ResponseBody: a.text("http.response.body"),
		BodyCut: a.is("http.request.body.cut"), ResponseCut: a.is("http.response.body.cut"),
	}
	if reused, known := a.get("http.client.connection.reused").(bool); known {
		c.Connection = "new"
		if reused {
			c.Connection = "used again"
		}
	}
	for _, name := range phases {
		if d := a.duration("http.client." + name + ".time"); d > 0 {
			c.Phases = append(c.Phases, view.Phase{Name: name, Time: d})
		}
	}
	if curl, err := export.CurlCall(s); err == nil {
		c.Curl = curl
	}
	return c
}

func cacheModel(attrs []instrument.KV) *view.CacheCall {
	a := attrsOf(attrs)
	return &view.CacheCall{
		Cache:     a.text("cache.name", "db.system.name", "db.system"),
		Operation: a.text("cache.operation", "db.operation.name", "db.operation"),
		Key:       a.text("cache.key"), Group: a.text("cache.key_group"), Result: a.text("cache.result"),
		Keys: a.number("cache.keys", 0), Hits: a.number("cache.hits", 0), Size: a.number("cache.value.size", -1),
		TTL: a.duration("cache.ttl"), Text: a.text("db.query.text", "db.statement"), Value: a.text("cache.value"),
	}
}

// loggerNames are the attributes by which apps say who logs.
var loggerNames = []string{"logger", "component", "module"}

// loggerOf is who logged a line: what it says itself, or else the package that logged it.
func loggerOf(s *instrument.RecordSpan) string {
	if name := attrsOf(s.Attrs).text(loggerNames...); name != "" {
		return name
	}
	if len(s.Stack) == 0 {
		return ""
	}
	name, _, _ := strings.Cut(s.Stack[0].Func, ".")
	return name
}

// calleeWindow is how much later than the end of a Record one may begin that it asked for,
// by the clocks of two machines.
const calleeWindow = time.Minute

// callees links the calls of a Record with the Records of who answered them: those of the
// same trace that a span of it caused.
func (d *Dashboard) callees(ctx context.Context, rec *instrument.Record, m *view.Record) {
	if rec.Trace.TraceID == (instrument.TraceID{}) || !slices.ContainsFunc(rec.Spans, func(s instrument.RecordSpan) bool { return s.Handler.Kind == instrument.KindCall }) {
		return
	}
	page, err := d.store.Records(ctx, query.Records{
		Trace: rec.Trace.TraceID, Since: rec.StartTime().Add(-calleeWindow), Until: rec.StartTime().Add(rec.Duration + calleeWindow),
		Limit: 200, Budget: asideBudget,
	})
	if err != nil {
		return
	}
	answers := map[instrument.SpanID]*query.Row{}
	for i := range page.Records {
		if r := &page.Records[i]; r.ID != rec.ID && r.Caller != (instrument.SpanID{}) {
			answers[r.Caller] = r
		}
	}
	if len(answers) == 0 {
		return
	}
	for i := range m.Spans {
		if m.Spans[i].Call == nil {
			continue
		}
		if r := answers[rec.SpanID(i)]; r != nil {
			link := linkModel(&r.Summary, r.Handler)
			m.Spans[i].Call.Callee = &link
		}
	}
}

// callerWindow is how long before a Record who called it may have begun.
const callerWindow = time.Hour

// causeOf is the Record that led to another: the one that it says, or else the one of the
// same trace that has the span by which it was called. 0: none that is known.
func (d *Dashboard) causeOf(ctx context.Context, rec *instrument.Record) instrument.ID {
	if rec.Parent != 0 || rec.Caller == (instrument.SpanID{}) {
		return rec.Parent
	}
	page, err := d.store.Records(ctx, query.Records{
		Trace: rec.Trace.TraceID, Since: rec.StartTime().Add(-callerWindow), Until: rec.StartTime().Add(calleeWindow),
		Limit: 200, Budget: asideBudget,
	})
	if err != nil {
		return 0
	}
	for i := range page.Records {
		if r := &page.Records[i]; r.ID != rec.ID && hasSpan(r, rec.Caller) {
			return r.ID
		}
	}
	return 0
}

// hasSpan reports whether an id is one of the Record's spans'.
func hasSpan(r *query.Row, id instrument.SpanID) bool {
	for i := range max(int(r.Spans), 1) {
		if r.Trace.SpanID.Child(i) == id {
			return true
		}
	}
	return false
}

// cacheWindow is over which time the panel says how often groups of keys were found.
const cacheWindow = 24 * time.Hour

// caches adds what the caches did in other Records: the ratio by group, and which were not
// used here.
func (d *Dashboard) caches(ctx context.Context, m *view.Record) {
	stats, err := d.store.Handlers(ctx, query.Handlers{Kinds: []instrument.Kind{instrument.KindCache}, Since: time.Now().Add(-cacheWindow)})
	if err != nil {
		return
	}
	used := map[string]bool{}
	for _, s := range m.Spans {
		if s.Cached != nil {
			used[s.Cached.Cache] = true
		}
	}
	at := map[[2]string]int{}
	for i := range stats {
		cache, group, miss := cacheGroup(stats[i].Handler.Name)
		if cache == "" {
			continue
		}
		if !used[cache] && !slices.Contains(m.OtherCaches, cache) {
			m.OtherCaches = append(m.OtherCaches, cache)
		}
		if group == "" || !used[cache] {
			continue
		}
		j, known := at[[2]string{cache, group}]
		if !known {
			j = len(m.CacheGroups)
			at[[2]string{cache, group}] = j
			m.CacheGroups = append(m.CacheGroups, view.CacheGroup{Cache: cache, Group: group})
		}
		if miss {
			m.CacheGroups[j].Misses += stats[i].Count
		} else {
			m.CacheGroups[j].Hits += stats[i].Count
		}
	}
	slices.Sort(m.OtherCaches)
}

// cacheGroup reads the name of a handler that package cachetap made: "redis GET user:{id}
// miss". Operations that are no look-ups have no group here.
func cacheGroup(name string) (cache, group string, miss bool) {
	cache, rest, ok := strings.Cut(name, " ")
	if !ok {
		return "", "", false
	}
	op, group, _ := strings.Cut(rest, " ")
	group, miss = strings.CutSuffix(group, " miss")
	if !miss && !lookups[op] {
		group = ""
	}
	return cache, group, miss
}

// lookups are the operations that find something or do not.
var lookups = map[string]bool{"GET": true, "MGET": true, "GETEX": true, "GETDEL": true, "HGET": true, "HMGET": true, "HGETALL": true, "EXISTS": true, "HEXISTS": true, "SISMEMBER": true, "ZSCORE": true, "SMEMBERS": true}
