package budget_test

import (
	"fmt"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/budget"
)

func ExampleRead() {
	f, err := budget.Read(strings.NewReader(`
budgets:
  - handler: "GET /orders*"
    p95: 200ms
    errors: 1%
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	b := f.Budgets[0]
	fmt.Println(b.Kind, b.Handler, *b.P95, *b.Errors)
	// Output: request GET /orders* 200ms 0.01
}
