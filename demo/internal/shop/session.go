package shop

import (
	"context"
	"encoding/gob"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
)

// What a session holds.
const (
	keyUser  = "user"  // int64, id of who is logged in
	keyCart  = "cart"  // cart
	keyFlash = "flash" // string, shown once
	keyNext  = "next"  // string, where to go after the login
)

func init() { gob.Register(cart{}) }

func newSessions(kept scs.Store, log *slog.Logger) *scs.SessionManager {
	m := scs.New()
	m.Store = kept
	m.Lifetime = 14 * 24 * time.Hour
	m.Cookie.Name = "fernhill"
	m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		log.ErrorContext(r.Context(), "session failed", slog.Any("error", err))
		http.Error(w, "Your session could not be read. Please try again.", http.StatusInternalServerError)
	}
	return m
}

// cart is what somebody is about to buy, in the order in which it was put in.
type cart []cartLine

type cartLine struct {
	SKU      string
	Quantity int
}

// perLine is how many of one piece an order may have: fewer than are left when the shop orders more, so that nothing sells out.
const perLine = store.LowStock

// set makes quantity the number of pieces; 0 takes the line out.
func (c cart) set(sku string, quantity int) cart {
	var next cart
	seen := false
	quantity = min(max(quantity, 0), perLine)
	for _, line := range c {
		if line.SKU == sku {
			line.Quantity, seen = quantity, true
		}
		if line.Quantity > 0 {
			next = append(next, line)
		}
	}
	if !seen && quantity > 0 {
		next = append(next, cartLine{sku, quantity})
	}
	return next
}

func (c cart) quantity(sku string) int {
	for _, line := range c {
		if line.SKU == sku {
			return line.Quantity
		}
	}
	return 0
}

func (c cart) pieces() int {
	n := 0
	for _, line := range c {
		n += line.Quantity
	}
	return n
}

// cartOf returns the visitor's cart; nil = empty.
func (s *Shop) cartOf(ctx context.Context) cart {
	c, _ := s.sessions.Get(ctx, keyCart).(cart)
	return c
}

func (s *Shop) putCart(ctx context.Context, c cart) { s.sessions.Put(ctx, keyCart, c) }

func (s *Shop) flash(ctx context.Context, text string) { s.sessions.Put(ctx, keyFlash, text) }

type userKey struct{}

// userOf returns who is logged in, or nil.
func userOf(ctx context.Context) *store.User {
	u, _ := ctx.Value(userKey{}).(*store.User)
	return u
}
