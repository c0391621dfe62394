package web

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

func middlewarePage(d *Dashboard, r *http.Request) (templ.Component, error) {
	w := windowOf(r.URL.Query(), time.Now())
	s := d.shell(r, "Middleware", "middleware")
	s.Ranges = w.choices()
	d.live(r, &s, "")
	rows, err := d.store.Handlers(r.Context(), query.Handlers{
		Since: w.since, Until: w.until, Kinds: []instrument.Kind{instrument.KindLayer},
	})
	if err != nil {
		return nil, err
	}
	m := d.layers(r, rows)
	if err := d.layersOverTime(r, &m, w); err != nil {
		return nil, err
	}
	return view.LayersPage(s, m), nil
}

// layers is the stack that the URL names, or the one with most layers: as it was built,
// with what its layers did.
func (d *Dashboard) layers(r *http.Request, stats []query.HandlerStats) view.Layers {
	seen := d.seenLayers(r)
	stacks := d.stacks(r, stats, seen)
	m := view.Layers{Records: seen.records}
	if len(stacks) == 0 {
		return m
	}
	chosen := slices.IndexFunc(stacks, func(s query.Stack) bool { return s.Handler == r.URL.Query().Get("stack") })
	if chosen < 0 {
		chosen = 0
	}
	if len(stacks) > 1 {
		here := d.here(r)
		for i, s := range stacks {
			name := ""
			if i > 0 {
				name = s.Handler
			}
			m.Stacks = append(m.Stacks, view.Choice{Label: s.Handler, Href: here.With("stack", name), Count: int64(len(s.Layers)), Current: i == chosen})
		}
	}
	s := &stacks[chosen]
	m.View = s.Handler
	for _, text := range s.Warnings {
		m.Alerts = append(m.Alerts, view.Alert{Status: view.StatusSlow, Title: "The order of two layers", Text: text + "."})
	}
	whole := time.Duration(0)
	for _, l := range s.Layers {
		row := layerRow(l, statsOf(stats, l.Name), seen)
		whole += row.Total
		m.Rows = append(m.Rows, row)
	}
	for i := range m.Rows {
		m.Rows[i].Share = view.Share(m.Rows[i].Total, whole)
	}
	return m
}

// maxStacks is how many stacks are told apart.
const maxStacks = 12

// apart is the stack of those layers that are in none, as those of another program.
const apart = "other layers"

// stacks are those that the app was built with, that with most layers first. Layers that
// have statistics and are in none of them are a stack of their own, in the order in which
// Records have them.
func (d *Dashboard) stacks(r *http.Request, stats []query.HandlerStats, seen seenLayers) []query.Stack {
	stacks := d.builtStacks(r)
	slices.SortStableFunc(stacks, func(a, b query.Stack) int { return len(b.Layers) - len(a.Layers) })
	stacks = stacks[:min(len(stacks), maxStacks)]
	var rest query.Stack
	for i := range stats {
		h := &stats[i].Handler
		named := func(l query.StackLayer) bool { return l.Name == h.Name }
		if !slices.ContainsFunc(stacks, func(s query.Stack) bool { return slices.ContainsFunc(s.Layers, named) }) {
			rest.Layers = append(rest.Layers, query.StackLayer{Name: h.Name, Source: placeOf(h.Source)})
		}
	}
	if len(rest.Layers) == 0 {
		return stacks
	}
	if len(stacks) > 0 {
		rest.Handler = apart
	}
	slices.SortStableFunc(rest.Layers, func(a, b query.StackLayer) int {
		return cmp.Or(cmp.Compare(seen.of(a.Name).depth, seen.of(b.Name).depth), cmp.Compare(a.Name, b.Name))
	})
	return append(stacks, rest)
}

// builtStacks are what the chosen process that told of its stacks last was built with; nil when
// none did. Stacks around one handler are told apart by their number.
func (d *Dashboard) builtStacks(r *http.Request) (stacks []query.Stack) {
	if d.editor == nil {
		return nil
	}
	docs, err := d.editor.Documents(r.Context(), query.Documents{Name: query.DocStacks, Processes: d.choice.processes(), Limit: maxStacks})
	if err != nil {
		return nil
	}
	for i := 0; i < len(docs) && len(stacks) == 0; i++ { // a command has none
		if json.Unmarshal(docs[i].Body, &stacks) != nil {
			stacks = nil
		}
	}
	stacks = slices.DeleteFunc(stacks, func(s query.Stack) bool { return len(s.Layers) == 0 })
	count := map[string]int{}
	for i := range stacks {
		s := &stacks[i]
		s.Handler = strings.TrimPrefix(s.Handler, "*")
		if count[s.Handler]++; count[s.Handler] > 1 {
			s.Handler += " (" + strconv.Itoa(count[s.Handler]) + ")"
		}
	}
	return stacks
}

// layerRow is a layer as it was built, with what it did in the window.
func layerRow(l query.StackLayer, h *query.HandlerStats, seen seenLayers) view.LayerRow {
	did := seen.of(l.Name)
	row := view.LayerRow{
		Name: l.Name, Source: l.Source, Status: view.StatusOff, Unused: l.Unused, Hooks: l.Hooks,
		CutShort: did.cutShort, Headers: did.headers.sorted(), Context: did.context.sorted(),
	}
	if h == nil {
		return row
	}
	row.Status = view.StatusOK
	row.Calls, row.Errors, row.Panics = int64(h.Count), int64(h.Errors), int64(h.Panics)
	row.P50, row.P95, row.Total = h.Quantile(.5), h.Quantile(.95), h.Self
	if row.Source == "" {
		row.Source = placeOf(h.Handler.Source)
	}
	if h.Errors > 0 {
		row.Status = view.StatusBad
	}
	return row
}

// statsOf finds a layer among the statistics; nil when it was not called.
func statsOf(stats []query.HandlerStats, name string) *query.HandlerStats {
	i := slices.IndexFunc(stats, func(h query.HandlerStats) bool { return h.Handler.Name == name })
	if i < 0 {
		return nil
	}
	return &stats[i]
}

// maxLayersOverTime is how many layers of a stack are read over time.
const maxLayersOverTime = 24

// layersOverTime adds what each layer did in each step.
func (d *Dashboard) layersOverTime(r *http.Request, m *view.Layers, w window) error {
	m.Start, m.Step = w.since, w.step
	for i := range m.Rows[:min(len(m.Rows), maxLayersOverTime)] {
		row := &m.Rows[i]
		if row.Calls == 0 {
			continue
		}
		points, err := d.store.Series(r.Context(), query.Series{Step: w.step, Handlers: query.Handlers{
			Kinds: []instrument.Kind{instrument.KindLayer}, Handler: row.Name, Since: w.since, Until: w.until,
		}})
		if err != nil {
			return err
		}
		for j := range points {
			p := &points[j]
			row.Over = append(row.Over, view.LayerStep{Calls: int64(p.Count), Failed: int64(p.Errors), Own: p.Self})
		}
	}
	return nil
}

// seenRecords is how many of the newest requests are read to see what layers do.
const seenRecords = 60

// seenLayers is what the newest requests tell of layers.
type seenLayers struct {
	records int64
	byName  map[string]*seenLayer
}

type seenLayer struct {
	depth            int // how many layers were around it
	cutShort         int64
	headers, context wordSet
}

// of is what was seen of a layer; nothing for one that no Record has.
func (s seenLayers) of(name string) *seenLayer {
	if l := s.byName[name]; l != nil {
		return l
	}
	return &seenLayer{depth: 1 << 10}
}

func (d *Dashboard) seenLayers(r *http.Request) seenLayers {
	seen := seenLayers{byName: map[string]*seenLayer{}}
	page, err := d.store.Records(r.Context(), query.Records{Kinds: []instrument.Kind{instrument.KindRequest}, Limit: seenRecords, Budget: listBudget / 4})
	if err != nil {
		return seen
	}
	for _, rec := range d.records(r.Context(), idsOf(page.Records)) {
		seen.records++
		seen.add(rec)
	}
	return seen
}

func (s *seenLayers) add(rec *instrument.Record) {
	depth := make([]int, len(rec.Spans))
	for i := range rec.Spans {
		span := &rec.Spans[i]
		if span.Parent >= 0 {
			depth[i] = depth[span.Parent]
		}
		if span.Handler.Kind != instrument.KindLayer {
			continue
		}
		depth[i]++
		l := s.byName[span.Handler.Name]
		if l == nil {
			l = &seenLayer{headers: wordSet{}, context: wordSet{}}
			s.byName[span.Handler.Name] = l
		}
		l.depth = max(l.depth, depth[i])
		for _, kv := range span.Attrs {
			switch kv.Key {
			case "layer.cut_short":
				l.cutShort++
			case "layer.headers":
				l.headers.add(kv.Value, "; ")
			case "layer.context":
				l.context.add(kv.Value, ", ")
			}
		}
	}
}

// wordSet is a set of names.
type wordSet map[string]bool

// maxWords bounds a wordSet: what is told from many requests may differ in each.
const maxWords = 24

// add takes a list: headers stand in theirs with their values.
func (s wordSet) add(list any, sep string) {
	for word := range strings.SplitSeq(valueText(list), sep) {
		word, _, _ = strings.Cut(word, ": ")
		if word != "" && len(s) < maxWords {
			s[word] = true
		}
	}
}

func (s wordSet) sorted() []string { return slices.Sorted(maps.Keys(s)) }
