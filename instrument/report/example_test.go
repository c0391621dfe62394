package report_test

import (
	"context"
	"fmt"
	"os"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
)

// A report from a store, for the terminal. The store here is one in memory that
// knows an hour of a shop.
func Example() {
	src, options := shop(), hour()
	options.Limit = 3
	r, err := report.Build(context.Background(), src, options)
	if err != nil {
		fmt.Println(err)
		return
	}
	r.Text(os.Stdout, report.TextOptions{Width: 72})
	// Output:
}

// The first row alone, for a check of one's own.
func ExampleBuild() {
	r, err := report.Build(context.Background(), shop(), report.Options{Sort: report.SortErrors, Limit: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Rows[0].Name, r.Rows[0].Errors)
	fmt.Println(r.Verdict())
	// Output:
}
