package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// exceptionFlags are the flags of "toolbar exceptions" as they were given.
type exceptionFlags struct {
	db, since, until, format string
	limit                    int
}

func newExceptions() *cobra.Command {
	var f exceptionFlags
	cmd := &cobra.Command{
		Use:   "exceptions [FILTER]",
		Short: "List errors and panics that ended records, alike ones together",
		Long: `List errors and panics that ended records: alike ones together, those that came last
first, each with how often, where, since when and a record that shows it. Errors are alike
when they come from one handler and differ only in numbers and quoted texts.

` + filterHelp(),
		Example: `  toolbar exceptions --since 1d
  toolbar exceptions is:panic --format json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), args, cmd.OutOrStdout(), time.Now())
		},
	}
	cmd.ValidArgsFunction = completeFilter(&f.db)
	addDB(cmd, &f.db)
	addWindow(cmd, &f.since, &f.until)
	cmd.Flags().IntVar(&f.limit, "limit", 20, "`number` of kinds of errors, 0 for all")
	cmd.Flags().StringVar(&f.format, "format", "text", "`form`: text, json")
	return cmd
}

// exception is errors that are alike.
type exception struct {
	Kind    string    `json:"kind"`
	Handler string    `json:"handler"`
	Error   string    `json:"error"` // the latest
	Panic   bool      `json:"panic"`
	Count   int       `json:"count"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
	Sample  string    `json:"sample"` // the latest Record

	info instrument.HandlerInfo
}

func (f *exceptionFlags) run(ctx context.Context, args []string, out io.Writer, now time.Time) error {
	q := query.Records{FlagsAny: instrument.FlagError | instrument.FlagPanic, Limit: 1000, Budget: 2 * time.Second}
	var err error
	if q.Since, q.Until, err = parseWindow(f.since, f.until, now); err != nil {
		return err
	}
	switch {
	case f.limit < 0:
		return fmt.Errorf("--limit: %d is below zero", f.limit)
	case f.format != "text" && f.format != "json":
		return fmt.Errorf("--format: unknown format %q, use text or json", f.format)
	}
	chosen, err := parseFilter(args, now)
	if err != nil {
		return err
	}
	chosen.Narrow(&q)
	return withStore(ctx, f.db, func(s *store.Store) error {
		list, err := exceptionsOf(ctx, s, q)
		if err != nil {
			return failed(fmt.Errorf("%s: %w", f.db, err))
		}
		all := len(list)
		if f.limit > 0 && all > f.limit {
			list = list[:f.limit]
		}
		if f.format == "json" {
			return written(writeExceptionsJSON(out, list))
		}
		return written(writeExceptions(out, list, all, now))
	})
}

// exceptionsOf reads failed Records, the newest first, and puts alike ones together.
func exceptionsOf(ctx context.Context, s *store.Store, q query.Records) ([]exception, error) {
	type key struct {
		handler instrument.HandlerInfo
		text    string
	}
	found := map[key]*exception{}
	for {
		page, err := s.Records(ctx, q)
		if err != nil {
			return nil, err
		}
		for i := range page.Records {
			r := &page.Records[i]
			k := key{instrument.HandlerInfo{Kind: r.Handler.Kind, Name: r.Handler.Name}, report.ErrorShape(r.Error)}
			e := found[k]
			if e == nil {
				e = &exception{Kind: r.Handler.Kind.String(), Handler: r.Handler.Name, Error: r.Error, Panic: r.Flags.Has(instrument.FlagPanic),
					Last: r.StartTime().UTC(), Sample: r.ID.String(), info: r.Handler}
				found[k] = e
			}
			e.Count++
			e.First = r.StartTime().UTC()
		}
		if !page.More {
			break
		}
		q.After = page.Next
	}
	list := make([]exception, 0, len(found))
	for _, e := range found {
		list = append(list, *e)
	}
	slices.SortFunc(list, func(a, b exception) int { return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Handler, b.Handler)) })
	return list, nil
}

func writeExceptionsJSON(out io.Writer, list []exception) error {
	b, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, report.EscapeJSON(string(b)))
	return err
}

func writeExceptions(out io.Writer, list []exception, all int, now time.Time) error {
	screen := screenOf(out)
	width := screen.Width
	if width <= 0 {
		width = defaultWidth
	}
	w := bufio.NewWriter(out)
	if all == 0 {
		fmt.Fprintln(w, "No record ended with an error.")
	}
	for i := range list {
		e := &list[i]
		word := "error"
		if e.Panic {
			word = "PANIC"
		}
		head := term.Fit(fmt.Sprintf("%s %s", word, term.Line(e.Error)), width)
		if screen.Color {
			head = "\x1b[31m" + head + "\x1b[0m"
		}
		fmt.Fprintln(w, head)
		for _, line := range term.Wrap(term.Line(fmt.Sprintf("%d x in %s %s; first %s, last %s: toolbar show %s", e.Count, e.Kind, e.info.Label(),
			clock(e.First.In(now.Location()), now), clock(e.Last.In(now.Location()), now), e.Sample)), width-6) {
			fmt.Fprintln(w, "      "+line)
		}
	}
	if len(list) < all {
		fmt.Fprintf(w, "%d of %d kinds of errors shown.\n", len(list), all)
	}
	return w.Flush()
}
