package tasks

import (
	"bytes"
	"context"
	"runtime/pprof"
	"strings"

	"github.com/riverqueue/river"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

var keyStuckAt = instrument.NewKey("task.stuck.at")

// stuckHandler is what River calls for a job that goes on although its time is over and
// its context was cancelled, Config.StuckAfter ago. Go cannot end a goroutine, so all that
// can be done is to say so while it lasts, and where it stands.
func (c *Client) stuckHandler(next river.JobStuckHandler) river.JobStuckHandler {
	return func(ctx context.Context, p river.JobStuckHandlerParams) river.JobStuckHandlerResult {
		if a := attemptOf(ctx); a != nil {
			a.reportStuck()
		}
		if next != nil {
			return next(ctx, p)
		}
		return river.JobStuckHandlerResult{}
	}
}

// reportStuck marks the attempt's Record and hands it over as it is.
func (a *attempt) reportStuck() {
	a.mu.Lock()
	a.stuck = true
	a.mu.Unlock()
	where := ""
	if a.rec != nil {
		where = stackOf(a.rec.ID().String())
		a.rec.Set(keyStuck.Bool(true), keyStuckAt.String(where))
		a.rec.Tag("stuck")
		a.rec.Announce()
	}
	a.client.config.Logger.ErrorContext(a.ctx, "task is stuck: it ignores that its context is cancelled", "task", a.job.Kind, "job", a.job.ID, "at", where)
}

// stuckNow is how many jobs of this process were reported as stuck and still run.
func (c *Client) stuckNow() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, a := range c.running {
		a.mu.Lock()
		if a.stuck {
			n++
		}
		a.mu.Unlock()
	}
	return n
}

// stackOf is the stack of the goroutine that works a Record's job: of those that carry the
// Record's id as a profiler label, the one that is in this package's worker; "" when it is
// not found.
func stackOf(record string) string {
	var all bytes.Buffer
	if pprof.Lookup("goroutine").WriteTo(&all, 1) != nil {
		return ""
	}
	for block := range strings.SplitSeq(all.String(), "\n\n") {
		labelled := strings.Contains(block, `"`+record+`"`)
		if i := strings.Index(block, "\n#\t"); i >= 0 && labelled && strings.Contains(block, "tasks.(*recording).Work") {
			return shorten(block[i+1:])
		}
	}
	return ""
}

// shorten leaves function and place of the innermost calls.
func shorten(stack string) string {
	var b strings.Builder
	for i, line := range strings.Split(stack, "\n") {
		fields := strings.Fields(line)
		if i == 12 || len(fields) < 4 {
			break
		}
		b.WriteString(fields[2] + " " + fields[3] + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}
