package view

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// Command is what is known of one run of a command beside its spans.
type Command struct {
	Line     string        // as it was given, masked, without the program's name; "" not kept
	Args     []Attr        // positional arguments, in order
	Options  []Attr        // options that were given
	Defaults []Attr        // options that were not, with what they were instead
	Signal   string        // that ended it: "interrupt"; "" none
	Error    string        // what it failed with, one line or several; "" it did not
	Out, Err Output        // what it printed
	Done     int64         // of its progress; negative: it showed none
	Total    int64         // 0: how much there was to do was not known
	CPU      time.Duration // of the whole process meanwhile; 0 not known
	Peak     int64         // most memory the process had, in bytes; 0 not known
	Profile  string        // file that the run was profiled to; "" none
	Parent   string        // id of the Record that called it; "" none did
	Attrs    []Attr        // what has no place above
}

// Output is the end of what a run printed on one stream.
type Output struct {
	Text  string
	Bytes int64 // of all that was printed; negative not known
}

// said tells how much of an output is shown.
func (o Output) said() string {
	switch {
	case o.Bytes < 0 && o.Text == "":
		return "not kept"
	case o.Bytes < 0:
		return ""
	case o.Bytes == 0:
		return "nothing was printed"
	case o.Text == "":
		return Bytes(o.Bytes) + ", not kept"
	case int64(len(o.Text)) < o.Bytes:
		return Bytes(o.Bytes) + " printed, the last " + Bytes(int64(len(o.Text))) + " of it kept"
	}
	return Bytes(o.Bytes) + " printed"
}

// commandTiles are the figures of a run.
func (v recordView) commandTiles() []tile {
	c := v.Command
	exit := tile{label: "Exit code", value: fmt.Sprint(v.Code), note: "success"}
	switch {
	case v.Running:
		exit.value, exit.note = "–", "still running"
	case c.Signal != "":
		exit.note, exit.bad = "ended by the signal "+c.Signal, true
	case v.Code == 2:
		exit.note, exit.bad = "the command line was refused", true
	case v.Code != 0:
		exit.note, exit.bad = "failed", true
	case v.Status == StatusBad:
		exit.note, exit.bad = "its process ended before it did", true
	}
	n, unit := durParts(v.Duration)
	out := []tile{exit, {label: "Wall clock", value: n, unit: unit, note: v.base()}}
	if c.CPU > 0 {
		n, unit = durParts(c.CPU)
		out = append(out, tile{label: "CPU", value: n, unit: unit, note: Percent(Share(c.CPU, v.Duration)) + " of one core, the whole process"})
	}
	if c.Peak > 0 {
		n, unit, _ = strings.Cut(Bytes(c.Peak), " ")
		out = append(out, tile{label: "Peak memory", value: n, unit: unit, note: "since the process began"})
	}
	if c.Done >= 0 {
		t := tile{label: "Progress", value: Count(c.Done), note: "how much there was is not known"}
		if c.Total > 0 {
			t.note = fmt.Sprintf("of %s, %s", Count(c.Total), Percent(min(1, float64(c.Done)/float64(c.Total))))
		}
		out = append(out, t)
	}
	return out
}

// ansiText draws what was printed for a terminal: its colours, and nothing else that
// a terminal would do.
func ansiText(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		for _, p := range ansi(text) {
			s := templ.EscapeString(p.text)
			if p.class != "" {
				s = `<span class="` + templ.EscapeString(p.class) + `">` + s + `</span>`
			}
			if _, err := io.WriteString(w, s); err != nil {
				return err
			}
		}
		return nil
	})
}
