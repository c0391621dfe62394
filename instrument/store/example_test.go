package store_test

import (
	"context"
	"fmt"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

// A command records itself and is found in the store.
func Example() {
	ctx := context.Background()
	db, err := sqlitefile.Open(sqlitefile.Memory, sqlitefile.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	st, err := store.Open(ctx, db, store.Options{Service: "shop"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer st.Close()

	collector, err := collect.New(collect.Config{Store: st})
	if err != nil {
		fmt.Println(err)
		return
	}
	recorder := instrument.New(instrument.Config{Sink: collector, Process: st.Process()})
	if err := collector.Start(recorder); err != nil {
		fmt.Println(err)
		return
	}
	defer collector.Close(ctx)

	cleanup := instrument.NewHandler(instrument.KindCommand, "cleanup", instrument.Source{})
	_, run := recorder.Begin(ctx, instrument.Begin{Handler: cleanup})
	run.SetStatus(3)
	run.End()
	if err := collector.Flush(ctx); err != nil {
		fmt.Println(err)
		return
	}

	page, err := st.Records(ctx, query.Records{Kinds: []instrument.Kind{instrument.KindCommand}, Since: time.Now().Add(-time.Minute)})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range page.Records {
		fmt.Printf("%s %q ended with %d\n", r.Handler.Kind, r.Handler.Name, r.Status)
	}
	// Output: command "cleanup" ended with 3
}
