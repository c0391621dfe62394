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
	// Slow handlers, 20 Nov 2026 13:32 to 14:32 UTC
	//
	// Most time is spent in receiver send-confirmation (notify/mail.go:41):
	// 120 s of its own in 318 calls, 68 % of the 175 s recorded; p95 474 ms.
	//
	//   kind     handler                           own  share   calls      p95
	// 1 receiver send-confirmation               120 s   68 %     318   474 ms
	// 2 query    SELECT id, name, price FROM …  26.1 s   15 %  13,038  2.45 ms
	// 3 call     POST payments.test/charges     13.0 s    7 %     318  49.8 ms
	//
	// Why
	//   1. receiver send-confirmation (notify/mail.go:41)
	//   why     74 %  waiting for locks
	//           16 %  waiting
	//            7 %  CPU of its own
	//            3 %  templates: 3 x render mail/confirmation.html
	//   where   97 %  own time, 375 ms
	//            3 %  render mail/confirmation.html, 13.0 ms
	//                 in 3 records, slowest first: 65wzsb8000000,
	//                 65wzsb8000001, 65wzsb8000002; called by signal
	//                 order_status_changed
	//
	//   2. query SELECT id, name, price FROM products WHERE id = ?
	//   why    100 %  SQL: 123 x query SELECT id, name, price FROM products
	//                 WHERE id = ? at checkout/create.go:88
	//   where  100 %  own time, 2.00 ms
	//                 in 3 records, slowest first: 65wzsb8000000,
	//                 65wzsb8000001, 65wzsb8000002; called by view
	//                 checkout.(*Service).Create
	//
	// 1 more handler was not asked for. 3 of 7 handlers shown, sorted by own
	// time. Own time is time outside of the spans below; shares are of all own
	// time recorded, 175 s. Slow is above the limit configured for the kind.
	// Percentiles are within 2 %.
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
	// update-customer-statistics-after-the-order-has-changed 29
	// Most failures are in receiver update-customer-statistics-after-the-order-has-changed (crm/stats.go:27). 29 of its 318 calls failed.
}
