package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Options chooses what a report covers. The zero value covers everything recorded.
type Options struct {
	// Since and Until bound the window; zero is open. Since is rounded down and
	// Until up to the minute, because statistics are kept per minute.
	Since, Until time.Time
	// Kinds to list; empty is all but log and exception, which take no time.
	Kinds []instrument.Kind
	// Handler lists handlers whose name contains it, whatever the case. With a "*"
	// it is a pattern for the whole name, in which "*" stands for anything.
	Handler string
	// Slow is the limit above which a call counts as slow. Zero takes the count
	// kept for the limits that the app is configured with, which is exact; any
	// other limit is read from the histogram, to its resolution of 2.2 %, and marked so.
	Slow time.Duration
	// Sort is the order, largest first; "" is SortSelf.
	Sort Sort
	// Limit is how many rows are listed: 0 is 20, below 0 is all.
	Limit int
	// Explain is for how many of the first rows sample Records are read to say why
	// they are slow: 0 is 3, below 0 is none.
	Explain int
}

const (
	defaultLimit   = 20
	defaultExplain = 3
)

func (o Options) withDefaults() Options {
	if o.Sort == "" {
		o.Sort = SortSelf
	}
	o.Limit = orDefault(o.Limit, defaultLimit)
	o.Explain = orDefault(o.Explain, defaultExplain)
	if !o.Since.IsZero() {
		o.Since = o.Since.Truncate(time.Minute)
	}
	if whole := o.Until.Truncate(time.Minute); !whole.Equal(o.Until) {
		o.Until = whole.Add(time.Minute)
	}
	return o
}

// orDefault gives n, def for zero and -1 for everything negative.
func orDefault(n, def int) int {
	switch {
	case n == 0:
		return def
	case n < 0:
		return -1
	}
	return n
}

func (o Options) validate() error {
	if o.Sort != "" {
		if _, err := ParseSort(string(o.Sort)); err != nil {
			return fmt.Errorf("report: Options.Sort: %w", err)
		}
	}
	if o.Slow < 0 {
		return fmt.Errorf("report: Options.Slow: %v is below zero", o.Slow)
	}
	if !o.Since.IsZero() && !o.Until.IsZero() && !o.Since.Before(o.Until) {
		return fmt.Errorf("report: Options.Since: %s is not before Until, %s",
			o.Since.Format(time.RFC3339), o.Until.Format(time.RFC3339))
	}
	return nil
}

// lists tells whether the report has a row for a handler.
func (o Options) lists(h instrument.HandlerInfo) bool {
	if len(o.Kinds) > 0 {
		if !slices.Contains(o.Kinds, h.Kind) {
			return false
		}
	} else if h.Kind == instrument.KindLog || h.Kind == instrument.KindException {
		return false
	}
	return Matches(h.Name, o.Handler)
}

// Matches is the rule of Options.Handler: a name contains the pattern, whatever the
// case, or, with a "*" in it, fits the pattern as a whole.
func Matches(name, pattern string) bool {
	name, pattern = strings.ToLower(name), strings.ToLower(pattern)
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return strings.Contains(name, pattern)
	}
	first, last := parts[0], parts[len(parts)-1]
	rest, ok := strings.CutPrefix(name, first)
	if !ok {
		return false
	}
	rest, ok = strings.CutSuffix(rest, last)
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return true
}
