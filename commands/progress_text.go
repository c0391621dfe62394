package commands

import (
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// progressState is where a Progress stands, to be shown.
type progressState struct {
	label       string
	done, total int64
	elapsed     time.Duration
	ended       bool
	err         error
}

// percent is rounded down: 100 is all. Nothing of nothing is all of it, once ended.
func (s progressState) percent() int64 {
	if s.total <= 0 {
		if s.ended && s.err == nil {
			return 100
		}
		return 0
	}
	return min(100, s.done*100/s.total)
}

// known reports whether there is a percentage.
func (s progressState) known() bool { return s.total > 0 || s.ended && s.err == nil }

func (s progressState) rate() float64 {
	if s.elapsed <= 0 {
		return 0
	}
	return float64(s.done) / s.elapsed.Seconds()
}

// eta is how long the rest takes at the rate so far; 0 when that is not known.
func (s progressState) eta() time.Duration {
	if s.done <= 0 || s.total <= s.done {
		return 0
	}
	return time.Duration(float64(s.total-s.done) / float64(s.done) * float64(s.elapsed))
}

// line is the progress where there is no terminal.
func (s progressState) line() string {
	var b strings.Builder
	b.WriteString(s.label)
	b.WriteString(": ")
	if s.err != nil {
		b.WriteString("failed at ")
	}
	b.WriteString(s.amount())
	switch {
	case s.err != nil:
		fmt.Fprintf(&b, ": %v", s.err)
	case s.ended:
		fmt.Fprintf(&b, " in %s", clock(s.elapsed))
	default:
		fmt.Fprintf(&b, ", %s", s.speed())
	}
	return b.String()
}

// amount is "45 % (450 of 1000)", or "450" when there is no total.
func (s progressState) amount() string {
	if !s.known() {
		return fmt.Sprint(s.done)
	}
	return fmt.Sprintf("%d %% (%d of %d)", s.percent(), s.done, s.total)
}

// speed is "120/s, 0:05 left".
func (s progressState) speed() string {
	text := fmt.Sprintf("%.3g/s", s.rate())
	if r := s.rate(); r >= 1000 {
		text = fmt.Sprintf("%.0f/s", r)
	}
	if left := s.eta(); left > 0 {
		text += ", " + clock(left) + " left"
	}
	return text
}

const barCells = 20

// bar is the progress on a terminal of so many columns.
func (s progressState) bar(width int) string {
	text := s.label + " "
	if s.known() {
		full := int(s.percent()) * barCells / 100
		text += "[" + strings.Repeat("#", full) + strings.Repeat("-", barCells-full) + "] "
	}
	text += s.amount()
	switch {
	case s.err != nil:
		text += " failed: " + firstLine(s.err.Error())
	case s.ended:
		text += " in " + clock(s.elapsed)
	default:
		text += " " + s.speed()
	}
	return fit(text, width-1) // a full line would wrap
}

// log writes the progress as a log line.
func (s progressState) log(l *slog.Logger) {
	l = l.With("label", s.label, "done", s.done, "total", s.total, "elapsed_s", s.elapsed.Seconds())
	if s.err != nil {
		l.Error("progress", "error", s.err.Error())
		return
	}
	l.Info("progress", "rate", s.rate(), "eta_s", s.eta().Seconds())
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// fit cuts text to a number of letters.
func fit(text string, letters int) string {
	for i := range text {
		if letters--; letters < 0 {
			return text[:i]
		}
	}
	return text
}
