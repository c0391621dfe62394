package commands

import (
	"fmt"
	"sync"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// How often progress is shown.
const (
	drawEvery = 100 * time.Millisecond // on a terminal
	lineEvery = 10 * time.Second       // elsewhere
)

// Progress shows how far a run has come: on a terminal a bar with rate and remaining
// time, elsewhere a line every ten seconds, with --json a log line, and nothing at
// verbosity 0. It writes to Err only, so that what a command prints can be data.
//
//	p := run.Progress("import", len(rows))
//	for _, row := range rows {
//		...
//		p.Add(1)
//	}
//
// It is over when the run is, and then shows 100 % or why the run failed; [Progress.End]
// ends it earlier. It is drawn when it is added to. Its methods may be called from
// several goroutines, and those of a nil Progress do nothing.
type Progress struct {
	run   *Run
	label string
	begun time.Time

	mu    sync.Mutex // guards what follows
	done  int64
	total int64
	shown time.Time
	ended bool
}

// Progress begins to show progress. total is how much there is to do; 0 when that is
// not known.
func (run *Run) Progress(label string, total int) *Progress {
	if run == nil {
		return nil
	}
	now := time.Now()
	p := &Progress{run: run, label: label, begun: now, total: max(0, int64(total)), shown: now}
	run.mu.Lock()
	run.progress = append(run.progress, p)
	run.mu.Unlock()
	if p.bar() {
		run.term.draw(p.state(now).bar(run.term.width()))
	}
	return p
}

// Add says that n more are done.
func (p *Progress) Add(n int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += int64(n)
	every := lineEvery
	if p.bar() {
		every = drawEvery
	}
	now := time.Now()
	if p.ended || now.Sub(p.shown) < every {
		return
	}
	p.shown = now
	p.show(p.state(now))
}

// SetTotal says how much there is to do, when that becomes known.
func (p *Progress) SetTotal(total int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total = max(0, int64(total))
}

// End ends the progress: at 100 % when err is nil, else with the error. A second End
// does nothing.
func (p *Progress) End(err error) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	p.ended = true
	if err == nil { // less than was expected is all there was
		p.total = p.done
	}
	s := p.state(time.Now())
	s.err, s.ended = err, true
	if p.bar() {
		p.run.term.finish(s.bar(p.run.term.width()))
		return
	}
	p.show(s)
}

// bar reports whether a bar is drawn.
func (p *Progress) bar() bool {
	return p.run.term != nil && !p.run.json && p.run.Verbosity > 0
}

// show prints where things stand.
func (p *Progress) show(s progressState) {
	switch {
	case p.run.Verbosity == 0:
	case p.run.json:
		s.log(p.run.Log)
	case p.bar():
		p.run.term.draw(s.bar(p.run.term.width()))
	default:
		_ = p.run.Err.Line(s.line())
	}
}

// state is how far things are at a time. Called with mu held, or before p is shared.
func (p *Progress) state(now time.Time) progressState {
	return progressState{label: p.label, done: p.done, total: p.total, elapsed: now.Sub(p.begun)}
}

// endProgress ends what the command did not.
func (run *Run) endProgress(err error) {
	run.mu.Lock()
	all := run.progress
	run.mu.Unlock()
	for _, p := range all {
		p.End(err)
	}
}

// progressAttrs say how far the run came: what was done in all its Progresses.
func (run *Run) progressAttrs() []instrument.Attr {
	run.mu.Lock()
	defer run.mu.Unlock()
	if len(run.progress) == 0 {
		return nil
	}
	var done, total int64
	for _, p := range run.progress {
		p.mu.Lock()
		done, total = done+p.done, total+p.total
		p.mu.Unlock()
	}
	return []instrument.Attr{keyDone.Int64(done), keyTotal.Int64(total)}
}

// clock writes a duration as 1:02:03, or 2:03 below an hour.
func clock(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}
