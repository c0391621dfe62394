package chitap_test

import (
	"net/http"
	"testing"

	"github.com/go-chi/chi/v5"

	chitap "github.com/go-debug-toolbar/debugtoolbar/contrib/chi"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/middleware/middlewaretest"
)

func hello(http.ResponseWriter, *http.Request) {}

func TestRouter_ListsItsRoutesAsRequestsAreCounted(t *testing.T) {
	t.Parallel()
	r := chitap.Wrap(chi.NewRouter())
	r.Use(requestLog)
	r.Get("/", showOrder)
	r.Route("/orders", func(r chi.Router) {
		r.Use(session)
		r.Get("/", hello)
		r.With(middleware.Named("csrf", session)).Post("/{id}", showOrder)
	})
	r.Handle("/any/*", http.NotFoundHandler())
	plain := chi.NewRouter()
	plain.Get("/old/{x}", hello)
	r.Mount("/plain", plain)
	h := middleware.NewStack(middleware.Named("outer", requestLog)).Then(r)
	want := `GET / chi_test.showOrder [outer chi_test.requestLog]
* /any/* http.NotFound [outer chi_test.requestLog]
GET /orders chi_test.hello [outer chi_test.requestLog chi_test.session]
POST /orders/{id} chi_test.showOrder [outer chi_test.requestLog chi_test.session csrf]
GET /plain/old/{x} chi_test.hello [outer chi_test.requestLog]
`
	if got := middlewaretest.Routes(h); got != want {
		t.Errorf("listed\n%s\nwant\n%s", got, want)
	}
	middlewaretest.CheckRoutes(t, h, map[string]string{"/": "/", "/orders/": "/orders", "/plain/old/3": "/plain/old/{x}", "/any/x": "/any/*"})
}
