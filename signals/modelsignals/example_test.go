package modelsignals_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/modelsignals"
)

// Item is a row.
type Item struct {
	ID    int64 `db:"id"`
	Price int   `db:"price"`
}

var Items = modelsignals.New[Item]("item")

func Example() {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // one database in memory
	if _, err := db.Exec(`CREATE TABLE items (id INTEGER PRIMARY KEY, price INTEGER)`); err != nil {
		log.Fatal(err)
	}

	Items.PostSave.Connect(func(_ context.Context, e signals.Event[modelsignals.Write[Item]]) error {
		fmt.Println("saved, created:", e.Payload.Created, "changed:", e.Payload.ChangedFields())
		return nil
	}, signals.WhenChanged("price"))
	Items.Committed.Connect(func(_ context.Context, e signals.Event[modelsignals.Commit[Item]]) error {
		fmt.Println("committed:", e.Payload.Op)
		return nil
	})

	ctx := context.Background()
	err = modelsignals.InTx(ctx, db, func(ctx context.Context, _ *sql.Tx) error {
		it := &Item{ID: 1, Price: 5}
		return Items.Save(ctx, db, modelsignals.Write[Item]{Model: it}, func(ctx context.Context, db modelsignals.DB) (bool, error) {
			_, err := db.ExecContext(ctx, `INSERT INTO items VALUES (?, ?)`, it.ID, it.Price)
			return true, err
		})
	})
	fmt.Println("error:", err)
	// Output:
	// saved, created: true changed: [id price]
	// committed: created
	// error: <nil>
}

var Stocks = modelsignals.New[Item]("stock")

func ExampleModel_BulkCreate() {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE stocks (id INTEGER PRIMARY KEY, price INTEGER)`); err != nil {
		log.Fatal(err)
	}
	Stocks.BulkCreated.On(func(ctx context.Context, b modelsignals.BulkCreate[Item]) error {
		fmt.Printf("%d rows, %d at a time\n", len(b.Models), b.BatchSize)
		return modelsignals.AfterCommit(ctx, db, func(context.Context) error {
			fmt.Println("cache emptied")
			return nil
		})
	})
	items := []*Item{{1, 5}, {2, 6}, {3, 7}}
	err = Stocks.BulkCreate(context.Background(), db, items, 2, func(ctx context.Context, tx *sql.Tx, some []*Item) error {
		for _, it := range some {
			if _, err := tx.ExecContext(ctx, `INSERT INTO stocks VALUES (?, ?)`, it.ID, it.Price); err != nil {
				return err
			}
		}
		return nil
	})
	fmt.Println("error:", err)
	// Output:
	// 3 rows, 2 at a time
	// cache emptied
	// error: <nil>
}
