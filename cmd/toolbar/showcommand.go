package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

// command writes what a run of a command was given, and what it used.
func (v *recordView) command() {
	if v.rec.Path != "" {
		for _, line := range term.Wrap(term.Line("$ "+v.rec.Path), v.width) {
			fmt.Fprintln(v.w, line)
		}
	}
	var defaults, used []string
	for _, kv := range v.rec.Attrs {
		if name, ok := strings.CutPrefix(kv.Key, "default."); ok {
			defaults = append(defaults, fmt.Sprintf("--%s=%v", name, kv.Value))
		}
	}
	v.field("not given", strings.Join(defaults, " "))
	v.field("signal", v.text("command.signal"))
	if v.rec.Parent != 0 {
		v.field("caused by", v.rec.Parent.String())
	}
	if done, ok := v.number("command.progress.done"); ok {
		s := fmt.Sprintf("progress %d", done)
		if total, _ := v.number("command.progress.total"); total > 0 {
			s += fmt.Sprintf(" of %d", total)
		}
		used = append(used, s)
	}
	if cpu, ok := v.attr("process.cpu.time").(time.Duration); ok {
		used = append(used, "CPU "+report.FormatDuration(cpu))
	}
	if peak, ok := v.number("process.memory.peak"); ok {
		used = append(used, "peak memory "+report.FormatBytes(peak))
	}
	v.field("used", strings.Join(used, ", "))
	v.field("profile", v.text("command.profile"))
}

// output writes the end of what a command printed.
func (v *recordView) output() {
	for _, stream := range []string{"stdout", "stderr"} {
		size, ok := v.number("command." + stream + ".size")
		text := v.text("command." + stream)
		if !ok || size == 0 && text == "" {
			continue
		}
		fmt.Fprintf(v.w, "\n%s, %s printed", stream, report.FormatBytes(size))
		if text == "" {
			fmt.Fprintln(v.w, ", not kept")
			continue
		}
		if int64(len(text)) < size {
			fmt.Fprintf(v.w, ", the last %s of it kept", report.FormatBytes(int64(len(text))))
		}
		fmt.Fprintln(v.w)
		for line := range strings.Lines(text) {
			fmt.Fprintln(v.w, "  "+term.Line(strings.TrimRight(line, "\r\n")))
		}
	}
}

// attr is an attribute of the root; nil when it has none of that name.
func (v *recordView) attr(key string) any {
	for _, kv := range v.rec.Attrs {
		if kv.Key == key {
			return kv.Value
		}
	}
	return nil
}

func (v *recordView) text(key string) string {
	s, _ := v.attr(key).(string)
	return s
}

func (v *recordView) number(key string) (n int64, ok bool) {
	n, ok = v.attr(key).(int64)
	return n, ok
}
