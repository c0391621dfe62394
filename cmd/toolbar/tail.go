package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/filter"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// tailFlags are the flags of "toolbar tail" as they were given.
type tailFlags struct {
	db, format string
	lines      int
}

func newTail() *cobra.Command {
	var f tailFlags
	cmd := &cobra.Command{
		Use:   "tail [FILTER]",
		Short: "Write records as they are stored, until Ctrl-C",
		Long: `Write records as they are stored, until Ctrl-C: the last few first, then each new one.
Requests are written when they end; commands also when they begin.

` + filterHelp(),
		Example: `  toolbar tail
  toolbar tail 'is:failed OR dur>1s'
  toolbar tail kind:task,command --format logfmt`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), args, cmd.OutOrStdout())
		},
	}
	cmd.ValidArgsFunction = completeFilter(&f.db)
	addDB(cmd, &f.db)
	cmd.Flags().IntVarP(&f.lines, "lines", "n", 10, "`number` of records to begin with, at most 1000")
	cmd.Flags().StringVar(&f.format, "format", string(lineHuman), "`form`: "+joined(lineFormats))
	return cmd
}

func (f *tailFlags) run(ctx context.Context, args []string, out io.Writer) error {
	format, err := parseLineFormat(f.format)
	if err != nil {
		return err
	}
	if f.lines < 0 || f.lines > 1000 {
		return fmt.Errorf("--lines: %d is not between 0 and 1000", f.lines)
	}
	chosen, err := parseFilter(args, time.Now())
	if err != nil {
		return err
	}
	return withStore(ctx, f.db, func(s *store.Store) error {
		t := &tail{store: s, filter: chosen, out: out, format: format, seen: map[seenRecord]bool{}, every: tailEvery, again: func(fn func() error) error { return fn() }}
		if head := newLineWriter(out, format, time.Now()).head(); head != "" {
			if _, err := fmt.Fprintln(out, head); err != nil {
				return failed(err)
			}
		}
		if err := t.begin(ctx, f.lines); err != nil {
			return t.end(ctx, err)
		}
		if isAddress(f.db) {
			t.every = fetchEvery
			t.again = func(fn func() error) error {
				return withStore(ctx, f.db, func(s *store.Store) error { t.store = s; return fn() })
			}
		}
		return t.end(ctx, t.follow(ctx))
	})
}

// tail writes what is new in a store.
type tail struct {
	store  *store.Store
	filter *filter.Filter
	out    io.Writer
	format lineFormat
	seen   map[seenRecord]bool
	since  time.Time // Records that began before are not looked for any more
	every  time.Duration
	again  func(func() error) error // runs what reads the store, with a new copy of one that is elsewhere
}

// seenRecord is a Record in one of its two states.
type seenRecord struct {
	id         instrument.ID
	unfinished bool
}

const (
	// tailEvery is how often the store is asked at most; it is asked less often when
	// it takes long to answer.
	tailEvery = 250 * time.Millisecond
	// tailBack is how long a Record may take and still be seen at its end: Records are
	// ordered by their begin.
	tailBack = time.Minute
)

// begin writes the last n Records and notes all that is there already.
func (t *tail) begin(ctx context.Context, n int) error {
	t.since = time.Now().Add(-tailBack)
	fresh, err := t.read(ctx)
	if err != nil {
		return err
	}
	if n == 0 {
		t.note(fresh)
		return nil
	}
	q := query.Records{Limit: n, Budget: time.Second}
	t.filter.Narrow(&q)
	page, err := t.store.Records(ctx, q)
	if err != nil {
		return err
	}
	slices.Reverse(page.Records)
	t.note(fresh)
	t.note(page.Records)
	return t.write(page.Records)
}

func (t *tail) note(rows []query.Row) {
	for i := range rows {
		t.seen[seenRecord{rows[i].ID, rows[i].Unfinished()}] = true
	}
}

// read gives the Records since t.since that pass the filter, oldest first.
func (t *tail) read(ctx context.Context) (rows []query.Row, err error) {
	q := query.Records{Sort: query.Oldest, Limit: 1000, Since: t.since, Budget: time.Second}
	t.filter.Narrow(&q)
	for {
		page, err := t.store.Records(ctx, q)
		if err != nil {
			return nil, err
		}
		rows = append(rows, page.Records...)
		if !page.More {
			return rows, nil
		}
		q.After = page.Next
	}
}

// follow asks again and again, until ctx is done.
func (t *tail) follow(ctx context.Context) error {
	timer := time.NewTimer(t.every)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
		start := time.Now()
		t.since = start.Add(-tailBack)
		var rows []query.Row
		if err := t.again(func() (err error) { rows, err = t.read(ctx); return err }); err != nil {
			return err
		}
		fresh := slices.DeleteFunc(rows, func(r query.Row) bool { return t.seen[seenRecord{r.ID, r.Unfinished()}] })
		t.note(fresh)
		if err := t.write(fresh); err != nil {
			return err
		}
		t.forget()
		timer.Reset(max(t.every, 5*time.Since(start)))
	}
}

// forget drops what is not looked for any more.
func (t *tail) forget() {
	first := instrument.FirstID(t.since)
	for r := range t.seen {
		if r.id < first {
			delete(t.seen, r)
		}
	}
}

func (t *tail) write(rows []query.Row) error {
	w := newLineWriter(t.out, t.format, time.Now())
	for i := range rows {
		if _, err := fmt.Fprintln(t.out, w.line(&rows[i])); err != nil {
			return fmt.Errorf("write records: %w", err)
		}
	}
	return nil
}

// end is how the command ends: Ctrl-C is no failure.
func (t *tail) end(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return nil
	}
	return failed(err)
}
