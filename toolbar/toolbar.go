package toolbar

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/dump"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/metrics"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/notify"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/oteltrace"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/reporter"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/framework"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// Toolbar is a debug toolbar at work. Its methods are safe for concurrent use, and
// those of one that is disabled do nothing.
type Toolbar struct {
	config    Config
	db        *sql.DB
	store     *store.Store
	collector *collect.Collector
	recorder  *instrument.Recorder
	metrics   *metrics.Collector
	dashboard *web.Dashboard
	started   time.Time
	unwritten error               // why the file is only read and nothing is recorded; nil: it is written
	oneTime   *web.OneTime        // nil: there is none
	exporter  *oteltrace.Exporter // nil: Config.TracerProvider is

	reporter *reporter.Reporter // nil: Config.Report is
	planner  *planner           // nil: Config.ExplainSlow is not set
	notifier *notify.Notifier   // nil: Config.Notify is

	makeProvider sync.Once
	provider     atomic.Pointer[oteltrace.Provider] // nil: nobody has asked for it

	routes routeList // what the app serves

	stopSignals func() // takes the framework's signals off the recorder

	closing sync.Mutex // held by Close
	closed  bool
}

// New starts a toolbar. The error says which field of the Config cannot be used, or
// why the file cannot be opened; nothing is left behind then. A file that may not be
// written, or for which the disk has no room, is no error as long as it can be read:
// nothing is recorded then, and log and health page say why.
func New(c Config) (*Toolbar, error) {
	t := &Toolbar{config: c.withDefaults(), started: time.Now()}
	if c.Disabled {
		return t, nil
	}
	if err := t.config.validate(); err != nil {
		return nil, err
	}
	if err := t.open(); err != nil {
		return nil, errors.Join(err, t.release())
	}
	if path := t.OneTimePath(); path != "" {
		t.config.Logger.Info("debug toolbar: open the dashboard once, from any machine", "path", path)
	}
	t.stopSignals = framework.Install(t.recorder)
	if !c.NotDefault {
		instrument.SetDefault(t.recorder)
		dump.SetRules(t.config.Mask)
		if t.config.development() {
			signals.SetRenderer(t.config.Mask.Struct)
		}
	}
	return t, nil
}

// open makes the parts, from the file up.
func (t *Toolbar) open() (err error) {
	c := &t.config
	if err := t.openFile(); err != nil {
		return fmt.Errorf("toolbar: %w", err)
	}
	t.collector, err = collect.New(collect.Config{
		Store: t.store, Keep: c.Keep, QueueRecords: c.QueueRecords, QueueBytes: c.QueueBytes, Logger: c.Logger,
		Documents: t.documents(),
	})
	if err != nil {
		return fmt.Errorf("toolbar: %w", err)
	}
	exporter, err := t.export()
	if err != nil {
		return fmt.Errorf("toolbar: %w", err)
	}
	if t.reporter, err = t.reports(); err != nil {
		return fmt.Errorf("toolbar: %w", err)
	}
	rc := instrument.Config{
		Sink: t.collector, Exporter: exporter, Masker: c.Mask, Process: t.store.Process(), Slow: c.Slow, MaxSpans: c.MaxSpans,
		NoLabels: c.NoLabels, Ignore: t.ignoresName,
	}
	if t.reporter != nil {
		rc.Reporter = t.reporter
	}
	if t.planner = t.newPlanner(); t.planner != nil {
		rc.Sink = planning{t.collector, t.planner}
	}
	t.recorder = instrument.New(rc)
	if c.OneTimeToken {
		t.oneTime = web.NewOneTime()
	}
	t.metrics = metrics.New(metrics.Config{
		Recorder: t.recorder, Dropped: t.dropped, StoreBytes: t.storeBytes, SelfCPU: t.selfCPU, Jobs: c.Jobs, MaxSeries: c.MaxSeries,
	})
	if t.dashboard, err = web.New(t.webConfig()); err != nil {
		return fmt.Errorf("toolbar: %w", err)
	}
	if t.notifier, err = t.newNotifier(); err != nil {
		return fmt.Errorf("toolbar: %w", err)
	}
	if t.unwritten != nil {
		t.recorder.SetEnabled(false)
		return nil
	}
	if err = t.collector.Start(t.recorder); err != nil {
		return fmt.Errorf("toolbar: %w", err)
	}
	if t.exporter != nil {
		t.exporter.Start()
	}
	t.notifier.Start()
	return nil
}

func (t *Toolbar) webConfig() web.Config {
	c := &t.config
	record := t.setRecording
	if t.unwritten != nil {
		record = nil // what cannot be stored is not recorded
	}
	return web.Config{
		Record: record,
		Store:  t.store, Prefix: c.Prefix, Outside: c.outside, App: c.Service, Recorder: t.recorder, Logger: c.Logger,
		Gate:    web.Gate{Allow: c.Allow, Token: c.Token, Hosts: c.Hosts},
		Explain: c.explainer(), CacheDelete: c.CacheDelete,
		Excerpts: c.development(), AlertsOff: c.AlertsOff, SlowQueries: c.SlowQueries,
		Jobs:     c.Jobs,
		ReadOnly: c.ReadOnly || t.unwritten != nil, May: c.May, Who: c.Who, Editor: c.Editor, EditorPaths: c.EditorPaths,
		Pages: c.Pages, Cards: c.Cards, Mask: c.Mask.Text,
		Prometheus: c.Prometheus, Signals: t.catalogue, Snapshot: t.snapshot, Feed: t.feed, Status: t.status, Host: t.host, Metrics: t.metrics.Handler(),
		Limits: c.limits(), Masking: maskingTexts(c.Mask.Describe()),
		Retention: web.Retention{Age: c.Retention.Age, ProblemsAge: c.Retention.ProblemsAge, Records: c.Retention.Records},
	}
}

// OneTimePath is the path, with its token, that opens the dashboard for the browser which
// follows it first; "" without Config.OneTimeToken, and once it was used.
func (t *Toolbar) OneTimePath() string {
	if t.oneTime == nil {
		return ""
	}
	return t.oneTime.Path(t.config.OutsidePath + t.config.Prefix)
}

// Recorder records; nil when the toolbar is disabled. SetEnabled on it switches
// recording off and on while the app runs.
func (t *Toolbar) Recorder() *instrument.Recorder { return t.recorder }

// setRecording switches recording for the dashboard.
func (t *Toolbar) setRecording(on bool) error {
	t.closing.Lock()
	defer t.closing.Unlock()
	if t.closed {
		return errors.New("the toolbar is closed")
	}
	t.recorder.SetEnabled(on)
	return nil
}

// Handler is the dashboard alone, for apps that mount it in a place of their own
// below Config.Prefix. Wrap serves it already.
func (t *Toolbar) Handler() http.Handler {
	if t.dashboard == nil {
		return http.NotFoundHandler()
	}
	return t.dashboard
}

// Collector gives the statistics to a Prometheus registry of the app:
//
//	prometheus.MustRegister(tb.Collector())
//
// A disabled toolbar's has nothing to say.
func (t *Toolbar) Collector() prometheus.Collector {
	if t.metrics == nil {
		return noMetrics{}
	}
	return t.metrics
}

// noMetrics is an unchecked collector without metrics.
type noMetrics struct{}

func (noMetrics) Describe(chan<- *prometheus.Desc) {}
func (noMetrics) Collect(chan<- prometheus.Metric) {}

// Flush waits until everything that has ended so far is stored and rolled up, so that
// report, pages and metrics agree, and given to Config.Report, and what is wrong to
// Config.Notify. It gives ctx's error when that takes too long.
func (t *Toolbar) Flush(ctx context.Context) error {
	if t.collector == nil || t.unwritten != nil {
		return nil
	}
	return errors.Join(t.collector.Flush(ctx), t.exporter.Flush(ctx), t.reporter.Flush(ctx), t.planner.Flush(ctx), t.notifier.Flush(ctx))
}

// Close stops recording, stores what is left within ctx's deadline and closes the
// file. It may be called again and does nothing then. The app goes on without a
// toolbar.
func (t *Toolbar) Close(ctx context.Context) error {
	t.closing.Lock()
	defer t.closing.Unlock()
	if t.closed || t.recorder == nil {
		return nil
	}
	t.closed = true
	t.stopSignals()
	t.recorder.SetEnabled(false)
	if instrument.Default() == t.recorder {
		instrument.SetDefault(nil)
		dump.SetRules(nil)
		signals.SetRenderer(nil)
	}
	// What is told to others comes last: it is what may take the whole of ctx's time.
	err := errors.Join(t.planner.Close(ctx), t.notifier.Stop(ctx), t.collector.Close(ctx),
		t.provider.Load().Shutdown(ctx), t.exporter.Close(ctx), t.reporter.Close(ctx), t.notifier.Close(ctx))
	return errors.Join(err, t.release())
}

// release closes what was opened.
func (t *Toolbar) release() (err error) {
	if t.recorder != nil {
		t.recorder.SetEnabled(false)
	}
	if t.metrics != nil {
		t.metrics.Close()
	}
	closed, cancel := context.WithCancel(context.Background())
	cancel()
	_ = t.reporter.Close(closed) // it is closed already, or has nothing to do
	_ = t.planner.Close(closed)  // likewise
	_ = t.notifier.Close(closed) // likewise
	if t.store != nil {
		err = t.store.Close()
	}
	if t.db != nil {
		err = errors.Join(err, t.db.Close())
	}
	return err
}
