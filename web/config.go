package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/exceptions"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/explain"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/host"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// Store is what the pages ask. *store.Store answers it.
type Store interface {
	Records(ctx context.Context, q query.Records) (query.RecordPage, error)
	Record(ctx context.Context, id instrument.ID) (*instrument.Record, error)
	EachRecord(ctx context.Context, ids []instrument.ID, fn func(*instrument.Record) error) error
	Children(ctx context.Context, id instrument.ID) ([]query.Row, error)
	Handlers(ctx context.Context, q query.Handlers) ([]query.HandlerStats, error)
	EachHandler(ctx context.Context, since, until time.Time, fn func(instrument.HandlerInfo, instrument.RollRow) error) error
	Series(ctx context.Context, q query.Series) ([]query.Point, error)
	Counts(ctx context.Context, q query.Handlers) (map[instrument.Kind]query.KindCounts, error)
	Processes(ctx context.Context) ([]query.Process, error)
	MinutesSince(ctx context.Context) (time.Time, error)
	Health(ctx context.Context) (query.Health, error)
	Exceptions(ctx context.Context, q query.Exceptions) (query.ExceptionPage, error)
	Exception(ctx context.Context, id exceptions.Fingerprint) (*query.ExceptionDetail, error)
}

// Config says what the dashboard shows and to whom. Only Store is required.
type Config struct {
	// Store answers the pages' questions.
	Store Store
	// Prefix is the path that the dashboard is mounted at, with a slash at both ends.
	// "": "/_toolbar/".
	Prefix string
	// Outside gives the beginning of the path that a proxy takes away before it passes a
	// request on, without a slash at the end; links begin with it. It must only believe
	// proxies that are trusted, as middleware.ClientPrefix does. Nil: none does.
	Outside func(*http.Request) string
	// App names the app. "": "app".
	App string
	// Gate decides who may look.
	Gate Gate
	// Recorder knows the thresholds above which things are slow. Nil: the defaults.
	Recorder *instrument.Recorder
	// Record switches recording in this process off and on, for who has the right
	// [ActRecording]. Nil: nobody can.
	Record func(on bool) error
	// Signals lists the signals that the app declares, with their receivers. Nil: the
	// page shows only those that have statistics.
	Signals func() []Signal
	// Jobs is the app's queue: what waits, runs and failed, and its workers. One that is a
	// jobs.Controller can be steered, too, by who may. Nil: the page says how to hand one over.
	Jobs jobs.Source
	// Feed tells of Records as they are stored. Nil: lists do not update by themselves.
	Feed func() Feed
	// Status tells how recording goes. Nil: the health page shows the store alone.
	Status func() Status
	// Host reads how the machine is. Nil: the health page does not tell.
	Host func() host.State
	// Editor opens places in the code: vscode, cursor, zed, goland, idea, sublime, textmate,
	// or an address of your own with {file}, {path} (escaped for a query) and {line}. "":
	// places are not links.
	Editor string
	// EditorPaths translates the beginnings of paths, from where the app was built to where
	// its code is on the viewer's machine: {"/src": "/home/me/shop"}.
	EditorPaths map[string]string
	// Excerpts shows the lines of the app's source around places of a stack, where the files
	// are on this machine as they were when the app was built.
	Excerpts bool
	// Snapshot copies the store as it is, for the command line; the copy goes when it is
	// closed. Nil: nobody gets one.
	Snapshot func(context.Context) (io.ReadCloser, error)
	// Limits are what bounds a Record and what waits to be stored, and Masking what is
	// hidden before anything is kept, for the health page. Nil: it says nothing of them.
	Limits, Masking []query.Named
	// Retention is how long the store keeps Records, for the health page.
	Retention Retention
	// SlowQueries are the durations above which statements are slow, by their fingerprints
	// as the page of queries shows them. Those that are missing have the Recorder's limit.
	SlowQueries map[string]time.Duration
	// AlertsOff names rules of AlertRules by which nothing is found. None: all look.
	AlertsOff []string
	// ReadOnly takes every action away: viewers look and change nothing.
	ReadOnly bool
	// May decides whether a viewer may do something. Nil: whoever may look may do it.
	May func(*http.Request, Action) bool
	// Who names a viewer in the audit log. Nil: the peer's address.
	Who func(*http.Request) string
	// Explain asks the app's database for the plan of a statement that the app ran, by its
	// fingerprint, as sqltap.Explain does. Nil: nobody can ask.
	Explain func(ctx context.Context, fingerprint string) (*explain.Plan, error)
	// CacheDelete are functions that delete a key, by the name of the cache as its tap has it.
	// A Record's page of cache calls offers it then, to who may. Nil: nothing is deleted.
	CacheDelete map[string]func(ctx context.Context, key string) error
	// Pages are the app's own, and Cards what it shows on the overview.
	Pages []Page
	Cards []Card
	// Mask hides secrets in what Pages and Cards say of their failures. Nil: nothing is hidden.
	Mask func(string) string
	// Metrics serves the path metrics, for Prometheus. Nil: there is none.
	Metrics http.Handler
	// Prometheus is the address of the Prometheus server that scrapes the app, for links to
	// its graphs: "http://prometheus:9090". "": no links.
	Prometheus string
	// Logger hears of pages that failed. Nil: slog.Default.
	Logger *slog.Logger
}

// Retention is how long and how much is kept. Zero is without that limit.
type Retention struct {
	Age         time.Duration
	ProblemsAge time.Duration // of failed, slow and pinned Records
	Records     int64
}

// Signal is a signal of the app's catalogue, and Receiver one of its receivers.
type (
	Signal   = signals.Description
	Receiver = signals.ReceiverDescription
)

// Feed is a subscription to Records as they are stored.
type Feed interface {
	// Next waits for a Record and says how many were missed before it. It gives false
	// when ctx is done or there is nothing more to come.
	Next(ctx context.Context) (s instrument.Summary, missed uint64, ok bool)
	Close()
}

// Status is how recording goes at the moment.
type Status struct {
	Produced, Stored          uint64
	LeftOut                   uint64 // spans beyond the cap of their Record
	Dropped                   map[string]uint64
	QueueRecords, QueueBytes  int
	QueueRecordsCap, QueueCap int
	LastError                 string
	LastErrorAt, LastFlush    time.Time
	Disabled                  map[string]string // what has switched itself off, and why
	Notes                     []Note            // what else there is to know
	CPU                       time.Duration     // of the writer, since the start
	Uptime                    time.Duration
	Notifier                  *NotifierStatus // nil: nobody is notified
}

// NotifierStatus is how those are told who are notified of alerts.
type NotifierStatus struct {
	Sent, Failed       uint64
	Dropped            uint64 // because too many waited, or were remembered
	Quieted            uint64 // that began again in the quiet time
	Waiting            int
	LastSent, LastLook time.Time // zero: never
	LastError          string
	LastErrorAt        time.Time
}

// Note is something about the store that is worth a thought.
type Note struct{ Name, Detail string }

// DefaultPrefix is where the dashboard is mounted unless Config.Prefix says otherwise.
const DefaultPrefix = "/_toolbar/"

func (c Config) withDefaults() (Config, error) {
	c.Prefix = cmp.Or(c.Prefix, DefaultPrefix)
	c.App = cmp.Or(c.App, "app")
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Store == nil {
		return c, errors.New("web: Config.Store is nil: give it the store that has the Records")
	}
	if !strings.HasPrefix(c.Prefix, "/") || !strings.HasSuffix(c.Prefix, "/") || strings.Contains(c.Prefix, "//") || c.Prefix == "/" {
		return c, fmt.Errorf("web: Config.Prefix is %q: it must be a path of its own with a slash at both ends, like %q", c.Prefix, DefaultPrefix)
	}
	return c, nil
}
