package query_test

import (
	"fmt"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// What a service has brought to a store: statistics of its processes alone.
func ExampleScope() {
	processes := []query.Process{{ID: 3, Service: "shop"}, {ID: 2, Service: "mail"}, {ID: 1, Service: "shop"}}
	part, err := query.Scope{Service: "shop"}.Part(processes, time.Time{})
	if err != nil {
		fmt.Println(err)
		return
	}
	q, any := part.Handlers(query.Handlers{Name: "GET *"})
	fmt.Println(q.Processes, any)

	_, err = query.Scope{Service: "post"}.Part(processes, time.Time{})
	fmt.Println(err)
	// Output:
	// [1 3] true
	// no process of a service "post" has written to this store, or all are forgotten: not found
}
