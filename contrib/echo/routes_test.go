package echotap_test

import (
	"testing"

	"github.com/labstack/echo/v4"

	echotap "github.com/go-debug-toolbar/debugtoolbar/contrib/echo"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/middleware/middlewaretest"
)

func TestEcho_ListsItsRoutesAsRequestsAreCounted(t *testing.T) {
	t.Parallel()
	bare := echo.New()
	bare.GET("/before", showOrder)
	e := echotap.Wrap(bare)
	e.Use(requestLog)
	orders := e.Group("/orders", session)
	orders.GET("/:id", showOrder)
	orders.Group("/:id/items").DELETE("/:item", func(echo.Context) error { return nil })
	e.Any("/any/*", showOrder)
	e.Host("shop.example.com").GET("/of-a-host", showOrder)
	e.RouteNotFound("/*", showOrder)
	want := `* /any/* echo_test.showOrder []
GET /before echo_test.showOrder []
GET /of-a-host echo_test.showOrder []
GET /orders/:id echo_test.showOrder []
DELETE /orders/:id/items/:item echo_test.TestEcho_ListsItsRoutesAsRequestsAreCounted []
`
	if got := middlewaretest.Routes(e); got != want {
		t.Errorf("listed\n%s\nwant\n%s", got, want)
	}
	for _, r := range routesOf(e) {
		if (r.Source.Line == 0) != (r.Pattern == "/before") {
			t.Errorf("%s is written at %v", r.Pattern, r.Source)
		}
	}
	middlewaretest.CheckRoutes(t, e, map[string]string{"/orders/7": "/orders/:id", "/any/x/y": "/any/*", "/before": "/before", "http://shop.example.com/of-a-host": "/of-a-host"})
}

func routesOf(e *echotap.Echo) []middleware.RouteInfo {
	list, _ := middleware.RoutesOf(e)
	return list
}
