package toolbar

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/notify"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/reporter"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// Config says what is recorded, how long it is kept and who may see it. The zero
// Config is for development.
type Config struct {
	// Disabled switches everything off: Wrap gives the handler back as it is.
	Disabled bool
	// Path is the file that everything is kept in; its folder is made when it is
	// missing. "": what the environment's TOOLBAR_DB says, otherwise .toolbar/toolbar.db.
	// ":memory:" keeps it until the process ends.
	Path string
	// Service names the app, in pages and in a file that several apps share. "": the
	// last part of the main package's path.
	Service string
	// Prefix is the path of the dashboard, with a slash at both ends. "": /_toolbar/.
	Prefix string
	// OutsidePath is the beginning of the path that a proxy takes away before it passes a
	// request on: "/shop" where people ask for /shop/cart and the app is asked for /cart.
	// Links of the dashboard and of the toolbar begin with it. "": what X-Forwarded-Prefix
	// says, when the connection is one of TrustedProxies.
	OutsidePath string

	// Allow lets in whoever it says, beside this machine: the app's own gate. It is
	// asked for every request for which the toolbar could be shown, so it must be quick.
	Allow func(*http.Request) bool
	// Token opens the dashboard from anywhere: as "Authorization: Bearer TOKEN", or
	// once as the parameter "token". Make it long and random. "": none.
	Token string
	// OneTimeToken makes an address that lets in the browser which follows it first, for
	// as long as the process runs. It is logged at the start; [Toolbar.OneTimePath] gives
	// it as well. For an app that listens beyond loopback and has no gate of its own.
	OneTimeToken bool
	// Prometheus is the address of the Prometheus server that scrapes the app, for links
	// to its graphs. "": no links.
	Prometheus string
	// Hosts are further host names under which this machine may ask.
	Hosts []string

	// Editor opens places in the code, EditorPaths translates the beginnings of their
	// paths; see web.Config.
	Editor      string
	EditorPaths map[string]string
	// AlertsOff names alerts that are switched off: "n+1", "swallowed-error", "late-header"
	// and so on, as the API and web.AlertRules have them. None: all look.
	AlertsOff []string
	// Pages are pages of the app's own in the dashboard, and Cards what it shows on the
	// overview; package toolbar/widget has parts for them.
	Pages []web.Page
	Cards []web.Card
	// ReadOnly takes every action away from viewers: they look and change nothing.
	ReadOnly bool
	// May decides whether a viewer may do something: pin, tag, delete, steer tasks. Nil:
	// whoever may look may do it.
	May func(*http.Request, web.Action) bool
	// Who names a viewer in the audit log. Nil: the peer's address.
	Who func(*http.Request) string

	// Keep decides which Records are kept; the zero value keeps all, and shows the
	// payloads of signals, masked. Statistics are exact whatever is kept.
	Keep collect.Keep
	// Ignore names paths, commands, signals and tasks that are not recorded. The
	// toolbar never records itself.
	Ignore collect.Ignore
	// Slow holds the durations above which something is slow, by kind. Kinds that are
	// missing have those of instrument.DefaultSlow.
	Slow map[instrument.Kind]time.Duration
	// SlowQueries are the durations above which a Record's page calls a statement slow, by
	// its fingerprint as the page of queries shows it: "SELECT * FROM report WHERE id = ?".
	// Those that are missing have the limit of Slow for queries.
	SlowQueries map[string]time.Duration
	// Mask hides secrets. Nil: mask.Default.
	Mask *mask.Rules
	// Bodies says when bodies, forms, cookies and sessions are kept: by default in
	// development only.
	Bodies Bodies
	// Explain says when viewers may ask the app's databases for the plans of statements:
	// by default in development only.
	Explain Explain
	// ExplainSlow also asks for the plan of each statement that was slower than Slow or
	// SlowQueries allow, when its Record has ended and beside the app, and keeps it with the
	// Record: the plan as it was then. A statement is asked about once an hour. It needs
	// Explain to allow it.
	ExplainSlow bool
	// CacheDelete lets viewers delete keys from the app's caches, by the name of the cache: one
	// function for each cache that may be touched. What is deleted is a key of a call that was
	// recorded, after a question, by who has the right web.ActCache, and noted in the audit log;
	// a key that was masked or cut when it was recorded is not known and cannot be. Give it the
	// cache itself and not its tap, or deleting is counted as a call of the app. Nil: nothing
	// can be deleted.
	//
	//	CacheDelete: map[string]func(context.Context, string) error{
	//		"redis": func(ctx context.Context, key string) error { return client.Del(ctx, key).Err() },
	//	},
	CacheDelete map[string]func(ctx context.Context, key string) error
	// MaxBody is how many bytes of each body are kept. 0: 64 KiB, which is also the most.
	MaxBody int
	// TrustedProxies are the networks of proxies that are believed when they say who the
	// client is, as middleware.ClientAddr has it, and which part of the path they took
	// away, as middleware.ClientPrefix has it. None: the address of the connection, and
	// no part.
	TrustedProxies []netip.Prefix
	// Jobs is the app's queue, for the page of tasks and for metrics: what Jobs of a
	// tasks.Client gives. Nil: none.
	Jobs jobs.Source
	// Settings is the app's own configuration, to be shown: a struct or a map, read once,
	// or a func() any that is asked now and then, on a goroutine of the toolbar. Secrets
	// are hidden by name and by value; a field tagged toolbar:"-" is left out, one tagged
	// toolbar:"mask" hidden. Nil: none.
	Settings any
	// Environment names environment variables to be shown, beside those of Go itself; a
	// "*" at the end stands for anything. Their values are masked like settings.
	Environment []string
	// Retention bounds the store by age, number and bytes; zero fields have the
	// defaults of store.Options.
	Retention Retention
	// QueueRecords and QueueBytes bound what waits to be written; beyond them Records
	// are dropped and counted. 0: 10,000 and 16 MiB.
	QueueRecords, QueueBytes int
	// MaxSpans is how many spans a Record keeps. 0: 1000.
	MaxSpans int
	// MaxSeries bounds the series of the metrics for Prometheus, which count each bucket of a
	// histogram: 18 for a handler. What comes beyond is added up under handler="__other__",
	// and toolbar_handler_series_overflow_total tells how many handlers that are. 0: 2,000,
	// which is room for about 100 handlers.
	MaxSeries int

	// TracerProvider makes Records spans of OpenTelemetry, too: those of the app's SDK, with
	// the ids that were passed on while they ran. Each Record's own span is started when
	// it begins; all else is done when it has ended, masked, off the requests' path. What
	// cannot be exported is dropped and counted (ExportStats). Nil: no spans are made.
	TracerProvider trace.TracerProvider

	// Report is told of each error and panic that nobody caught, once, whatever it went
	// through on its way out: of a view, a layer, a receiver, a command or a task; of panics;
	// and of what is given to instrument.Report. It is called off the requests' path, one
	// Event at a time, so that it may send it to a tracker of errors; its context ends after
	// ten seconds. Events are masked, and come whether their Records are kept or not. What
	// waits is bounded, and what does not fit dropped and counted (ReportStats). Nil: nobody
	// is told.
	Report func(context.Context, reporter.Event)

	// Notify is told of each alert that begins and ends, and of each new finding and
	// exception: of what the page of alerts shows, without somebody looking at it. Once a
	// minute, and at Flush and Close, the last five minutes of this process are looked at,
	// off the requests' path; the same thing of the same handler is told once in NotifyQuiet.
	// It is called for one Notification at a time; its context ends after a minute. What
	// waits is bounded, what does not fit dropped and counted (NotifyStats, health page).
	// Package instrument/notify/webhook makes such functions; AlertsOff leaves rules out. Several
	// processes that share a store tell of their own Records each, where this is set. Nil:
	// nobody looks, and nobody is told.
	Notify notify.Func
	// NotifyQuiet is how long the same thing is not told again; an alert that goes on is told
	// again after it. 0: an hour; 5 minutes at least. It is kept in memory: a process that is
	// started anew tells again of what goes on.
	NotifyQuiet time.Duration
	// PublicURL is the address of the app as people reach it, "https://shop.example.com", for
	// links of Notifications to the dashboard; with a proxy that takes the beginning of paths
	// away, with that beginning. "": Notifications have no links.
	PublicURL string

	// NoInject leaves pages alone: the dashboard is there, the toolbar is not.
	NoInject bool
	// InterceptRedirects shows who may see the toolbar a page with it, a link to the target
	// and the app's own cookies in place of a redirect that they navigated to, so that a
	// request which only sends on can be looked at. Scripts, frames and forms that are to be
	// sent again (307, 308) are redirected as ever, and so is everybody else.
	InterceptRedirects bool
	// KeepEncoding does not ask the app for plain pages when the toolbar is to be put
	// into them; pages that the app compresses itself then have none.
	KeepEncoding bool
	// NotDefault does not make this the Recorder that package-level signals and taps
	// report to outside of requests. For several toolbars in one process, as in tests.
	NotDefault bool
	// NoLabels leaves the goroutines' profiler labels alone; see instrument.Config.
	NoLabels bool
	// Logger hears of the toolbar's own trouble, at most once a minute. Nil:
	// slog.Default.
	Logger *slog.Logger
}

// Retention is how long and how much is kept. Zero fields have defaults.
type Retention struct {
	Age         time.Duration // 0: 7 days
	ProblemsAge time.Duration // of failed, slow, tagged and pinned Records. 0: 30 days
	Statistics  time.Duration // of statistics. 0: 400 days
	Records     int64         // 0: any number
	Bytes       int64         // 0: 256 MiB
}

// DefaultPath is where things are kept unless Config.Path says otherwise.
var DefaultPath = filepath.Join(".toolbar", "toolbar.db")

// EnvPath is the variable that names the file where Config.Path is empty: so "toolbar
// run" gives an app a store.
const EnvPath = "TOOLBAR_DB"

func (c Config) withDefaults() Config {
	c.Path = cmp.Or(c.Path, os.Getenv(EnvPath), DefaultPath)
	c.Prefix = cmp.Or(c.Prefix, web.DefaultPrefix)
	c.Retention.Age = cmp.Or(c.Retention.Age, 7*24*time.Hour)
	c.Retention.ProblemsAge = cmp.Or(c.Retention.ProblemsAge, 30*24*time.Hour)
	if c.Mask == nil {
		c.Mask = mask.Default()
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// development tells that everything is kept: then traces show payloads of signals too,
// masked, which costs a send more than all else that is recorded of it.
func (c Config) development() bool {
	return c.Keep.All || c.Keep.Share == 0 && c.Keep.Slowest == 0 && c.Keep.Func == nil
}

// outside is the beginning of the path that a proxy took away from a request's.
func (c Config) outside(r *http.Request) string {
	return cmp.Or(c.OutsidePath, middleware.ClientPrefix(r, c.TrustedProxies...))
}

// validate names the field that cannot be used.
func (c Config) validate() error {
	const least = 16
	if c.Token != "" && len(c.Token) < least {
		return fmt.Errorf("toolbar: Config.Token has %d characters: use at least %d random ones, for instance of crypto/rand.Text", len(c.Token), least)
	}
	if p := c.OutsidePath; p != "" && (p[0] != '/' || strings.HasSuffix(p, "/") || strings.ContainsAny(p, "?#\"<> ")) {
		return fmt.Errorf("toolbar: Config.OutsidePath is %q: it must be a path that begins with a slash and ends without one, like %q", p, "/shop")
	}
	if c.ExplainSlow && c.explainer() == nil {
		return fmt.Errorf("toolbar: Config.ExplainSlow asks for plans, and Config.Explain allows that %s: set it to ExplainAlways", c.Explain)
	}
	if err := c.validatePublic(); err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		value int64
	}{
		{"Retention.Age", int64(c.Retention.Age)}, {"Retention.ProblemsAge", int64(c.Retention.ProblemsAge)},
		{"Retention.Statistics", int64(c.Retention.Statistics)}, {"NotifyQuiet", int64(c.NotifyQuiet)},
		{"Retention.Records", c.Retention.Records}, {"Retention.Bytes", c.Retention.Bytes},
		{"MaxSpans", int64(c.MaxSpans)}, {"MaxBody", int64(c.MaxBody)}, {"MaxSeries", int64(c.MaxSeries)},
	} {
		if f.value < 0 {
			return fmt.Errorf("toolbar: Config.%s is negative: use 0 for the default", f.name)
		}
	}
	return nil
}

func (c Config) storeOptions() store.Options {
	return store.Options{
		Service: c.Service, MaxAge: c.Retention.Age, KeepAge: c.Retention.ProblemsAge,
		RollupAge: c.Retention.Statistics, MaxRecords: c.Retention.Records, MaxBytes: c.Retention.Bytes,
	}
}
