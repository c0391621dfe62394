package echotap

import (
	"errors"
	"net/http"
	"reflect"

	"github.com/labstack/echo/v4"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// route names the request after the path that matched, for views that are not
// measured by themselves, such as folders of files.
func route(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		err := next(c)
		if r.Pattern == "" && !errors.Is(err, echo.ErrNotFound) && !errors.Is(err, echo.ErrMethodNotAllowed) {
			r.Pattern = c.Path()
		}
		return err
	}
}

// setRoute puts the route and its values where everybody looks for them.
func setRoute(c echo.Context) {
	r := c.Request()
	r.Pattern = c.Path()
	values := c.ParamValues()
	for i, name := range c.ParamNames() {
		if i < len(values) {
			r.SetPathValue(name, values[i])
		}
	}
}

func layers(all []echo.MiddlewareFunc) []echo.MiddlewareFunc {
	out := make([]echo.MiddlewareFunc, len(all))
	for i, m := range all {
		out[i] = layer(m)
	}
	return out
}

// Named gives a middleware another name than its function's.
func Named(name string, m echo.MiddlewareFunc) echo.MiddlewareFunc {
	return measured(middleware.LayerProbe(name, m), m)
}

func layer(m echo.MiddlewareFunc) echo.MiddlewareFunc {
	if m == nil || codeOf(m) == measuredCode {
		return m
	}
	return measured(middleware.LayerProbe("", m), m)
}

// measured must not be inlined: layer knows what it returns by its code.
//
//go:noinline
func measured(probe *middleware.Probe, m echo.MiddlewareFunc) echo.MiddlewareFunc {
	probe.KeepWriter = true
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		h := m(next)
		return func(c echo.Context) error { return serve(c, h, probe.Serve) }
	}
}

var measuredCode = codeOf(measured(&middleware.Probe{}, nil))

func codeOf(m echo.MiddlewareFunc) uintptr { return reflect.ValueOf(m).Pointer() }

// chain measures the middlewares of a route, and puts a span for h behind them.
// h itself stays what echo knows, so that routes are named as ever.
func chain(h echo.HandlerFunc, m []echo.MiddlewareFunc) []echo.MiddlewareFunc {
	if h == nil {
		return layers(m)
	}
	probe := middleware.ViewProbe("", h)
	probe.KeepWriter = true
	return append(layers(m), func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			setRoute(c)
			return serve(c, next, probe.ServeViewFunc)
		}
	})
}

// serving is a Probe's method.
type serving = func(http.ResponseWriter, *http.Request, func(http.ResponseWriter, *http.Request) error) error

// serve runs h within a span. The request of the span is taken back afterwards, if
// nobody has put another in its place: that one stays, as it would without us.
func serve(c echo.Context, h echo.HandlerFunc, in serving) error {
	outer := c.Request()
	err := in(c.Response(), outer, func(_ http.ResponseWriter, r *http.Request) error {
		c.SetRequest(r)
		defer func() {
			if c.Request() == r {
				c.SetRequest(outer)
			}
		}()
		return withStatus(h(c))
	})
	if s, ok := err.(*statusError); ok {
		return s.error // as h returned it
	}
	return err
}

// statusError tells a Probe which status echo makes of an error.
type statusError struct {
	error
	status int
}

func (e *statusError) HTTPStatus() int { return e.status }
func (e *statusError) Unwrap() error   { return e.error }

func withStatus(err error) error {
	if err == nil {
		return nil
	}
	status := http.StatusInternalServerError
	if he := (*echo.HTTPError)(nil); errors.As(err, &he) {
		status = he.Code
	}
	return &statusError{err, status}
}
