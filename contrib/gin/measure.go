package gintap

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// route puts the route where everybody looks for it. The request is still the one
// that the engine was given, so it is known outside as well.
func route(c *gin.Context) {
	if path := c.FullPath(); path != "" {
		c.Request.Pattern = path
	}
}

func layers(handlers []gin.HandlerFunc) []gin.HandlerFunc {
	all := make([]gin.HandlerFunc, len(handlers))
	for i, h := range handlers {
		all[i] = Layer("", h)
	}
	return all
}

// Layer measures a middleware, under its function's name if name is empty. A
// Router does it for all that is registered on it.
func Layer(name string, h gin.HandlerFunc) gin.HandlerFunc {
	if h == nil {
		return nil // gin says what is wrong
	}
	probe := middleware.LayerProbe(name, h)
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
