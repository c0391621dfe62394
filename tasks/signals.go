package tasks

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"

	"github.com/riverqueue/river"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// Signals is the queue for what signals send later: a signals.Queue. Jobs are queued with
// the options, in the transaction of the context as tasks are.
//
//	signals.UseQueue(client.Signals())
//	err := OrderPaid.SendAsync(ctx, "shop", payment)
//
// A job that fails is retried as the options or Config.Retry say, for the receivers that
// failed. It fails for good when the signal, the receiver or a value that is loaded again
// (signals.Identify) is gone, and when an interceptor denies the send.
func (c *Client) Signals(options ...Options) signals.Queue {
	q := &signalQueue{client: c, options: signalTask.options}
	for _, o := range options {
		q.options = q.options.with(o)
	}
	return q
}

type signalQueue struct {
	client  *Client
	options Options
}

// Enqueue queues a call as a job.
func (q *signalQueue) Enqueue(ctx context.Context, call signals.Call) error {
	text, err := json.Marshal(call)
	if err != nil {
		return err
	}
	_, err = q.client.enqueue(ctx, q.client.txOf(ctx), signalTask, q.options.tagged(call.Signal), text)
	return err
}

// tagPattern is what River takes for a tag.
var tagPattern = regexp.MustCompile(`\A[\w][\w\-]+[\w]\z`)

// tagged adds a signal's name to the tags, so that its jobs are found.
func (o Options) tagged(name string) Options {
	if tagPattern.MatchString(name) && len(name) <= 255 {
		o.Tags = append(o.Tags[:len(o.Tags):len(o.Tags)], name)
	}
	return o
}

// signalTask makes the call of a signal that was queued.
var signalTask = &definition{
	kind: "signal.deliver", args: reflect.TypeFor[signals.Call](),
	work: func(ctx context.Context, encoded []byte) error {
		var meta struct {
			Done []string `json:"toolbar:done"`
		}
		if job := Current(ctx); job != nil {
			_ = json.Unmarshal(job.Metadata, &meta)
		}
		done, output, err := deliver(ctx, encoded, meta.Done)
		if len(done) > 0 {
			_ = river.MetadataSet(ctx, MetaDone, done) // fails outside of a worker only
		}
		if output != nil {
			_ = river.RecordOutput(ctx, output)
		}
		return err
	},
}

func init() {
	signalTask.source = instrument.FuncSource((*Client).Signals)
	builtin = append(builtin, signalTask)
}

// received is what a receiver did, as the job's output tells it.
type received struct {
	Receiver string `json:"receiver"`
	Skipped  string `json:"skipped,omitempty"`
	Error    string `json:"error,omitempty"`
}

// deliver calls receivers, those apart that are done, and names who need not be called
// again.
func deliver(ctx context.Context, encoded []byte, done []string) (_ []string, output []received, err error) {
	call, err := signals.DecodeCall(ctx, encoded)
	if err != nil {
		return done, nil, vanished(err)
	}
	call.Done = append(call.Done, done...)
	results, err := call.Run(ctx)
	for _, r := range results.All() {
		one := received{Receiver: r.Receiver.Name(), Skipped: r.Skipped}
		if r.Err != nil {
			one.Error = r.Err.Error()
		}
		output = append(output, one)
	}
	if results.Len() == 0 { // nobody was called: the send itself failed
		return call.Done, output, vanished(err)
	}
	call, err = settle(call.Rest(results), results, err)
	return call.Done, output, err
}

// settle leaves those to be called again whose error is not permanent.
func settle(call signals.Call, results signals.Results, err error) (signals.Call, error) {
	var again []error
	var never []*signals.Connection
	for _, r := range results.All() {
		switch {
		case r.Err == nil || r.Handled != "":
		case errors.As(r.Err, new(*river.JobCancelError)):
			never = append(never, r.Receiver)
		default:
			again = append(again, r.Err)
		}
	}
	if len(again) == 0 || len(never) == 0 {
		return call, err
	}
	return call.Without(never...), errors.Join(again...)
}

// vanished makes the errors permanent that trying again would not mend.
func vanished(err error) error {
	_, target := errors.AsType[*signals.TargetError](err)
	load, loading := errors.AsType[*signals.LoadError](err)
	gone := loading && (errors.Is(load, signals.ErrGone) || errors.Is(load, sql.ErrNoRows))
	if target || gone || errors.Is(err, signals.ErrDenied) {
		return Permanent(fmt.Errorf("signal not delivered: %w", err))
	}
	return err
}
