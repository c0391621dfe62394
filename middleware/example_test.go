package middleware_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

func requestLog(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		fmt.Println("served", r.URL.Path)
	})
}

func allowOrigin(origin string) middleware.Layer {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", origin)
			next.ServeHTTP(w, r)
		})
	}
}

func ExampleNewStack() {
	stack := middleware.NewStack(
		requestLog,
		middleware.Named("cors", allowOrigin("*")),
	)
	h := stack.ThenFunc(func(http.ResponseWriter, *http.Request) { fmt.Println("in the view") })
	fmt.Println(stack)
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/hello", nil))
	// Output:
	// middleware_test.requestLog > cors
	// in the view
	// served /hello
}

func ExampleTry() {
	redis := "" // from the app's settings
	cache := middleware.Try("cache", func(next http.Handler) (http.Handler, error) {
		if redis == "" {
			return nil, fmt.Errorf("no address of redis: %w", middleware.ErrNotUsed)
		}
		return next, nil
	})
	h, err := middleware.NewStack(cache, requestLog).Build(http.NotFoundHandler())
	fmt.Println(err)
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/a", nil))
	// Output:
	// <nil>
	// served /a
}

func ExampleRecord() {
	rec := instrument.New(instrument.Config{})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", func(w http.ResponseWriter, r *http.Request) {
		middleware.SetUser(r.Context(), "ada")
		w.WriteHeader(http.StatusCreated)
	})
	stack := middleware.NewStack(middleware.Named("example cors", allowOrigin("*")))
	h := middleware.Record(rec, middleware.RecordOptions{})(stack.Then(mux))

	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/orders", nil))
	for _, s := range rec.AllStats() {
		if s.Count > 0 && s.Handler.Kind() != instrument.KindView {
			fmt.Println(s.Handler.Kind(), s.Handler.Name(), s.Count)
		}
	}
	// Unordered output:
	// layer example cors 1
	// request POST /orders 1
}

func ExampleInject() {
	inject := middleware.Inject(middleware.Injection{
		Snippet: func(p middleware.Page) []byte {
			return fmt.Appendf(nil, `<script src="/a.js" nonce="%s" defer></script>`, p.Nonce)
		},
	})
	h := inject(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "script-src 'nonce-r4nd0m'")
		fmt.Fprint(w, "<!doctype html><body>hello</body>")
	}))
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	fmt.Println(rec.Body)
	// Output:
	// <!doctype html><body>hello<script src="/a.js" nonce="r4nd0m" defer></script></body>
}
