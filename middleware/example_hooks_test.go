package middleware_test

import (
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// timing is a layer that acts on the way in and on the response's header.
type timing struct{}

func (timing) ProcessRequest(_ http.ResponseWriter, r *http.Request) (*http.Request, error) {
	if r.Header.Get("X-Shop") == "closed" {
		return nil, &middleware.HTTPError{Status: 503, Message: "we are closed"}
	}
	return r, nil
}

func (timing) ProcessResponse(_ *http.Request, h *middleware.Head) error {
	h.Header.Set("Server-Timing", "app")
	return nil
}

func ExampleHooks() {
	h := middleware.NewStack(middleware.Named("timing", middleware.Hooks(timing{}))).
		ThenFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	fmt.Println(rec.Code, rec.Body, rec.Header().Get("Server-Timing"))
	// Output: 200 hello app
}

func ExampleExceptions() {
	find := func(http.ResponseWriter, *http.Request) error {
		return &middleware.HTTPError{Status: 404, Message: "no such order", Err: errors.New("order 7 is in no table")}
	}
	quiet := middleware.ExceptionOptions{Logger: slog.New(slog.DiscardHandler)}
	h := middleware.NewStack(middleware.Exceptions(quiet)).Then(middleware.HandlerFunc(find))
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest("GET", "/orders/7", nil))
	fmt.Print(rec.Code, " ", rec.Body)
	// Output: 404 no such order
}

var orderPage = template.Must(template.New("order").Parse("order {{.ID}} for {{.User}}"))

type withUser struct{}

func (withUser) ProcessTemplateResponse(_ *http.Request, p *middleware.Rendering) error {
	if page, ok := p.Component.(*middleware.HTML); ok {
		page.Data.(map[string]any)["User"] = "ada"
	}
	return nil
}

func ExampleRender() {
	show := func(w http.ResponseWriter, r *http.Request) error {
		return middleware.Render(w, r, &middleware.Rendering{
			Component: &middleware.HTML{Template: orderPage, Data: map[string]any{"ID": 7}},
		})
	}
	h := middleware.NewStack(middleware.Hooks(withUser{})).Then(middleware.HandlerFunc(show))
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	fmt.Println(rec.Body)
	// Output: order 7 for ada
}

func ExampleStack_Check() {
	stack := middleware.NewStack(middleware.Named("auth", requestLog), middleware.Named("session", requestLog))
	for _, w := range stack.Check() {
		fmt.Println(w)
	}
	// Output: layer "auth" is outside of "session": it reads the session before that is loaded; put the session outside
}

func ExampleAbout() {
	login := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			middleware.SetUser(r.Context(), "ada")
			next.ServeHTTP(w, r)
		})
	}
	log := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			about := middleware.About(r.Context())
			fmt.Println(about.User, about.Route)
		})
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", func(http.ResponseWriter, *http.Request) {})
	stack := middleware.NewStack(middleware.Share(), middleware.Named("log", log), middleware.Named("login", login))
	stack.Then(mux).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/orders/7", nil))
	// Output: ada GET /orders/{id}
}
