package toolbar

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// limits are what bounds recording, in words.
func (c *Config) limits() []query.Named {
	bodies := "none kept"
	if c.keepsBodies() {
		bodies = "64 KiB of each"
		if c.MaxBody > 0 && c.MaxBody < 64<<10 {
			bodies = fmt.Sprintf("%d bytes of each", c.MaxBody)
		}
	}
	return []query.Named{
		{Name: "Spans of a Record", Value: fmt.Sprint(cmp.Or(c.MaxSpans, instrument.DefaultMaxSpans)), Note: "more are counted, and in the statistics"},
		{Name: "Handlers of a kind", Value: fmt.Sprint(instrument.MaxHandlersPerKind), Note: "more are counted together as " + instrument.OtherHandler},
		{Name: "Bodies", Value: bodies},
		{Name: "Waiting Records", Value: fmt.Sprint(cmp.Or(c.QueueRecords, collect.DefaultQueueRecords)), Note: "more are dropped and counted"},
		{Name: "Waiting bytes", Value: fmt.Sprintf("%d MiB", cmp.Or(c.QueueBytes, collect.DefaultQueueBytes)>>20), Note: "more are dropped and counted"},
	}
}

// maskingTexts are the rules by which secrets are hidden, in words.
func maskingTexts(d mask.Description) (texts []query.Named) {
	for _, l := range []struct {
		title string
		names []string
		sep   string
	}{
		{"Names with, anywhere", d.Anywhere, ", "}, {"Names with the word", d.Words, ", "}, {"Names that end in", d.Ends, ", "},
		{"Names of this app", d.Added, ", "}, {"Names that stay visible", d.Allowed, ", "}, {"In any text", d.Values, "; "}, {"Patterns of this app", d.Patterns, ", "},
	} {
		if len(l.names) > 0 {
			texts = append(texts, query.Named{Name: l.title, Value: strings.Join(l.names, l.sep)})
		}
	}
	if d.Hook {
		texts = append(texts, query.Named{Name: "Hook of this app", Value: "is asked for every value that is left"})
	}
	return texts
}
