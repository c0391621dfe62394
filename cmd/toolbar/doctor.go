package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

// doctorFlags are the flags of "toolbar doctor" as they were given.
type doctorFlags struct {
	db, format string
	exposure   bool
	quick      bool
}

// finding is one thing that the doctor has looked at.
type finding struct {
	Check  string `json:"check"`
	State  string `json:"state"` // "ok", "note", "bad"
	Detail string `json:"detail"`
	Advice string `json:"advice,omitempty"`
}

// States of findings.
const (
	fine = "ok"
	note = "note"
	bad  = "bad"
)

func newDoctor() *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check a store: its health, its integrity, and what a viewer could see",
		Long: `Check a store: who may read its files, whether every page of it is intact, how full it is,
which processes write to it, what was left out by caps, and what the toolbar itself has cost.

With --exposure it lists what somebody who may open the dashboard could see: every kind of
captured text with how many values were masked, and an example of each that was not.

Exit codes: 0 all is well, 1 something is bad, 2 the command line is wrong, 3 the store
cannot be read.`,
		Example: `  toolbar doctor
  toolbar doctor --exposure --db /var/lib/shop/toolbar.db`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.OutOrStdout(), time.Now())
		},
	}
	addDB(cmd, &f.db)
	flags := cmd.Flags()
	flags.BoolVar(&f.exposure, "exposure", false, "list what a viewer could see")
	flags.BoolVar(&f.quick, "quick", false, "leave out the check of every page, which reads the whole file")
	flags.StringVar(&f.format, "format", "text", "`form`: text, json")
	return cmd
}

func (f *doctorFlags) run(ctx context.Context, out io.Writer, now time.Time) error {
	if f.format != "text" && f.format != "json" {
		return fmt.Errorf("--format: unknown format %q, use text or json", f.format)
	}
	if isAddress(f.db) { // once, and then as a file
		return f.runOn(ctx, out, now)
	}
	list := append(filesOf(f.db), placeOf(f.db)...)
	err := withStore(ctx, f.db, func(s *store.Store) error {
		d := &doctor{store: s, now: now}
		for _, check := range []func(context.Context) error{d.health, d.processes, d.recording, d.configuration, d.records} {
			if err := check(ctx); err != nil {
				return failed(err)
			}
		}
		if f.exposure {
			if err := d.exposure(ctx); err != nil {
				return failed(err)
			}
		}
		list = append(list, d.list...)
		return nil
	})
	if err != nil {
		return err
	}
	if !f.quick {
		list = append(list, integrity(ctx, f.db))
	}
	if f.format == "json" {
		err = writeFindingsJSON(out, list)
	} else {
		err = writeFindings(out, list)
	}
	if err != nil {
		return failed(err)
	}
	if n := count(list, bad); n > 0 {
		return found("%d of %d checks are bad", n, len(list))
	}
	return nil
}

// runOn checks a copy of a running app's store.
func (f *doctorFlags) runOn(ctx context.Context, out io.Writer, now time.Time) error {
	copied, remove, err := fetchStore(ctx, f.db)
	if err != nil {
		return err
	}
	defer remove()
	local := *f
	local.db = copied
	return local.run(ctx, out, now)
}

func count(list []finding, state string) (n int) {
	for _, f := range list {
		if f.State == state {
			n++
		}
	}
	return n
}

// filesOf looks at who may read the store's files.
func filesOf(path string) []finding {
	var open []string
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			open = append(open, fmt.Sprintf("%s (%s)", filepath.Base(name), info.Mode().Perm()))
		}
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o200 == 0 {
		return []finding{{"files", bad, "nobody may write " + filepath.Base(path), "chmod 600 it: an app that may not write its store records nothing."}}
	}
	if len(open) > 0 {
		return []finding{{"files", bad, "others than their owner may read " + strings.Join(open, ", "), "chmod 600 them: they hold what requests held."}}
	}
	return []finding{{"files", fine, "only their owner may read them", ""}}
}

// placeOf looks for damaged files that the app has put aside, and at the file system.
func placeOf(path string) (list []finding) {
	for _, name := range sqlitefile.AsideOf(path) {
		list = append(list, finding{"damage", note, "a damaged store was put aside as " + name,
			"The app goes on in a new one. 'sqlite3 " + filepath.Base(name) + " .recover' gets most of it back; remove it when you do not need it."})
	}
	if kind := sqlitefile.NetworkOf(path); kind != "" {
		list = append(list, finding{"file system", note, "the file is on " + kind + ", where SQLite's WAL mode does not work, so it is left out",
			"A file that is this machine's own is quicker, and safer when several processes write."})
	}
	return list
}

// doctor gathers findings.
type doctor struct {
	store *store.Store
	now   time.Time
	list  []finding
}

func (d *doctor) add(check, state, advice, format string, args ...any) {
	d.list = append(d.list, finding{check, state, fmt.Sprintf(format, args...), advice})
}

func (d *doctor) health(ctx context.Context) error {
	h, err := d.store.Health(ctx)
	if err != nil {
		return err
	}
	state, advice := fine, ""
	size := h.FileBytes + h.WALBytes
	if h.WALBytes > 64<<20 && h.WALBytes > h.FileBytes {
		state, advice = note, "A reader holds the -wal for long: close what has the file open."
	}
	d.add("size", state, advice, "%s for %d records; %s of it are in the -wal, %s are empty",
		report.FormatBytes(size), h.Records, report.FormatBytes(h.WALBytes), report.FormatBytes(h.FreePages*h.PageSize))
	if h.Records > 0 {
		d.add("records", fine, "", "from %s to %s", h.Oldest.Local().Format(time.DateTime), h.Newest.Local().Format(time.DateTime))
	} else {
		d.add("records", note, "Is the toolbar enabled, and this the file that the app writes to?", "none")
	}
	d.add("schema", fine, "", "version %d, which this program reads", h.SchemaVersion)
	return nil
}

func (d *doctor) processes(ctx context.Context) error {
	list, err := d.store.Processes(ctx)
	if err != nil {
		return err
	}
	alive, dead := 0, 0
	for i := range list {
		switch p := &list[i]; {
		case p.Alive:
			alive++
		case p.Ended.IsZero():
			dead++
		}
	}
	state, advice := fine, ""
	if dead > 0 {
		state, advice = note, "They were killed or crashed before Toolbar.Close: what they had not stored yet is lost."
	}
	d.add("processes", state, advice, "%d known, %d write now, %d ended without a word", len(list), alive, dead)
	return nil
}

// recording looks at the accounts that the processes of the last day have left: what was
// dropped, and what has switched itself off.
func (d *doctor) recording(ctx context.Context) error {
	docs, err := d.store.Documents(ctx, query.Documents{Name: query.DocRecording})
	if err != nil {
		return err
	}
	var produced, lost, faults uint64
	var off []string
	last := ""
	for _, doc := range docs {
		var r query.Recording
		if d.now.Sub(doc.Written) > 24*time.Hour || json.Unmarshal(doc.Body, &r) != nil {
			continue
		}
		produced, lost, faults = produced+r.Produced, lost+r.Lost(), faults+r.Faults
		for part, why := range r.Disabled {
			off = append(off, fmt.Sprintf("%s of process %d: %s", part, doc.Process, why))
		}
		if last == "" {
			last = r.Error
		}
	}
	state, advice := fine, ""
	if lost > 0 {
		state, advice = note, "Its reasons are on the health page; a greater queue (Config.QueueRecords) or a faster disk helps."
	}
	d.add("drops", state, advice, "%d of %d records of the last day were lost", lost, produced)
	if len(off) > 0 {
		slices.Sort(off)
		d.add("switched off", bad, "It is tried again by itself; what fails stands in the app's log.", "%s", strings.Join(off, "; "))
	}
	if faults > 0 {
		d.add("faults", note, "A hook or a masker of the app panics: its values are hidden.", "%d callbacks panicked", faults)
	}
	if last != "" {
		d.add("last error", note, "", "%s", last)
	}
	return nil
}

// configuration tells what the newest process was configured with, as far as it differs
// from what is usual, and what of it is worth a thought.
func (d *doctor) configuration(ctx context.Context) error {
	docs, err := d.store.Documents(ctx, query.Documents{Name: query.DocSettings, Limit: 1})
	if err != nil || len(docs) == 0 {
		return err
	}
	var s query.Settings
	if json.Unmarshal(docs[0].Body, &s) != nil {
		return nil
	}
	for _, g := range s.Groups {
		if g.Name != "toolbar" {
			continue
		}
		var texts []string
		for _, v := range g.Values {
			texts = append(texts, v.Name+" "+v.Value)
		}
		d.add("configuration", fine, "", "%s", strings.Join(texts, ", "))
	}
	return nil
}

// records looks at what caps and faults have left out, and at what recording has cost.
func (d *doctor) records(ctx context.Context) error {
	page, err := d.store.Records(ctx, query.Records{Limit: 1000})
	if err != nil {
		return err
	}
	var capped, unfinished, read int
	var left uint64
	var own, all time.Duration
	for i := range page.Records {
		r := &page.Records[i]
		if r.Flags.Has(instrument.FlagCapped) {
			capped++
			left += uint64(r.Left)
		}
		if r.Unfinished() && r.Flags.Has(instrument.FlagError) {
			unfinished++
		}
		if read >= 100 {
			continue
		}
		if rec, err := d.store.Record(ctx, r.ID); err == nil {
			read++
			all += rec.Duration
			own += selfTime(rec)
		}
	}
	n := len(page.Records)
	state, advice := fine, ""
	if capped > 0 {
		state, advice = note, "Config.MaxSpans is how many spans a record keeps."
	}
	d.add("caps", state, advice, "%d of the last %d records are not whole; %d spans were left out", capped, n, left)
	if unfinished > 0 {
		d.add("unfinished", note, "See 'toolbar requests kind:command,task is:unfinished'.", "%d of the last %d records did not finish: their process died", unfinished, n)
	}
	if read > 0 && all > 0 {
		state, advice := fine, ""
		if own > all/20 {
			state, advice = note, "Requests are short, or have very many spans."
		}
		d.add("own cost", state, advice, "recording took %s of the last %d records' %s (%.2f %%)", report.FormatDuration(own), read, report.FormatDuration(all), 100*float64(own)/float64(all))
	}
	return nil
}

// selfTime is what recording a Record has cost.
func selfTime(rec *instrument.Record) time.Duration {
	for _, a := range rec.Attrs {
		if d, ok := a.Value.(time.Duration); ok && a.Key == instrument.KeySelfTime.Name() {
			return d
		}
	}
	return 0
}

// integrity has SQLite read every page.
func integrity(ctx context.Context, path string) finding {
	db, err := sqlitefile.Open(path, sqlitefile.Options{ReadOnly: true})
	if err != nil {
		return finding{"integrity", bad, err.Error(), "Move the file away; the app begins a new one."}
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, "PRAGMA integrity_check(5)")
	if err != nil {
		return finding{"integrity", bad, err.Error(), "Move the file away; the app begins a new one."}
	}
	defer rows.Close()
	var wrong []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return finding{"integrity", bad, err.Error(), ""}
		}
		if line != "ok" {
			wrong = append(wrong, line)
		}
	}
	if err := rows.Err(); err != nil || len(wrong) > 0 {
		return finding{"integrity", bad, strings.Join(append(wrong, fmt.Sprint(err)), "; "), "Move the file away; the app begins a new one."}
	}
	return finding{"integrity", fine, "every page is intact", ""}
}

// exposure lists what captured text a viewer could see: by attribute, how many values
// were masked, with an example of what was not.
func (d *doctor) exposure(ctx context.Context) error {
	page, err := d.store.Records(ctx, query.Records{Limit: 300})
	if err != nil {
		return err
	}
	seen := map[string]*exposed{}
	look := func(name, text string) {
		if text == "" {
			return
		}
		e := seen[name]
		if e == nil {
			e = &exposed{}
			seen[name] = e
		}
		e.values++
		if strings.Contains(text, instrument.Redacted) {
			e.masked++
		} else if e.example == "" {
			e.example = text
		}
	}
	for i := range page.Records {
		rec, err := d.store.Record(ctx, page.Records[i].ID)
		if err != nil {
			continue // pruned just now
		}
		look("path", rec.Path)
		look("user", rec.User)
		for j := range rec.Spans {
			look("error", rec.Spans[j].Error)
			for _, a := range rec.Spans[j].Attrs {
				if text, ok := a.Value.(string); ok {
					look(a.Key, text)
				}
			}
		}
	}
	names := make([]string, 0, len(seen))
	for name := range seen {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		e := seen[name]
		text := fmt.Sprintf("%d values, %d masked", e.values, e.masked)
		if e.example != "" {
			text += "; for example " + term.Fit(term.Line(e.example), 60)
		}
		d.add("a viewer sees "+name, note, "", "%s", text)
	}
	return nil
}

type exposed struct {
	values, masked int
	example        string
}

func writeFindingsJSON(out io.Writer, list []finding) error {
	b, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, report.EscapeJSON(string(b)))
	return err
}

func writeFindings(out io.Writer, list []finding) error {
	screen := screenOf(out)
	width := screen.Width
	if width <= 0 {
		width = defaultWidth
	}
	w := bufio.NewWriter(out)
	for _, f := range list {
		lines := term.Wrap(term.Line(f.Check+": "+f.Detail), width-6)
		for i, line := range lines {
			mark := "      "
			if i == 0 {
				mark = fmt.Sprintf("%-6s", f.State)
			}
			if i == 0 && f.State == bad && screen.Color {
				mark = "\x1b[31m" + mark + "\x1b[0m"
			}
			fmt.Fprintln(w, mark+line)
		}
		for _, line := range term.Wrap(term.Line(f.Advice), width-6) {
			if line != "" {
				fmt.Fprintln(w, "      "+line)
			}
		}
	}
	return w.Flush()
}
