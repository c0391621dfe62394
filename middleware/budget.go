package middleware

import (
	"log/slog"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

var (
	keyBudget     = instrument.NewKey("layer.budget")           // which it has exceeded
	keyOverBudget = instrument.NewKey("middleware.over_budget") // of the Record: the layer that did
)

// Budget is l, which may take this much time of its own, without the layers inside it.
// When it takes longer, its span and the Record say so, and a warning with its name is
// logged, at most once a minute. It panics for a budget that is not positive. Outside of
// a Record nothing is measured.
func Budget(own time.Duration, l Layer) Layer {
	if own <= 0 {
		panic("middleware: Budget: the time must be positive")
	}
	d := describe(l)
	d.budget = int64(own)
	return named(d)
}

// budgetPause is how long a layer is not warned about again.
const budgetPause = time.Minute

func (p *Probe) overBudget(c *call, own int64) {
	c.x.rec.Set(keyOverBudget.String(p.Name()))
	now, last := instrument.Now(), p.warned.Load()
	if last != 0 && now-last < int64(budgetPause) || !p.warned.CompareAndSwap(last, now) {
		return
	}
	slog.WarnContext(c, "middleware: a layer took longer than its budget", "layer", p.Name(),
		"own", time.Duration(own), "budget", time.Duration(p.budget), "record", c.x.rec.ID().String())
}
