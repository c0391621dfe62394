package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// routeFlags are the flags of "toolbar routes" as they were given.
type routeFlags struct {
	db, format, since, until string
	never, unlisted          bool
	text                     string
}

func newRoutes() *cobra.Command {
	var f routeFlags
	cmd := &cobra.Command{
		Use:   "routes [TEXT]",
		Short: "List all routes of an app, also those that were never called",
		Long: `List all routes that an app serves, also those that were never called, with the function
that serves each and how often it was called and failed in the window. Routes that were
asked for and that the app does not list come last.

An app lists the routes of the router that tb.Wrap is given: a middleware.Mux, or one of
chi, gin, echo or gorilla that contrib wraps. TEXT stands in the pattern or in what serves
it, in whatever case.`,
		Example: `  toolbar routes
  toolbar routes /admin --since 7d
  toolbar routes --never-called --format json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.text = strings.Join(args, "")
			return f.run(cmd.Context(), cmd.OutOrStdout(), time.Now())
		},
	}
	addDB(cmd, &f.db)
	addWindow(cmd, &f.since, &f.until)
	flags := cmd.Flags()
	flags.StringVar(&f.format, "format", "text", "`format`: text or json")
	flags.BoolVar(&f.never, "never-called", false, "only routes that were never called at all")
	flags.BoolVar(&f.unlisted, "unlisted", false, "only routes that the app does not list")
	return cmd
}

func (f *routeFlags) run(ctx context.Context, out io.Writer, now time.Time) error {
	if f.format != "text" && f.format != "json" {
		return fmt.Errorf("--format: %q is none of text, json", f.format)
	}
	since, until, err := parseWindow(f.since, f.until, now)
	if err != nil {
		return err
	}
	return withStore(ctx, f.db, func(s *store.Store) error {
		uses, told, err := routesOf(ctx, s, since, until)
		if err != nil {
			return failed(fmt.Errorf("%s: %w", f.db, err))
		}
		if len(uses) == 0 {
			return failed(fmt.Errorf("%s has no routes: an app writes them down some seconds after its start, if its router can tell them", f.db))
		}
		uses = slices.DeleteFunc(uses, func(u query.RouteUse) bool { return !f.wants(&u) })
		if f.format == "json" {
			err = writeJSON(out, routesJSON(uses, told))
		} else {
			err = writeRoutes(out, uses, told, now)
		}
		if err != nil {
			return failed(fmt.Errorf("write routes: %w", err))
		}
		return nil
	})
}

// wants says whether a route is asked for.
func (f *routeFlags) wants(u *query.RouteUse) bool {
	return (!f.never || u.Last.IsZero()) && (!f.unlisted || !u.Listed) &&
		strings.Contains(strings.ToLower(u.Name()+"\n"+u.Handler), strings.ToLower(f.text))
}

// routesOf are the routes that the store knows of, and what apps told of them.
func routesOf(ctx context.Context, s *store.Store, since, until time.Time) ([]query.RouteUse, query.Routes, error) {
	docs, err := s.Documents(ctx, query.Documents{Name: query.DocRoutes})
	if err != nil {
		return nil, query.Routes{}, err
	}
	processes, err := s.Processes(ctx)
	if err != nil {
		return nil, query.Routes{}, err
	}
	told := query.LatestRoutes(docs, processes)
	asked := query.Handlers{Kinds: []instrument.Kind{instrument.KindRequest}}
	ever, err := s.Handlers(ctx, asked)
	if err != nil {
		return nil, told, err
	}
	asked.Since, asked.Until = since, until
	window, err := s.Handlers(ctx, asked)
	return query.UseOfRoutes(told.Routes, window, ever), told, err
}

// routeLine is a route in JSON, as api/v1/routes has it.
type routeLine struct {
	query.Route
	Listed bool       `json:"listed"`
	Names  []string   `json:"names,omitempty"`
	Count  uint64     `json:"count"`
	Errors uint64     `json:"errors"`
	P95    int64      `json:"p95_ns"`
	Last   *time.Time `json:"last,omitempty"` // missing: it was never called
}

func routesJSON(uses []query.RouteUse, told query.Routes) any {
	lines := make([]routeLine, len(uses))
	for i := range uses {
		u := &uses[i]
		lines[i] = routeLine{
			Route: u.Route, Listed: u.Listed, Names: u.Names,
			Count: u.Stats.Count, Errors: u.Stats.Errors, P95: int64(u.Stats.Quantile(.95)),
		}
		if !u.Last.IsZero() {
			lines[i].Last = &u.Last
		}
	}
	return struct {
		Told   bool        `json:"told"`
		Left   int         `json:"left"`
		Routes []routeLine `json:"routes"`
	}{len(told.Routes) > 0, told.Left, lines}
}

// maxRouteWidth is how wide a pattern's column becomes.
const maxRouteWidth = 48

func writeRoutes(out io.Writer, uses []query.RouteUse, told query.Routes, now time.Time) error {
	w := bufio.NewWriter(out)
	never, width := 0, len("ROUTE")
	for i := range uses {
		width = min(max(width, term.Width(term.Line(uses[i].Pattern))), maxRouteWidth)
		if uses[i].Last.IsZero() {
			never++
		}
	}
	fmt.Fprintf(w, "%d routes, %d never called\n\n", len(uses), never)
	fmt.Fprintf(w, "%-7s %s %8s %7s %8s  %-12s  %s\n", "METHOD", term.Pad("ROUTE", width, false), "CALLS", "ERRORS", "P95", "LAST SEEN", "SERVED BY")
	for i := range uses {
		u := &uses[i]
		p95 := "-"
		if u.Stats.Count > 0 {
			p95 = shortSpan(u.Stats.Quantile(.95))
		}
		line := fmt.Sprintf("%s %s %8d %7d %8s  %-12s  %s", column(cmp.Or(u.Method, "any"), 7), column(u.Pattern, width),
			u.Stats.Count, u.Stats.Errors, p95, seenText(u.Last, now), servedBy(u))
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	switch {
	case len(told.Routes) == 0:
		fmt.Fprintln(w, "\nThe app has told no routes: these are those that were asked for. See 'toolbar routes --help'.")
	case told.Left > 0:
		fmt.Fprintf(w, "\n%d more routes of the app are not kept.\n", told.Left)
	}
	return w.Flush()
}

func seenText(last, now time.Time) string {
	if last.IsZero() {
		return "never called"
	}
	return shortSpan(now.Sub(last)) + " ago"
}

// servedBy is the function with its place.
func servedBy(u *query.RouteUse) string {
	if !u.Listed {
		return "not listed by the app"
	}
	return strings.TrimSpace(term.Line(u.Handler) + "  " + term.Line(instrument.Source{File: u.File, Line: u.Line}.String()))
}
