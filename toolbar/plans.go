package toolbar

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/explain"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/internal/backlog"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// What Config.ExplainSlow may cost the app's databases and the process.
const (
	planAgain     = time.Hour // until a statement is asked about once more
	maxPlanned    = 1000      // statements that are remembered to have been asked about
	maxPlanQueue  = 64        // Records that wait
	maxPlanBytes  = 4 << 20   // of them
	maxRecordAsks = 8         // statements of one Record
	maxPlanPanics = 3         // of the databases' drivers, then no more is asked
)

// planner asks for the plans of statements that were slow, beside the app, and keeps them
// with their Records. All methods of a nil *planner do nothing.
type planner struct {
	explain func(ctx context.Context, fingerprint string) (*explain.Plan, error)
	may     func(fingerprint string) bool // there is a plan to be asked for
	keep    func(ctx context.Context, id instrument.ID, statement string, p *explain.Plan) error
	slow    func(statement string) time.Duration
	least   time.Duration // of what slow gives
	now     func() time.Time

	queue *backlog.Queue[planned]

	asked map[string]time.Time // of the goroutine that asks
}

// planned is a Record with a slow statement.
type planned struct {
	summary instrument.Summary
	blob    []byte
}

// planning hands Records on to the collector, and those with slow statements to the planner.
type planning struct {
	*collect.Collector
	planner *planner
}

// Put implements instrument.Sink.
func (p planning) Put(s *instrument.Summary, blob []byte) {
	p.Collector.Put(s, blob)
	p.planner.offer(s, blob)
}

// newPlanner makes the planner; nil without Config.ExplainSlow.
func (t *Toolbar) newPlanner() *planner {
	c := &t.config
	ask := c.explainer()
	if !c.ExplainSlow || ask == nil || t.unwritten != nil {
		return nil
	}
	usual := func() time.Duration { return t.recorder.Slow(instrument.KindQuery) }
	p := &planner{
		explain: ask, may: sqltap.Explainable, now: time.Now, least: instrument.DefaultSlow(instrument.KindQuery),
		slow: func(statement string) time.Duration {
			if d, ok := c.SlowQueries[statement]; ok {
				return d
			}
			return usual()
		},
		keep: func(ctx context.Context, id instrument.ID, statement string, plan *explain.Plan) error {
			t.dashboard.KeepPlan(statement, plan)
			if err := t.collector.Flush(ctx); err != nil {
				return err
			}
			name, body := web.PlanNote(statement, plan)
			return t.store.Annotate(ctx, id, name, body)
		},
	}
	if d, ok := c.Slow[instrument.KindQuery]; ok {
		p.least = d
	}
	for _, d := range c.SlowQueries {
		p.least = min(p.least, d)
	}
	p.start()
	return p
}

func (p *planner) start() {
	p.asked = map[string]time.Time{}
	p.queue = backlog.New(backlog.Config[planned]{Name: "plans", Do: p.plan, Items: maxPlanQueue + 1, Bytes: maxPlanBytes})
}

// offer takes a Record that may have a slow statement. It is called where the Record ended,
// so it does no more than copy it. A driver that panics is not asked for ever.
func (p *planner) offer(s *instrument.Summary, blob []byte) {
	if p == nil || p.least <= 0 || s.QueryTime <= p.least || s.Flags.Has(instrument.FlagUnfinished) || p.queue.Stats().Panics >= maxPlanPanics {
		return
	}
	p.queue.Offer(len(blob), func() planned {
		r := planned{*s, bytes.Clone(blob)}
		r.summary.Tags = slices.Clone(s.Tags)
		return r
	})
}

// plan asks about the slow statements of a Record.
func (p *planner) plan(ctx context.Context, r planned) error {
	rec, err := instrument.Decode(r.summary, r.blob, instrument.LiveNames())
	if err != nil {
		return nil // the page of the Record says the same
	}
	asks := 0
	for i := range rec.Spans {
		s := &rec.Spans[i]
		if s.Handler.Kind != instrument.KindQuery || !p.due(s) {
			continue
		}
		if asks++; asks > maxRecordAsks || ctx.Err() != nil {
			return nil
		}
		statement := s.Handler.Name
		plan, err := p.explain(ctx, statement)
		p.note(statement)
		if err == nil {
			// A Record that is gone already has no place for it; the statement's next one has.
			_ = p.keep(ctx, rec.ID, statement, plan)
		}
	}
	return nil
}

// due tells whether a statement was slow, can be asked about, and was not lately.
func (p *planner) due(s *instrument.RecordSpan) bool {
	if limit := p.slow(s.Handler.Name); limit <= 0 || s.Duration <= limit {
		return false
	}
	if at, ok := p.asked[s.Handler.Name]; ok && p.now().Sub(at) < planAgain {
		return false
	}
	return p.may(s.Handler.Name)
}

func (p *planner) note(statement string) {
	if len(p.asked) >= maxPlanned {
		clear(p.asked)
	}
	p.asked[statement] = p.now()
}

// Flush waits until all that was offered so far has been asked about.
func (p *planner) Flush(ctx context.Context) error {
	if p == nil {
		return nil
	}
	if err := p.queue.Flush(ctx); err != nil {
		return fmt.Errorf("plans of slow statements: %w", err)
	}
	return nil
}

// Close ends what is asked; what waits is left out.
func (p *planner) Close(ctx context.Context) error {
	if p == nil {
		return nil
	}
	p.queue.Abandon()
	if err := p.queue.Close(ctx); err != nil {
		return fmt.Errorf("a plan that is being asked for: %w", err)
	}
	return nil
}

// notes are what went wrong.
func (p *planner) notes() (list []web.Note) {
	if p == nil {
		return nil
	}
	s := p.queue.Stats()
	if s.Panics > 0 {
		n := web.Note{Name: fmt.Sprintf("asking for plans of slow statements panicked %d times", s.Panics), Detail: "the last time: " + s.LastError}
		if s.Panics >= maxPlanPanics {
			n.Detail = "no more is asked; " + n.Detail
		}
		list = append(list, n)
	}
	if n := s.Full(); n > 0 {
		list = append(list, web.Note{
			Name:   fmt.Sprintf("the plans of slow statements of %d records were not asked for", n),
			Detail: "the databases are slower to answer than they come",
		})
	}
	return list
}
