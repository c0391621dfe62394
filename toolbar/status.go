package toolbar

import (
	"context"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/host"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
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

// dropped is what was lost, by reason. Records that were not exported or reported are
// stored, unless they are lost for another reason as well.
func (t *Toolbar) dropped() map[string]uint64 {
	all := t.collector.Stats().Dropped
	if s := t.exporter.Stats(); s.Dropped+s.Failed > 0 {
		all["not_exported"] = s.Dropped + s.Failed
	}
	if s := t.reporter.Stats(); s.Dropped > 0 {
		all["not_reported"] = s.Dropped
	}
	return all
}

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
	disabled := s.Disabled
	if t.unwritten != nil {
		disabled = map[string]string{"recording": "the store cannot be written: " + t.unwritten.Error()}
	}
	return web.Status{
		Produced: s.Produced, Stored: s.Stored, LeftOut: s.LeftOut, Dropped: s.Dropped, Disabled: disabled, Notes: slices.Concat(t.notes(), t.reportNotes(), t.planner.notes()),
		QueueRecords: s.QueuedRecords, QueueBytes: s.QueuedBytes, QueueRecordsCap: queueRecords, QueueCap: queueBytes,
		LastError: s.LastError, LastErrorAt: s.LastErrorAt, LastFlush: s.LastFlush, CPU: s.CPU, Uptime: time.Since(t.started),
		Notifier: t.notifierStatus(),
	}
}

// host reads how the machine is, with the disk that the store is on.
func (t *Toolbar) host() host.State {
	if t.config.Path == sqlitefile.Memory {
		return host.Read("")
	}
	return host.Read(filepath.Dir(t.config.Path))
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
