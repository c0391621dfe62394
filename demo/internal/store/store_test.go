package store_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
)

func open(t *testing.T, seed store.Seed) *store.Store {
	t.Helper()
	db, err := sql.Open("sqlite", store.DSN(filepath.Join(t.TempDir(), "a shop?.db")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s, err := store.New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Fill(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	return s
}

func product(t *testing.T, s *store.Store, sku string) store.Product {
	t.Helper()
	p, err := s.Product(t.Context(), sku)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFillIsQuickAndHappensOnce(t *testing.T) {
	start := time.Now()
	s := open(t, store.Seed{})
	t.Logf("filled in %v", time.Since(start))
	again, err := s.Fill(t.Context(), store.Seed{})
	if err != nil || again != (store.Seeded{}) {
		t.Fatalf("second Fill = %+v, %v; want nothing done", again, err)
	}
	if _, err := store.New(t.Context(), s.DB()); err != nil {
		t.Fatalf("opened again: %v", err)
	}
}

func TestNewRefusesAnotherSchema(t *testing.T) {
	t.Parallel()
	s := open(t, store.Seed{Customers: 3, Orders: 3, Visits: 1})
	if _, err := s.DB().Exec("PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.New(t.Context(), s.DB()); err == nil {
		t.Fatal("a file with schema 99 was accepted")
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	s := open(t, store.Seed{Customers: 3, Orders: 3, Visits: 100})
	for _, tt := range []struct {
		text string
		want int
	}{{"teapot", 3}, {"TEAPOT", 3}, {"%", 0}, {"no such thing", 0}, {"salad", 1}} {
		t.Run(tt.text, func(t *testing.T) {
			hits, err := s.Search(t.Context(), tt.text)
			if err != nil || len(hits) != tt.want {
				t.Errorf("Search(%q) = %d hits, %v; want %d", tt.text, len(hits), err, tt.want)
			}
		})
	}
}

func TestReserve(t *testing.T) {
	t.Parallel()
	s := open(t, store.Seed{Customers: 3, Orders: 3, Visits: 1})
	mug := product(t, s, "FH-109") // 12 pieces
	take := func(quantity int) (int, int, error) { return s.Reserve(t.Context(), mug.ID, quantity) }

	if before, after, err := take(3); err != nil || before != 12 || after != 9 {
		t.Fatalf("took 3 of 12: %d, %d, %v", before, after, err)
	}
	if _, _, err := take(10); !errors.Is(err, store.ErrSoldOut) {
		t.Fatalf("took 10 of 9: %v, want ErrSoldOut", err)
	}
	if p := product(t, s, "FH-109"); p.Stock != 9 {
		t.Fatalf("a refused reservation left %d pieces, want 9", p.Stock)
	}
	if err := s.OrderMore(t.Context(), mug.ID, 40); err != nil {
		t.Fatal(err)
	}
	if p := product(t, s, "FH-109"); p.Incoming != 40 {
		t.Fatalf("%d pieces on their way, want 40", p.Incoming)
	}
	if before, after, err := take(10); err != nil || before != 49 || after != 39 {
		t.Fatalf("took 10 of 9 and a delivery of 40: %d, %d, %v", before, after, err)
	}
	if p := product(t, s, "FH-109"); p.Stock != 39 || p.Incoming != 0 {
		t.Fatalf("after the delivery: %d in stock, %d on their way", p.Stock, p.Incoming)
	}
}

func TestSetStatus(t *testing.T) {
	t.Parallel()
	s := open(t, store.Seed{Customers: 3, Orders: 3, Visits: 1})
	mara, err := s.UserByEmail(t.Context(), "MARA@example.test")
	if err != nil {
		t.Fatal(err)
	}
	mug := product(t, s, "FH-101")
	order, err := s.PlaceOrder(t.Context(), store.Order{User: mara, Method: store.Card, Items: []store.Item{{Product: mug, Quantity: 2, Price: mug.Price}}})
	if err != nil || order.Total != 3600 {
		t.Fatalf("PlaceOrder = %+v, %v", order, err)
	}
	for _, step := range []struct {
		to, old store.Status
		err     error
	}{
		{store.Shipped, store.Pending, store.ErrTransition},
		{store.Confirmed, store.Pending, nil},
		{store.Confirmed, store.Confirmed, nil}, // saved again unchanged
		{store.Shipped, store.Confirmed, nil},
		{store.Cancelled, store.Shipped, store.ErrTransition},
	} {
		if old, err := s.SetStatus(t.Context(), order.ID, step.to, "test"); old != step.old || !errors.Is(err, step.err) {
			t.Errorf("to %s: old %s, error %v; want %s, %v", step.to, old, err, step.old, step.err)
		}
	}
	changes, err := s.StatusLog(t.Context(), order.ID)
	if err != nil || len(changes) != 2 {
		t.Errorf("the log has %d lines, %v; want 2", len(changes), err)
	}
	if _, err := s.SetStatus(t.Context(), 1, store.Shipped, "test"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("unknown order: %v, want ErrNotFound", err)
	}
}

// Two keepers who look at the same list confirm the same order: it is paid once, and the other one is told so.
func TestPay_OfTwoAtTheSameTimeOneTakesTheMoney(t *testing.T) {
	t.Parallel()
	s := open(t, store.Seed{Customers: 3, Orders: 3, Visits: 1})
	mara, err := s.UserByEmail(t.Context(), "MARA@example.test")
	if err != nil {
		t.Fatal(err)
	}
	mug := product(t, s, "FH-101")
	order, err := s.PlaceOrder(t.Context(), store.Order{User: mara, Method: store.Transfer, Items: []store.Item{{Product: mug, Quantity: 1, Price: mug.Price}}})
	if err != nil {
		t.Fatal(err)
	}
	const keepers = 6
	answers := make(chan error, keepers)
	for range keepers {
		go func() { answers <- s.Pay(t.Context(), order, "test") }()
	}
	paid := 0
	for range keepers {
		switch err := <-answers; {
		case err == nil:
			paid++
		case !errors.Is(err, store.ErrTransition):
			t.Errorf("got %v, want ErrTransition", err)
		}
	}
	if paid != 1 {
		t.Errorf("paid %d times", paid)
	}
	if got, err := s.Order(t.Context(), order.ID); err != nil || got.Status != store.Confirmed || !got.Paid {
		t.Errorf("the order is %+v, %v", got, err)
	}

	// A cancelled one takes no money.
	order, err = s.PlaceOrder(t.Context(), store.Order{User: mara, Method: store.Transfer, Items: []store.Item{{Product: mug, Quantity: 1, Price: mug.Price}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SetStatus(t.Context(), order.ID, store.Cancelled, "test"); err != nil {
		t.Fatal(err)
	}
	if err := s.Pay(t.Context(), order, "test"); !errors.Is(err, store.ErrTransition) {
		t.Errorf("a cancelled order: %v, want ErrTransition", err)
	}
	if got, err := s.Order(t.Context(), order.ID); err != nil || got.Paid {
		t.Errorf("the cancelled order is paid: %+v, %v", got, err)
	}
}

func TestCountOrderMeetsTheLineOfTheProfile(t *testing.T) {
	t.Parallel()
	s := open(t, store.Seed{Customers: 3, Orders: 3, Visits: 1})
	if err := s.CountOrder(t.Context(), 1, 100); err == nil {
		t.Error("the deliberate bug is gone: the demo then shows no failing receiver")
	}
}

func TestDeleteOldActivityKeepsTheBoundary(t *testing.T) {
	t.Parallel()
	s := open(t, store.Seed{Customers: 3, Orders: 3, Visits: 1})
	boundary := time.Unix(1_700_000_000, 0)
	for _, at := range []int64{-10, -5, -1, 0, 1} {
		insertActivity(t, s, boundary.Unix()+at)
	}
	if n, err := s.OldActivity(t.Context(), boundary); err != nil || n != 3 {
		t.Fatalf("OldActivity = %d, %v; want 3", n, err)
	}
	for _, want := range []int{2, 1, 0} {
		if n, err := s.DeleteOldActivity(t.Context(), boundary, 2); err != nil || n != want {
			t.Fatalf("DeleteOldActivity = %d, %v; want %d", n, err, want)
		}
	}
}

func insertActivity(t *testing.T, s *store.Store, at int64) {
	t.Helper()
	if _, err := s.DB().ExecContext(context.Background(), "INSERT INTO activity (method, path, at) VALUES ('GET', '/', ?)", at); err != nil {
		t.Fatal(err)
	}
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for amount, want := range map[store.Money]string{0: "£0.00", 5: "£0.05", 1800: "£18.00", -250: "-£2.50"} {
		if got := amount.String(); got != want {
			t.Errorf("Money(%d) = %s, want %s", amount, got, want)
		}
	}
}
