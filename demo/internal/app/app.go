// Package app puts the shop and the toolbar together. It is the file to read for how the toolbar is wired into an app.
package app

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"time"

	_ "modernc.org/sqlite" // the driver that sqltap.Open looks up

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/manage"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/neighbours"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/shop"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/cachetap"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/notify"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/slogtap"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/signals/monitor"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// Default files, in the folder from which the demo was started.
const (
	DefaultToolbarFile = ".toolbar/toolbar.db"
	DefaultShopFile    = ".toolbar/shop.db"
)

// Options says where the demo keeps its files and how it behaves. The zero value is the demo as it starts by default.
type Options struct {
	// ToolbarFile keeps what the toolbar records; "" = DefaultToolbarFile.
	ToolbarFile string
	// ShopFile keeps the shop; "" = DefaultShopFile.
	ShopFile string
	// Seed is what an empty shop is filled with; zero = 60 customers, 300 orders and 24,000 visits.
	Seed store.Seed
	// Unstocked leaves an empty shop empty.
	Unstocked bool
	// RelayDelay is what the mail relay takes for a letter; 0 = 120 ms, negative = nothing.
	RelayDelay time.Duration
	// FiringWait is how long a page waits for the workshop's answer; 0 = 2 s.
	FiringWait time.Duration
	// Log takes the log lines besides the toolbar; nil = nobody does.
	Log slog.Handler
	// Notify is told of alerts; nil = nobody.
	Notify notify.Func
	// Toolbar changes the toolbar's settings before it starts; nil = the demo's own.
	Toolbar func(*toolbar.Config)
}

// App is the shop with the toolbar around it.
type App struct {
	Toolbar *toolbar.Toolbar
	Store   *store.Store
	Tasks   *tasks.Client // queues and works what the shop does later
	Log     *slog.Logger
	Seeded  store.Seeded // what New filled the shop with; zero when it was full

	db         *sql.DB
	shop       *shop.Shop
	neighbours *neighbours.Server
	handler    http.Handler
	monitor    *monitor.Monitor
	unwatch    func()
}

// New starts the toolbar and opens the shop, whose database is made and filled when it is new.
func New(ctx context.Context, o Options) (_ *App, err error) {
	a := &App{}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if o.Log == nil {
		o.Log = slog.DiscardHandler
	}
	jobs := &lateJobs{} // the queue is opened after the toolbar, which records what it does
	config := toolbar.Config{
		Jobs: jobs, Path: cmp.Or(o.ToolbarFile, DefaultToolbarFile), Service: "fernhill", Logger: slog.New(o.Log), Settings: o.shown(),
		CacheDelete: a.cacheDelete("shelves", "firings"), Notify: o.Notify,
		MaxSeries: 5000, // the shop has some 110 handlers by now
	}
	config.Pages, config.Cards = a.stockPages()
	if o.Toolbar != nil {
		o.Toolbar(&config)
	}
	if a.Toolbar, err = toolbar.New(config); err != nil {
		return nil, fmt.Errorf("start the toolbar: %w", err)
	}
	// A quiet console need not mean an empty Logs panel: the toolbar sees all lines, the handler below those that it wants.
	a.Log = slog.New(a.Toolbar.LogHandler(o.Log, slogtap.Level(slog.LevelDebug)))
	record := middleware.Record(a.Toolbar.Recorder(), middleware.RecordOptions{})
	if a.neighbours, err = neighbours.Open(record, a.Log); err != nil {
		return nil, err
	}
	if err := a.openFile(ctx, o); err != nil {
		return nil, err
	}
	jobs.Source = a.Tasks.Jobs()
	if err := a.openShop(ctx, o); err != nil {
		return nil, err
	}
	a.watchSignals()
	a.handler = a.Toolbar.Wrap(a.internal(a.shop.Handler()))
	a.Toolbar.ListRoutes(a.shop.Handler()) // which Wrap does not see behind internal
	return a, nil
}

// cacheDelete deletes keys of the shop's caches. The shop is opened after the toolbar, and before anybody asks for a page.
func (a *App) cacheDelete(caches ...string) map[string]func(context.Context, string) error {
	out := map[string]func(context.Context, string) error{}
	for _, name := range caches {
		out[name] = func(ctx context.Context, key string) error { return a.shop.CacheDelete()[name](ctx, key) }
	}
	return out
}

// shown is what the toolbar shows of the options.
func (o *Options) shown() any {
	return struct {
		ShopFile   string
		Unstocked  bool
		Seed       store.Seed
		RelayDelay time.Duration
	}{cmp.Or(o.ShopFile, DefaultShopFile), o.Unstocked, o.Seed, o.RelayDelay}
}

// lateJobs is the queue for the toolbar's page, once it is open.
type lateJobs struct{ *tasks.Source }

// openFile opens the shop's database and the queue that lives in it.
func (a *App) openFile(ctx context.Context, o Options) error {
	file := cmp.Or(o.ShopFile, DefaultShopFile)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("make the shop's folder: %w", err)
	}
	var err error
	if a.db, err = sqltap.Open("sqlite", store.DSN(file)); err != nil {
		return fmt.Errorf("open the shop's file: %w", err)
	}
	if a.Store, err = store.New(ctx, a.db); err != nil {
		return err
	}
	a.Tasks, err = tasks.Open(ctx, tasks.Config{
		DB: a.db, Recorder: a.Toolbar.Recorder(), Queues: shop.Queues(), Drain: drain, Logger: a.Log, Commands: manage.New(a.Store, nil),
		Schedules: []tasks.Schedule{
			{Name: "cleanup", Cron: "0 3 * * *", Zone: time.Local, Call: tasks.Command("cleanup-old-records", "--days", "30")},
			{Name: "feedback-report", Cron: "0 7 * * 1-5", Zone: time.Local, Call: tasks.Command("feedback-report")},
		},
	})
	if err != nil {
		return fmt.Errorf("open the shop's queue: %w", err)
	}
	return nil
}

func (a *App) openShop(ctx context.Context, o Options) (err error) {
	if !o.Unstocked {
		if a.Seeded, err = shop.Stock(ctx, a.Store, o.Seed); err != nil {
			return err
		}
	}
	a.shop = shop.New(shop.Config{
		Store: a.Store, Logger: a.Log, RelayDelay: o.RelayDelay, Tasks: a.Tasks,
		Neighbours: a.Toolbar.Transport(a.neighbours.Transport()),
		FiringWait: o.FiringWait,
		Answers:    a.Toolbar.Cache("answers", cachetap.Group(regexp.MustCompile(`^(/[^?]*)`), "$1")),
	})
	if err := a.Tasks.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the shop's workers: %w", err)
	}
	return nil
}

// Handler serves the shop, the toolbar in its pages, and the dashboard under /_toolbar/.
func (a *App) Handler() http.Handler { return a.handler }

const (
	drain        = 5 * time.Second  // that running jobs have to end
	closeTimeout = 30 * time.Second // bounds how long Close waits for the queue, and for the toolbar to write what it has: a busy disk takes its time
)

// Close shuts the shop and, last, the toolbar, which writes down what it still has.
func (a *App) Close() error {
	var errs []error
	if a.unwatch != nil {
		a.unwatch()
	}
	if a.Tasks != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		errs = append(errs, a.Tasks.Close(ctx))
	}
	if a.shop != nil {
		a.shop.Close()
	}
	if a.neighbours != nil {
		errs = append(errs, a.neighbours.Close())
	}
	if a.db != nil {
		errs = append(errs, a.db.Close())
	}
	if a.Toolbar != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		errs = append(errs, a.Toolbar.Close(ctx))
	}
	return errors.Join(errs...)
}
