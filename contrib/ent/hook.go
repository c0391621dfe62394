package entsignals

import (
	"context"
	"fmt"
	"reflect"

	"entgo.io/ent"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/modelsignals"
)

// Option changes what [Hook] does.
type Option func(*options)

type options struct {
	onCommit func(m ent.Mutation, then func(context.Context)) bool
	load     any // func(context.Context, ent.Mutation) (*T, error)
}

// OnCommit says how to hear of the commit of the transaction that a mutation runs in.
// It is the same few lines for each program, which only that can write because the
// types are generated. It gives false when there is no transaction.
//
//	func onCommit(m ent.Mutation, then func(context.Context)) bool {
//		inTx, ok := m.(interface{ Tx() (*shop.Tx, error) })
//		if !ok {
//			return false
//		}
//		tx, err := inTx.Tx()
//		if err != nil {
//			return false // there is none
//		}
//		tx.OnCommit(func(next shop.Committer) shop.Committer {
//			return shop.CommitFunc(func(ctx context.Context, tx *shop.Tx) error {
//				err := next.Commit(ctx, tx)
//				if err == nil {
//					then(ctx)
//				}
//				return err
//			})
//		})
//		return true
//	}
func OnCommit(f func(m ent.Mutation, then func(context.Context)) bool) Option {
	return func(o *options) { o.onCommit = f }
}

// Loading reads the row that is about to be deleted, for pre_delete and post_delete.
// An error of load ends the delete.
func Loading[T any](load func(context.Context, ent.Mutation) (*T, error)) Option {
	return func(o *options) { o.load = load }
}

// Hook is the hook for the client of the model T: client.Order.Use(Hook(Orders)).
func Hook[T any](m *modelsignals.Model[T], opts ...Option) ent.Hook {
	h := &hook[T]{signals: m, columns: columnsOf(reflect.TypeFor[T]())}
	for _, o := range opts {
		o(&h.options)
	}
	return func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, mutation ent.Mutation) (ent.Value, error) {
			c := call[T]{hook: h, Mutation: mutation, next: next}
			c.ctx = context.WithValue(ctx, callKey{}, scope{mutation, h.options})
			return c.mutate()
		})
	}
}

type hook[T any] struct {
	options
	signals *modelsignals.Model[T]
	columns []column
}

// call is one mutation.
type call[T any] struct {
	*hook[T]
	ent.Mutation
	ctx  context.Context
	next ent.Mutator
}

func (c *call[T]) mutate() (ent.Value, error) {
	switch c.Op() {
	case ent.OpCreate, ent.OpUpdateOne:
		return c.save()
	case ent.OpDeleteOne:
		return c.deleteOne()
	case ent.OpUpdate:
		return c.bulk("bulk update", "bulk_updated", modelsignals.Commit[T]{Op: modelsignals.Updated, Fields: c.written()}, func(n int64) error {
			_, err := c.signals.BulkUpdated.Send(c.ctx, c.signals.Name(), modelsignals.BulkUpdate[T]{Fields: c.written(), Count: n})
			return err
		})
	case ent.OpDelete:
		return c.bulk("bulk delete", "bulk_deleted", modelsignals.Commit[T]{Op: modelsignals.Deleted}, func(n int64) error {
			_, err := c.signals.BulkDeleted.Send(c.ctx, c.signals.Name(), modelsignals.BulkDelete{Count: n})
			return err
		})
	}
	return c.next.Mutate(c.ctx, c.Mutation)
}

func (c *call[T]) save() (ent.Value, error) {
	w := modelsignals.Write[T]{Model: new(T)}
	commit := modelsignals.Commit[T]{Op: modelsignals.Created, Count: 1}
	if c.Op() == ent.OpUpdateOne {
		w.Fields = c.written()
		commit.Op, commit.Fields = modelsignals.Updated, w.Fields
		if !(c.signals.PreSave.Idle() && c.signals.PostSave.Idle()) {
			w.Old = c.old()
		}
	}
	if w.Old != nil {
		*w.Model = *w.Old
	}
	c.apply(w.Model)
	before := *w.Model
	if _, err := c.signals.PreSave.Send(c.ctx, c.signals.Name(), w); err != nil {
		return nil, fmt.Errorf("save %s: pre_save: %w", c.signals.Name(), err)
	}
	if err := c.writeChanges(&before, w.Model); err != nil {
		return nil, fmt.Errorf("save %s: pre_save: %w", c.signals.Name(), err)
	}
	v, err := c.next.Mutate(c.ctx, c.Mutation)
	if err != nil {
		return v, err
	}
	if node, ok := v.(*T); ok {
		w.Model = node
	}
	w.Created = c.Op() == ent.OpCreate
	commit.Models = []*T{w.Model}
	_, err = c.signals.PostSave.Send(c.ctx, c.signals.Name(), w)
	c.commit(commit) // whatever post_save said: the row is there if the transaction is
	if err != nil {
		return v, fmt.Errorf("save %s: post_save: %w", c.signals.Name(), err)
	}
	return v, nil
}

func (c *call[T]) deleteOne() (ent.Value, error) {
	model := new(T)
	if load, ok := c.load.(func(context.Context, ent.Mutation) (*T, error)); ok {
		var err error
		if model, err = load(c.ctx, c.Mutation); err != nil {
			return 0, fmt.Errorf("delete %s: load the row: %w", c.signals.Name(), err)
		}
	} else {
		c.setID(model)
	}
	if err := c.removing(c.signals.PreDelete, "pre_delete", model); err != nil {
		return 0, err
	}
	v, err := c.next.Mutate(c.ctx, c.Mutation)
	if err != nil {
		return v, err
	}
	if n, _ := v.(int); n == 0 {
		return v, nil
	}
	err = c.removing(c.signals.PostDelete, "post_delete", model)
	c.commit(modelsignals.Commit[T]{Op: modelsignals.Deleted, Models: []*T{model}, Count: 1})
	return v, err
}

func (c *call[T]) removing(s *signals.Signal[modelsignals.Removal[T]], phase string, model *T) error {
	if _, err := s.Send(c.ctx, c.signals.Name(), modelsignals.Removal[T]{Model: model, Origin: model}); err != nil {
		return fmt.Errorf("delete %s: %s: %w", c.signals.Name(), phase, err)
	}
	return nil
}

// bulk runs a mutation by condition, and sends its signal if it did anything.
func (c *call[T]) bulk(what, signal string, commit modelsignals.Commit[T], send func(n int64) error) (ent.Value, error) {
	v, err := c.next.Mutate(c.ctx, c.Mutation)
	n, _ := v.(int)
	if err != nil || n == 0 {
		return v, err
	}
	commit.Count, commit.Bulk = int64(n), true
	err = send(int64(n))
	c.commit(commit)
	if err != nil {
		return v, fmt.Errorf("%s %s: %s: %w", what, c.signals.Name(), signal, err)
	}
	return v, nil
}

// commit sends committed when the transaction is over, or at once without one.
func (c *call[T]) commit(commit modelsignals.Commit[T]) {
	if c.onCommit == nil && inTransaction(c.Mutation) {
		return // nobody will tell
	}
	AfterCommit(c.ctx, func(ctx context.Context) {
		_, _ = c.signals.Committed.SendRobust(ctx, c.signals.Name(), commit) // its failures are logged
	})
}

type callKey struct{}

// scope is what a receiver's context knows of the mutation.
type scope struct {
	mutation ent.Mutation
	options
}

// Mutation is ent's mutation that a receiver is called for, of its generated type: its
// Client is that of the transaction. Nil in a context that is no receiver's.
func Mutation(ctx context.Context) ent.Mutation {
	s, _ := ctx.Value(callKey{}).(scope)
	return s.mutation
}

// AfterCommit runs fn when the transaction of the mutation that a receiver is called
// for has been committed, as [OnCommit] tells; outside of a transaction at once.
func AfterCommit(ctx context.Context, fn func(context.Context)) {
	s, _ := ctx.Value(callKey{}).(scope)
	ctx = context.WithoutCancel(ctx)
	over := context.WithValue(ctx, callKey{}, nil)
	if s.mutation != nil && s.onCommit != nil && s.onCommit(s.mutation, func(context.Context) { fn(over) }) {
		return
	}
	fn(over)
}

// inTransaction asks the mutation's generated method Tx.
func inTransaction(m ent.Mutation) bool {
	method := reflect.ValueOf(m).MethodByName("Tx")
	if !method.IsValid() || method.Type().NumIn() != 0 || method.Type().NumOut() != 2 {
		return false
	}
	return method.Call(nil)[1].IsNil()
}
