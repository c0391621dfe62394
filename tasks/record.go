package tasks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Attributes of Records of attempts, and of spans of inserts.
var (
	keyID        = instrument.NewKey("task.id")
	keyIDs       = instrument.NewKey("task.ids") // of an insert of several jobs
	keyKind      = instrument.NewKey("task.kind")
	keyQueue     = instrument.NewKey("task.queue")
	keyAttempt   = instrument.NewKey("task.attempt")
	keyMax       = instrument.NewKey("task.max_attempts")
	keyPriority  = instrument.NewKey("task.priority")
	keyWait      = instrument.NewKey("task.wait")
	keyArgs      = instrument.NewKey("task.args")
	keyOutcome   = instrument.NewKey("task.outcome")
	keySnooze    = instrument.NewKey("task.snooze")
	keyWorker    = instrument.NewKey("task.worker")
	keyDuplicate = instrument.NewKey("task.duplicate")
	keyScheduled = instrument.NewKey("task.scheduled_at")
	keyRescued   = instrument.NewKey("task.rescued")
	keyStuck     = instrument.NewKey("task.stuck")
	keyCount     = instrument.NewKey("task.count")
)

// maxArgs is how many bytes of a job's arguments are kept.
const maxArgs = 4 << 10

// kinds finds the handlers of kinds of jobs.
type kinds struct{ all sync.Map } // kind -> *kindHandlers

type kindHandlers struct {
	run    *instrument.Handler
	insert *instrument.Handler
}

func (c *Client) handlers(kind string) *kindHandlers {
	if h, ok := c.kinds.all.Load(kind); ok {
		return h.(*kindHandlers)
	}
	src := instrument.Source{}
	if def := c.defs[kind]; def != nil {
		src = def.source
	}
	h, _ := c.kinds.all.LoadOrStore(kind, &kindHandlers{
		run:    instrument.NewHandler(instrument.KindTask, kind, src),
		insert: instrument.NewHandler(instrument.KindTask, "enqueue "+kind, src),
	})
	return h.(*kindHandlers)
}

// recording records inserts and attempts. River calls it around both.
type recording struct {
	river.MiddlewareDefaults
	client *Client
}

// IsPlugin makes it one of River's plugins.
func (*recording) IsPlugin() bool { return true }

// InsertMany is called around each insert of one job or several.
func (p *recording) InsertMany(ctx context.Context, params []*rivertype.JobInsertParams, inner func(context.Context) ([]*rivertype.JobInsertResult, error)) ([]*rivertype.JobInsertResult, error) {
	p.client.linkJobs(ctx, params)
	for _, job := range params {
		distinguish(job)
	}
	results, err := p.insert(ctx, params[0], inner)
	if err == nil {
		for _, r := range results {
			if r != nil && !r.UniqueSkippedAsDuplicate {
				tell(ctx, Queued, Event{Job: r.Job})
			}
		}
	}
	return results, err
}

// insert is the insert as a span.
func (p *recording) insert(ctx context.Context, first *rivertype.JobInsertParams, inner func(context.Context) ([]*rivertype.JobInsertResult, error)) ([]*rivertype.JobInsertResult, error) {
	if !instrument.On() {
		return inner(ctx)
	}
	inside, span := instrument.Start(ctx, p.client.handlers(first.Kind).insert, keyKind.String(first.Kind), keyQueue.String(first.Queue))
	results, err := inner(inside)
	if span.Recorded() && err == nil {
		describeInsert(span, results)
	}
	span.End(err)
	return results, err
}

// linkJobs writes into each job where it comes from.
func (c *Client) linkJobs(ctx context.Context, params []*rivertype.JobInsertParams) {
	rec, _ := instrument.Find(ctx)
	if rec == nil {
		return
	}
	link := map[string]any{MetaTraceparent: rec.TraceContext().Traceparent(), MetaParent: rec.ID().String()}
	for _, p := range params {
		if m, err := addMetadata(p.Metadata, link); err == nil {
			p.Metadata = m
		}
	}
}

// describeInsert names the jobs, so that what becomes of them can be looked up.
func describeInsert(span instrument.Span, results []*rivertype.JobInsertResult) {
	if len(results) == 0 || results[0] == nil { // InsertManyFast gives none
		span.Set(keyCount.Int(len(results)))
		return
	}
	first := results[0]
	span.Set(keyID.Int64(first.Job.ID))
	if first.Job.State == rivertype.JobStateScheduled {
		span.Set(keyScheduled.String(first.Job.ScheduledAt.UTC().Format(time.RFC3339)))
	}
	if first.UniqueSkippedAsDuplicate {
		span.Set(keyDuplicate.Bool(true))
	}
	if len(results) == 1 {
		return
	}
	var ids strings.Builder
	for i, r := range results[:min(len(results), 1000)] {
		if i > 0 {
			ids.WriteByte(' ')
		}
		ids.WriteString(strconv.FormatInt(r.Job.ID, 10))
	}
	span.Set(keyCount.Int(len(results)), keyIDs.String(ids.String()))
}

// attempt is a job while it is worked.
type attempt struct {
	client *Client
	job    *rivertype.JobRow
	meta   metadata
	ctx    context.Context
	rec    *instrument.Recording
	start  time.Time
	wait   time.Duration
	result []byte // what the task gave back

	outcome   Outcome        // once it has ended
	completed bool           // by Complete, in Eager mode
	eager     bool           // worked by who queued it
	updates   map[string]any // of metadata, in Eager mode

	mu       sync.Mutex // guards what follows
	stuck    bool
	progress *Progress
	written  time.Time // when progress was written last
}

type attemptKey struct{}

func attemptOf(ctx context.Context) *attempt {
	a, _ := ctx.Value(attemptKey{}).(*attempt)
	return a
}

// Current is the job that ctx runs in: its number, attempt (1 for the first), queue and
// earlier errors; nil outside of a job. It must not be changed.
func Current(ctx context.Context) *rivertype.JobRow {
	if a := attemptOf(ctx); a != nil {
		return a.job
	}
	return nil
}

// Work is called around each attempt.
func (p *recording) Work(ctx context.Context, job *rivertype.JobRow, inner func(context.Context) error) (err error) {
	a := p.client.begin(ctx, job)
	defer func() {
		v := recover()
		if v != nil {
			a.rec.Panic(v)
			err = fmt.Errorf("panic: %v", v)
		}
		a.end(err, v != nil)
		if v != nil {
			panic(v) // River keeps it as the job's error
		}
	}()
	tell(a.ctx, Started, Event{Job: job, Attempt: job.Attempt})
	if err := inner(a.ctx); err != nil || !a.meta.follows() {
		return err
	}
	a.note(Completed)
	return a.completeFlow(a.ctx)
}

func (c *Client) begin(ctx context.Context, job *rivertype.JobRow) *attempt {
	a := &attempt{client: c, job: job, meta: readMetadata(job.Metadata), start: c.now()}
	a.wait = max(a.start.Sub(job.ScheduledAt), 0)
	parent, trace := a.meta.link()
	a.ctx, a.rec = c.recorder(ctx).Begin(ctx, instrument.Begin{
		Handler: c.handlers(job.Kind).run, Parent: parent, Trace: trace, Attrs: a.attrs(),
	})
	if a.rec != nil {
		a.describe()
	}
	a.ctx = context.WithValue(a.ctx, attemptKey{}, a)
	if to, ok := ctx.Value(eagerKey{}).(**attempt); ok {
		*to, a.eager, a.updates = a, true, map[string]any{}
	}
	c.mu.Lock()
	c.running[job.ID] = a
	c.mu.Unlock()
	c.counts.waited(job.Queue, a.wait)
	return a
}

func (a *attempt) attrs() []instrument.Attr {
	return []instrument.Attr{
		keyID.Int64(a.job.ID), keyQueue.String(a.job.Queue), keyAttempt.Int(a.job.Attempt),
		keyMax.Int(a.job.MaxAttempts), keyWait.Duration(a.wait), keyPriority.Int(a.job.Priority),
	}
}

// describe adds what only a Record keeps.
func (a *attempt) describe() {
	args, _ := a.client.config.Mask.JSONPrefix(a.job.EncodedArgs[:min(len(a.job.EncodedArgs), maxArgs)])
	a.rec.Set(keyArgs.Masked(string(args)))
	if n := len(a.job.AttemptedBy); n > 0 {
		a.rec.Set(keyWorker.String(a.job.AttemptedBy[n-1]))
	}
	if n := len(a.job.Errors); n > 0 && isRescue(a.job.Errors[n-1].Error) {
		a.rec.Set(keyRescued.Bool(true))
		a.rec.Tag("rescued")
	}
}

// rescueText is what River notes for an attempt whose worker was lost.
const rescueText = "Stuck job rescued by JobRescuer"

func isRescue(text string) bool { return text == rescueText || strings.HasPrefix(text, lostText) }

// end closes the Record and leaves a note of the attempt in the job.
func (a *attempt) end(err error, panicked bool) {
	c := a.client
	c.mu.Lock()
	delete(c.running, a.job.ID)
	c.mu.Unlock()
	outcome := outcomeOf(a.ctx, a.job, err, panicked)
	a.outcome = outcome
	c.counts.add(a.job.Kind, a.job.Queue, outcome)
	a.keepProgress()
	a.note(outcome)
	a.tellEnd(outcome, err)
	a.log(outcome, err)
	if a.rec == nil {
		return
	}
	a.rec.Set(keyOutcome.String(string(outcome)))
	var snooze *rivertype.JobSnoozeError
	switch {
	case outcome == Snoozed && errors.As(err, &snooze):
		a.rec.Set(keySnooze.Duration(snooze.Duration))
	case outcome == Interrupted: // by the process, not by a fault
	case err != nil && !panicked:
		a.rec.Fail(err)
	}
	a.rec.End()
}

// log says what went wrong, once for each attempt that failed.
func (a *attempt) log(outcome Outcome, err error) {
	if err == nil || outcome == Snoozed || outcome == Interrupted {
		return
	}
	level := slog.LevelError
	switch {
	case isExpected(err):
		level = slog.LevelInfo
	case outcome == Retried:
		level = slog.LevelWarn
	}
	a.client.config.Logger.Log(a.ctx, level, "task failed", "task", a.job.Kind, "job", a.job.ID,
		"attempt", a.job.Attempt, "of", a.job.MaxAttempts, "outcome", string(outcome), "error", err)
}

// note adds the attempt to the job's metadata, which River writes with the new state.
func (a *attempt) note(outcome Outcome) {
	worker := ""
	if n := len(a.job.AttemptedBy); n > 0 {
		worker = a.job.AttemptedBy[n-1]
	}
	note := Attempt{N: a.job.Attempt, Start: a.start.UTC(), End: a.client.now().UTC(), Wait: a.wait, Worker: worker, Outcome: outcome}
	if a.rec != nil {
		note.Record = a.rec.ID().String()
	}
	text, err := json.Marshal(note)
	if err != nil {
		return
	}
	all := append(a.meta.Attempts, text)
	if len(all) > maxAttempts {
		all = all[len(all)-maxAttempts:]
	}
	_ = a.set(MetaAttempts, all) // fails outside of a worker only
}

// set leaves a value in the job's metadata, written with the attempt's end.
func (a *attempt) set(key string, value any) error {
	if a.eager {
		a.updates[key] = value
		return nil
	}
	return river.MetadataSet(a.ctx, key, value)
}

// errorHandler records what never came to an attempt: jobs that nobody can work.
type errorHandler struct {
	client *Client
	next   river.ErrorHandler
}

// HandleError is called by River with each error of a job.
func (h *errorHandler) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	var unknown *rivertype.UnknownJobKindError
	if errors.As(err, &unknown) {
		a := h.client.begin(ctx, job)
		a.end(fmt.Errorf("no task of this process is called %q: %w", job.Kind, err), false)
	}
	if h.next != nil {
		return h.next.HandleError(ctx, job, err)
	}
	return nil
}

// HandlePanic is called by River with each panic of a job.
func (h *errorHandler) HandlePanic(ctx context.Context, job *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	if h.next != nil {
		return h.next.HandlePanic(ctx, job, value, trace)
	}
	return nil
}

// quiet lets River's warnings through and keeps its chatter.
type quiet struct{ slog.Handler }

// Enabled lets warnings and errors through.
func (q quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && q.Handler.Enabled(ctx, l)
}

// WithAttrs stays quiet.
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(attrs)} }

// WithGroup stays quiet.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }
