package collect_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
)

// lines is a Store that prints.
type lines struct{}

func (lines) Append(_ context.Context, b *instrument.Batch) error {
	for _, it := range b.Items {
		fmt.Println("stored", it.Summary.Handler.Name(), it.Summary.Status)
	}
	return nil
}

func (lines) Roll(_ context.Context, _ time.Time, rows []instrument.RollRow) error {
	for _, row := range rows {
		fmt.Println("rolled up", row.Handler.Name(), row.Count)
	}
	return nil
}

func (lines) Prune(context.Context) (more bool, err error) { return false, nil }

// Records and statistics reach the store off the caller's path; Close waits for
// them.
func Example() {
	c, err := collect.New(collect.Config{Store: lines{}})
	if err != nil {
		log.Fatal(err)
	}
	r := instrument.New(instrument.Config{Sink: c})
	defer r.SetEnabled(false)
	if err := c.Start(r); err != nil {
		log.Fatal(err)
	}
	orders := instrument.NewHandler(instrument.KindRequest, "GET /example/orders", instrument.Source{})
	for range 2 {
		_, rec := r.Begin(context.Background(), instrument.Begin{Handler: orders})
		rec.SetStatus(200)
		rec.End()
	}
	if err := c.Close(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output:
	// stored GET /example/orders 200
	// stored GET /example/orders 200
	// rolled up GET /example/orders 2
}

// In production a share of the ordinary Records is enough: errors, slow ones and
// the slowest of each minute are stored anyway, and statistics count all.
func ExampleKeep() {
	c, err := collect.New(collect.Config{
		Store: lines{},
		Keep: collect.Keep{
			Share:   0.01,
			Slowest: -1, // so that this example has the same output every time
			Func:    func(s *instrument.Summary) bool { return s.Status == 404 },
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range []instrument.Summary{
		{ID: 1, Status: 200},
		{ID: 2, Status: 500, Flags: instrument.FlagError},
		{ID: 3, Status: 404},
	} {
		fmt.Println(s.Status, c.Want(&s))
	}
	// Output:
	// 200 false
	// 500 true
	// 404 true
}

// Probes and static files are not recorded at all.
func ExampleIgnore_Match() {
	ignore := &collect.Ignore{Paths: []string{"/healthz", "/static/*"}, Commands: []string{"debug:*"}}
	fmt.Println(ignore.Match(instrument.KindRequest, "", "/static/css/app.css"))
	fmt.Println(ignore.Match(instrument.KindRequest, "", "/orders"))
	fmt.Println(ignore.Match(instrument.KindCommand, "debug:queue", ""))
	// Output:
	// true
	// false
	// true
}

// A viewer that is too slow misses Records and learns how many; it never slows
// anybody down.
func ExampleCollector_Subscribe() {
	c, err := collect.New(collect.Config{Store: &memory{}})
	if err != nil {
		log.Fatal(err)
	}
	if err := c.Start(nil); err != nil {
		log.Fatal(err)
	}
	viewer := c.Subscribe(1)
	defer viewer.Close()
	for _, path := range []string{"/a", "/b", "/c"} {
		c.Put(&instrument.Summary{Handler: listing, Path: path}, nil)
	}
	c.Flush(context.Background())
	fmt.Println((<-viewer.Events()).Summary.Path)

	c.Put(&instrument.Summary{Handler: listing, Path: "/d"}, nil)
	c.Close(context.Background())
	for e := range viewer.Events() {
		fmt.Println(e.Summary.Path, "after", e.Skipped, "skipped")
	}
	// Output:
	// /a
	// /d after 2 skipped
}
