package toolbar

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/framework"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// Stats is the account of what was recorded: Produced is Stored plus all that was
// dropped plus what is queued. Zero when the toolbar is disabled.
func (t *Toolbar) Stats() collect.Stats {
	if t.collector == nil {
		return collect.Stats{}
	}
	return t.collector.Stats()
}

func (t *Toolbar) dropped() map[string]uint64 { return t.collector.Stats().Dropped }

func (t *Toolbar) selfCPU() time.Duration { return t.collector.Stats().CPU }

func (t *Toolbar) storeBytes() int64 {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	h, err := t.store.Health(ctx)
	if err != nil {
		return -1
	}
	return h.FileBytes + h.WALBytes
}

// status tells the health page how recording goes.
func (t *Toolbar) status() web.Status {
	s := t.collector.Stats()
	queueRecords, queueBytes := t.config.QueueRecords, t.config.QueueBytes
	if queueRecords == 0 {
		queueRecords = collect.DefaultQueueRecords
	}
	if queueBytes == 0 {
		queueBytes = collect.DefaultQueueBytes
	}
	return web.Status{
		Produced: s.Produced, Stored: s.Stored, Dropped: s.Dropped, Disabled: s.Disabled,
		QueueRecords: s.QueuedRecords, QueueBytes: s.QueuedBytes, QueueRecordsCap: queueRecords, QueueCap: queueBytes,
		LastError: s.LastError, LastErrorAt: s.LastErrorAt, LastFlush: s.LastFlush, CPU: s.CPU, Uptime: time.Since(t.started),
	}
}

// ignoresPath says which requests are not recorded.
func (t *Toolbar) ignoresPath(r *http.Request) bool {
	return t.dashboard.Owns(r.URL.Path) || t.config.Ignore.Match(instrument.KindRequest, "", r.URL.Path)
}

// ignoresName says which commands, signals and tasks are not recorded.
func (t *Toolbar) ignoresName(k instrument.Kind, name string) bool {
	return k != instrument.KindRequest && t.config.Ignore.Match(k, name, "")
}

// feedBuffer is how many Records a live page may be behind before it misses some.
const feedBuffer = 256

func (t *Toolbar) feed() web.Feed { return feed{t.collector.Subscribe(feedBuffer)} }

// feed gives a subscription the form that web asks for.
type feed struct{ *collect.Subscription }

func (f feed) Next(ctx context.Context) (s instrument.Summary, missed uint64, ok bool) {
	select {
	case e, ok := <-f.Events():
		return e.Summary, e.Skipped, ok
	case <-ctx.Done():
		return s, 0, false
	}
}

// catalogue describes the signals that the app declares.
func (t *Toolbar) catalogue() []signals.Description {
	all := slices.DeleteFunc(signals.All(), func(i signals.Info) bool { return len(i.Receivers) == 0 && ownSignals[i.Name] })
	return signals.Describe(all, t.recorder)
}

// ownSignals are sent by the toolbar itself: who does not listen need not see them.
var ownSignals = map[string]bool{
	framework.RequestStarted.Name(): true, framework.RequestFinished.Name(): true, framework.GotRequestException.Name(): true,
	framework.CommandStarted.Name(): true, framework.CommandFinished.Name(): true,
}
