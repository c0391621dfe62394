package instrumenttest_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/instrumenttest"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// newApp is the app that is tested; its database is opened with sqltap.Open.
func newApp(db *sql.DB, list func(context.Context, *sql.DB) error) http.Handler {
	app := http.NewServeMux()
	app.HandleFunc("GET /orders", func(w http.ResponseWriter, r *http.Request) {
		if err := list(r.Context(), db); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	return app
}

// An app's test: it fails when the page of orders asks for each customer by itself.
func TestOrders(t *testing.T) {
	t.Parallel()
	db := shop(t)
	rec := instrumenttest.New(t)
	app := middleware.Record(rec.Recorder(), middleware.RecordOptions{})(newApp(db, joinOrders))
	app.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(rec.Context(), "GET", "/orders", nil))

	rec.NoNPlusOne()
	rec.MaxQueries(2)
	rec.Times(instrument.KindRequest, "GET /orders", 1)
}

func Example() {
	t := newSpy() // in a test: func TestOrders(t *testing.T)
	t.run(func() {
		db := shop(t) // before New, so that it is no part of what is asserted
		rec := instrumenttest.New(t)
		app := middleware.Record(rec.Recorder(), middleware.RecordOptions{})(newApp(db, joinOrders))
		app.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(rec.Context(), "GET", "/orders", nil))

		rec.NoNPlusOne()
		rec.MaxQueries(2)
		rec.Times(instrument.KindRender, "orders.html", 1)
	})
	fmt.Println(t.errors[0])
	// Output: render "orders.html" happened 0 times, want 1
}
