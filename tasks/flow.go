package tasks

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

// Call is a task with its arguments and options, to be queued later or by another job:
// what [Task.Call] and [Feed] give, and [Chain], [Group] and [Schedule] take.
type Call struct {
	def     *definition
	options Options
	encoded []byte
	feed    bool // the arguments are the result of the call before
	err     error
}

// Call is the task with arguments, not queued yet.
func (t Task[A]) Call(args A) Call {
	encoded, err := encode(args)
	return Call{def: t.def, options: t.options, encoded: encoded, err: err}
}

// Feed is a call whose arguments are the result of the call before it in a [Chain], or the
// list of results of the [Group] before it.
func Feed[A any](t Task[A]) Call { return Call{def: t.def, options: t.options, feed: true} }

// check tells whether a call can follow one that gives a result of type before.
func (c Call) check(before reflect.Type) error {
	switch {
	case c.def == nil:
		return errors.New("a call is empty: make calls with Task.Call or Feed")
	case c.err != nil:
		return fmt.Errorf("%s: %w", c.def.kind, c.err)
	case c.feed && before == nil:
		return fmt.Errorf("%s is fed by a call that gives nothing back: make that one with NewResult", c.def.kind)
	case c.feed && before != c.def.args:
		return fmt.Errorf("%s takes %s, but is fed %s", c.def.kind, c.def.args, before)
	}
	return nil
}

// queued is a call as it stands in the metadata of the job before it.
type queued struct {
	Kind     string          `json:"kind"`
	Args     json.RawMessage `json:"args,omitempty"` // empty: the result before
	Queue    string          `json:"queue,omitempty"`
	Priority Priority        `json:"priority,omitempty"`
	Retry    Retry           `json:"retry,omitzero"`
	Tags     []string        `json:"tags,omitempty"`
}

func (c Call) queued() queued {
	return queued{Kind: c.def.kind, Args: c.encoded, Queue: c.options.Queue, Priority: c.options.Priority, Retry: c.options.Retry, Tags: c.options.Tags}
}

// Chain queues calls that run one after the other: the first now, each further one in the
// transaction in which the one before it is done, so exactly once. A call made with [Feed]
// gets the result of the one before it. When a job fails for good the rest is never
// queued. It gives the first job.
func Chain(ctx context.Context, calls ...Call) (*Job, error) {
	c := FromContext(ctx)
	if c == nil {
		return nil, errNoClient
	}
	if len(calls) == 0 {
		return nil, errors.New("tasks: Chain: there are no calls")
	}
	var before reflect.Type
	var next []queued
	for i, call := range calls {
		if err := call.check(before); err != nil {
			return nil, fmt.Errorf("tasks: Chain: call %d: %w", i+1, err)
		}
		before = call.def.result
		if i > 0 {
			next = append(next, call.queued())
		}
	}
	first := calls[0]
	return c.enqueueWith(ctx, c.txOf(ctx), first, map[string]any{metaNext: next})
}

// Calls is a group of calls; see [Group].
type Calls struct{ calls []Call }

// Group is calls that run side by side. [Calls.Then] queues them with a call that runs
// when all of them are done.
func Group(calls ...Call) Calls { return Calls{calls} }

// Then queues the group's calls, and body in the transaction in which the last of them is
// done. Made with [Feed], body gets the list of their results, in the order of the calls.
// When a call fails for good, the others still run, and body is never queued. A group
// without calls queues body at once.
func (g Calls) Then(ctx context.Context, body Call) ([]*Job, error) {
	c := FromContext(ctx)
	if c == nil {
		return nil, errNoClient
	}
	if err := g.check(body); err != nil {
		return nil, fmt.Errorf("tasks: Group: %w", err)
	}
	if len(g.calls) == 0 {
		if body.feed {
			body.encoded, body.feed = feedArgs(body.def, []byte("[]")), false
		}
		job, err := c.enqueueWith(ctx, c.txOf(ctx), body, nil)
		return []*Job{job}, err
	}
	return c.enqueueGroup(ctx, g.calls, body)
}

func (g Calls) check(body Call) error {
	var list reflect.Type
	for i, call := range g.calls {
		if call.feed {
			return fmt.Errorf("call %d is made with Feed: nothing comes before a group", i+1)
		}
		if err := call.check(nil); err != nil {
			return fmt.Errorf("call %d: %w", i+1, err)
		}
		if call.def.result != nil {
			list = reflect.SliceOf(call.def.result)
		}
	}
	if len(g.calls) == 0 {
		list = body.defArgs()
	}
	if err := body.check(list); err != nil {
		return fmt.Errorf("the body: %w", err)
	}
	return nil
}

func (c Call) defArgs() reflect.Type {
	if c.def == nil {
		return nil
	}
	return c.def.args
}

// enqueueGroup inserts the group's row and its jobs in one transaction.
func (c *Client) enqueueGroup(ctx context.Context, calls []Call, body Call) ([]*Job, error) {
	text, err := json.Marshal(body.queued())
	if err != nil {
		return nil, err
	}
	id := rand.Text()
	var params []river.InsertManyParams
	for i, call := range calls {
		p, err := c.insertParams(call.def, call.options, call.encoded, map[string]any{metaGroup: id, metaMember: i})
		if err != nil {
			return nil, fmt.Errorf("tasks: queue %s: %w", call.def.kind, err)
		}
		params = append(params, p)
	}
	var results []*rivertype.JobInsertResult
	err = c.engine.within(ctx, c.txOf(ctx), func(x transaction) error {
		err := x.Exec(ctx, "INSERT INTO "+c.table("toolbar_group")+" VALUES ($1, $2, $3, 0, $4)", id, string(text), len(calls), c.now().UnixMilli())
		if err != nil {
			return err
		}
		results, err = x.insert(ctx, params)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("tasks: Group: %w", err)
	}
	return c.jobsOf(results), nil
}

// follows tells whether something is queued when the job is done.
func (m *metadata) follows() bool { return len(m.Next) > 0 || m.Group != "" }

// completeFlow marks a job as done and queues what follows it, in one transaction.
func (a *attempt) completeFlow(ctx context.Context) error {
	c := a.client
	return c.engine.within(ctx, nil, func(x transaction) error {
		if err := x.complete(ctx, a.job); err != nil {
			return err
		}
		next, err := c.nextOf(ctx, x, a)
		if err != nil || len(next) == 0 {
			return err
		}
		_, err = x.insert(ctx, next)
		return err
	})
}

// nextOf are the jobs that follow one that is done.
func (c *Client) nextOf(ctx context.Context, x transaction, a *attempt) ([]river.InsertManyParams, error) {
	if len(a.meta.Next) > 0 {
		p, err := c.following(a.meta.Next[0], a.result, map[string]any{metaNext: a.meta.Next[1:]})
		return []river.InsertManyParams{p}, err
	}
	return c.memberDone(ctx, x, a.meta.Group, a.meta.Member, a.result)
}

// memberDone notes that a call of a group is done; after the last one it gives the body.
func (c *Client) memberDone(ctx context.Context, tx riverdriver.Executor, group string, n int, result []byte) ([]river.InsertManyParams, error) {
	if result == nil {
		result = []byte("null")
	}
	if err := tx.Exec(ctx, "INSERT INTO "+c.table("toolbar_group_result")+" VALUES ($1, $2, $3) ON CONFLICT (group_id, n) DO NOTHING", group, n, string(result)); err != nil {
		return nil, err
	}
	var left int
	var body string
	// The update locks the group's row: of two members that end at once, the second sees
	// what the first has left.
	row := tx.QueryRow(ctx, "UPDATE "+c.table("toolbar_group")+" SET left_over = left_over - 1 WHERE id = $1 RETURNING left_over, body", group)
	if err := row.Scan(&left, &body); err != nil {
		return nil, fmt.Errorf("group %s: %w", group, err)
	}
	if left > 0 {
		return nil, nil
	}
	var call queued
	if err := json.Unmarshal([]byte(body), &call); err != nil {
		return nil, err
	}
	results, err := c.groupResults(ctx, tx, group)
	if err != nil {
		return nil, err
	}
	p, err := c.following(call, results, nil)
	return []river.InsertManyParams{p}, err
}

// groupResults are the results of a group's calls, in their order, as a JSON list; the
// group itself goes.
func (c *Client) groupResults(ctx context.Context, tx riverdriver.Executor, group string) ([]byte, error) {
	// One row is all that River's executor reads, so the list is put together there.
	list := "SELECT coalesce(group_concat(result, ','), '') FROM (SELECT result FROM %s WHERE group_id = $1 ORDER BY n)"
	if c.base.postgres() {
		list = "SELECT coalesce(string_agg(result, ',' ORDER BY n), '') FROM %s WHERE group_id = $1"
	}
	var joined string
	if err := tx.QueryRow(ctx, fmt.Sprintf(list, c.table("toolbar_group_result")), group).Scan(&joined); err != nil {
		return nil, err
	}
	for _, table := range []string{"toolbar_group_result WHERE group_id", "toolbar_group WHERE id"} {
		name, where, _ := strings.Cut(table, " ")
		if err := tx.Exec(ctx, "DELETE FROM "+c.table(name)+" "+where+" = $1", group); err != nil {
			return nil, err
		}
	}
	return []byte("[" + joined + "]"), nil
}

// following is the job of a call that follows a result.
func (c *Client) following(call queued, result []byte, meta map[string]any) (river.InsertManyParams, error) {
	def := c.defs[call.Kind]
	if def == nil {
		return river.InsertManyParams{}, &rivertype.UnknownJobKindError{Kind: call.Kind}
	}
	encoded := []byte(call.Args)
	if len(encoded) == 0 {
		encoded = feedArgs(def, result)
	}
	return c.insertParams(def, def.options.with(Options{Queue: call.Queue, Priority: call.Priority, Retry: call.Retry, Tags: call.Tags}), encoded, meta)
}

// feedArgs makes arguments of a result.
func feedArgs(def *definition, result []byte) []byte {
	if isObject(def.args) {
		return result
	}
	return append(append([]byte(`{"value":`), result...), '}')
}

// Complete marks the job that ctx runs in as done, in a transaction: what the job wrote in
// it and its being done are one, so that the job is not run again when the process dies
// right after the commit. What the job gives back or returns afterwards is not kept.
func Complete(ctx context.Context, tx any) error {
	a := attemptOf(ctx)
	if a == nil {
		return errors.New("tasks: Complete: the context is not that of a job")
	}
	if a.meta.follows() {
		return errors.New("tasks: Complete: the job is part of a Chain or Group, which completes it")
	}
	a.note(Completed)
	err := a.client.engine.within(ctx, tx, func(x transaction) error { return x.complete(ctx, a.job) })
	if err != nil {
		return fmt.Errorf("tasks: Complete: %w", err)
	}
	return nil
}
