package tasks_test

import (
	"context"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

// A worker that dies with its first job is missed by the others only if they have heard of it.
func TestTK45_AWorkerIsKnownBeforeItsFirstJob(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		known := make(chan int, 1)
		look := tasks.New("tk45.look."+e.name, func(context.Context, order) error {
			known <- e.count("SELECT count(*) FROM toolbar_worker")
			return nil
		})
		c := e.open(tasks.Config{Tasks: []tasks.Definition{look}})
		must(look.Enqueue(e.ctx(c), order{}))(t)
		if err := c.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		if n := <-known; n != 1 {
			t.Errorf("while the first job runs %d workers are known", n)
		}
	})
}
