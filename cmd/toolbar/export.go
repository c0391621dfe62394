package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/export"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// exportFlags are the flags of "toolbar export" as they were given.
type exportFlags struct {
	db, format, output string
	ids                []string
	limit              int
}

// exportFormats write whole Records.
var exportFormats = []struct {
	name, doc string
	write     func(ctx context.Context, f *exportFlags, rows []query.Row, records []*instrument.Record, out io.Writer) error
}{
	{"json", "every span with its attributes, for programs", func(_ context.Context, _ *exportFlags, rows []query.Row, records []*instrument.Record, out io.Writer) error {
		return exportJSON(rows, records, out)
	}},
	{"otlp", "OpenTelemetry's JSON, which its collectors and most tracing tools take", func(_ context.Context, _ *exportFlags, _ []query.Row, records []*instrument.Record, out io.Writer) error {
		return exportOTLP(records, out)
	}},
	{"zip", "a store of these records alone, for a colleague, who opens it with 'toolbar serve'", func(ctx context.Context, f *exportFlags, rows []query.Row, _ []*instrument.Record, out io.Writer) error {
		ids := make([]instrument.ID, len(rows))
		for i := range rows {
			ids[i] = rows[i].ID
		}
		return writeBundle(ctx, f.db, ids, out)
	}},
}

// exportFormat finds a form by its name: one of those above or of package export, which
// are made of requests.
func exportFormat(name string) (write func(ctx context.Context, f *exportFlags, rows []query.Row, records []*instrument.Record, out io.Writer) error, ok bool) {
	for _, format := range exportFormats {
		if format.name == name {
			return format.write, true
		}
	}
	for _, format := range export.Formats() {
		if format.Name == name {
			return func(_ context.Context, _ *exportFlags, _ []query.Row, records []*instrument.Record, out io.Writer) error {
				return exportRequests(format, records, out)
			}, true
		}
	}
	return nil, false
}

// exportRequests writes requests in a form of package export; one after the other where
// the form takes only one.
func exportRequests(format export.Format, records []*instrument.Record, out io.Writer) error {
	if format.Many {
		return export.Write(out, format.Name, records...)
	}
	if len(records) != 1 {
		return fmt.Errorf("--format %s is of one record, and %d were chosen: name it with --id", format.Name, len(records))
	}
	return export.Write(out, format.Name, records[0])
}

func newExport() *cobra.Command {
	var f exportFlags
	help, names := "", ""
	for _, format := range exportFormats {
		help += fmt.Sprintf("  %-9s %s\n", format.name, format.doc)
		names += format.name + ", "
	}
	for _, format := range export.Formats() {
		help += fmt.Sprintf("  %-9s the request as %s\n", format.Name, format.Label)
		names += format.Name + ", "
	}
	cmd := &cobra.Command{
		Use:   "export [FILTER]",
		Short: "Write whole records, for programs, other tools or a colleague",
		Long: `Write whole records, for programs, other tools or a colleague. Forms:

` + help + `
What was masked when it was captured is masked here, too; look at the result all the same
before it leaves the house.

` + filterHelp(),
		Example: `  toolbar export is:failed since:1h --format zip -o failures.zip
  toolbar export --id 65wzsb8000000 --format curl
  toolbar export --id 65wzsb8000000 --format otlp | curl -d @- -H 'Content-Type: application/json' localhost:4318/v1/traces`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), args, cmd.OutOrStdout(), time.Now())
		},
	}
	cmd.ValidArgsFunction = completeFilter(&f.db)
	addDB(cmd, &f.db)
	flags := cmd.Flags()
	flags.StringSliceVar(&f.ids, "id", nil, "`ids` of records, instead of a filter")
	flags.StringVar(&f.format, "format", "json", "`form`: "+names[:len(names)-2])
	flags.StringVarP(&f.output, "output", "o", "", "write to a `file` instead of standard output; it must not be there yet")
	flags.IntVar(&f.limit, "limit", 100, "`number` of records, the newest, at most 1000")
	return cmd
}

func (f *exportFlags) run(ctx context.Context, args []string, out io.Writer, now time.Time) error {
	if f.limit < 1 || f.limit > 1000 {
		return fmt.Errorf("--limit: %d is not between 1 and 1000", f.limit)
	}
	if len(f.ids) > 0 && len(args) > 0 {
		return errors.New("--id and a filter choose records in two ways: use one of them")
	}
	chosen, err := parseFilter(args, now)
	if err != nil {
		return err
	}
	var ids []instrument.ID
	for _, text := range f.ids {
		id, err := instrument.ParseID(text)
		if err != nil {
			return fmt.Errorf("--id: %q is not a record's id", text)
		}
		ids = append(ids, id)
	}
	write, ok := exportFormat(f.format)
	if !ok {
		return fmt.Errorf("--format: unknown format %q, see 'toolbar export --help'", f.format)
	}
	return withStore(ctx, f.db, func(s *store.Store) error {
		q := query.Records{Limit: f.limit, Budget: 5 * time.Second}
		chosen.Narrow(&q)
		rows, records, err := readWhole(ctx, s, q, ids)
		if err != nil {
			return failed(fmt.Errorf("%s: %w", f.db, err))
		}
		return failedIf(f.write(out, func(w io.Writer) error { return write(ctx, f, rows, records, w) }))
	})
}

// write writes to the file that was asked for, or to out.
func (f *exportFlags) write(out io.Writer, content func(io.Writer) error) (err error) {
	if f.output == "" {
		w := bufio.NewWriter(out)
		return errors.Join(content(w), w.Flush())
	}
	file, err := os.OpenFile(f.output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, file.Close()); err != nil {
			os.Remove(f.output) // half a file is worse than none
		}
	}()
	w := bufio.NewWriter(file)
	return errors.Join(content(w), w.Flush())
}

// readWhole reads Records with their spans: those of ids, or those of the query.
func readWhole(ctx context.Context, s *store.Store, q query.Records, ids []instrument.ID) (rows []query.Row, records []*instrument.Record, err error) {
	if len(ids) == 0 {
		page, err := s.Records(ctx, q)
		if err != nil {
			return nil, nil, err
		}
		rows = page.Records
		for i := range rows {
			ids = append(ids, rows[i].ID)
		}
	}
	known := len(rows) > 0
	for _, id := range ids {
		rec, err := s.Record(ctx, id)
		if known && errors.Is(err, query.ErrNotFound) {
			continue // it was pruned just now
		}
		if err != nil {
			return nil, nil, err
		}
		records = append(records, rec)
		if !known {
			rows = append(rows, query.Row{Summary: rec.Summary, Handler: rec.Handler})
		}
	}
	if len(records) == 0 {
		return nil, nil, errors.New("no record is like that")
	}
	return rows, records, nil
}
