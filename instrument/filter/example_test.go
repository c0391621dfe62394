package filter_test

import (
	"errors"
	"fmt"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/filter"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

func ExampleParse() {
	f, err := filter.Parse(`status:5xx (sql>20 OR is:slow) -user:admin since:1h`, filter.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	q := query.Records{Sort: query.Slowest}
	f.Narrow(&q) // ready for the store
	for _, term := range f.Terms() {
		fmt.Println(term.Text)
	}
	// Output:
	// status:5xx
	// (sql>20 OR is:slow)
	// -user:admin
	// since:1h
}

func ExampleError_Pointer() {
	_, err := filter.Parse("user:mara statsu:500", filter.Options{})
	var mistake *filter.Error
	if errors.As(err, &mistake) {
		fmt.Println(mistake)
		fmt.Println(mistake.Pointer())
	}
	// Output:
	// column 11: there is no field "statsu": did you mean status?; to look for the text itself, put it in quotes
	// user:mara statsu:500
	//           ^
}

func ExampleComplete() {
	for _, c := range filter.Complete("user:mara sta", 13, nil) {
		fmt.Println(c.Text, c.Doc)
	}
	// Output:
	// status: HTTP status or exit code
}
