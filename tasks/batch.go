package tasks

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// Batch says how the calls of signals are gathered, so that a worker makes a hundred of
// them as one job.
type Batch struct {
	// Size is how many calls of one signal and receiver make a job. 0: 100.
	Size int
	// Interval is how long a call waits at most until its batch is queued, full or not.
	// Each signal and receiver has its own. 0: a minute.
	Interval time.Duration
	// Options are those of the job, Queue and Priority as a rule. A call that fails is
	// retried singly, by Retry.
	Options Options
}

const (
	defaultBatchSize     = 100
	defaultBatchInterval = time.Minute
	batchPoll            = time.Second // for what other processes have added
)

// Batched is a signals.Queue that gathers calls. What is added is in the database at once,
// in the transaction of the context if that has one: it is neither lost with the process
// nor there before the commit. A worker makes the calls of a batch in the order in which
// they were added, each once; one that fails is queued by itself and does not hold up
// the others. Only the call that was running when a process was killed is made again.
//
//	activity := client.Batched(tasks.Batch{Size: 100, Interval: time.Minute})
//	UserActivity.Connect(store, signals.UID("store"), signals.Queued(activity))
type Batched struct {
	client *Client
	batch  Batch

	mu    sync.Mutex // guards added
	added map[string]int
}

var _ signals.Queue = (*Batched)(nil)

// Batched gives a queue that gathers calls. A Batch that cannot work is refused by its
// first use.
func (c *Client) Batched(b Batch) *Batched {
	b.Size, b.Interval = cmp.Or(b.Size, defaultBatchSize), cmp.Or(b.Interval, defaultBatchInterval)
	return &Batched{client: c, batch: b, added: map[string]int{}}
}

// Enqueue adds a call to its batch.
func (b *Batched) Enqueue(ctx context.Context, call signals.Call) error {
	if b.batch.Size < 1 || b.batch.Interval < 0 {
		return fmt.Errorf("tasks: batch: Size is %d and Interval %s: they must be more than 0", b.batch.Size, b.batch.Interval)
	}
	c := b.client
	if _, err := c.insertOpts(batchTask, batchTask.options.with(b.batch.Options), nil); err != nil {
		return fmt.Errorf("tasks: batch: %w", err)
	}
	text, err := json.Marshal(call)
	if err != nil {
		return err
	}
	options, err := json.Marshal(b.batch.Options)
	if err != nil {
		return err
	}
	name := batchName(&call)
	tx := c.txOf(ctx)
	if tx == nil {
		ctx = c.together(ctx)
	}
	err = c.engine.within(ctx, tx, func(x transaction) error {
		return x.Exec(ctx, "INSERT INTO "+c.table("toolbar_batch_item")+" (batch, job, size, due, options, call) VALUES ($1, 0, $2, $3, $4, $5)",
			name, b.batch.Size, c.now().Add(b.batch.Interval).UnixMilli(), string(options), string(text))
	})
	if err != nil {
		return fmt.Errorf("tasks: add to the batch of %s: %w", name, err)
	}
	b.count(name)
	return nil
}

// count wakes who flushes where there may be something to do: a timer to be set, or a
// batch that is full. Those that are missed are found by the next look.
func (b *Batched) count(name string) {
	b.mu.Lock()
	n := b.added[name] + 1
	b.added[name] = n % b.batch.Size
	b.mu.Unlock()
	if n == 1 || n == b.batch.Size {
		select {
		case b.client.flushes <- struct{}{}:
		default: // it is awake
		}
	}
}

// batchName tells batches apart: by signal and receiver, whoever sends.
func batchName(call *signals.Call) string {
	if call.Receiver == "" {
		return call.Signal
	}
	return call.Signal + " / " + call.Receiver
}

func init() { backgrounds = append(backgrounds, flushBatches) }

// flushBatches queues batches that are full or due until ctx is done, and then all.
func flushBatches(ctx context.Context, c *Client) {
	for {
		pause := batchPoll
		if c.config.Now == nil {
			next, err := c.flush(ctx, false)
			if err != nil && ctx.Err() == nil {
				c.config.Logger.ErrorContext(ctx, "tasks: batches", "error", err)
			}
			if !next.IsZero() {
				pause = min(pause, max(next.Sub(c.now()), time.Millisecond))
			}
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-c.flushes:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrites)
			defer cancel()
			if _, err := c.flush(last, true); err != nil {
				c.config.Logger.ErrorContext(last, "tasks: batches are left for the next process", "error", err)
			}
			return
		}
	}
}

// FlushBatches queues the batches that are full or due. A Client that was started does it
// by itself, unless Config.Now is set; tests with a clock of their own call it.
func (c *Client) FlushBatches(ctx context.Context) error {
	_, err := c.flush(ctx, false)
	return err
}

// Flush queues what was added to all batches, full or not. Without anything it queues
// nothing.
func (b *Batched) Flush(ctx context.Context) error {
	_, err := b.client.flush(ctx, true)
	return err
}

// flush queues batches: those that are full or due, or all. next is when another will be
// due; zero: none waits.
func (c *Client) flush(ctx context.Context, all bool) (next time.Time, err error) {
	type waiting struct {
		name, options   string
		size, due, have int64
	}
	var list []waiting
	err = c.each(ctx, "SELECT batch, min(options), min(size), min(due), count(*) FROM "+c.table("toolbar_batch_item")+" WHERE job = 0 GROUP BY batch ORDER BY min(id)", nil, func(scan func(...any) error) error {
		var w waiting
		err := scan(&w.name, &w.options, &w.size, &w.due, &w.have)
		list = append(list, w)
		return err
	})
	if err != nil {
		return next, err
	}
	var errs []error
	now := c.now().UnixMilli()
	for _, w := range list {
		due := all || w.due <= now
		for ; w.have >= w.size || due && w.have > 0; w.have -= w.size {
			if err := c.queueBatch(ctx, w.name, w.options, w.size); err != nil {
				errs = append(errs, fmt.Errorf("batch %s: %w", w.name, err))
				break
			}
		}
		if at := fromMilli(w.due); !due && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, errors.Join(errs...)
}

// batchArgs are the arguments of a batch's job; what it is to do are the items that have
// its number.
type batchArgs struct {
	Batch string `json:"batch"`
	Count int64  `json:"count"`
}

// queueBatch makes a job of the oldest items of a batch: the items are claimed and the job
// is queued, or neither.
func (c *Client) queueBatch(ctx context.Context, name, options string, size int64) error {
	o := batchTask.options
	var given Options
	if json.Unmarshal([]byte(options), &given) == nil {
		given.Retry = Retry{} // it is that of single calls
		o = o.with(given)
	}
	table := c.table("toolbar_batch_item")
	lock := ""
	if c.base.postgres() {
		lock = " FOR UPDATE"
	}
	return c.engine.within(ctx, nil, func(x transaction) error {
		mine := -1 - rand.Int64N(1<<62)
		err := x.Exec(ctx, "UPDATE "+table+" SET job = $1 WHERE job = 0 AND id IN (SELECT id FROM "+table+" WHERE job = 0 AND batch = $2 ORDER BY id LIMIT $3"+lock+")", mine, name, size)
		if err != nil {
			return err
		}
		var n int64
		if err := x.QueryRow(ctx, "SELECT count(*) FROM "+table+" WHERE job = $1", mine).Scan(&n); err != nil || n == 0 {
			return err
		}
		encoded, err := encode(batchArgs{name, n})
		if err != nil {
			return err
		}
		params, err := c.insertParams(batchTask, o, encoded, nil)
		if err != nil {
			return err
		}
		results, err := x.insert(ctx, []river.InsertManyParams{params})
		if err != nil {
			return err
		}
		return x.Exec(ctx, "UPDATE "+table+" SET job = $1 WHERE job = $2", results[0].Job.ID, mine)
	})
}

// batchTask makes the calls of a batch. It has no end of retries, since what is left of
// it would be lost with it; that concerns the job alone, calls are retried singly.
var batchTask = &definition{
	kind:    "signal.batch",
	options: Options{Retry: Retry{Max: Forever}, Timeout: -1},
}

func init() {
	batchTask.source = signalTask.source
	batchTask.work = func(ctx context.Context, _ []byte) error {
		c, job := FromContext(ctx), Current(ctx)
		if c == nil || job == nil {
			return errNoClient
		}
		return c.workBatch(ctx, job.ID)
	}
	builtin = append(builtin, batchTask)
}

// batchItem is a call that was gathered.
type batchItem struct {
	id            int64
	options, call string
}

// workBatch makes the calls of a batch's job one after the other. Each is removed when it
// was made, so that the job can begin again where it was interrupted.
func (c *Client) workBatch(ctx context.Context, job int64) error {
	var items []batchItem
	rows := "SELECT id, options, call FROM " + c.table("toolbar_batch_item") + " WHERE job = $1 ORDER BY id"
	err := c.each(ctx, rows, []any{job}, func(scan func(...any) error) error {
		var i batchItem
		err := scan(&i.id, &i.options, &i.call)
		items = append(items, i)
		return err
	})
	if err != nil {
		return err
	}
	failed, errs := 0, []string{}
	for n, item := range items {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		done, err := c.makeCall(ctx, item)
		if err != nil && ctx.Err() != nil {
			return context.Cause(ctx) // interrupted, not failed
		}
		if err != nil {
			failed++
			errs = append(errs, err.Error())
			c.config.Logger.WarnContext(ctx, "task failed in its batch", "batch", job, "item", item.id, "error", err)
		}
		if err := c.settleItem(ctx, item, done, err); err != nil {
			return err
		}
		SetProgress(ctx, int64(n+1), int64(len(items)), "")
	}
	return river.RecordOutput(ctx, map[string]any{"made": len(items) - failed, "failed": failed, "errors": errs[:min(len(errs), 10)]})
}

// makeCall makes one call with the time that a task has, and takes a panic for a failure.
func (c *Client) makeCall(ctx context.Context, item batchItem) (done []string, err error) {
	if limit := c.config.Timeout; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	done, _, err = deliver(ctx, []byte(item.call), nil)
	return done, err
}

// settleItem removes an item whose call was made. One that failed goes on as a job of its
// own, for the receivers that are not done and with retries of its own, unless trying
// again would not help.
func (c *Client) settleItem(ctx context.Context, item batchItem, done []string, failure error) error {
	return c.engine.within(ctx, nil, func(x transaction) error {
		if err := x.Exec(ctx, "DELETE FROM "+c.table("toolbar_batch_item")+" WHERE id = $1", item.id); err != nil {
			return err
		}
		if failure == nil || errors.As(failure, new(*river.JobCancelError)) {
			return nil
		}
		o := signalTask.options
		var given Options
		if json.Unmarshal([]byte(item.options), &given) == nil {
			o = o.with(given)
		}
		o.At, o.In = time.Time{}, o.Retry.or(c.config.Retry).Wait(0, nil)
		var meta map[string]any
		if len(done) > 0 {
			meta = map[string]any{MetaDone: done}
		}
		params, err := c.insertParams(signalTask, o, []byte(item.call), meta)
		if err != nil {
			return err
		}
		_, err = x.insert(ctx, []river.InsertManyParams{params})
		return err
	})
}
