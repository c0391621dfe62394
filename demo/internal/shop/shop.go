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
	"time"

	"github.com/alexedwards/scs/sqlite3store"
	"github.com/alexedwards/scs/v2"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
)

// Config is what a shop is opened with.
type Config struct {
	Store *store.Store
	// Logger takes the shop's log lines; nil = slog.Default().
	Logger *slog.Logger
	// RelayDelay is what the mail relay takes for a letter; 0 = 120 ms, negative = nothing.
	RelayDelay time.Duration
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
	courier  courier
	open     context.Context // done when the shop closes
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
	}
	sessions := sqlite3store.NewWithCleanupInterval(c.Store.DB(), sessionCleanup)
	s.sessions = newSessions(sessions, s.log)
	s.onClose(sessions.StopCleanup)
	open, shut := context.WithCancel(context.Background())
	s.open = open
	s.onClose(shut)
	s.connect()
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
