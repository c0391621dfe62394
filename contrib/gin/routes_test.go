package gintap_test

import (
	"testing"

	"github.com/gin-gonic/gin"

	gintap "github.com/go-debug-toolbar/debugtoolbar/contrib/gin"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/middleware/middlewaretest"
)

func TestRouter_ListsItsRoutesAsRequestsAreCounted(t *testing.T) {
	t.Parallel()
	e := gin.New()
	e.GET("/before", showOrder)
	r := gintap.Wrap(e)
	r.Use(requestLog)
	orders := r.Group.Group("/orders", session)
	orders.GET("/:id", showOrder)
	orders.POST("/:id", func(*gin.Context) {})
	r.Any("/any/*path", showOrder)
	want := `GET /before gin_test.showOrder []
GET /orders/:id gin_test.showOrder []
* /any/*path gin_test.showOrder []
POST /orders/:id gin_test.TestRouter_ListsItsRoutesAsRequestsAreCounted []
`
	if got := middlewaretest.Routes(r); got != want {
		t.Errorf("listed\n%s\nwant\n%s", got, want)
	}
	if list, _ := middleware.RoutesOf(r); list[0].Source.Line == 0 {
		t.Errorf("it is not known where %+v is written", list[0])
	}
	middlewaretest.CheckRoutes(t, r, map[string]string{"/orders/7": "/orders/:id", "/any/x/y": "/any/*path"})
}
