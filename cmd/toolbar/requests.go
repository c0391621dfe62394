package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// requestFlags are the flags of "toolbar requests" as they were given.
type requestFlags struct {
	db, since, until, handler, path string
	sort, format                    string
	kinds                           []string
	slower                          time.Duration
	failed, asc                     bool
	limit                           int
	app                             runningApp
}

// requestOrder is a value of --sort.
type requestOrder struct {
	name   string
	sort   query.Sort
	column query.Column // of query.ByColumn
}

// requestOrders are the orders, by the names that the API's columns have.
var requestOrders = []requestOrder{
	{name: "newest", sort: query.Newest}, {name: "oldest", sort: query.Oldest}, {name: "slowest", sort: query.Slowest},
	{"duration", query.ByColumn, query.ColumnDuration}, {"code", query.ByColumn, query.ColumnStatus}, {"sql", query.ByColumn, query.ColumnQueries},
	{"sqltime", query.ByColumn, query.ColumnQueryTime}, {"signals", query.ByColumn, query.ColumnSignals}, {"name", query.ByColumn, query.ColumnName},
	{"user", query.ByColumn, query.ColumnUser}, {"note", query.ByColumn, query.ColumnError}, {"size", query.ByColumn, query.ColumnSize}, {"cost", query.ByColumn, query.ColumnCost},
}

func requestOrderNames() string {
	names := make([]string, len(requestOrders))
	for i, o := range requestOrders {
		names[i] = o.name
	}
	return strings.Join(names, ", ")
}

func newRequests() *cobra.Command {
	var f requestFlags
	cmd := &cobra.Command{
		Use:   "requests [FILTER]",
		Short: "List the latest requests, or other records",
		Long: `List the latest requests, or other records: commands, tasks and signals that were sent
outside of all of them. A list that is a search says so when it ran out of time. With --url
the running app is asked, for one kind at a time.

` + filterHelp(),
		Example: `  toolbar requests --since 10m --failed
  toolbar requests 'status:5xx dur>200ms -user:admin'
  toolbar requests kind:task,command --slower 1s --format json
  toolbar requests --sort size --since 1h
  toolbar requests --url http://127.0.0.1:8080/_toolbar/ status:5xx`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), args, cmd.OutOrStdout(), time.Now())
		},
	}
	cmd.ValidArgsFunction = completeFilter(&f.db)
	addDB(cmd, &f.db)
	f.app.addTo(cmd)
	addWindow(cmd, &f.since, &f.until)
	flags := cmd.Flags()
	flags.StringSliceVar(&f.kinds, "kind", nil, "`kinds` of records, separated by commas (default request, unless the filter says otherwise)")
	flags.StringVar(&f.handler, "handler", "", "`text` in the handler's name, or a pattern with *")
	flags.StringVar(&f.path, "path", "", "`text` in the path")
	flags.DurationVar(&f.slower, "slower", 0, "only those that took at least this `duration`")
	flags.BoolVar(&f.failed, "failed", false, "only those that ended with an error or a panic")
	flags.StringVar(&f.sort, "sort", "newest", "`order`: "+requestOrderNames()+"; columns have the largest first")
	flags.BoolVar(&f.asc, "asc", false, "of a column, the least first")
	flags.StringVar(&f.format, "format", string(lineHuman), "`form`: "+joined(lineFormats))
	flags.IntVar(&f.limit, "limit", 20, "`number` of records, at most 1000")
	return cmd
}

func (f *requestFlags) run(ctx context.Context, args []string, out io.Writer, now time.Time) error {
	format, err := parseLineFormat(f.format)
	if err != nil {
		return err
	}
	q, err := f.query(args, now)
	if err != nil {
		return err
	}
	if f.app.url != "" {
		page, err := f.fromApp(ctx, strings.Join(args, " "), q)
		if err != nil {
			return err
		}
		if err := writeRequests(out, format, page, q.By, now); err != nil {
			return failed(fmt.Errorf("write records: %w", err))
		}
		return nil
	}
	return withStore(ctx, f.db, func(s *store.Store) error {
		if len(f.kinds) > 0 {
			if q.Kinds, err = parseKinds(ctx, s, f.kinds); err != nil {
				return err
			}
		}
		page, err := s.Records(ctx, q)
		if err != nil {
			return failed(fmt.Errorf("%s: %w", f.db, err))
		}
		if err := writeRequests(out, format, page, q.By, now); err != nil {
			return failed(fmt.Errorf("write records: %w", err))
		}
		return nil
	})
}

func (f *requestFlags) query(args []string, now time.Time) (q query.Records, err error) {
	q = query.Records{Name: f.handler, Path: f.path, MinDuration: f.slower, Limit: f.limit, Budget: time.Second}
	if q.Since, q.Until, err = parseWindow(f.since, f.until, now); err != nil {
		return q, err
	}
	if f.limit < 1 || f.limit > 1000 {
		return q, fmt.Errorf("--limit: %d is not between 1 and 1000", f.limit)
	}
	at := slices.IndexFunc(requestOrders, func(o requestOrder) bool { return o.name == f.sort })
	switch {
	case at < 0:
		return q, fmt.Errorf("--sort: unknown order %q, use one of %s", f.sort, requestOrderNames())
	case f.asc && requestOrders[at].sort != query.ByColumn:
		return q, fmt.Errorf("--asc: %s is an order without a reverse; a column has one, as in --sort duration --asc", f.sort)
	}
	q.Sort, q.By, q.Asc = requestOrders[at].sort, requestOrders[at].column, f.asc
	if f.failed {
		q.FlagsAny = instrument.FlagError | instrument.FlagPanic
	}
	chosen, err := parseFilter(args, now)
	if err != nil {
		return q, err
	}
	where := chosen.Where()
	if len(f.kinds) == 0 && !where.Uses(query.FieldKind) {
		q.Kinds = []instrument.Kind{instrument.KindRequest}
	}
	chosen.Narrow(&q)
	return q, nil
}

// writeRequests writes a list; of a list by one of the columns that only it has, with that column.
func writeRequests(out io.Writer, format lineFormat, page query.RecordPage, by query.Column, now time.Time) error {
	lines := newLineWriter(out, format, now)
	lines.by = by
	w := bufio.NewWriter(out)
	if len(page.Records) == 0 && format == lineHuman {
		fmt.Fprintln(w, "No record is like that.")
	} else if head := lines.head(); head != "" {
		fmt.Fprintln(w, head)
	}
	for i := range page.Records {
		fmt.Fprintln(w, lines.line(&page.Records[i]))
	}
	if !page.Complete && format == lineHuman {
		fmt.Fprintf(w, "Searched %d of %d records; there may be more. Narrow the window with --since.\n", page.Searched, page.Total)
	}
	return w.Flush()
}

func newLineWriter(out io.Writer, format lineFormat, now time.Time) *lineWriter {
	screen := screenOf(out)
	w := &lineWriter{format: format, now: now, width: screen.Width, color: screen.Color}
	if w.width <= 0 {
		w.width = defaultWidth
	}
	return w
}
