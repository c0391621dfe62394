package gormsignals_test

import (
	"context"
	"fmt"

	"github.com/glebarez/sqlite"
	"gorm.io/gorm"

	gormsignals "github.com/go-debug-toolbar/debugtoolbar/contrib/gorm"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/modelsignals"
)

type Invoice struct {
	ID     uint
	Status string
}

var Invoices = modelsignals.New[Invoice]("invoice")

func Example() {
	db, err := gorm.Open(sqlite.Open("file:example?mode=memory&cache=shared"), &gorm.Config{})
	if err != nil {
		panic(err)
	}
	if sqlDB, err := db.DB(); err == nil {
		defer sqlDB.Close()
	}
	if err := db.Use(gormsignals.New(gormsignals.For(Invoices))); err != nil {
		panic(err)
	}

	Invoices.PostSave.On(func(ctx context.Context, w modelsignals.Write[Invoice]) error {
		fmt.Printf("%q became %q\n", w.Old.Status, w.Model.Status)
		return gormsignals.AfterCommit(ctx, func(context.Context) error {
			fmt.Println("told the customer")
			return nil
		})
	}, signals.When(func(_ context.Context, e signals.Event[modelsignals.Write[Invoice]]) bool { return !e.Payload.Created }),
		signals.WhenChanged("status"))

	_ = db.AutoMigrate(&Invoice{})
	invoice := Invoice{Status: "draft"}
	db.Create(&invoice)
	db.Model(&invoice).Update("status", "sent")
	// Output:
	// "draft" became "sent"
	// told the customer
}
