package shop

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/httprate"
	"github.com/klauspost/compress/gzhttp"
	"github.com/rs/cors"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// What other people's middleware does well. Each stands in the stack like the shop's own, and is measured like it.

// compress packs what is worth it. Pages that get the toolbar are asked for unpacked.
func compress() middleware.Layer {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(1024))
	if err != nil {
		panic("shop: " + err.Error()) // the options are constants
	}
	return func(next http.Handler) http.Handler { return wrap(next) }
}

// partner is who may read the shop's API from a page of their own.
const partner = "https://partner.example"

func partners() middleware.Layer {
	c := cors.New(cors.Options{AllowedOrigins: []string{partner}, AllowedMethods: []string{http.MethodGet}, MaxAge: 600})
	return only("/api/", c.Handler)
}

// only puts a layer in the way of what lies below a path, and of nothing else.
func only(path string, layer middleware.Layer) middleware.Layer {
	return func(next http.Handler) http.Handler {
		inside := layer(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, path) {
				inside.ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// maxForm is more than any form of the shop has.
const maxForm = 64 << 10

// checkForms refuses forms that are too large or cannot be read, before anybody works with them.
func checkForms(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
			if err := r.ParseForm(); err != nil {
				status := http.StatusBadRequest
				if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
					status = http.StatusRequestEntityTooLarge
				}
				http.Error(w, http.StatusText(status), status)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// loginTries is how often a client may try to log in to an account in a minute.
const loginTries = 30

// loginLimit keeps passwords from being guessed.
func loginLimit() middleware.Layer {
	return middleware.Named("login-limit", httprate.LimitBy(loginTries, time.Minute, func(r *http.Request) (string, error) {
		return middleware.ClientAddr(r).String() + " " + strings.ToLower(r.PostFormValue("email")), nil
	}))
}

// shownSession tells the toolbar what is in the session.
func (s *Shop) shownSession() middleware.Layer {
	return middleware.ShowSession(middleware.SessionFunc(func(r *http.Request) map[string]any {
		values := map[string]any{}
		for _, name := range s.sessions.Keys(r.Context()) {
			values[name] = s.sessions.Get(r.Context(), name)
		}
		return values
	}))
}
