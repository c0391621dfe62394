package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	xterm "golang.org/x/term"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// topFlags are the flags of "toolbar top" as they were given.
type topFlags struct {
	db, handler, sort string
	kinds             []string
	window, every     time.Duration
	count             int
	part              partFlags
}

func newTop() *cobra.Command {
	var f topFlags
	cmd := &cobra.Command{
		Use:   "top",
		Short: "Watch which handlers take the time, live",
		Long: `Watch which handlers take the time, live: the report of the last minutes, drawn again and
again. On a terminal q or Ctrl-C ends it; elsewhere the table is written once an
interval, as often as --count says.

Statistics reach the store every ten seconds and at the end of each minute.`,
		Example: `  toolbar top
  toolbar top --kind query --sort total --window 5m
  toolbar top --count 1 --window 1h`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	addDB(cmd, &f.db)
	f.part.addTo(cmd)
	flags := cmd.Flags()
	flags.StringSliceVar(&f.kinds, "kind", nil, "`kinds` of handlers, separated by commas (default all but log and exception)")
	flags.StringVar(&f.handler, "handler", "", "`text` in the handler's name, or a pattern with *")
	flags.StringVar(&f.sort, "sort", string(report.SortSelf), "`order`: "+joined(report.Sorts()))
	flags.DurationVar(&f.window, "window", 5*time.Minute, "how far back, a `duration` of a minute at least")
	flags.DurationVar(&f.every, "every", 2*time.Second, "`interval`, a tenth of a second at least")
	flags.IntVar(&f.count, "count", 0, "end after this `number` of tables (default never)")
	return cmd
}

func (f *topFlags) run(ctx context.Context, in io.Reader, out io.Writer) error {
	order, err := report.ParseSort(f.sort)
	switch {
	case err != nil:
		return fmt.Errorf("--sort: %w", err)
	case f.window < time.Minute:
		return fmt.Errorf("--window: %v is less than a minute, by which statistics are kept", f.window)
	case f.every < 100*time.Millisecond:
		return fmt.Errorf("--every: %v is less than 100ms", f.every)
	case f.count < 0:
		return fmt.Errorf("--count: %d is below zero", f.count)
	}
	return withStore(ctx, f.db, func(s *store.Store) error {
		o := report.Options{Handler: f.handler, Sort: order, Explain: -1}
		if o.Kinds, err = parseKinds(ctx, s, f.kinds); err != nil {
			return err
		}
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		view := newTopView(in, out, stop)
		defer view.close()
		err := f.watch(ctx, s, o, view)
		if errors.Is(err, context.Canceled) {
			return nil
		}
		return err
	})
}

func (f *topFlags) watch(ctx context.Context, s *store.Store, o report.Options, view *topView) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := 0; f.count == 0 || n < f.count; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		o.Since = time.Now().Add(-f.window)
		o.Limit = view.rows()
		r, err := f.build(ctx, s, o, n)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return failed(err)
		}
		if err := view.draw(r); err != nil {
			return failed(fmt.Errorf("write table: %w", err))
		}
		timer.Reset(f.every)
	}
	return nil
}

// build makes the next report, from a new copy of a store that is elsewhere.
func (f *topFlags) build(ctx context.Context, s *store.Store, o report.Options, n int) (r *report.Report, err error) {
	build := func(s *store.Store) error {
		part, err := f.part.of(ctx, s)
		if err == nil {
			r, err = report.Build(ctx, newPartOf(s, part), o)
		}
		return err
	}
	if !isAddress(f.db) || n == 0 {
		return r, build(s)
	}
	err = withStore(ctx, f.db, build)
	return r, err
}

// topView draws on a terminal, or writes one table below the other.
type topView struct {
	out      io.Writer
	terminal *os.File // nil: none
	restore  func()
}

// newTopView looks at what is at the other end. On a terminal keys are read as they are
// pressed, and q calls stop.
func newTopView(in io.Reader, out io.Writer, stop func()) *topView {
	v := &topView{out: out, restore: func() {}}
	screen, ok := out.(*os.File)
	if !ok || !xterm.IsTerminal(int(screen.Fd())) {
		return v
	}
	v.terminal = screen
	fmt.Fprint(screen, "\x1b[?1049h\x1b[?25l") // a screen of its own, no cursor
	leave := func() { fmt.Fprint(screen, "\x1b[?25h\x1b[?1049l") }
	v.restore = leave
	keys, ok := in.(*os.File)
	if !ok || !xterm.IsTerminal(int(keys.Fd())) {
		return v
	}
	state, err := xterm.MakeRaw(int(keys.Fd()))
	if err != nil {
		return v
	}
	v.restore = func() {
		_ = xterm.Restore(int(keys.Fd()), state)
		leave()
	}
	go readKeys(keys, stop)
	return v
}

// readKeys ends the program at q, Q, Escape and Ctrl-C. It lives until the process ends
// or the terminal is gone: a read of a terminal cannot be interrupted.
func readKeys(keys io.Reader, stop func()) {
	b := make([]byte, 1)
	for {
		if _, err := keys.Read(b); err != nil {
			return
		}
		if strings.IndexByte("qQ\x1b\x03", b[0]) >= 0 {
			stop()
			return
		}
	}
}

func (v *topView) close() { v.restore() }

// rows is how many handlers there is room for.
func (v *topView) rows() int {
	const around = 7 // head, verdict and foot
	if v.terminal == nil {
		return 0 // the report's own
	}
	_, height, err := xterm.GetSize(int(v.terminal.Fd()))
	if err != nil {
		return 0
	}
	return max(height-around, 3)
}

// draw writes the table. On a terminal it replaces the one before, line by line, so that
// nothing flickers.
func (v *topView) draw(r *report.Report) error {
	var b bytes.Buffer
	screen := screenOf(v.out)
	if err := r.Text(&b, screen); err != nil {
		return err
	}
	if v.terminal == nil {
		b.WriteByte('\n')
		_, err := v.out.Write(b.Bytes())
		return err
	}
	var s strings.Builder
	s.WriteString("\x1b[H")
	_, height, err := xterm.GetSize(int(v.terminal.Fd()))
	if err != nil || height < 2 {
		height = 24
	}
	lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	for _, line := range lines[:min(len(lines), height-1)] {
		s.WriteString(line + "\x1b[K\r\n")
	}
	s.WriteString("\x1b[J" + term.Fit("q ends it", max(screen.Width, 10)))
	_, err = io.WriteString(v.out, s.String())
	return err
}
