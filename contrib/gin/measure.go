package gintap

import (
	"net/http"
	"reflect"

	"github.com/gin-gonic/gin"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// route puts the route and its values where everybody looks for them. The request is still the one
// that the engine was given, so it is known outside as well.
func route(c *gin.Context) {
	if path := c.FullPath(); path != "" {
		c.Request.Pattern = path
		for _, p := range c.Params {
			c.Request.SetPathValue(p.Key, p.Value)
		}
	}
}

func layers(handlers []gin.HandlerFunc) []gin.HandlerFunc {
	all := make([]gin.HandlerFunc, len(handlers))
	for i, h := range handlers {
		all[i] = layer(h)
	}
	return all
}

// Named gives a middleware another name than its function's.
func Named(name string, h gin.HandlerFunc) gin.HandlerFunc {
	if h == nil {
		return nil // gin says what is wrong
	}
	return measured(middleware.LayerProbe(name, h), h)
}

func layer(h gin.HandlerFunc) gin.HandlerFunc {
	if h == nil || codeOf(h) == measuredCode {
		return h
	}
	return measured(middleware.LayerProbe("", h), h)
}

// measured must not be inlined: layer knows what it returns by its code.
//
//go:noinline
func measured(probe *middleware.Probe, h gin.HandlerFunc) gin.HandlerFunc {
	probe.KeepWriter = true
	return func(c *gin.Context) {
		outer := c.Request
		_ = probe.Serve(c.Writer, outer, func(_ http.ResponseWriter, r *http.Request) error {
			defer enter(c, outer, r)()
			h(c)
			c.Next() // does nothing if h did it, or aborted
			return nil
		})
	}
}

var measuredCode = codeOf(measured(&middleware.Probe{}, nil))

func codeOf(h gin.HandlerFunc) uintptr { return reflect.ValueOf(h).Pointer() }

// enter gives c the request of a span. leave takes it back, if nobody has put
// another in its place: that one stays, as it would without us.
func enter(c *gin.Context, outer, inner *http.Request) (leave func()) {
	c.Request = inner
	return func() {
		if c.Request == inner {
			c.Request = outer
		}
	}
}

// chain measures the handlers of a route. The view itself stays the last, under
// its own name; its span is put in front of it.
func chain(handlers []gin.HandlerFunc) []gin.HandlerFunc {
	n := len(handlers) - 1
	if n < 0 || handlers[n] == nil {
		return handlers // gin says what is wrong
	}
	return append(layers(handlers[:n]), view(handlers[n]), handlers[n])
}

// view is the span of the handler that follows it.
func view(h gin.HandlerFunc) gin.HandlerFunc {
	probe := middleware.ViewProbe("", h)
	probe.KeepWriter = true
	return func(c *gin.Context) {
		outer, ran := c.Request, false
		errs := len(c.Errors)
		_ = probe.ServeViewFunc(c.Writer, outer, func(_ http.ResponseWriter, r *http.Request) error {
			ran = true
			defer enter(c, outer, r)()
			c.Next()
			if len(c.Errors) > errs && c.Writer.Status() >= http.StatusInternalServerError {
				return c.Errors.Last()
			}
			return nil
		})
		if !ran {
			c.Abort() // a layer has answered in front of the view
		}
	}
}
