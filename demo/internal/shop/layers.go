package shop

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/signalhttp"
)

// layers is what every request passes, from the outside in.
func (s *Shop) layers() *middleware.Stack {
	return middleware.NewStack(
		middleware.Named("request-log", s.requestLog),
		middleware.Named("security-headers", securityHeaders),
		middleware.Named("compress", compress()),
		middleware.Named("cors", partners()),
		middleware.Named("csrf", http.NewCrossOriginProtection().Handler),
		middleware.Named("check-forms", checkForms),
		middleware.Named("signal-scope", pagesOnly(signalhttp.Middleware(signalhttp.Options{}))),
		middleware.Named("session", pagesOnly(s.sessions.LoadAndSave)),
		middleware.Named("show-session", s.shownSession()),
		middleware.Named("auth", pagesOnly(s.auth)),
		middleware.Named("activity", pagesOnly(s.activity)),
	)
}

// pagesOnly takes a layer off the way of static files, which need no session and are nobody's activity.
func pagesOnly(layer middleware.Layer) middleware.Layer {
	return func(next http.Handler) http.Handler {
		inside := layer(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/static/") {
				next.ServeHTTP(w, r)
				return
			}
			inside.ServeHTTP(w, r)
		})
	}
}

// requestLog writes a line for every request that was answered. The status is known where the toolbar, or another layer that
// watches responses, is around.
func (s *Shop) requestLog(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		next.ServeHTTP(w, r)
		attrs := []slog.Attr{slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Duration("took", time.Since(start))}
		if res := middleware.ResponseOf(w); res != nil {
			attrs = append(attrs, slog.Int("status", res.Status()))
		}
		s.log.LogAttrs(r.Context(), slog.LevelInfo, "request", attrs...)
	})
}

// contentPolicy allows what the shop serves itself and nothing else: no inline script, no inline style.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// auth finds out who is logged in. An account that is gone is logged out.
func (s *Shop) auth(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		id := s.sessions.GetInt64(ctx, keyUser)
		if id == 0 {
			next.ServeHTTP(w, r)
			return
		}
		user, err := s.store.User(ctx, id)
		switch {
		case errors.Is(err, store.ErrNotFound):
			s.sessions.Remove(ctx, keyUser)
		case err != nil:
			s.log.ErrorContext(ctx, "user not read", slog.Any("error", err))
			http.Error(w, "Your account could not be read. Please try again.", http.StatusInternalServerError)
			return
		default:
			ctx = context.WithValue(ctx, userKey{}, &user)
			middleware.SetUser(ctx, user.Name)
			ctx = signals.WithUser(ctx, user.Name) // receivers know for whom they run
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// activity tells who is interested that a visitor did something.
func (s *Shop) activity(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		var id int64
		if user := userOf(r.Context()); user != nil {
			id = user.ID
		}
		// The visitor may have left; what they did is logged all the same.
		ctx := context.WithoutCancel(r.Context())
		UserActivity.SendRobust(ctx, s, store.Activity{UserID: id, Method: r.Method, Path: r.URL.Path})
	})
}
