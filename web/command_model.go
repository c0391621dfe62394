package web

import (
	"slices"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// commandModel sorts the attributes that package commands gives a run into the parts of
// its panel.
func commandModel(rec *instrument.Record) *view.Command {
	c := &view.Command{Line: rec.Path, Error: rec.Error, Out: view.Output{Bytes: -1}, Err: view.Output{Bytes: -1}, Done: -1}
	if rec.Parent != 0 {
		c.Parent = rec.Parent.String()
	}
	for _, kv := range rec.Attrs {
		commandAttr(c, kv)
	}
	return c
}

func commandAttr(c *view.Command, kv instrument.KV) {
	text, _ := kv.Value.(string)
	n, _ := kv.Value.(int64)
	switch kv.Key {
	case "command.stdout":
		c.Out.Text = text
	case "command.stderr":
		c.Err.Text = text
	case "command.stdout.size":
		c.Out.Bytes = n
	case "command.stderr.size":
		c.Err.Bytes = n
	case "command.signal":
		c.Signal = text
	case "command.profile":
		c.Profile = text
	case "command.progress.done":
		c.Done = n
	case "command.progress.total":
		c.Total = n
	case "process.cpu.time":
		c.CPU, _ = kv.Value.(time.Duration)
	case "process.memory.peak":
		c.Peak = n
	case "arg.more":
		c.Args = append(c.Args, view.Attr{Key: "more", Value: view.Count(n), Type: "that were not kept"})
	default:
		commandArg(c, kv)
	}
}

// commandArg is an argument, a default, or an attribute that something else has set.
func commandArg(c *view.Command, kv instrument.KV) {
	a := attr(kv)
	if name, ok := strings.CutPrefix(kv.Key, "default."); ok {
		a.Key = "--" + name
		c.Defaults = append(c.Defaults, a)
		return
	}
	name, ok := strings.CutPrefix(kv.Key, "arg.")
	switch {
	case !ok && elsewhere(kv.Key):
	case !ok:
		c.Attrs = append(c.Attrs, a)
	case name != "" && name[0] >= '0' && name[0] <= '9':
		number, label, named := strings.Cut(name, ".")
		if a.Key = number; named {
			a.Key = number + " " + strings.ToUpper(label)
		}
		c.Args = append(c.Args, a)
	default:
		a.Key = "--" + name
		c.Options = append(c.Options, a)
	}
}

// elsewhere tells attributes of a root that other parts of its page show.
func elsewhere(key string) bool {
	return strings.HasPrefix(key, "go.") || slices.Contains([]string{
		instrument.KeyErrorMessage.Name(), instrument.KeyErrorType.Name(), instrument.KeyPanicValue.Name(), instrument.KeySelfTime.Name(),
		instrument.KeyAllocBytes.Name(), instrument.KeyGCCycles.Name(), instrument.KeyGoroutines.Name(),
	}, key)
}
