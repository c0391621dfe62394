package tasks

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
)

// cache keeps what is expensive to read for as long as reading it is 2 % of the time, so
// that a page which is looked at does not slow the work down, however long the queue.
type cache[T any] struct {
	read func(context.Context) (T, error)

	mu    sync.Mutex // guards what follows, also while it is read: others want the same
	value T
	until time.Time // zero: read it anew
}

const cacheShare = 50

func newCache[T any](read func(context.Context) (T, error)) *cache[T] { return &cache[T]{read: read} }

func (c *cache[T]) get(ctx context.Context) (T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Now().Before(c.until) {
		return c.value, nil
	}
	start := time.Now()
	v, err := c.read(ctx)
	if err != nil {
		return v, err
	}
	took := time.Since(start)
	c.value, c.until = v, time.Now().Add(min(cacheShare*took, time.Minute))
	return v, nil
}

// drop makes the next get read anew.
func (c *cache[T]) drop() {
	c.mu.Lock()
	c.until = time.Time{}
	c.mu.Unlock()
}

// counts are the jobs by queue, and those that are not completed by kind.
type counts struct {
	queues map[string]*queueCount
	kinds  map[string]jobs.Counts
}

type queueCount struct {
	states jobs.Counts
	oldest time.Time // of those that are available
}

// of is how many jobs of all queues are in a state.
func (n *counts) of(states ...jobs.State) (total int64) {
	for _, q := range n.queues {
		total += q.states.Of(states...)
	}
	return total
}

// readCounts asks the database. Both statements are answered from River's indexes.
func (c *Client) readCounts(ctx context.Context) (n counts, err error) {
	n.queues, n.kinds = map[string]*queueCount{}, map[string]jobs.Counts{}
	err = c.each(ctx, "SELECT queue, state, count(*), min(scheduled_at) FROM "+c.table("river_job")+" GROUP BY queue, state", nil, func(scan func(...any) error) error {
		var queue, state string
		var total int64
		var oldest moment
		if err := scan(&queue, &state, &total, &oldest); err != nil {
			return err
		}
		q := n.queues[queue]
		if q == nil {
			q = &queueCount{}
			n.queues[queue] = q
		}
		if s, err := jobs.ParseState(state); err == nil {
			q.states[s] = total
			if s == jobs.Available {
				q.oldest = oldest.Time
			}
		}
		return nil
	})
	if err != nil {
		return n, err
	}
	open := "SELECT kind, state, count(*) FROM " + c.table("river_job") + " WHERE state IN ('available', 'cancelled', 'discarded', 'pending', 'retryable', 'running', 'scheduled') GROUP BY kind, state"
	return n, c.each(ctx, open, nil, func(scan func(...any) error) error {
		var kind, state string
		var total int64
		if err := scan(&kind, &state, &total); err != nil {
			return err
		}
		if s, err := jobs.ParseState(state); err == nil {
			by := n.kinds[kind]
			by[s] = total
			n.kinds[kind] = by
		}
		return nil
	})
}

// each runs fn on every row. No rows are held open while fn's caller asks again: on
// SQLite there may be one connection alone.
func (c *Client) each(ctx context.Context, statement string, args []any, fn func(scan func(...any) error) error) error {
	rows, err := c.base.reads().QueryContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Queues are the queues of the Client's Config, those that other processes work, and
// those that have jobs.
func (s *Source) Queues(ctx context.Context) ([]jobs.Queue, error) {
	c := s.client
	n, err := s.counted.get(ctx)
	if err != nil {
		return nil, fmt.Errorf("tasks: count jobs: %w", err)
	}
	by := map[string]*jobs.Queue{}
	queue := func(name string) *jobs.Queue {
		if by[name] == nil {
			by[name] = &jobs.Queue{Name: name}
		}
		return by[name]
	}
	for name := range c.config.Queues {
		queue(name)
	}
	for name, q := range n.queues {
		j := queue(name)
		j.Counts, j.Oldest = q.states, q.oldest
	}
	if err := s.pauses(ctx, queue); err != nil {
		return nil, err
	}
	workers, err := s.Workers(ctx)
	if err != nil {
		return nil, err
	}
	for _, w := range workers {
		for _, q := range w.Queues {
			if w.Alive {
				queue(q.Name).Slots += q.Slots
			}
		}
	}
	if err := s.histories(ctx, by); err != nil {
		return nil, err
	}
	list := make([]jobs.Queue, 0, len(by))
	for _, q := range by {
		list = append(list, *q)
	}
	slices.SortFunc(list, func(a, b jobs.Queue) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// pauses finds the queues that are paused.
func (s *Source) pauses(ctx context.Context, queue func(string) *jobs.Queue) error {
	err := s.client.each(ctx, "SELECT name, paused_at FROM "+s.client.table("river_queue"), nil, func(scan func(...any) error) error {
		var name string
		var at moment
		if err := scan(&name, &at); err != nil {
			return err
		}
		if q := queue(name); !at.IsZero() {
			q.Paused, q.PausedAt = true, at.Time
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("tasks: read the queues: %w", err)
	}
	return nil
}
