// Package shop is Fernhill: its pages, its steps from cart to parcel, its signals and what listens to them.
//
// Nothing here knows the toolbar: middleware and signals are libraries of their own, and package app puts the toolbar around.
//
// Five things are wrong on purpose, so that there is something to find. Each says so where it stands:
//
//	search counts visits without an index        store.Search
//	order lines read their products one by one   store.Items
//	every order waits for the mail relay         sendConfirmation
//	customer statistics meet an old line         store.CountOrder
//	the address book is a nil map                crm
package shop

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/alexedwards/scs/sqlite3store"
	"github.com/alexedwards/scs/v2"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/neighbours"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/cachetap"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

// Config is what a shop is opened with.
type Config struct {
	Store *store.Store
	// Logger takes the shop's log lines; nil = slog.Default().
	Logger *slog.Logger
	// RelayDelay is what the mail relay takes for a letter; 0 = 120 ms, negative = nothing.
	RelayDelay time.Duration
	// Neighbours carries the shop's calls to the workshop and the courier; nil = http.DefaultTransport, which knows neither.
	Neighbours http.RoundTripper
	// FiringWait is how long a page waits for the workshop's answer; 0 = 2 s.
	FiringWait time.Duration
	// Answers is told how often answers are kept; nil = nobody is.
	Answers *cachetap.Cache
	// Tasks queues what is done later; nil = letters stay in the outbox, and nothing is invoiced or counted.
	Tasks *tasks.Client
}

// Shop is an open shop. It is safe for concurrent use.
type Shop struct {
	store    *store.Store
	log      *slog.Logger
	sessions *scs.SessionManager
	relay    *relay
	crm      *crm
	undo     []func() // of Close
	handler  http.Handler

	neighbours *http.Client
	firingWait time.Duration
	shelves    cachetap.Store[[]store.Category]  // they change with the catalogue, not with a visit
	firings    cachetap.Store[neighbours.Firing] // when kilns are opened, by the shape of the pieces
	answers    *cachetap.Cache

	open  context.Context // done when the shop closes
	tasks *tasks.Client   // nil: nothing is done later

	salesMu sync.Mutex  // guards sales
	sales   store.Money // since the shop opened
}

// sessionCleanup is how often expired sessions are deleted.
const sessionCleanup = 5 * time.Minute

// New opens a shop: it connects the receivers and builds the handler. Close shuts it.
func New(c Config) *Shop {
	s := &Shop{
		store: c.Store,
		log:   cmp.Or(c.Logger, slog.Default()),
		relay: newRelay(c.RelayDelay),
		crm:   &crm{},

		neighbours: &http.Client{Transport: c.Neighbours},
		firingWait: cmp.Or(c.FiringWait, defaultFirings),
		shelves:    newMemory[[]store.Category]("shelves"),
		firings:    newMemory[neighbours.Firing]("firings", cachetap.Group(regexp.MustCompile("^firing:"), "firing:{shape}")),
		answers:    c.Answers,
	}
	sessions := sqlite3store.NewWithCleanupInterval(c.Store.DB(), sessionCleanup)
	s.sessions = newSessions(sessions, s.log)
	s.onClose(sessions.StopCleanup)
	open, shut := context.WithCancel(context.Background())
	s.open = open
	s.onClose(shut)
	s.connect()
	s.connectTasks(c.Tasks)
	s.handler = s.layers().Then(s.routes())
	return s
}

// Handler serves the shop.
func (s *Shop) Handler() http.Handler { return s.handler }

// Close takes the shop's receivers off the signals and stops its background work. The database stays open.
func (s *Shop) Close() {
	for _, undo := range s.undo {
		undo()
	}
	s.undo = nil
}

// String names the shop where the toolbar shows it as the sender of a signal.
func (s *Shop) String() string { return "shop" }

// onClose has Close call undo.
func (s *Shop) onClose(undo func()) { s.undo = append(s.undo, undo) }
