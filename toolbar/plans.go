package toolbar

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/explain"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
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

	ctx    context.Context // until close
	cancel context.CancelFunc
	queue  chan planned
	done   chan struct{} // closed when nothing more is asked

	mu      sync.Mutex // guards what follows
	closed  bool
	waiting int           // Records in the queue and in hand
	bytes   int           // of those
	idle    chan struct{} // closed when waiting is 0 again; nil: nobody waits
	dropped int
	panics  int
	last    string // what the last panic said

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
	p.queue, p.done, p.asked = make(chan planned, maxPlanQueue+1), make(chan struct{}), map[string]time.Time{}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	go p.run()
}

// offer takes a Record that may have a slow statement. It is called where the Record ended,
// so it does no more than copy it.
func (p *planner) offer(s *instrument.Summary, blob []byte) {
	if p == nil || p.least <= 0 || s.QueryTime <= p.least || s.Flags.Has(instrument.FlagUnfinished) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.panics >= maxPlanPanics {
		return
	}
	if p.waiting > maxPlanQueue || p.bytes+len(blob) > maxPlanBytes {
		p.dropped++
		return
	}
	r := planned{*s, bytes.Clone(blob)}
	r.summary.Tags = slices.Clone(s.Tags)
	p.waiting++
	p.bytes += len(blob)
	p.queue <- r // there is room: waiting says so, which counts the one in hand
}

func (p *planner) run() {
	defer close(p.done)
	for r := range p.queue {
		p.plan(&r)
		p.mu.Lock()
		p.bytes -= len(r.blob)
		if p.waiting--; p.waiting == 0 && p.idle != nil {
			close(p.idle)
			p.idle = nil
		}
		p.mu.Unlock()
	}
}

// plan asks about the slow statements of a Record. A driver that panics is no reason for the
// app to end.
func (p *planner) plan(r *planned) {
	defer func() {
		if v := recover(); v != nil {
			p.mu.Lock()
			p.panics, p.last = p.panics+1, fmt.Sprint(v)
			p.mu.Unlock()
		}
	}()
	rec, err := instrument.Decode(r.summary, r.blob, instrument.LiveNames())
	if err != nil {
		return // the page of the Record says the same
	}
	asks := 0
	for i := range rec.Spans {
		s := &rec.Spans[i]
		if s.Handler.Kind != instrument.KindQuery || !p.due(s) {
			continue
		}
		if asks++; asks > maxRecordAsks || p.ctx.Err() != nil {
			return
		}
		statement := s.Handler.Name
		plan, err := p.explain(p.ctx, statement)
		p.note(statement)
		if err == nil {
			// A Record that is gone already has no place for it; the statement's next one has.
			_ = p.keep(p.ctx, rec.ID, statement, plan)
		}
	}
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
	p.mu.Lock()
	if p.waiting == 0 {
		p.mu.Unlock()
		return nil
	}
	if p.idle == nil {
		p.idle = make(chan struct{})
	}
	idle := p.idle
	p.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("plans of slow statements: %w", ctx.Err())
	}
}

// Close ends what is asked; what waits is left out.
func (p *planner) Close(ctx context.Context) error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		close(p.queue)
	}
	p.mu.Unlock()
	p.cancel()
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("a plan that is being asked for: %w", ctx.Err())
	}
}

// notes are what went wrong.
func (p *planner) notes() (list []web.Note) {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.panics > 0 {
		n := web.Note{Name: fmt.Sprintf("asking for plans of slow statements panicked %d times", p.panics), Detail: "its last words: " + p.last}
		if p.panics >= maxPlanPanics {
			n.Detail = "no more is asked; " + n.Detail
		}
		list = append(list, n)
	}
	if p.dropped > 0 {
		list = append(list, web.Note{
			Name:   fmt.Sprintf("the plans of slow statements of %d records were not asked for", p.dropped),
			Detail: "the databases are slower to answer than they come",
		})
	}
	return list
}
