package tasks_test

import (
	"context"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

type invoice struct {
	Customer string `json:"customer" river:"unique"`
	Trace    string `json:"trace"`
}

func TestTK23_UniqueJobs(t *testing.T) {
	plain := tasks.New("tk23", func(context.Context, order) error { return nil })
	tagged := tasks.New("tk23.tagged", func(context.Context, invoice) error { return nil }, tasks.Options{Unique: tasks.Unique{Args: true}})
	onEngines(t, func(t *testing.T, e *env) {
		clock := at("2026-03-02 09:00:00")
		c := e.open(tasks.Config{Tasks: []tasks.Definition{plain, tagged}, InsertOnly: true, Now: clock.Now,
			Queues: map[string]tasks.Queue{"default": {}, "bulk": {}}})
		ctx := e.ctx(c)
		add := func(o tasks.Options, id int) bool { return must(plain.With(o).Enqueue(ctx, order{id}))(t).Duplicate }
		for name, u := range map[string]struct {
			unique tasks.Unique
			other  func() bool // queues one that differs in what counts
		}{
			"task":  {tasks.Unique{On: true}, nil},
			"args":  {tasks.Unique{Args: true}, func() bool { return add(tasks.Options{Unique: tasks.Unique{Args: true}}, 2) }},
			"key":   {tasks.Unique{Key: "a"}, func() bool { return add(tasks.Options{Unique: tasks.Unique{Key: "b"}}, 1) }},
			"queue": {tasks.Unique{Queue: true}, func() bool { return add(tasks.Options{Queue: "bulk", Unique: tasks.Unique{Queue: true}}, 1) }},
			"period": {tasks.Unique{Period: time.Hour}, func() bool {
				return add(tasks.Options{In: time.Hour, Unique: tasks.Unique{Period: time.Hour}}, 1)
			}},
		} {
			o := tasks.Options{Unique: u.unique}
			if add(o, 1) {
				t.Errorf("%s: the first is a duplicate", name)
			}
			if !add(o, 1) {
				t.Errorf("%s: the second is no duplicate", name)
			}
			if u.other != nil && u.other() {
				t.Errorf("%s: one that differs is a duplicate", name)
			}
		}
		first := must(tagged.Enqueue(ctx, invoice{"ann", "1"}))(t)
		second := must(tagged.Enqueue(ctx, invoice{"ann", "2"}))(t)
		third := must(tagged.Enqueue(ctx, invoice{"bob", "1"}))(t)
		if first.Duplicate || !second.Duplicate || second.ID() != first.ID() || third.Duplicate {
			t.Errorf("by tagged fields: %v, %v (job %d of %d), %v", first.Duplicate, second.Duplicate, second.ID(), first.ID(), third.Duplicate)
		}
	})
}

func TestTK23_WhatIsDoneKeepsNothingOutUnlessAsked(t *testing.T) {
	once := tasks.New("tk23.once", func(context.Context, order) error { return nil })
	onEngines(t, func(t *testing.T, e *env) {
		c := e.start(tasks.Config{Tasks: []tasks.Definition{once}})
		seen := watch(t, c)
		for i, done := range []bool{false, true} {
			o := once.With(tasks.Options{Unique: tasks.Unique{Args: true, Done: done}})
			seen.until(must(o.Enqueue(e.ctx(c), order{i}))(t).ID())
			again := must(o.Enqueue(e.ctx(c), order{i}))(t)
			if again.Duplicate != done {
				t.Errorf("Done %v: after the job is done another is a duplicate: %v", done, again.Duplicate)
			}
			if !again.Duplicate {
				seen.until(again.ID())
			}
		}
	})
}
