package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// signalFlags are the flags of "toolbar signals" as they were given.
type signalFlags struct {
	db, format                    string
	app                           runningApp
	process                       int64
	neverFired, unheard, uncalled bool
	pattern                       string
}

// signalFormats write the catalogue.
var signalFormats = map[string]func(io.Writer, *signalCatalogue) error{
	"text":    writeSignals,
	"json":    writeSignalsJSON,
	"dot":     func(w io.Writer, c *signalCatalogue) error { return signals.WriteDOT(w, c.Signals) },
	"mermaid": func(w io.Writer, c *signalCatalogue) error { return signals.WriteMermaid(w, c.Signals) },
}

func newSignals() *cobra.Command {
	var f signalFlags
	cmd := &cobra.Command{
		Use:   "signals [NAME]",
		Short: "List the signals of an app and who receives them",
		Long: `List the signals that an app declares: what they carry, where they are declared, who
receives them in which order and under which conditions, when each was sent last, and
what was never sent, heard or called.

Signals live in the app's process. With --url the running app is asked; otherwise its
store has what the app wrote down last, also when it runs no more. NAME is a pattern
with *.`,
		Example: `  toolbar signals
  toolbar signals 'order_*' --url http://127.0.0.1:8080/_toolbar/
  toolbar signals --unheard --never-called
  toolbar signals --format dot | dot -Tsvg > signals.svg`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.pattern = strings.Join(args, "")
			return f.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	addDB(cmd, &f.db)
	flags := cmd.Flags()
	f.app.addTo(cmd)
	flags.StringVar(&f.format, "format", "text", "`format`: text, json, dot or mermaid")
	flags.Int64Var(&f.process, "process", 0, "`pid` of the process in the store (default: the one that wrote last)")
	flags.BoolVar(&f.neverFired, "never-fired", false, "only signals that were never sent")
	flags.BoolVar(&f.unheard, "unheard", false, "only signals that nobody listens to")
	flags.BoolVar(&f.uncalled, "never-called", false, "only signals with a receiver that was never called")
	return cmd
}

func (f *signalFlags) run(ctx context.Context, out io.Writer) error {
	write, ok := signalFormats[f.format]
	if !ok {
		return fmt.Errorf("--format: %q is none of text, json, dot, mermaid", f.format)
	}
	if _, err := path.Match(f.pattern, ""); err != nil {
		return fmt.Errorf("%q is no pattern: %w", f.pattern, err)
	}
	load := f.fromStore
	if f.app.url != "" {
		load = f.fromApp
	}
	c, err := load(ctx)
	if err != nil {
		return err
	}
	c.Signals = slices.DeleteFunc(c.Signals, func(s signals.Description) bool { return !f.wants(&s) })
	if err := write(out, c); err != nil {
		return failed(fmt.Errorf("write signals: %w", err))
	}
	return nil
}

// wants says whether a signal is asked for. Several flags ask for what any of them
// wants.
func (f *signalFlags) wants(s *signals.Description) bool {
	if f.pattern != "" {
		if ok, _ := path.Match(f.pattern, s.Name); !ok {
			return false
		}
	}
	if !f.neverFired && !f.unheard && !f.uncalled {
		return true
	}
	return f.neverFired && !s.Fired || f.unheard && len(s.Receivers) == 0 ||
		f.uncalled && slices.ContainsFunc(s.Receivers, func(r signals.ReceiverDescription) bool { return !r.Called })
}

// signalCatalogue is what a process said of its signals.
type signalCatalogue struct {
	From    string                `json:"from"` // the process, or the URL
	Written time.Time             `json:"written"`
	Signals []signals.Description `json:"signals"`
}

// fromStore reads what a process wrote down of its signals.
func (f *signalFlags) fromStore(ctx context.Context) (*signalCatalogue, error) {
	var c *signalCatalogue
	err := withStore(ctx, f.db, func(s *store.Store) error {
		processes, err := s.Processes(ctx)
		if err != nil {
			return failed(fmt.Errorf("%s: %w", f.db, err))
		}
		docs, err := s.Documents(ctx, query.Documents{Name: query.DocSignals})
		if err != nil {
			return failed(fmt.Errorf("%s: %w", f.db, err))
		}
		for _, d := range docs {
			i := slices.IndexFunc(processes, func(p query.Process) bool { return p.ID == d.Process })
			if i < 0 || f.process != 0 && int64(processes[i].PID) != f.process {
				continue
			}
			c = &signalCatalogue{From: processName(&processes[i]), Written: d.Written}
			if err := json.Unmarshal(d.Body, &c.Signals); err != nil {
				return failed(fmt.Errorf("%s: the signals of %s: %w", f.db, c.From, err))
			}
			return nil
		}
		if f.process != 0 {
			return failed(fmt.Errorf("%s has no signals of a process %d: leave --process out for the latest", f.db, f.process))
		}
		return failed(fmt.Errorf("%s has no signals: an app writes them down some seconds after its start", f.db))
	})
	return c, err
}

func processName(p *query.Process) string {
	return fmt.Sprintf("%s, process %d on %s", cmp.Or(p.Service, "app"), p.PID, cmp.Or(p.Host, "this machine"))
}

// fromApp asks the dashboard of a running app.
func (f *signalFlags) fromApp(ctx context.Context) (*signalCatalogue, error) {
	c := &signalCatalogue{From: f.app.url, Written: time.Now()}
	if err := f.app.get(ctx, "signals/catalogue", nil, "signals", &c.Signals); err != nil {
		return nil, err
	}
	return c, nil
}

func writeSignalsJSON(out io.Writer, c *signalCatalogue) error {
	return writeJSON(out, c)
}

// writeSignals writes each signal with its receivers, and last what is suspicious.
func writeSignals(out io.Writer, c *signalCatalogue) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "%d signals of %s, %s\n", len(c.Signals), term.Line(c.From), c.Written.Local().Format(time.DateTime))
	for i := range c.Signals {
		writeSignal(w, &c.Signals[i], c.Written)
	}
	writeSuspicious(w, c.Signals)
	return w.Flush()
}

func writeSignal(w io.Writer, s *signals.Description, now time.Time) {
	fmt.Fprintf(w, "\n%s  %s  %s\n", term.Line(s.Name), term.Line(s.Payload), term.Line(s.Source.String()))
	if s.Doc != "" {
		fmt.Fprintf(w, "  %s\n", term.Line(s.Doc))
	}
	fmt.Fprintf(w, "  %s\n", sendsOf(s, now))
	if len(s.Receivers) == 0 {
		fmt.Fprintln(w, "  nobody listens")
	}
	name, place := 0, 0
	for i := range s.Receivers {
		name = max(name, term.Width(term.Line(s.Receivers[i].Name)))
		place = max(place, term.Width(term.Line(s.Receivers[i].Source.String())))
	}
	for i := range s.Receivers {
		r := &s.Receivers[i]
		line := fmt.Sprintf("  %2d. %s  %s  %s  %s", i+1, term.Pad(term.Line(r.Name), name, false),
			term.Pad(term.Line(r.Source.String()), place, false), callsOf(r), term.Line(strings.Join(r.Options, ", ")))
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

// sendsOf tells how often a signal was sent.
func sendsOf(s *signals.Description, now time.Time) string {
	var parts []string
	switch {
	case !s.Fired:
		parts = append(parts, "never fired")
	case s.Sends == 0:
		parts = append(parts, "sent, and heard by nobody")
	default:
		parts = append(parts, fmt.Sprintf("sent %d times", s.Sends))
	}
	if !s.LastSend.IsZero() {
		parts = append(parts, "last "+now.Sub(s.LastSend).Round(time.Second).String()+" before")
	}
	if s.Suspended > 0 {
		parts = append(parts, fmt.Sprintf("suspended %d times", s.Suspended))
	}
	if s.Paused {
		parts = append(parts, "paused")
	}
	return strings.Join(parts, ", ")
}

func callsOf(r *signals.ReceiverDescription) string {
	switch {
	case !r.Called:
		return "never called"
	case r.Calls == 0:
		return "called"
	}
	text := fmt.Sprintf("called %d times, %v each", r.Calls, r.Mean.Round(time.Microsecond))
	if r.Errors > 0 {
		text += fmt.Sprintf(", %d failed", r.Errors)
	}
	if r.Panics > 0 {
		text += fmt.Sprintf(", %d panicked", r.Panics)
	}
	return text
}

func writeSuspicious(w io.Writer, all []signals.Description) {
	var never, unheard, uncalled []string
	for i := range all {
		s := &all[i]
		if !s.Fired {
			never = append(never, term.Line(s.Name))
		}
		if len(s.Receivers) == 0 {
			unheard = append(unheard, term.Line(s.Name))
		}
		for j := range s.Receivers {
			if !s.Receivers[j].Called {
				uncalled = append(uncalled, term.Line(s.Receivers[j].Name+" of "+s.Name))
			}
		}
	}
	if len(never)+len(unheard)+len(uncalled) > 0 {
		fmt.Fprintln(w)
	}
	for _, list := range []struct {
		what  string
		names []string
	}{{"Never fired:", never}, {"Nobody listens:", unheard}, {"Never called:", uncalled}} {
		if len(list.names) > 0 {
			fmt.Fprintf(w, "%-15s %s\n", list.what, strings.Join(list.names, ", "))
		}
	}
}
