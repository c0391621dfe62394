package echotap

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"
)

// Around makes a middleware of echo of one of net/http, so that errors which
// handlers return are answered inside of it. Put it first with Pre.
func Around(wrap func(http.Handler) http.Handler) echo.MiddlewareFunc {
	h := wrap(http.HandlerFunc(goOn))
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			outer, res := c.Request(), c.Response()
			w := res.Writer
			r := outer.WithContext(context.WithValue(outer.Context(), passageKey{}, &passage{c, next}))
			defer func() {
				res.Writer = w
				c.SetRequest(outer)
				if outer.MultipartForm == nil { // whose files the server removes
					outer.MultipartForm = r.MultipartForm
				}
			}()
			h.ServeHTTP(w, r)
			return nil
		}
	}
}

// passage is a request's way through echo.
type passage struct {
	c    echo.Context
	next echo.HandlerFunc
}

type passageKey struct{}

// goOn is what an Around is around.
func goOn(w http.ResponseWriter, r *http.Request) {
	p, ok := r.Context().Value(passageKey{}).(*passage)
	if !ok {
		http.Error(w, "echotap: the middleware given to Around must pass on the context of its request", http.StatusInternalServerError)
		return
	}
	p.c.SetRequest(r)
	p.c.Response().Writer = w
	if err := p.next(p.c); err != nil {
		p.c.Error(err)
	}
}
