package entsignals_test

import (
	"context"
	"database/sql"
	"fmt"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	entsignals "github.com/go-debug-toolbar/debugtoolbar/contrib/ent"
	"github.com/go-debug-toolbar/debugtoolbar/contrib/ent/internal/shop"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/modelsignals"
)

// Parcels are rows of ent's generated type.
var Parcels = modelsignals.New[shop.Order]("parcel")

func Example() {
	db, err := sql.Open("sqlite", "file:example?mode=memory&cache=shared&_pragma=foreign_keys(1)")
	if err != nil {
		panic(err)
	}
	client := shop.NewClient(shop.Driver(entsql.OpenDB(dialect.SQLite, db)))
	defer client.Close()
	client.Order.Use(entsignals.Hook(Parcels, entsignals.OnCommit(onCommit)))

	Parcels.PostSave.On(func(ctx context.Context, w modelsignals.Write[shop.Order]) error {
		fmt.Printf("%q became %q\n", w.Old.Status, w.Model.Status)
		entsignals.AfterCommit(ctx, func(context.Context) { fmt.Println("told the customer") })
		return nil
	}, signals.When(func(_ context.Context, e signals.Event[modelsignals.Write[shop.Order]]) bool {
		return !e.Payload.Created
	}),
		signals.WhenChanged("Status"))

	ctx := context.Background()
	creating.Lock()
	_ = client.Schema.Create(ctx)
	creating.Unlock()
	parcel := client.Order.Create().SaveX(ctx)
	parcel.Update().SetStatus("sent").SaveX(ctx)
	// Output:
	// "new" became "sent"
	// told the customer
}
